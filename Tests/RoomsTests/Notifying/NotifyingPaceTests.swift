import Channels
import Domain
import Notifying
import Storage
import Synchronization
import Testing
import Transport

/// How many at once, whom to leave alone, and the end of the process.
struct NotifyingPaceTests {
    @Test func aPauseThatAnEndpointAsksForHoldsForItAloneAndForAllItsMessages() async throws {
        let world = NotifyingWorld([
            NotifyingWorld.webhook("tired"), NotifyingWorld.webhook("well"),
        ])
        world.transport.answer(by: { request in
            request.url.contains("tired")
                ? .success(
                    HTTPAnswer(status: 429, headers: [HTTPField("retry-after", "600")]))
                : .success(HTTPAnswer(status: 200))
        })
        let room = world.room()
        try await world.announce(1, to: ["tired"])
        try await world.turn(room)
        let id = try await world.announce(2, to: ["tired"])[0]
        for number in 3...5 { try await world.announce(number, to: ["well"]) }

        world.advance(by: .seconds(599))
        #expect(try await world.turn(room) == 3)
        #expect(try await world.delivery(id).state == .pending(dueAt: NotifyingWorld.start))
        #expect(world.transport.sent.count { $0.url.contains("tired") } == 1)
        #expect(world.transport.sent.count { $0.url.contains("well") } == 3)
        world.advance(by: .seconds(1))
        #expect(try await world.turn(room) == 2)
    }

