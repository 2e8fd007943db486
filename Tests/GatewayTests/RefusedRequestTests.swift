import Gateway
import Signing
import Testing

private let post = "POST /in/s HTTP/1.1\r\nHost: x\r\n"
private let get = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"

/// Malformed and oversized requests, and what each is told.
private let refused: [(name: String, request: String, status: Int)] = [
    (
        "length and chunks",
        post + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        400
    ),
    (
        "chunks and length",
        post + "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n",
        400
    ),
    (
        "two lengths",
        post + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} ", 400
    ),
    (
        "the same length twice",
        post + "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}", 400
    ),
    ("a signed length", post + "Content-Length: +2\r\n\r\n{}", 400),
    (
        "another coding",
        post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400
    ),
    (
        "a broken chunk",
        post + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400
    ),
    ("no host", "POST /in/s HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}", 400),
    ("two hosts", post + "Host: y\r\nContent-Length: 2\r\n\r\n{}", 400),
    (
        "a blank before the colon",
        "POST /in/s HTTP/1.1\r\nHost : x\r\nContent-Length: 2\r\n\r\n{}", 400
    ),
    ("a user before the host", "GET /healthz HTTP/1.1\r\nHost: a@x\r\n\r\n", 400),
    ("a path behind the host", "GET /healthz HTTP/1.1\r\nHost: x/y\r\n\r\n", 400),
    ("a list of hosts", "GET /healthz HTTP/1.1\r\nHost: x, y\r\n\r\n", 400),
    (
        "a folded line",
        post + "X-A: b\r\n c\r\nContent-Length: 2\r\n\r\n{}", 400
    ),
    ("no HTTP", "hello\r\n\r\n", 400),
    ("HTTP/2 in clear text", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    ("TRACE", "TRACE /healthz HTTP/1.1\r\nHost: x\r\n\r\n", 405),
    ("CONNECT", "CONNECT example.com:443 HTTP/1.1\r\nHost: x\r\n\r\n", 405),
    (
        "an unknown expectation",
        post + "Expect: miracle\r\nContent-Length: 2\r\n\r\n{}", 417
    ),
    (
        "a long target",
        "GET /\(String(repeating: "a", count: 8 << 10)) HTTP/1.1\r\nHost: x\r\n\r\n", 414
    ),
    (
        "a long field",
        "GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: " + String(repeating: "a", count: 16 << 10)
            + "\r\n\r\n",
        431
    ),
    (
        "long fields",
        "GET /healthz HTTP/1.1\r\nHost: x\r\n"
            + (0..<4).map { "X-\($0): " + String(repeating: "a", count: 9 << 10) + "\r\n" }.joined()
            + "\r\n",
        431
    ),
    (
        "many fields",
        "GET /healthz HTTP/1.1\r\nHost: x\r\n\((0..<100).map { "X-\($0): a\r\n" }.joined())\r\n",
        431
    ),
    (
        "a long body by its length",
        post + "Content-Length: \(1 << 20 | 1)\r\n\r\n", 413
    ),
    (
        "a long body in chunks",
        post + "Transfer-Encoding: chunked\r\n\r\n"
            + String(
                repeating: "10000\r\n" + String(repeating: "a", count: 1 << 16) + "\r\n", count: 17)
            + "0\r\n\r\n",
        413
    ),
]

