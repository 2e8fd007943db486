import Glibc
import Testing
import Transport
import TransportCurl

/// A transport that may call loopback, on any port and without TLS.
func transport(
    allow rule: String = "127.0.0.0/8",
    limits: CurlTransport.Limits = CurlTransport.Limits()
) throws -> CurlTransport {
    try CurlTransport(
        policy: EgressPolicy(allow: [try AllowRule(parsing: rule)]),
        userAgent: "Copyhook/0.0 (+https://copyhook.example)", limits: limits)
}

extension CurlTransport {
    /// The failure of a request that must fail.
    func failure(_ request: HTTPRequest) async throws -> TransportFailure {
        do {
            let answer = try await send(request)
            throw UnexpectedAnswer(status: answer.status)
        } catch let failure as TransportFailure {
            return failure
        }
    }
}

struct UnexpectedAnswer: Error { let status: Int }

@Suite struct CurlTransportTests {
    @Test func anAnswerComesBackWhole() async throws {
        let server = try await LoopbackServer()
        let transport = try transport()

        let answer = try await transport.send(HTTPRequest(.get, server.url("/ok")))

        #expect(answer.status == 200)
        #expect(answer.body == Array("ok".utf8))
        #expect(answer.headers.first("content-length") == "2")
        #expect(answer.duration > .zero)
        await transport.shutdown()
        try await server.stop()
    }

    @Test(
        arguments: [
            HTTPRequest.Method.get, .post, .put, .delete,
        ], [[], Array("{\"a\":1}".utf8)])
    func whatIsOnTheWireIsWhatWasAskedFor(method: HTTPRequest.Method, body: [UInt8]) async throws {
        let server = try await LoopbackServer()
        let transport = try transport()
        let headers = [HTTPField("X-One", "1"), HTTPField("X-Empty", ""), HTTPField("X-One", "ü")]

        let answer = try await transport.send(
            HTTPRequest(method, server.url("/echo/../echo?a=%20b"), headers: headers, body: body))

        var expected = [
            "\(method.rawValue) /echo/../echo?a=%20b HTTP/1.1", "Host: 127.0.0.1:\(server.port)",
            "User-Agent: Copyhook/0.0 (+https://copyhook.example)", "Accept: */*", "X-One: 1",
            "X-Empty:", "X-One: ü",
        ]
        // A method that means to send something says that it sends nothing.
        if !body.isEmpty || method == .post || method == .put {
            expected.append("Content-Length: \(body.count)")
        }
        expected += ["", String(decoding: body, as: UTF8.self)]
        #expect(String(decoding: answer.body, as: UTF8.self) == expected.joined(separator: "\r\n"))
        await transport.shutdown()
        try await server.stop()
    }

    @Test(arguments: [200, 201, 204, 301, 302, 307, 308, 400, 401, 404, 407, 429, 500, 503, 599])
    func everyStatusIsPassedOnAndNoneIsFollowed(status: Int) async throws {
        let server = try await LoopbackServer()
        let transport = try transport()

        let answer = try await transport.send(HTTPRequest(.post, server.url("/status/\(status)")))

        #expect(answer.status == status)
        #expect(answer.headers.first("location") == "/ok")
        #expect(server.counts.requests == 1)
        await transport.shutdown()
        try await server.stop()
    }

