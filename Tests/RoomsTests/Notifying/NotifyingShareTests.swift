import Domain
import Notifying
import Storage
import StorageMemory
import Testing
import Transport

/// How much an endpoint gets: retries it can pay for, places, a rate, and an old backlog slowly.
struct NotifyingShareTests {
    @Test func aRetryWithoutBudgetMovesToItsNextStepAndCostsNoTry() async throws {
        let world = NotifyingWorld([NotifyingWorld.webhook("ops", concurrent: 64)])
        let room = world.room()
        world.transport.answer(404)
        for number in 1...15 { try await world.announce(number, to: ["ops"]) }
        try await world.turns(room)
        #expect(world.transport.sent.count == 15)
        world.advance(by: .seconds(7))
        try await world.turns(room)
        #expect(world.transport.sent.count == 25, "a full bucket is worth ten")
        var moved = 0
        for number in 1...15 {
            let delivery = try await world.delivery(Delivery.ID(rawValue: "msg_\(number)_ops"))
            guard delivery.attempts == 1 else { continue }
            moved += 1
            let wait = try #require(delivery.state.dueAt) - world.now
            #expect((Duration.milliseconds(25_500)...Duration.milliseconds(37_500)).contains(wait))
        }
        #expect(moved == 5)
        // Nothing new is sent any more, and still all of them come to their end.
        for _ in 1...1_050 {
            world.advance(by: .minutes(6))
            try await world.turns(room)
        }
        #expect(world.transport.sent.count == 15 * 12)
        #expect(try await world.store.census().deliveries[.exhausted] == 15)
    }

    // Moving a hundred thousand over and over would be work for the store.
    @Test func retriesAreMovedTwentyASecond() async throws {
        let world = NotifyingWorld([NotifyingWorld.webhook("ops")])
        let room = world.room()
        world.transport.answer(404)
        for number in 1...100 { try await world.announce(number, to: ["ops"]) }
        try await world.turns(room)
        world.advance(by: .seconds(7))
        let claimed = try await world.turns(room)
        #expect((30...33).contains(claimed), "\(claimed)")
        #expect(world.transport.sent.count == 110)
    }

    // What is overdue and has no budget is counted twice, so that more may happen than there is
    // room for: then nobody gets anything yet.
    @Test func severalOfOneLineWithAnOldBacklogAndNoBudgetGoOn() async throws {
        let names = ["a", "b", "c"]
        let world = NotifyingWorld(
            names.map { name in
                var endpoint = Endpoint(
                    name: name, channel: .webhook, url: Secret("https://one.example.com/\(name)"),
                    secrets: [NotifyingWorld.key])
                endpoint.concurrent = 64
                return endpoint
            })
        world.transport.answer(404)
        for number in 1...60 { try await world.announce(number, to: names) }
        let first = world.room()
        for _ in 1...20 { try await world.turns(first) }
        world.advance(by: .minutes(30))
        let second = world.room()
        for _ in 1...200 {
            try await world.turns(second)
            world.advance(by: .milliseconds(500))
        }
        world.transport.answer(200)
        for _ in 1...1_000 {
            world.advance(by: .minutes(6))
            try await world.turns(second)
        }
        let deliveries = try await world.store.census().deliveries
        #expect(deliveries[.delivered, default: 0] == 180, "\(deliveries)")
    }

    // What failed once by a wrong path on their side is not told for hours after that was mended.
    @Test func anEndpointThatIsWellAgainGetsWhatWaitsAtOnce() async throws {
        let world = NotifyingWorld([NotifyingWorld.webhook("ops")])
        let room = world.room()
        world.transport.answer(404)
        for number in 1...100 { try await world.announce(number, to: ["ops"]) }
        try await world.turns(room)
        world.transport.answer(200)
        world.advance(by: .seconds(7))
        try await world.turns(room)
        #expect(world.transport.sent.count == 200)
    }

    @Test func anEndpointThatIsSlowOnTheAverageGetsOneAtATimeUntilItIsQuickAgain() async throws {
        let world = NotifyingWorld([NotifyingWorld.webhook("ops")])
        let room = world.room()
        func send(_ numbers: ClosedRange<Int>, taking time: Duration) async throws -> Int {
            world.transport.answer(by: { [clock = world.clock] _ in
                clock.advance(by: time)
                return .success(HTTPAnswer(status: 200))
            })
            for number in numbers { try await world.announce(number, to: ["ops"]) }
            let first = try await world.turn(room)
            try await world.turns(room)
            return first
        }
        #expect(try await send(1...4, taking: .seconds(6)) == 4)
        #expect(try await send(5...8, taking: .seconds(6)) == 4, "four are too few to judge by")
        #expect(try await send(9...12, taking: .seconds(6)) == 1)
        #expect(try await send(13...17, taking: .seconds(1)) == 1)
        #expect(try await send(18...21, taking: .seconds(1)) == 4)
    }

