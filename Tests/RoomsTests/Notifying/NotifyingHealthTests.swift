import Domain
import Notifying
import Signing
import Storage
import StorageMemory
import Synchronization
import Testing
import Transport

/// Endpoints that are given up, told of, and come back.
struct NotifyingHealthTests {
    private static let warnings = [
        "endpoint.warning 50 dead", "endpoint.warning 70 dead", "endpoint.warning 90 dead",
        "endpoint.warning 100 dead", "endpoint.disabled 100 dead",
    ]

    /// Two endpoints, of which one answers with this status.
    private func world(_ status: Int) -> NotifyingWorld {
        let world = NotifyingWorld([NotifyingWorld.webhook("dead"), NotifyingWorld.webhook("ops")])
        answer(world, status)
        return world
    }

    private func answer(_ world: NotifyingWorld, _ status: Int) {
        world.transport.answer(by: { request in
            .success(HTTPAnswer(status: request.url.contains("dead") ? status : 200))
        })
    }

    /// Lets so many hours pass, with a message for the endpoint in each.
    private func pass(
        _ hours: Int, _ world: NotifyingWorld, _ room: NotifyingStage, first: Int = 0
    ) async throws {
        for hour in 0..<hours {
            try await world.announce(first + hour, to: ["dead"])
            try await world.turns(room)
            world.advance(by: .hours(1))
        }
    }

    @Test func fiveDaysWithoutASuccessAreWarnedOfFourTimesAndDisable() async throws {
        let world = world(500)
        let room = world.room()
        try await pass(61, world, room)
        #expect(try await world.news(to: "ops") == Array(Self.warnings.prefix(1)))
        #expect(try await world.health("dead")?.failingSince == NotifyingWorld.start)
        #expect(try await world.health("dead")?.disabledAt == nil)
        try await pass(61, world, room, first: 100)
        try await world.turns(room)
        #expect(try await world.news(to: "ops") == Self.warnings)
        #expect(try await world.news(to: "dead").isEmpty)
        #expect(try await world.health("dead")?.disabledAt != nil)
        #expect(try await world.health("ops") == nil, "one that was always well has no row")
        #expect(world.paper.entries.count { $0.message == "endpoint.warning" } == 4)
    }