    /// contracts/notifications.md section 10: `global` is said of us, not of one channel.
    @Test(arguments: [true, false])
    func whatDiscordSaysOfUsAllHoldsForAllItsChannels(_ isGlobal: Bool) async throws {
        func channel(_ name: String, host: String = "discord.com") -> Endpoint {
            Endpoint(
                name: name, channel: .discord,
                url: Secret("https://\(host)/api/webhooks/100000000000000001/\(name)"))
        }
        let world = NotifyingWorld([
            channel("one"), channel("two"), channel("far", host: "proxy.example.com"),
        ])
        world.transport.answer(by: { request in
            request.url.contains("/one")
                ? .success(
                    HTTPAnswer(
                        status: 429, body: Array(#"{"retry_after":60,"global":\#(isGlobal)}"#.utf8))
                )
                : .success(HTTPAnswer(status: 204))
        })
        let room = world.room()
        try await world.announce(1, to: ["one"])
        try await world.turn(room)
        try await world.announce(2, to: ["two", "far"])
        try await world.turns(room)
        #expect(world.transport.sent.count { $0.url.contains("/far") } == 1)
        #expect(world.transport.sent.count { $0.url.contains("/two") } == (isGlobal ? 0 : 1))
        world.advance(by: .seconds(60))
        try await world.turns(room)
        #expect(world.transport.sent.count { $0.url.contains("/two") } == 1)
    }

    // Claimed together with the one that was told to wait.
    @Test func whatIsInHandWhenAPauseBeginsIsPutBackAtNoCost() async throws {
        let world = NotifyingWorld([NotifyingWorld.webhook("tired")])
        world.transport.answer(429, "", [HTTPField("retry-after", "600")])
        let first = try await world.announce(1, to: ["tired"])[0]
        let second = try await world.announce(2, to: ["tired"])[0]
        try await world.turn(world.room())
        #expect(world.transport.sent.count == 1)
        #expect(try await world.delivery(first).attempts == 1)
        #expect(try await world.delivery(second).attempts == 0)
        let until = NotifyingWorld.start + .seconds(600)
        #expect(try await world.delivery(second).state == .pending(dueAt: until))
        #expect(try await world.attempts(second).isEmpty)
    }

    @Test func strainWithoutATimeDoublesThePauseUntilSomethingIsTaken() async throws {
        let world = NotifyingWorld([NotifyingWorld.webhook("tired")])
        let room = world.room()
        for (number, pause) in [1, 2, 4, 8, 16, 32, 60, 60].enumerated() {
            world.transport.answer(502)
            try await strain(world, room, number, pause: .seconds(pause))
        }
        world.transport.answer(200)
        try await world.announce(100, to: ["tired"])
        while try await world.turn(room) > 0 {}
        world.transport.answer(502)
        try await strain(world, room, 101, pause: .seconds(1))
        try await world.announce(102, to: ["tired"])
        #expect(try await world.turn(room, limit: 1) == 1)
    }

    /// Sends a message that is answered, and expects the next to be held back for so long.
    private func strain(
        _ world: NotifyingWorld, _ room: NotifyingStage, _ number: Int, pause: Duration
    ) async throws {
        try await world.announce(number, to: ["tired"])
        #expect(try await world.turn(room, limit: 1) == 1, "\(number)")
        world.advance(by: pause - .milliseconds(1))
        #expect(try await world.turn(room, limit: 1) == 0, "\(number)")
        world.advance(by: .milliseconds(1))
    }

    @Test(arguments: [1, 2, 4])
    func noMoreThanSoManyAreInFlightToOneEndpoint(_ concurrent: Int) async throws {
        let world = NotifyingWorld([NotifyingWorld.webhook("ops", concurrent: concurrent)])
        let room = world.room()
        for number in 1...10 { try await world.announce(number, to: ["ops"]) }
        var ended = 0
        while ended < 10 {
            let taken = try await room.claim(limit: 64, at: world.now)
            #expect(taken.count == min(concurrent, 10 - ended))
            #expect(try await room.claim(limit: 64, at: world.now).isEmpty)
            for claim in taken { try await room.settle(await room.perform(claim)) }
            ended += taken.count
        }
        #expect(world.transport.sent.count == 10)
    }

    @Test func aDeadEndpointHoldsUpNobodyElse() async throws {
        let world = NotifyingWorld([
            NotifyingWorld.webhook("dead"), NotifyingWorld.webhook("well", concurrent: 2),
        ])
        let room = world.room()
        for number in 1...50 { try await world.announce(number, to: ["dead"]) }
        for number in 51...60 { try await world.announce(number, to: ["well"]) }

        // The dead one's places are taken by attempts that never come back.
        var stuck: [Parcel] = []
        var wellCount = 0
        for _ in 1...20 {
            for claim in try await room.claim(limit: 8, at: world.now) {
                if claim.endpoint == "dead" {
                    stuck.append(claim)
                } else {
                    wellCount += 1
                    try await room.settle(await room.perform(claim))
                }
            }
        }
        #expect(stuck.count == 4)
        #expect(wellCount == 10)
    }

    @Test func endpointsThatAreGoneDoNotBlockAClaimWhenAllOthersAreFull() async throws {
        let world = NotifyingWorld([NotifyingWorld.webhook("ops", concurrent: 1)])
        let room = world.room()
        try await world.announce(1, to: ["ops"])
        #expect(try await room.claim(limit: 8, at: world.now).count == 1)
        for number in 2...4 { try await world.announce(number, to: ["gone"]) }
        #expect(try await world.turn(room) == 3)
    }

    @Test func aStopBeforeTheFirstByteCostsNothing() async throws {
        let world = NotifyingWorld([NotifyingWorld.webhook("ops")])
        world.transport.fail(.cancelled, isSent: false)
        let id = try await world.announce(to: ["ops"])[0]
        try await world.turn(world.room())
        #expect(try await world.delivery(id).state == .pending(dueAt: NotifyingWorld.start))
        #expect(try await world.delivery(id).attempts == 0)
        #expect(try await world.attempts(id).isEmpty)
    }

    @Test func aStopAfterTheFirstByteSendsAgainAtOnce() async throws {
        let world = NotifyingWorld([NotifyingWorld.webhook("ops")])
        world.transport.fail(.cancelled, isSent: true)
        let id = try await world.announce(to: ["ops"])[0]
        try await world.turn(world.room())
        #expect(try await world.delivery(id).state == .pending(dueAt: NotifyingWorld.start))
        #expect(try await world.delivery(id).attempts == 1)
        #expect(try await world.attempts(id).map(\.outcome) == ["cut_short"])
    }

    @Test func aCancelledTaskSendsNothing() async throws {
        let world = NotifyingWorld([NotifyingWorld.webhook("ops")])
        let id = try await world.announce(to: ["ops"])[0]
        let room = world.room()
        let claim = try #require(try await room.claim(limit: 1, at: world.now).first)
        let turn = await withTaskGroup(of: NotifyingStage.Turn.self) { group in
            group.cancelAll()
            group.addTask { await room.perform(claim) }
            return await group.next()
        }
        try await room.settle(try #require(turn))
        #expect(world.transport.sent.isEmpty)
        #expect(try await world.delivery(id).state == .pending(dueAt: NotifyingWorld.start))
        #expect(try await world.delivery(id).attempts == 0)
    }
}
