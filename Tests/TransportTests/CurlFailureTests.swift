import Testing
import Transport
import TransportCurl

@Suite struct CurlFailureTests {
    /// After the request has left, nothing tells whether the other side acted on it.
    @Test(
        arguments: [
            ("/cut", TransportFailure.Code.cutOff, nil as Int?),
            ("/reset", .cutOff, nil),
            ("/half", .cutOff, 200),
            ("/garbage", .malformedAnswer, nil),
            ("/huge-headers", .malformedAnswer, nil),
            ("/headers/66", .malformedAnswer, nil),
            ("/long-line", .malformedAnswer, nil),
            ("/size/1048577", .malformedAnswer, 200),
            ("/chunked/1048577", .malformedAnswer, 200),
            ("/endless", .malformedAnswer, 200),
            ("/stall", .timedOut, nil),
            ("/stall-in-body", .timedOut, 200),
        ])
    func whatFailsAfterTheRequestLeftCountsAsSent(
        path: String, code: TransportFailure.Code, status: Int?
    ) async throws {
        let timeout: Duration = code == .timedOut ? .seconds(3) : .seconds(15)
        for isFresh in [true, false] {
            let server = try await LoopbackServer()
            let transport = try transport()

            let failure = try await transport.failure(
                HTTPRequest(
                    .post, server.url(path), body: [1], timeout: timeout,
                    isOnFreshConnection: isFresh))

            #expect(failure.code == code, "\(failure.detail)")
            #expect(failure.isSent)
            // Told where the head came whole, however its body ended.
            #expect(failure.status == status, "\(path)")
            #expect(failure.duration > .zero)
            // A new connection is never tried a second time.
            await server.until { $0.requests > 0 }
            #expect(server.counts.requests == 1)
            await transport.shutdown()
            try await server.stop()
        }
    }

    @Test func aServerThatClosesAtOnceMayHaveReadTheRequest() async throws {
        let server = try await LoopbackServer(.closing)
        let transport = try transport()

        let failure = try await transport.failure(
            HTTPRequest(.post, server.url("/"), isOnFreshConnection: true))

        #expect(failure.code == .cutOff, "\(failure.detail)")
        #expect(failure.isSent)
        #expect(server.counts.connections == 1)
        await transport.shutdown()
        try await server.stop()
    }

    @Test func aNameThatDoesNotResolveIsNotSent() async throws {
        let transport = try transport()

        // A label of 64 letters is one too long for a name (RFC 1035 section 2.3.4), so that the
        // resolver refuses it and nobody is asked.
        let name = String(repeating: "a", count: 64) + ".example"
        let failure = try await transport.failure(HTTPRequest(.post, "https://\(name)/"))

        #expect(failure.code == .couldNotResolve, "\(failure.detail)")
        #expect(!failure.isSent)
        await transport.shutdown()
    }

    @Test func aRefusedConnectionIsNotSent() async throws {
        let server = try await LoopbackServer()
        let url = server.url("/ok")
        try await server.stop()
        let transport = try transport()

        for isFresh in [false, true] {
            let failure = try await transport.failure(
                HTTPRequest(.post, url, isOnFreshConnection: isFresh))
            #expect(failure.code == .couldNotConnect, "\(failure.detail)")
            #expect(!failure.isSent)
        }
        await transport.shutdown()
    }

    @Test func aConnectionThatIsNeverMadeTimesOutUnsent() async throws {
        let blackHole = try BlackHole()
        var limits = CurlTransport.Limits()
        limits.connectTimeout = .milliseconds(200)
        let impatient = try transport(limits: limits)
        let patient = try transport()

        for (transport, timeout) in [
            (impatient, Duration.seconds(15)), (patient, .milliseconds(200)),
        ] {
            let failure = try await transport.failure(
                HTTPRequest(.post, blackHole.url, body: [1], timeout: timeout))
            #expect(failure.code == .timedOut, "\(failure.detail)")
            #expect(!failure.isSent)
            #expect(failure.duration < .seconds(10))
            await transport.shutdown()
        }
    }

    @Test func aHandshakeThatFailsOrNeverEndsIsNotSent() async throws {
        for (manner, code) in [
            (LoopbackServer.Manner.closing, TransportFailure.Code.handshakeFailed),
            (.greeting("HTTP/1.1 400 Bad Request\r\n\r\n"), .handshakeFailed),
            (.greeting(""), .timedOut),
        ] {
            let server = try await LoopbackServer(manner)
            var limits = CurlTransport.Limits()
            if code == .timedOut { limits.connectTimeout = .milliseconds(300) }
            let transport = try transport(limits: limits)

            let failure = try await transport.failure(
                HTTPRequest(.post, "https://127.0.0.1:\(server.port)/", body: [1]))

            #expect(failure.code == code, "\(failure.detail)")
            #expect(!failure.isSent)
            await transport.shutdown()
            try await server.stop()
        }
    }

