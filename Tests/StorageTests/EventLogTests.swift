import Domain
import Storage
import Testing

@Test(arguments: Backend.all)
func theSameIdentityAndBodyIsARepeat(_ backend: Backend) async throws {
    try await backend.run { store in
        #expect(try await store.admit(.sample(1, key: "k", body: "{}")) == .stored)
        #expect(
            try await store.admit(.sample(2, key: "k", body: "{}", at: .start + .hours(1)))
                == .repeated(of: "evt_1"))
        let record = try #require(await store.event("evt_1"))
        #expect(record.event.receivedAt == .start)
        #expect(record.conflicts.isEmpty)
        #expect(try await store.event("evt_2") == nil)
        #expect(try await store.census().events == [.received: 1])
    }
}

@Test(arguments: Backend.all)
func anotherBodyIsAConflictAndTheFirstStays(_ backend: Backend) async throws {
    try await backend.run { store in
        _ = try await store.admit(.sample(1, key: "k", body: "{}"))
        for number in 2...13 {
            let other = Event.sample(
                number, key: "k", body: "{\"n\":\(number)}", at: .start + .seconds(Int64(number)))
            #expect(try await store.admit(other) == .conflict(with: "evt_1"))
        }
        let record = try #require(await store.event("evt_1"))
        #expect(record.event.body == Array("{}".utf8))
        #expect(record.conflicts.count == 10)
        #expect(record.conflicts.first?.body == Array("{\"n\":2}".utf8))
        #expect(record.conflicts.first?.receivedAt == .start + .seconds(2))
        #expect(record.conflicts.last?.body == Array("{\"n\":11}".utf8))
        #expect(try await store.admit(.sample(14, key: "k", body: "{}")) == .repeated(of: "evt_1"))
    }
}

/// Keys that are not the same although they look alike, or are cut alike, somewhere on the way.
@Test(
    arguments: Backend.all,
    [
        ("k", "K"), ("k", "k "), ("\u{E9}", "e\u{301}"), ("a\0b", "a\0c"), ("a", "a\0"), ("", "\0"),
        ("1", "01"),
    ])
func keysThatDifferInAByteAreTwoEvents(_ backend: Backend, _ keys: (String, String)) async throws {
    try await backend.run { store in
        #expect(try await store.admit(.sample(1, key: keys.0)) == .stored)
        #expect(try await store.admit(.sample(2, key: keys.1)) == .stored)
        #expect(try await store.admit(.sample(3, key: keys.0)) == .repeated(of: "evt_1"))
        #expect(try await store.admit(.sample(4, key: keys.1)) == .repeated(of: "evt_2"))
        let record = try #require(await store.event("evt_2"))
        #expect(record.event.identity == Event.Identity(source: "coze", key: keys.1))
        #expect(try await store.admit(.sample(5, key: keys.0, scope: "app")) == .stored)
    }
}

@Test(arguments: Backend.all)
func anEventWithoutTimeAndEntityComesBackSo(_ backend: Backend) async throws {
    try await backend.run { store in
        let event = Event(
            id: "evt_1", identity: Event.Identity(source: "s", key: "k"), type: "t", time: nil,
            receivedAt: .start, entity: nil, body: Array("{\"a\":\"\u{7F}\\u0000\"}".utf8))
        _ = try await store.admit(event)
        #expect(try await store.event("evt_1")?.event == event)
    }
}

@Test(arguments: Backend.all)
func anIdThatIsTakenIsRefused(_ backend: Backend) async throws {
    try await backend.run { store in
        _ = try await store.admit(.sample(1, key: "a"))
        #expect(try await code { _ = try await store.admit(.sample(1, key: "b")) } == .conflict)
        #expect(try await store.census().events == [.received: 1])
    }
}

@Test(arguments: Backend.all)
func eventsAreLentOldestFirstAndToOneAtATime(_ backend: Backend) async throws {
    try await backend.run { store in
        for number in 1...5 { _ = try await store.admit(.sample(number)) }
        let now = Timestamp.start
        let none = try await store.claimEvents(limit: 0, at: now, lease: .seconds(30))
        #expect(none.isEmpty)
        let first = try await store.claimEvents(limit: 2, at: now, lease: .seconds(30))
        #expect(first.map(\.work.id) == ["evt_1", "evt_2"])
        #expect(first.map(\.token) == [1, 1])
        #expect(first.map(\.leasedUntil) == [now + .seconds(30), now + .seconds(30)])
        let second = try await store.claimEvents(limit: 9, at: now, lease: .seconds(60))
        #expect(second.map(\.work.id) == ["evt_3", "evt_4", "evt_5"])
        let early = try await store.claimEvents(
            limit: 9, at: now + .milliseconds(29_999), lease: .seconds(60))
        #expect(early.isEmpty)
        let again = try await store.claimEvents(
            limit: 9, at: now + .seconds(30), lease: .seconds(60))
        #expect(again.map(\.work.id) == ["evt_1", "evt_2"])
        #expect(again.map(\.token) == [2, 2])
    }
}