    @Test func onlyTheHeadersOfTheFinalAnswerAreKept() async throws {
        let server = try await LoopbackServer()
        let transport = try transport()

        let answer = try await transport.send(HTTPRequest(.get, server.url("/interim")))

        #expect(answer.status == 200)
        #expect(answer.body == Array("ok".utf8))
        #expect(
            answer.headers == [
                HTTPField("X-Late", "2"), HTTPField("X-Folded", "a b"), HTTPField("x-late", "3"),
                HTTPField("Transfer-Encoding", "chunked"), HTTPField("Trailer", "X-Trailer"),
            ])
        #expect(answer.headers.values(of: "X-LATE") == ["2", "3"])
        await transport.shutdown()
        try await server.stop()
    }

    @Test func aBodyInManyPiecesIsPutTogether() async throws {
        let server = try await LoopbackServer()
        let transport = try transport()

        let answer = try await transport.send(HTTPRequest(.get, server.url("/dribble")))

        #expect(answer.body.count == 50)
        await transport.shutdown()
        try await server.stop()
    }

    @Test func aConnectionIsKeptForTheNextRequest() async throws {
        let server = try await LoopbackServer()
        let transport = try transport()

        for served in 1...5 {
            let answer = try await transport.send(HTTPRequest(.post, server.url("/ok")))
            #expect(answer.headers.first("x-served") == "\(served)")
        }
        #expect(server.counts.connections == 1)
        await transport.shutdown()
        try await server.stop()
    }

    @Test func aFreshConnectionIsNeitherTakenFromThePoolNorGivenToIt() async throws {
        let server = try await LoopbackServer()
        let transport = try transport()
        let pooled = HTTPRequest(.post, server.url("/ok"))
        let fresh = HTTPRequest(.post, server.url("/ok"), isOnFreshConnection: true)

        for (request, connections) in [(pooled, 1), (fresh, 2), (fresh, 3), (pooled, 3)] {
            _ = try await transport.send(request)
            #expect(server.counts.connections == connections)
        }
        // The two fresh ones were closed, not kept aside.
        await server.until { $0.open == 1 }
        await transport.shutdown()
        try await server.stop()
    }

    @Test func fiveHundredAtOnceAreAllAnswered() async throws {
        let server = try await LoopbackServer()
        var limits = CurlTransport.Limits()
        limits.idleConnectionsMax = 512
        let transport = try transport(limits: limits)

        try await withThrowingTaskGroup(of: HTTPAnswer.self) { group in
            for _ in 0..<500 {
                group.addTask {
                    try await transport.send(HTTPRequest(.post, server.url("/stall")))
                }
            }
            // All of them are in flight together before the first is answered.
            await server.until { $0.requests == 500 }
            #expect(transport.inFlight == 500)
            server.release()
            for try await answer in group { #expect(answer.status == 200) }
        }
        #expect(server.counts == LoopbackServer.Counts(connections: 500, open: 500, requests: 500))
        #expect(transport.inFlight == 0)
        await transport.shutdown()
        // Shutting down leaves no connection behind.
        await server.until { $0.open == 0 }
        try await server.stop()
    }

    @Test func aProxyOfTheEnvironmentIsNotAsked() async throws {
        let server = try await LoopbackServer()
        let proxy = try await LoopbackServer()
        for name in ["http_proxy", "https_proxy", "all_proxy", "HTTPS_PROXY", "ALL_PROXY"] {
            setenv(name, "http://127.0.0.1:\(proxy.port)", 1)
        }
        let transport = try transport()

        for isFresh in [false, true] {
            let answer = try await transport.send(
                HTTPRequest(.get, server.url("/ok"), isOnFreshConnection: isFresh))
            #expect(answer.status == 200)
        }
        #expect(proxy.counts == LoopbackServer.Counts())
        #expect(server.counts.requests == 2)
        for name in ["http_proxy", "https_proxy", "all_proxy", "HTTPS_PROXY", "ALL_PROXY"] {
            unsetenv(name)
        }
        await transport.shutdown()
        try await server.stop()
        try await proxy.stop()
    }

    @Test func bodiesAndHeadersMayBeAsLongAsTheirLimits() async throws {
        let server = try await LoopbackServer()
        let transport = try transport()

        for path in ["/size/1048576", "/chunked/1048576"] {
            let answer = try await transport.send(HTTPRequest(.get, server.url(path)))
            #expect(answer.body.count == HTTPLimits.bodyMax, "\(path)")
        }
        let answer = try await transport.send(HTTPRequest(.get, server.url("/headers/65")))
        #expect(answer.headers.count == 66)
        await transport.shutdown()
        try await server.stop()
    }
}