    @Test func aRateIsKeptAndWaitingForItCostsNothing() async throws {
        var ops = NotifyingWorld.webhook("ops")
        ops.rate = Rate(3, per: .seconds(1))
        let world = NotifyingWorld([ops, NotifyingWorld.webhook("free")])
        let room = world.room()
        for number in 1...9 { try await world.announce(number, to: ["ops", "free"]) }
        for second in 1...3 {
            try await world.turns(room)
            #expect(world.transport.sent.count { $0.url.contains("ops") } == 3 * second)
            #expect(world.transport.sent.count { $0.url.contains("free") } == 9)
            world.advance(by: .seconds(1))
        }
        for number in 1...9 {
            let id = Delivery.ID(rawValue: "msg_\(number)_ops")
            #expect(try await world.delivery(id).attempts == 1)
        }
    }

    @Test func aFeishuGroupGetsNoMoreThanItsPlatformTakes() async throws {
        let world = NotifyingWorld([NotifyingWorld.feishu("chat")])
        world.transport.answer(200, #"{"code":0}"#)
        let room = world.room()
        // Never more at once than leaves within a minute, or they would be merged.
        for number in 1...80 { try await world.announce(number, to: ["chat"]) }
        try await world.turns(room)
        #expect(world.transport.sent.count == 5)
        for second in 1...59 {
            if second == 20 {
                for number in 81...160 { try await world.announce(number, to: ["chat"]) }
            }
            world.advance(by: .seconds(1))
            try await world.turns(room)
        }
        #expect(world.transport.sent.count == 90)
    }

    @Test func afterAnOutageOfOursWhatIsOverdueLeavesTwentyASecond() async throws {
        let world = NotifyingWorld([
            NotifyingWorld.webhook("ops", concurrent: 64), NotifyingWorld.webhook("other"),
        ])
        for number in 1...50 { try await world.announce(number, to: ["ops"]) }
        world.advance(by: .hours(2))
        let room = world.room()
        try await world.announce(60, to: ["other", "ops"])
        for second in 0...2 {
            try await world.turns(room)
            let ops = world.transport.sent.count { $0.url.contains("ops") }
            #expect(ops == [20, 40, 51][second])
            #expect(world.transport.sent.count { $0.url.contains("other") } == 1)
            world.advance(by: .seconds(1))
        }
        // And then as fast as it can.
        for number in 100...200 { try await world.announce(number, to: ["ops"]) }
        #expect(try await world.turns(room) == 101)
    }

    // As many teams behind one host and one key: each is served, and none of them twice as late.
    @Test(arguments: [1, 19, 20, 21, 90])
    func anOldBacklogLeavesTheSameHowManyShareADestination(count: Int) async throws {
        let endpoints = (1...count).map { number in
            Endpoint(
                name: "team\(number)", channel: .webhook,
                url: Secret("https://hooks.example.com/\(number)"), secrets: [NotifyingWorld.key])
        }
        let world = NotifyingWorld(endpoints)
        for number in 1...2 { try await world.announce(number, to: endpoints.map(\.name)) }
        world.advance(by: .hours(2))
        let room = world.room()
        var seconds = 0
        while world.transport.sent.count < 2 * count, seconds < 60 {
            let before = world.transport.sent.count
            for _ in 1...10 { try await world.turn(room) }
            #expect(world.transport.sent.count - before <= 20)
            world.advance(by: .seconds(1))
            seconds += 1
        }
        #expect(world.transport.sent.count == 2 * count)
        #expect(seconds <= 2 * count / 20 + 2, "\(seconds) s")
    }

    // Late because it is slow, not because we were away: slowing it down would make it later.
    @Test func whatIsLateWhileWeWereHereLeavesAsItCan() async throws {
        let world = NotifyingWorld([NotifyingWorld.webhook("ops")])
        let room = world.room()
        for number in 1...50 { try await world.announce(number, to: ["ops"]) }
        world.advance(by: .hours(2))
        #expect(try await world.turns(room) == 50)

        // A restart of a few seconds is no outage either.
        for number in 101...150 { try await world.announce(number, to: ["ops"]) }
        world.advance(by: .seconds(59))
        #expect(try await world.turns(world.room()) == 50)
    }
}