    @Test func whileItIsDisabledOneProbeAnHourGoesOut() async throws {
        let world = world(410)
        let room = world.room()
        try await world.announce(1, to: ["dead"])
        try await world.turns(room)
        #expect(try await world.news(to: "ops") == ["endpoint.disabled dead"])
        for number in 2...40 { try await world.announce(number, to: ["dead"]) }
        func sent() -> Int { world.transport.sent.count { $0.url.contains("dead") } }
        for hour in 1...5 {
            world.advance(by: .hours(1) - .milliseconds(1))
            try await world.turns(room)
            #expect(sent() == hour)
            world.advance(by: .milliseconds(1))
            try await world.turns(room)
            #expect(sent() == hour + 1)
        }
        // It comes back: what waited follows, twenty a second.
        answer(world, 200)
        world.advance(by: .hours(1))
        try await world.turn(room)
        #expect(sent() == 7)
        #expect(try await world.health("dead")?.disabledAt == nil)
        try await world.turns(room)
        #expect(sent() == 7 + 20)
        world.advance(by: .seconds(1))
        try await world.turns(room)
        try await world.turns(room)
        #expect(
            try await world.news(to: "ops") == [
                "endpoint.disabled dead", "endpoint.recovered dead",
            ])
        world.advance(by: .days(1))
        try await world.turns(room)
        #expect(try await world.store.census().deliveries == [.delivered: 42])
    }

    @Test func aRestartProbesAtOnceSinceSomebodyMayHaveMendedIt() async throws {
        let world = world(410)
        let room = world.room()
        try await world.announce(1, to: ["dead"])
        try await world.turns(room)
        world.advance(by: .minutes(1))
        try await world.turns(room)
        #expect(world.transport.sent.count { $0.url.contains("dead") } == 1)
        let next = world.room()
        try await world.turns(next)
        try await world.turns(next)
        #expect(world.transport.sent.count { $0.url.contains("dead") } == 2)
    }

    @Test func whatWaitsForLongerThanTheScheduleWhileDisabledIsGivenUp() async throws {
        for (endpoint, status, limit) in [
            (NotifyingWorld.webhook("dead"), 410, RetrySchedule.webhook.length),
            (NotifyingWorld.feishu("dead"), 404, .hours(1)),
        ] {
            let world = NotifyingWorld([endpoint])
            let room = world.room()
            world.transport.answer(status)
            try await world.announce(1, to: ["dead"])
            try await world.turns(room)
            for number in 2...200 { try await world.announce(number, to: ["dead"]) }
            let born = world.now
            while world.now < born + limit {
                world.advance(by: .minutes(59))
                try await world.turns(room)
            }
            world.advance(by: .hours(2))
            try await world.turns(room)
            try await world.turns(room)
            let delivery = try await world.delivery("msg_150_dead")
            #expect(delivery.state == .exhausted(reason: "disabled"), "\(endpoint.channel)")
            #expect(delivery.attempts == 0)
            #expect(try await world.store.census().deliveries[.pending] == nil)
        }
    }

    @Test func aBadMinuteIsNobodysBusiness() async throws {
        let world = world(500)
        let room = world.room()
        try await world.announce(1, to: ["dead"])
        try await world.turns(room)
        #expect(try await world.store.health().isEmpty)
        answer(world, 200)
        world.advance(by: .seconds(30))
        try await world.turns(room)
        #expect(try await world.store.health().isEmpty)
        #expect(try await world.store.census().deliveries == [.delivered: 1])
    }

    @Test func aSuccessWithoutAWarningIsNoRecovery() async throws {
        let world = world(500)
        let room = world.room()
        try await pass(30, world, room)
        #expect(try await world.health("dead")?.failingSince != nil)
        answer(world, 200)
        try await pass(3, world, room, first: 50)
        #expect(try await world.health("dead")?.failingSince == nil)
        #expect(try await world.news(to: "ops").isEmpty)
    }

    // However often the process dies between the attempt and the end of its settling.
    @Test func everyStepIsToldOnceWhateverCrashes() async throws {
        let world = world(500)
        let ledger = FlakyLedger(world.store)
        for hour in 0..<130 {
            try await world.announce(hour, to: ["dead"])
            for _ in 1...2 {
                let room = world.room(on: ledger)
                for claim in try await room.claim(limit: 64, at: world.now) {
                    let turn = await room.perform(claim)
                    // Written and said to have failed, then the process is gone.
                    ledger.actsThenFails()
                    try? await room.settle(turn)
                    if hour.isMultiple(of: 3) { try? await room.settle(turn) }
                }
            }
            world.advance(by: .hours(1))
        }
        #expect(try await world.news(to: "ops") == Self.warnings)
    }

    // Each is told of the other, cannot be, and that is all.
    @Test func twoDeadEndpointsDoNotTellEachOtherForEver() async throws {
        let world = NotifyingWorld([NotifyingWorld.webhook("a"), NotifyingWorld.webhook("b")])
        world.transport.answer(500)
        let room = world.room()
        for hour in 0..<400 {
            if hour < 130 { try await world.announce(hour, to: ["a", "b"]) }
            try await world.turns(room)
            world.advance(by: .hours(1))
        }
        #expect(try await world.news(to: "a").count == 5)
        #expect(try await world.news(to: "b").count == 5)
        let open = try await world.store.census().deliveries[.pending] ?? 0
        #expect(open == 0, "and nothing of it waits for ever")
    }

    @Test func aBrokenChatIsSuspendedAndItsMessageStopped() async throws {
        let world = NotifyingWorld([NotifyingWorld.feishu("chat"), NotifyingWorld.webhook("ops")])
        world.transport.answer(by: { request in
            let body = request.url.contains("chat") ? #"{"code":19001,"msg":"token"}"# : ""
            return .success(HTTPAnswer(status: 200, body: Array(body.utf8)))
        })
        let room = world.room()
        let id = try await world.announce(1, to: ["chat"])[0]
        try await world.turns(room)
        #expect(try await world.delivery(id).state == .exhausted(reason: "channel_broken"))
        #expect(try await world.news(to: "ops") == ["endpoint.disabled chat"])
        try await world.announce(2, to: ["chat"])
        try await world.turns(room)
        #expect(world.transport.sent.count { $0.url.contains("chat") } == 1)
    }
}

/// A store whose records of health are at times written and said not to be.
final class FlakyLedger: DeliveryLedger, HealthLedger {
    private let inner: MemoryStore
    private let isDue = Mutex(false)

    init(_ inner: MemoryStore) { self.inner = inner }

    func actsThenFails() { isDue.withLock { $0 = true } }

    func health() async throws(StorageError) -> [DestinationHealth] { try await inner.health() }

    func record(
        _ health: DestinationHealth, announcing announcements: [Announcement],
        noting note: AuditNote?
    ) async throws(StorageError) {
        try await inner.record(health, announcing: announcements, noting: note)
        let isDue = isDue.withLock { isDue in
            defer { isDue = false }
            return isDue
        }
        if isDue { throw StorageError(.unavailable, detail: "told to") }
    }

    func claimDeliveries(
        limit: Int, perEndpoint: Int, shares: [String: ClaimShare], at now: Timestamp,
        lease: Duration
    ) async throws(StorageError) -> [Claim<DueDelivery>] {
        try await inner.claimDeliveries(
            limit: limit, perEndpoint: perEndpoint, shares: shares, at: now, lease: lease)
    }

    func takeDelivery(
        _ id: Delivery.ID, at now: Timestamp, lease: Duration
    ) async throws(StorageError) -> Claim<DueDelivery> {
        try await inner.takeDelivery(id, at: now, lease: lease)
    }

    func settle(
        _ claim: Claim<DueDelivery>, with attempts: [Attempt], noting note: AuditNote?,
        at now: Timestamp
    ) async throws(StorageError) {
        try await inner.settle(claim, with: attempts, noting: note, at: now)
    }

    func announce(_ announcement: Announcement) async throws(StorageError) {
        try await inner.announce(announcement)
    }
}