@Test(arguments: Backend.all)
func anEventIsSettledOnceByTheLastToHoldIt(_ backend: Backend) async throws {
    try await backend.run { store in
        _ = try await store.admit(.sample(1))
        let now = Timestamp.start
        let slow = try #require(
            await store.claimEvents(limit: 1, at: now, lease: .seconds(30)).first)
        let quick = try #require(
            await store.claimEvents(limit: 1, at: now + .seconds(30), lease: .seconds(30)).first)
        let planned = MatchOutcome(
            verdicts: [RuleVerdict(rule: "r", action: 0, effect: .planned("tsk_1"))],
            tasks: [.sample("1")])
        #expect(
            try await code { try await store.settle(slow, as: planned, at: now) } == .claimLost)
        #expect(try await store.census().tasks.isEmpty)
        // Past its lease, but nobody took it since: still good.
        try await store.settle(quick, as: MatchOutcome(), at: now + .hours(1))
        #expect(
            try await code { try await store.settle(quick, as: planned, at: now) } == .claimLost)
        #expect(try await store.event("evt_1")?.state == .ignored)
        #expect(try await store.census().tasks.isEmpty)
    }
}

@Test(arguments: Backend.all)
func whatIsPlannedAlreadyIsLeftAlone(_ backend: Backend) async throws {
    try await backend.run { store in
        try await store.plan([.sample("1")])
        let claim = try #require(await store.claimAll().first).claim
        try await store.settle(
            try claim.after(.cancelRequested(at: .start)),
            with: CopySettlement(announcements: [.sample("1", task: claim.work)]), at: .start)

        _ = try await store.admit(.sample(2))
        let again = try #require(
            await store.claimEvents(limit: 1, at: .start, lease: .seconds(60)).first)
        let outcome = MatchOutcome(
            verdicts: [RuleVerdict(rule: "rule", action: nil, effect: .announced("ntf_1"))],
            tasks: [.sample("1"), .sample("2")],
            announcements: [.sample("1", at: .start + .hours(1)), .sample("2")])
        try await store.settle(again, as: outcome, at: .start)

        #expect(try await store.task("tsk_1")?.task.state == .cancelled)
        #expect(try await store.task("tsk_1")?.history.map(\.state) == [.queued, .cancelled])
        #expect(try await store.task("tsk_2")?.history.map(\.state) == [.queued])
        #expect(try await store.delivery("msg_1_hook")?.notification.createdAt == .start)
        #expect(try await store.delivery("msg_1_hook")?.notification.taskID == "tsk_1")
        #expect(try await store.delivery("msg_2_hook")?.notification.taskID == nil)
        #expect(try await store.census().deliveries == [.pending: 2])
    }
}

@Test(arguments: Backend.all)
func anOutcomeIsWrittenWholeOrNotAtAll(_ backend: Backend) async throws {
    try await backend.run { store in
        try await store.plan([.sample("1", entity: "bot")])
        let holder = try #require(await store.claimAll().first).claim
        try await store.dispatch(try holder.after(.prepared(at: .start)), at: .start)

        _ = try await store.admit(.sample(2))
        let claim = try #require(
            await store.claimEvents(limit: 1, at: .start, lease: .seconds(60)).first)
        let intruder = try CopyTask.sample("3", entity: "bot").after(.prepared(at: .start))
        let outcome = MatchOutcome(
            verdicts: [RuleVerdict(rule: "rule", action: 0, effect: .planned("tsk_2"))],
            tasks: [.sample("2"), intruder], announcements: [.sample("9")])
        #expect(
            try await code { try await store.settle(claim, as: outcome, at: .start) } == .keyBusy)
        #expect(try await store.event("evt_2")?.state == .received)
        #expect(try await store.event("evt_2")?.verdicts == [])
        #expect(try await store.task("tsk_2") == nil)
        #expect(try await store.delivery("msg_9_hook") == nil)
        // The claim stands, so the caller may settle otherwise.
        try await store.settle(claim, as: MatchOutcome(), at: .start)
        #expect(try await store.event("evt_2")?.state == .ignored)
    }
}

