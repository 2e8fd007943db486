import Testing
import Transport
import TransportCurl

/// Which connection a request may use.
@Suite struct OutgoingPoolTests {
    /// The rule that comes first is what a name is guessed to fall under, until a connection shows
    /// the truth.
    @Test func aConnectionIsKeptInThePoolOfTheRuleThatLetItPass() async throws {
        let yard = try await Yard()
        let transport = try yard.transport()
        transport.replacePolicy(
            EgressPolicy(allow: [
                try AllowRule(parsing: "127.0.0.9:\(yard.port)"),
                try AllowRule(parsing: "127.0.0.2:\(yard.port)"),
            ]))
        yard.names.set("row1.test", [yard.sinkAddress])

        for (served, connections) in [("1", 1), ("1", 2), ("2", 2), ("3", 2)] {
            let answer = try await transport.send(HTTPRequest(.get, yard.url(1)))
            #expect(answer.headers.first("x-served") == served)
            #expect(yard.sink.counts.connections == connections)
        }
        // The first was closed, not left in the pool where it had been looked for.
        await yard.sink.until { $0.open == 1 }
        try await yard.end(transport)
    }

    /// The same name, first under one rule and then under another: each has its connections.
    @Test func aNameThatMovesToAnotherRuleTakesNoConnectionAlong() async throws {
        let yard = try await Yard()
        let other = try await LoopbackServer(host: "127.0.0.3", port: yard.port)
        let transport = try yard.transport()
        transport.replacePolicy(
            EgressPolicy(allow: [
                try AllowRule(parsing: "127.0.0.2:\(yard.port)"),
                try AllowRule(parsing: "127.0.0.3:\(yard.port)"),
            ]))
        yard.names.set("row1.test", [yard.sinkAddress])
        let url = yard.url(1)
        let slow = HTTPRequest(.get, "http://row1.test:\(yard.port)/stall")
        async let underWay = transport.send(slow)
        await yard.sink.until { $0.requests == 1 }

        // While that connection is busy another one is opened, which shows where the name is now.
        yard.names.set("row1.test", [IPAddress(.v4, 0x7F00_0003)])
        _ = try await transport.send(HTTPRequest(.get, url))
        #expect(other.counts.requests == 1)
        yard.sink.release()
        #expect(try await underWay.status == 200)

        // The first connection is free again, for the same host and port, and stays where it is.
        for _ in 0..<2 { _ = try await transport.send(HTTPRequest(.get, url)) }
        #expect(other.counts.requests == 3)
        #expect(other.counts.connections == 2)
        #expect(yard.sink.counts.requests == 1)
        await yard.sink.until { $0.open == 1 }
        try await other.stop()
        try await yard.end(transport)
    }

    @Test func anotherPolicyClosesWhatWasOpenedUnderTheOneBefore() async throws {
        let yard = try await Yard()
        let transport = try yard.transport()
        let request = HTTPRequest(.get, "http://127.0.0.2:\(yard.port)/ok")
        _ = try await transport.send(request)
        await yard.sink.until { $0.open == 1 }

        // Wider, so the address is still allowed: its connection is closed all the same, and
        // nobody has to send anything for that.
        transport.replacePolicy(EgressPolicy(allow: [try AllowRule(parsing: "127.0.0.2")]))
        await yard.sink.until { $0.open == 0 }
        _ = try await transport.send(request)
        #expect(yard.sink.counts.connections == 2)

        // The same policy once more is no change.
        transport.replacePolicy(EgressPolicy(allow: [try AllowRule(parsing: "127.0.0.2")]))
        let answer = try await transport.send(request)
        #expect(answer.headers.first("x-served") == "2")
        try await yard.end(transport)
    }

    @Test func whatIsUnderWayWhenThePolicyChangesEndsAndIsNotKept() async throws {
        let yard = try await Yard()
        let transport = try yard.transport()
        async let underWay = transport.send(
            HTTPRequest(.get, "http://127.0.0.2:\(yard.port)/stall"))
        await yard.sink.until { $0.requests == 1 }

        transport.replacePolicy(EgressPolicy())
        let failure = try await transport.failure(
            HTTPRequest(.get, "http://127.0.0.2:\(yard.port)/ok"))
        yard.sink.release()

        #expect(failure.code == .refused)
        #expect(try await underWay.status == 200)
        await yard.sink.until { $0.open == 0 }
        try await yard.end(transport)
    }

    // MARK: - Names that change their mind

    @Test func aNameThatIsBoundAnewIsJudgedByWhereItLeadsNow() async throws {
        let yard = try await Yard()
        let transport = try yard.transport()
        let loopback = IPAddress(.v4, 0x7F00_0001)

        for isFresh in [true, false] {
            yard.names.set("row1.test", [yard.sinkAddress])
            let request = HTTPRequest(
                .post, yard.url(1), body: [1], isOnFreshConnection: isFresh)
            _ = try await transport.send(request)
            yard.names.set("row1.test", [loopback])
            let result = await transport.outcome(request)
            // The kept connection still leads to the sink; a new one is refused.
            if isFresh {
                guard case .failure(let failure) = result else {
                    Issue.record("\(result)")
                    continue
                }
                #expect(failure.code == .refused)
            } else {
                #expect(try result.get().status == 200)
            }
        }
        #expect(yard.sink.counts.requests == 3)
        try await yard.end(transport)
    }

    @Test func ofSeveralAddressesOnlyTheAllowedIsCalled() async throws {
        let yard = try await Yard()
        let transport = try yard.transport()
        let loopback = [IPAddress(.v4, 0x7F00_0001), IPAddress(.v6, 1)]

        for (number, addresses) in [
            loopback + [yard.sinkAddress], [yard.sinkAddress] + loopback,
            [loopback[1], yard.sinkAddress, loopback[0]],
        ].enumerated() {
            yard.names.set("row\(number).test", addresses)
            let answer = try await transport.send(HTTPRequest(.get, yard.url(number)))
            #expect(answer.status == 200)
        }
        yard.names.set("row9.test", loopback)
        let failure = try await transport.failure(HTTPRequest(.get, yard.url(9)))
        #expect(failure.code == .refused)
        #expect(yard.sink.counts.requests == 3)
        try await yard.end(transport)
    }

    /// The one address that may be called is dead; the record says that there was another.
    @Test func aFailureTellsWhichAddressWasNotCalled() async throws {
        let yard = try await Yard()
        let transport = try yard.transport()
        try await yard.sink.stop()
        yard.names.set("row1.test", [IPAddress(.v4, 0x7F00_0001), yard.sinkAddress])

        let failure = try await transport.failure(HTTPRequest(.get, yard.url(1)))

        #expect(failure.code == .couldNotConnect, "\(failure.detail)")
        #expect(!failure.isSent)
        #expect(
            failure.detail.contains("; not called: 127.0.0.1 is not a public address (loopback, "),
            "\(failure.detail)")
        await transport.shutdown()
        for canary in yard.canaries {
            #expect(canary.counts == LoopbackServer.Counts())
            try await canary.stop()
        }
    }
}
