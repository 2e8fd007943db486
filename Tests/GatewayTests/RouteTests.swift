import Gateway
import Intake
import Signing
import StrictJSON
import Testing
import Transport
import TransportCurl

/// One request over a raw socket, on a connection of its own.
private func answer(
    to request: String, from gateway: GatewayFixture.Running
) async throws -> String {
    let client = try await RawClient.connect(to: gateway.port)
    try await client.send(request)
    return try await client.readAnswer()
}

@Suite(.timeLimit(.minutes(1))) struct RouteTests {
    @Test func intakeGetsTheRequestAsItCame() async throws {
        var fixture = GatewayFixture()
        fixture.answer = { _ in
            IntakeAnswer(
                status: 401, headers: [("Content-Type", "application/json"), ("X-Why", "because")],
                body: Array(#"{"error":"not authenticated"}"#.utf8))
        }
        try await fixture.run { gateway in
            let text = try await answer(
                to: "POST /in/coze%2Fmain/s%C3%A9cret?b=1&a=%2B+%26&&b=%e4%bd%a0&c HTTP/1.1\r\n"
                    + "X-Two: 1\r\nHost: example.com\r\nx-two:  2 \r\nX-Empty:\r\n"
                    + "Content-Length: 4\r\n\r\n{\r\n}", from: gateway)
            #expect(text.hasPrefix("HTTP/1.1 401 Unauthorized\r\n"))
            #expect(text.contains("\r\nX-Why: because\r\n"))
            #expect(text.contains("\r\nContent-Length: 29\r\n"))
            #expect(text.hasSuffix("\r\n\r\n" + #"{"error":"not authenticated"}"#))
        }
        let item = try #require(fixture.received.all.first)
        #expect(item.source == "coze/main")
        #expect(item.secret == "sécret")
        #expect(item.request.method == "POST")
        #expect(item.request.body == Array("{\r\n}".utf8))
        #expect(item.request.query.map(\.name) == ["b", "a", "b", "c"])
        #expect(item.request.query.map(\.value) == ["1", "++&", "你", ""])
        #expect(item.request.headers.values(of: "x-two") == ["1", "2"])
        #expect(item.request.headers.lookup("Host") == .one("example.com"))
        #expect(item.request.headers.lookup("X-Empty") == .one(""))
        #expect(item.request.headers.lines.map(\.name).contains("X-Two"))
    }

    @Test(arguments: [
        ("GET", "/in/s", 200), ("POST", "/in/s", 200), ("OPTIONS", "/in/s", 200),
        ("PUT", "/in/s", 200), ("HEAD", "/in/s", 200), ("get", "/in/s", 405),
        ("FROB", "/in/s", 405), ("X-FROB", "/nowhere", 405), ("GET", "/healthz#a", 400),
        ("GET", "/in", 404), ("GET", "/in/", 404), ("GET", "/in/a/b/c", 404),
        ("GET", "/", 404), ("GET", "/healthz", 200), ("GET", "/healthz/", 404),
        ("POST", "/healthz", 405), ("GET", "/readyz", 200), ("GET", "/in/%zz", 400),
        ("GET", "/in/%ff", 400), ("GET", "http://x/in/s", 200), ("OPTIONS", "*", 400),
        ("DELETE", "/api/v1/events", 401),
    ])
    func aPathAndAMethodHaveOneAnswer(method: String, path: String, status: Int) async throws {
        try await GatewayFixture().run { gateway in
            let client = try await RawClient.connect(to: gateway.port)
            try await client.send(
                "\(method) \(path) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            let text = try await client.readToEnd()
            #expect(text.hasPrefix("HTTP/1.1 \(status) "), "\(text)")
            #expect(text.lowercased().contains("\r\nallow: ") == (status == 405))
            #expect(!text.lowercased().contains("\r\nserver:"))
            #expect(!text.lowercased().contains("hummingbird"))
        }
    }

    @Test func aHeadIsTheGetWithoutItsBody() async throws {
        try await GatewayFixture().run { gateway in
            func ask(_ method: String) async throws -> String {
                let client = try await RawClient.connect(to: gateway.port)
                try await client.send(
                    "\(method) /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                return try await client.readToEnd()
            }
            let (get, head) = (try await ask("GET"), try await ask("HEAD"))
            #expect(get == head + "ok\n")
            #expect(head.contains("\r\nContent-Length: 3\r\n"))
            #expect(head.contains("\r\nDate: Wed, 18 Mar 2026 08:30:15 GMT\r\n"))
        }
    }

    @Test func readinessSaysWhatIsMissing() async throws {
        var fixture = GatewayFixture()
        fixture.readiness = ["store away", "rules broken"]
        try await fixture.run { gateway in
            let transport = try client()
            let answer = try await transport.ask(.get, gateway.url + "/readyz", key: nil)
            #expect(answer.status == 503)
            #expect(String(decoding: answer.body, as: UTF8.self) == "store away\nrules broken\n")
            let alive = try await transport.ask(.get, gateway.url + "/healthz", key: nil)
            #expect(alive.status == 200)
            await transport.shutdown()
        }
    }
}