@Suite(.timeLimit(.minutes(1))) struct RefusedRequestTests {
    @Test(arguments: refused.indices)
    func itIsToldAndTheConnectionEnds(_ index: Int) async throws {
        let (name, request, status) = refused[index]
        var fixture = GatewayFixture()
        fixture.limits.lingerTime = .milliseconds(200)
        try await fixture.run { gateway in
            let client = try await RawClient.connect(to: gateway.port)
            // What stands behind it must not be taken for a request of its own.
            try await client.send(request + post)

            let answer = try await client.readToEnd()

            #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(name): \(answer)")
            #expect(answer.contains("Connection: close\r\n"), "\(name)")
            #expect(answer.contains("application/problem+json"), "\(name)")
            #expect(answer.components("HTTP/1.1 ") == 1, "\(name): \(answer)")
        }
        #expect(fixture.received.all.isEmpty, "\(name)")
    }

    @Test func aSenderThatGoesOnSendingStillHearsWhy() async throws {
        let fixture = GatewayFixture()
        try await fixture.run { gateway in
            let client = try await RawClient.connect(to: gateway.port)
            let body = String(repeating: "a", count: 2 << 20)
            try await client.send(
                post + "Content-Length: \(2 << 20)\r\n\r\n" + body)
            client.endSending()
            #expect(try await client.readToEnd().hasPrefix("HTTP/1.1 413 "))
            #expect(!client.wasReset)
        }
        #expect(fixture.received.all.isEmpty)
    }

    @Test(arguments: [
        String(repeating: "\r\n", count: 32 << 10),
        post + "Transfer-Encoding: chunked\r\n\r\n"
            + String(repeating: "1\r\na\r\n", count: 1 << 10) + "0\r\n\r\n",
        post + "Transfer-Encoding: chunked\r\n\r\n1;"
            + String(repeating: "x", count: 4 << 10),
    ])
    func wrappingIsNotUnlimited(_ request: String) async throws {
        var fixture = GatewayFixture()
        fixture.limits.requestBytesMax = 4 << 10
        try await fixture.run { gateway in
            let wasteful = try await RawClient.connect(to: gateway.port)
            try await wasteful.send(request)
            #expect(try await wasteful.readToEnd().isEmpty)
            let thrifty = try await RawClient.connect(to: gateway.port)
            try await thrifty.send(
                post + "Transfer-Encoding: chunked\r\n\r\n400\r\n"
                    + String(repeating: "a", count: 1 << 10) + "\r\n0\r\n\r\n")
            #expect(try await thrifty.readAnswer().hasPrefix("HTTP/1.1 200 "))
        }
        #expect(fixture.received.all.map(\.request.body.count) == [1 << 10])
    }

    @Test func theLastByteThatIsAllowedIsTaken() async throws {
        let fixture = GatewayFixture()
        try await fixture.run { gateway in
            let client = try await RawClient.connect(to: gateway.port)
            let body = String(repeating: "a", count: 1 << 20)
            try await client.send(
                post + "Content-Length: \(1 << 20)\r\n\r\n" + body)
            #expect(try await client.readAnswer().hasPrefix("HTTP/1.1 200 "))
            let target = "/" + String(repeating: "a", count: (8 << 10) - 1)
            try await client.send("GET \(target) HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try await client.readAnswer().hasPrefix("HTTP/1.1 404 "))
            let fields = (0..<99).map { "X-\($0): a\r\n" }.joined()
            try await client.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\(fields)\r\n")
            #expect(try await client.readAnswer().hasPrefix("HTTP/1.1 200 "))
        }
        #expect(fixture.received.all.map(\.request.body.count) == [1 << 20])
    }

    @Test(arguments: [
        post + "Content-Length: 10\r\n\r\n{}",
        post + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
        post + "Content-Le",
    ])
    func whatIsCutOffNeverLooksComplete(_ request: String) async throws {
        let fixture = GatewayFixture()
        try await fixture.run { gateway in
            let half = try await RawClient.connect(to: gateway.port)
            try await half.send(request)
            half.endSending()
            #expect(try await half.readToEnd().hasPrefix("HTTP/1.1 400 "))
            let gone = try await RawClient.connect(to: gateway.port)
            try await gone.send(request)
            gone.hangUp()
            let other = try await RawClient.connect(to: gateway.port)
            try await other.send(get)
            #expect(try await other.readAnswer().hasPrefix("HTTP/1.1 200 "))
        }
        #expect(fixture.received.all.isEmpty)
    }
}

extension String {
    /// How often `part` occurs.
    fileprivate func components(_ part: String) -> Int {
        split(separator: part, omittingEmptySubsequences: false).count - 1
    }
}