@Test(arguments: Backend.all)
func everyKindOfVerdictComesBack(_ backend: Backend) async throws {
    try await backend.run { store in
        _ = try await store.admit(.sample(1))
        let claim = try #require(
            await store.claimEvents(limit: 1, at: .start, lease: .seconds(60)).first)
        let verdicts = [
            RuleVerdict(rule: "a", action: 0, effect: .planned("tsk_1")),
            RuleVerdict(rule: "b", action: nil, effect: .announced("ntf_1")),
            RuleVerdict(rule: "c", action: 3, effect: .suppressed("own_copy")),
            RuleVerdict(rule: "\u{0}d", action: 1, effect: .impossible("no_entity")),
        ]
        try await store.settle(claim, as: MatchOutcome(verdicts: verdicts), at: .start)
        #expect(try await store.event("evt_1")?.verdicts == verdicts)
        #expect(try await store.event("evt_1")?.state == .matched)
    }
}

@Test(arguments: Backend.all)
func theLastTriggerIsTheLatestPlanOfThatRuleForThatEntity(_ backend: Backend) async throws {
    try await backend.run { store in
        let early = Timestamp.start
        let late = early + .hours(2)
        try await store.plan([
            .sample("1", entity: "bot-1", rule: "a", createdAt: late),
            .sample("2", entity: "bot-1", rule: "a", createdAt: early),
            .sample("3", entity: "bot-1", rule: "b", createdAt: late + .hours(1)),
            .sample("4", entity: "bot-2", rule: "a", createdAt: late + .hours(1)),
        ])
        // Name, workspace and version may change; it stays the same entity.
        let entity = EntityReference(type: "bot", id: "bot-1")
        #expect(try await store.lastTrigger(rule: "a", entity: entity) == late)
        #expect(try await store.lastTrigger(rule: "c", entity: entity) == nil)
        let app = EntityReference(type: "app", id: "bot-1")
        #expect(try await store.lastTrigger(rule: "a", entity: app) == nil)
        let other = EntityReference(type: "bot", id: "bot-3")
        #expect(try await store.lastTrigger(rule: "a", entity: other) == nil)
    }
}

@Test(arguments: Backend.all)
func anAnnouncementIsATriggerToo(_ backend: Backend) async throws {
    try await backend.run { store in
        let start = Timestamp.start
        let bot = EntityReference.sample("bot-1")
        func settle(
            _ number: Int, about entity: EntityReference?, at now: Timestamp,
            _ effects: [(rule: String, effect: RuleVerdict.Effect)]
        ) async throws {
            _ = try await store.admit(.sample(number, about: .some(entity)))
            let claim = try #require(
                await store.claimEvents(limit: 1, at: now, lease: .seconds(60)).first)
            let verdicts = effects.map {
                RuleVerdict(rule: $0.rule, action: nil, effect: $0.effect)
            }
            try await store.settle(claim, as: MatchOutcome(verdicts: verdicts), at: now)
        }
        func last(_ rule: String, _ entity: EntityReference = bot) async throws -> Timestamp? {
            try await store.lastTrigger(rule: rule, entity: entity)
        }
        try await settle(1, about: bot, at: start + .hours(2), [("a", .announced("ntf_1"))])
        try await settle(
            2, about: bot, at: start + .hours(1),
            [("a", .announced("ntf_2")), ("b", .announced("ntf_3")), ("b\0", .announced("ntf_4"))])
        try await settle(
            3, about: bot, at: start + .hours(3),
            [("a", .suppressed("cooldown")), ("c", .impossible("no_entity"))])
        try await settle(4, about: nil, at: start + .hours(4), [("a", .announced("ntf_5"))])
        try await settle(
            5, about: .sample("bot-2"), at: start + .hours(5), [("a", .announced("ntf_6"))])

        #expect(try await last("a") == start + .hours(2))
        #expect(try await last("b") == start + .hours(1))
        #expect(try await last("c") == nil)
        // Name, workspace and version may change; it stays the same entity.
        #expect(try await last("a", EntityReference(type: "bot", id: "bot-1")) != nil)
        #expect(try await last("a", EntityReference(type: "app", id: "bot-1")) == nil)
        // Of a plan and an announcement the later counts.
        try await store.plan(
            [.sample("1", entity: "bot-1", rule: "b", createdAt: start)], from: 6,
            at: start + .hours(6))
        #expect(try await last("b") == start + .hours(1))
        try await store.plan(
            [.sample("2", entity: "bot-1", rule: "b", createdAt: start + .hours(7))], from: 7,
            at: start + .hours(7))
        #expect(try await last("b") == start + .hours(7))
    }
}
