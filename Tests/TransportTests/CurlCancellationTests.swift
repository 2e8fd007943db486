import Testing
import Transport
import TransportCurl

@Suite struct CurlCancellationTests {
    private typealias Outcome = Result<HTTPAnswer, TransportFailure>

    @Test func manyCancelledAtOnceEndAsSentAndTheTransportGoesOn() async throws {
        let server = try await LoopbackServer()
        let transport = try transport()

        let outcomes = await withTaskGroup(of: Outcome.self) { group in
            for _ in 0..<200 {
                group.addTask { await outcome(transport, server.url("/stall")) }
            }
            await server.until { $0.requests == 200 }
            group.cancelAll()
            return await group.reduce(into: [Outcome]()) { $0.append($1) }
        }

        for outcome in outcomes {
            guard case .failure(let failure) = outcome else {
                Issue.record("answered although nobody answers")
                continue
            }
            #expect(failure.code == .cancelled)
            #expect(failure.isSent)
        }
        #expect(outcomes.count == 200)
        #expect(transport.inFlight == 0)
        // What was broken off is closed, and what comes after is served.
        await server.until { $0.open == 0 }
        #expect(try await transport.send(HTTPRequest(.get, server.url("/ok"))).status == 200)
        await transport.shutdown()
        try await server.stop()
    }

    @Test func whoIsCancelledBeforehandSendsNothing() async throws {
        let server = try await LoopbackServer()
        let transport = try transport()

        let outcomes = await withTaskGroup(of: Outcome.self) { group in
            group.cancelAll()
            for _ in 0..<100 {
                group.addTask { await outcome(transport, server.url("/ok")) }
            }
            return await group.reduce(into: [Outcome]()) { $0.append($1) }
        }

        for outcome in outcomes {
            guard case .failure(let failure) = outcome else {
                Issue.record("sent although cancelled")
                continue
            }
            #expect(failure.code == .cancelled)
            #expect(!failure.isSent)
        }
        #expect(server.counts == LoopbackServer.Counts())
        await transport.shutdown()
        try await server.stop()
    }

    @Test func whoIsCancelledWhileConnectingHasSentNothing() async throws {
        let blackHole = try BlackHole()
        let server = try await LoopbackServer()
        let transport = try transport()

        let ended = await withTaskGroup(of: Outcome.self) { group in
            group.addTask { await outcome(transport, blackHole.url) }
            // The loop takes what is posted in order, so an answer to a later request means that
            // the earlier one has begun to connect.
            while transport.inFlight == 0 { await Task.yield() }
            _ = await outcome(transport, server.url("/ok"))
            group.cancelAll()
            return await group.next()
        }

        guard case .failure(let failure) = ended else {
            Issue.record("connected to a full queue")
            return
        }
        #expect(failure.code == .cancelled)
        #expect(!failure.isSent)
        await transport.shutdown()
        try await server.stop()
    }

    /// Every order of posting, taking, answering and cancelling; each ends exactly once, or the
    /// checked continuation says so.
    @Test func cancellingAtAnyMomentEndsEachExactlyOnce() async throws {
        let server = try await LoopbackServer()
        let transport = try transport()

        for round in 0..<20 {
            await withTaskGroup(of: Outcome.self) { group in
                for _ in 0..<50 {
                    group.addTask { await outcome(transport, server.url("/ok")) }
                }
                // From none ended to most of them ended.
                for _ in 0..<(round * 2) { _ = await group.next() }
                group.cancelAll()
                for await outcome in group {
                    if case .failure(let failure) = outcome {
                        #expect(failure.code == .cancelled, "\(failure.detail)")
                    }
                }
            }
        }
        #expect(transport.inFlight == 0)
        #expect(try await transport.send(HTTPRequest(.get, server.url("/ok"))).status == 200)
        await transport.shutdown()
        try await server.stop()
    }

    @Test func shuttingDownBreaksOffWhatIsInFlightAndTakesNothingMore() async throws {
        let server = try await LoopbackServer()
        let transport = try transport()

        let outcomes = await withTaskGroup(of: Outcome.self) { group in
            for _ in 0..<20 {
                group.addTask { await outcome(transport, server.url("/stall")) }
            }
            await server.until { $0.requests == 20 }
            await transport.shutdown()
            return await group.reduce(into: [Outcome]()) { $0.append($1) }
        }

        for case .failure(let failure) in outcomes {
            #expect(failure.code == .cancelled)
            #expect(failure.isSent)
        }
        #expect(outcomes.count == 20)
        await server.until { $0.open == 0 }
        let late = try await transport.failure(HTTPRequest(.get, server.url("/ok")))
        #expect(late.code == .cancelled)
        #expect(!late.isSent)
        // A second time finds nothing to do.
        await transport.shutdown()
        #expect(server.counts.requests == 20)
        try await server.stop()
    }

    @Test func aTransportThatNobodyHoldsClosesItsConnections() async throws {
        let server = try await LoopbackServer()

        _ = try await transport().send(HTTPRequest(.get, server.url("/ok")))

        await server.until { $0.open == 0 }
        try await server.stop()
    }
}

private func outcome(
    _ transport: CurlTransport, _ url: String
) async -> Result<HTTPAnswer, TransportFailure> {
    do throws(TransportFailure) {
        return .success(
            try await transport.send(HTTPRequest(.post, url, body: [1], timeout: .seconds(60))))
    } catch {
        return .failure(error)
    }
}