    /// The reason why submissions ask for a connection of their own.
    @Test func aPooledConnectionThatDiesIsResentByTheLibraryAndAFreshOneNever() async throws {
        let server = try await LoopbackServer()
        let transport = try transport()
        let pooled = HTTPRequest(.post, server.url("/cut-if-reused"), body: [1])
        let fresh = HTTPRequest(
            .post, server.url("/cut-if-reused"), body: [1], isOnFreshConnection: true)

        _ = try await transport.send(pooled)
        #expect(server.counts.requests == 1)
        // Arrives twice: on the connection of before, which dies, and on a new one.
        #expect(try await transport.send(pooled).status == 200)
        #expect(server.counts.requests == 3)
        #expect(server.counts.connections == 2)
        // There is one to reuse again, and it is left alone.
        #expect(try await transport.send(fresh).status == 200)
        #expect(server.counts.requests == 4)
        #expect(server.counts.connections == 3)
        // Where the server cuts off every time, a fresh one arrives once.
        let failure = try await transport.failure(
            HTTPRequest(.post, server.url("/cut"), body: [1], isOnFreshConnection: true))
        #expect(failure.isSent)
        #expect(server.counts.requests == 5)
        await transport.shutdown()
        try await server.stop()
    }

    /// The library reports the second attempt, which could not connect; the first was read.
    @Test func aResendThatCannotConnectStillCountsAsSent() async throws {
        let server = try await LoopbackServer()
        let transport = try transport()
        let request = HTTPRequest(.post, server.url("/cut-if-reused"), body: [1])
        _ = try await transport.send(request)
        // No new connections from here on; the one in the pool stays.
        try await server.stop()

        let failure = try await transport.failure(request)

        #expect(failure.code == .cutOff, "\(failure.detail)")
        #expect(failure.isSent)
        #expect(server.counts.requests == 2)
        await transport.shutdown()
    }

    /// An endpoint may take its time to answer, but once it answers it must not fall silent.
    @Test func paceIsJudgedFromTheFirstByteOfTheAnswer() async throws {
        let server = try await LoopbackServer()
        var limits = CurlTransport.Limits()
        limits.lowSpeedTime = .seconds(1)
        let transport = try transport(limits: limits)

        async let thinking = transport.send(
            HTTPRequest(.post, server.url("/stall"), timeout: .seconds(60)))
        await server.until { $0.requests == 1 }
        let failure = try await transport.failure(
            HTTPRequest(.post, server.url("/stall-in-body"), timeout: .seconds(60)))
        server.release()

        #expect(failure.code == .timedOut, "\(failure.detail)")
        #expect(failure.isSent)
        #expect(failure.duration < .seconds(30))
        #expect(try await thinking.status == 200)
        await transport.shutdown()
        try await server.stop()
    }

    @Test(arguments: [
        ("X-A", "1\r\nX-B: 2"), ("X-A", "1\n"), ("X-A", "1\r"), ("X-A", "\u{0}"), ("X-A", "\u{7F}"),
        ("X-A", "1\u{1B}"), ("", "1"), ("X A", "1"), ("X-A:", "1"), ("X-A\r\nX-B", "1"), ("Ü", "1"),
        ("X-A\u{0}", "1"), ("Content-Length", "0"), ("content-length", "0"),
        ("Transfer-Encoding", "chunked"), ("Host", "other.example"), ("Connection", "close"),
        ("Expect", "100-continue"), ("Upgrade", "h2c"), ("TE", "trailers"),
        (String(repeating: "a", count: 257), "1"),
    ])
    func aHeaderThatCouldEndTheRequestIsRefused(name: String, value: String) async throws {
        let server = try await LoopbackServer()
        let transport = try transport()

        let failure = try await transport.failure(
            HTTPRequest(.get, server.url("/ok"), headers: [HTTPField(name, value)]))

        #expect(failure.code == .refused)
        #expect(!failure.isSent)
        #expect(server.counts.connections == 0)
        await transport.shutdown()
        try await server.stop()
    }

    @Test func noFailureTellsPathQueryHeadersOrBody() async throws {
        let server = try await LoopbackServer()
        let secret = "s3cret"
        let transport = try transport()

        for url in [
            server.url("/cut/\(secret)?\(secret)"), server.url("/garbage/\(secret)"),
            "https://127.0.0.1:\(server.port)/\(secret)", "http://10.0.0.1/\(secret)",
            "http://127.0.0.1:1/\(secret)", "http://2130706434:1/\(secret)",
        ] {
            let failure = try await transport.failure(
                HTTPRequest(
                    .post, url, headers: [HTTPField("Authorization", secret)],
                    body: Array(secret.utf8), timeout: .milliseconds(500)))
            #expect(!failure.detail.contains(secret), "\(failure.detail)")
        }
        await transport.shutdown()
        try await server.stop()
    }
}
