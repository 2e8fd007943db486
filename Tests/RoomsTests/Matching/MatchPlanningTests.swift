import Domain
import Logging
import Matching
import Rules
import Signing
import Storage
import StorageMemory
import StrictJSON
import Testing

private let backup = """
    {"name":"backup","match":{"type":["bot.published"]},
     "copy":[{"connection":"coze","to_workspace":"7498"}],"notify":["audit"]}
    """
private let tell = #"{"name":"tell","match":{"type":[{"prefix":"bot."}]},"notify":["ops"]}"#

@Suite struct MatchPlanningTests {
    @Test func aMatchingRulePlansItsCopies() async throws {
        let world = try MatchingWorld([backup])
        let record = try await world.match("1")

        let task = try #require(await world.tasks().first)
        #expect(record.state == .matched)
        #expect(record.verdicts == [verdict("backup", 0, .planned(task.id))])
        #expect(task.id == .derived("tsk_", from: ["evt_1", "backup", "0", "0"]))
        #expect(task.state == .queued(notBefore: MatchingWorld.start))
        #expect(
            task.plan
                == CopyTask.Plan(
                    event: EventSummary(record.event), rule: "backup", action: 0, run: 0,
                    connection: "coze", provider: .coze, entity: MatchingWorld.bot("7351"),
                    toWorkspace: "7498", onUncertain: .reconcile, notify: ["audit"],
                    createdAt: MatchingWorld.start))
        let line = try #require(world.paper.entries.last)
        #expect(line.message == "event.matched")
        #expect(
            line.fields == [
                "event": "evt_1", "source": "main", "type": "bot.published", "state": "matched",
                "rules": "1", "tasks": "1", "announced": "0", "suppressed": "0",
                "impossible": "0", "duration_ms": "0",
            ])
    }

    @Test func anEventThatNoRuleAsksForIsIgnored() async throws {
        let world = try MatchingWorld([backup, tell])
        let record = try await world.match("1", type: "benefit.usage")
        #expect(record.state == .ignored)
        #expect(record.verdicts.isEmpty)
        #expect(try await world.tasks().isEmpty)
        #expect(world.paper.entries.last?.fields["state"] == "ignored")
    }

    @Test func aRuleWithoutCopiesAnnouncesTheEventToThoseItNames() async throws {
        let world = try MatchingWorld([tell])
        let record = try await world.match("1", type: "bot.deleted")
        let delivery = try #require(await world.store.deliveries(Query()).rows.first)
        #expect(delivery.type == .eventAnnounced)
        #expect(delivery.endpoint == "ops")
        #expect(record.verdicts == [verdict("tell", nil, .announced(delivery.notificationID))])
        #expect(try await world.store.deliveries(Query()).rows.count == 1)
        #expect(try await world.tasks().isEmpty)
    }

    @Test func verdictsStandInTheOrderOfRulesAndActions() async throws {
        let world = try MatchingWorld([
            tell,
            """
            {"name":"many","match":{"type":["bot.published"]},"copy":[
             {"connection":"coze"},{"connection":"gone"},{"connection":"keyue"},
             {"connection":"keyue","entity_id":"c24c"}]}
            """, backup,
        ])
        let record = try await world.match("1")
        #expect(record.verdicts.map(\.rule) == ["tell", "many", "many", "many", "many", "backup"])
        #expect(record.verdicts.map(\.action) == [nil, 0, 1, 2, 3, 0])
        #expect(record.verdicts[2].effect == .impossible("no_connection"))
        #expect(record.verdicts[3].effect == .impossible("entity_type"))
        #expect(try await world.tasks().count == 3)
        let lines = world.paper.entries.suffix(3).map(\.fields)
        #expect(lines.first?["rules"] == "3")
        #expect(lines.first?["impossible"] == "2")
        // Nobody is notified of what cannot be done, so each has a line of its own.
        #expect(lines.dropFirst().map { $0["reason"] } == ["no_connection", "entity_type"])
        #expect(world.paper.entries.last?.level == .warning)
    }

    @Test func anEventMatchedTwicePlansOnce() async throws {
        let world = try MatchingWorld([backup, tell])
        try await world.admit("1")
        let first = try await world.room.claim(limit: 1, at: world.clock.now)
        // The first worker is slow; its lease ends and another takes the event.
        world.clock.advance(by: .seconds(60))
        let second = try await world.room.claim(limit: 1, at: world.clock.now)
        #expect(first.count == 1 && second.count == 1)
        let late = await world.room.perform(first[0])
        try await world.room.settle(await world.room.perform(second[0]))
        await #expect(throws: StorageError.self) { try await world.room.settle(late) }
        #expect(try await world.tasks().count == 1)
        #expect(try await world.store.deliveries(Query()).rows.count == 1)
        #expect(await world.events.settled.count == 1)
        #expect(world.paper.entries.count == 1)
    }

    @Test func theEditionAtPerformWins() async throws {
        let world = try MatchingWorld([backup])
        try await world.admit("1")
        let claims = try await world.room.claim(limit: 1, at: world.clock.now)
        world.book.replace(with: [try MatchingWorld.rule(tell)])
        let matched = await world.room.perform(claims[0])
        world.book.replace(with: [])
        try await world.room.settle(matched)
        let record = try #require(await world.store.event("evt_1"))
        #expect(record.verdicts.map(\.rule) == ["tell"])
    }

    @Test func aDisabledRulePlansNothing() async throws {
        let world = try MatchingWorld([
            #"{"name":"off","match":{"type":["bot.published"]},"notify":["ops"],"enabled":false}"#
        ])
        #expect(try await world.match("1").state == .ignored)
    }

    @Test func anActionsOwnPolicyWinsOverTheConnections() async throws {
        let world = try MatchingWorld([
            """
            {"name":"r","match":{"type":["bot.published"]},
             "copy":[{"connection":"coze","on_uncertain":"retry"}]}
            """
        ])
        try await world.match("1")
        let plan = try #require(await world.tasks().first?.plan)
        #expect(plan.onUncertain == .retry)
        #expect(plan.toWorkspace == nil)
        #expect(plan.notify == nil)
    }

    @Test func whatCannotBeReadIsIgnoredAndLogged() async throws {
        let world = try MatchingWorld([backup])
        let record = try await world.match("1", body: "{broken")
        #expect(record.state == .ignored)
        #expect(world.paper.entries.map(\.message) == ["event.unreadable", "event.matched"])
        #expect(world.paper.entries.first?.level == .error)
    }

    @Test func whileTheStoreIsAwayNothingIsDecided() async throws {
        let world = try MatchingWorld([backup])
        await world.events.remember("7351", of: .coze)
        try await world.admit("1")
        let claims = try await world.room.claim(limit: 1, at: world.clock.now)
        await world.events.fail(times: 1)
        let matched = await world.room.perform(claims[0])
        await #expect(throws: StorageError(.unavailable, detail: "away")) {
            try await world.room.settle(matched)
        }
        #expect(try await world.store.event("evt_1")?.state == .received)
        try await world.room.settle(matched)
        let record = try #require(await world.store.event("evt_1"))
        #expect(record.verdicts == [verdict("backup", 0, .suppressed("own_copy"))])
    }
}

private func verdict(_ rule: String, _ action: Int?, _ effect: RuleVerdict.Effect) -> RuleVerdict {
    RuleVerdict(rule: rule, action: action, effect: effect)
}
