import Domain
import Storage
import Testing

@Test(arguments: Backend.all)
func aTaskIsPlannedAgainAsTheNextRun(_ backend: Backend) async throws {
    try await backend.run { store in
        let now = Timestamp.start + .minutes(1)
        try await store.plan([.sample("1"), .sample("2", rule: "other")])
        #expect(try await code { _ = try await store.again("tsk_1", at: now) } == .conflict)
        #expect(try await code { _ = try await store.again("tsk_0", at: now) } == .notFound)
        for id: CopyTask.ID in ["tsk_1", "tsk_2"] { try await store.cancel(id) }

        let first = try await store.again("tsk_1", at: now)
        #expect(first.isNew)
        #expect(first.task.id == "tsk_rule_1")
        #expect(first.task.state == .queued(notBefore: now))
        #expect(first.task.plan.createdAt == now)
        // Whoever did not hear of it asks again.
        #expect(
            try await store.again("tsk_1", at: now + .minutes(1))
                == PlannedAgain(task: first.task, isNew: false))
        // Each takes a run of its own, and the newest answers for all before it.
        #expect(try await store.again("tsk_2", at: now).task.plan.run == 2)
        try await store.cancel("tsk_rule_1")
        #expect(try await store.again("tsk_rule_1", at: now).task.plan.run == 3)
        #expect(try await store.again("tsk_1", at: now).task.plan.run == 3)

        #expect(try await store.census().tasks == [.cancelled: 3, .queued: 2])
        // The event itself met the rules but once, and meets them now as the next of all.
        #expect(try await store.event("evt_1")?.event.run == 0)
        #expect(try await store.task("tsk_rule_1")?.history.map(\.state) == [.queued, .cancelled])
        #expect(try await store.lastTrigger(rule: "rule", entity: first.task.plan.entity) == now)
        #expect(try await store.noted() == ["1", "2", "3"])
        #expect(
            try await store.replay("evt_1", noting: nil, at: now) == Replay(run: 4, isNew: true))
        try await store.cancel("tsk_rule_3")
        #expect(try await store.again("tsk_rule_3", at: now).task.plan.run == 5)
        // What waits for the rules meets them as the run that was said.
        let waiting = try await store.claimEvents(limit: 1, at: now, lease: .seconds(1))
        #expect(waiting.map(\.work.run) == [4])
    }
}

@Test(arguments: Backend.all)
func ofManyWhoAskAtOnceOnePlansATaskAgain(_ backend: Backend) async throws {
    try await backend.run { store in
        try await store.plan([.sample("1")])
        try await store.cancel("tsk_1")
        let planned = await withTaskGroup(of: PlannedAgain?.self) { group in
            for _ in 0..<8 { group.addTask { try? await store.again("tsk_1", at: .start) } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(planned.compactMap(\.self).count == 8)
        #expect(planned.count { $0?.isNew == true } == 1)
        #expect(Set(planned.map(\.?.task.id)) == ["tsk_rule_1"])
        #expect(try await store.census().tasks == [.cancelled: 1, .queued: 1])
    }
}

@Test(arguments: Backend.all)
func anEventOfOursComesWithWhatBecameOfIt(_ backend: Backend) async throws {
    try await backend.run { store in
        let now = Timestamp.start
        let task = CopyTask.sample("1")
        let outcome = MatchOutcome(
            verdicts: [RuleVerdict(rule: "rule", action: 0, effect: .planned(task.id))],
            tasks: [task])
        #expect(
            try await store.admit(.sample(1), settledAs: outcome, noting: .sample(0), at: now)
                == .stored)
        #expect(try await store.claimEvents(limit: 9, at: now, lease: .seconds(1)).isEmpty)
        let record = try #require(await store.event("evt_1"))
        #expect(record.state == .matched)
        #expect(record.verdicts == outcome.verdicts)
        #expect(try await store.claimAll().map(\.claim.work.id) == ["tsk_1"])

        // The same key again, which writes nothing.
        let other = MatchOutcome(tasks: [.sample("2")])
        let repeated = try await store.admit(
            .sample(2, key: "key-1"), settledAs: other, noting: .sample(0), at: now)
        #expect(repeated == .repeated(of: "evt_1"))
        let conflict = try await store.admit(
            .sample(3, key: "key-1", body: "[]"), settledAs: other, noting: .sample(0), at: now)
        #expect(conflict == .conflict(with: "evt_1"))
        #expect(try await store.task("tsk_2") == nil)
        // One that is refused leaves nothing behind.
        #expect(
            try await code {
                _ = try await store.admit(
                    .sample(1, key: "key-2"), settledAs: other, noting: .sample(0), at: now)
            } != nil)
        #expect(try await store.census().tasks == [.queued: 1])
        #expect(try await store.census().events == [.matched: 1])
        #expect(try await store.noted() == ["0"])
    }
}

@Test(arguments: Backend.all)
func aReplayedEventMeetsTheRulesBehindFreshOnes(_ backend: Backend) async throws {
    try await backend.run { store in
        let now = Timestamp.start
        try await store.plan([.sample("1")])
        #expect(
            try await code { _ = try await store.replay("evt_0", noting: .sample(0), at: now) }
                == .notFound)
        _ = try await store.admit(.sample(2))
        #expect(
            try await store.replay("evt_2", noting: .sample(0), at: now)
                == Replay(run: 0, isNew: false))

        #expect(
            try await store.replay("evt_1", noting: .sample(0), at: now)
                == Replay(run: 1, isNew: true))
        #expect(
            try await store.replay("evt_1", noting: .sample(0), at: now)
                == Replay(run: 1, isNew: false))
        let claims = try await store.claimEvents(limit: 9, at: now, lease: .seconds(60))
        #expect(claims.map(\.work.id) == ["evt_2", "evt_1"])
        #expect(claims.map(\.work.run) == [0, 1])
        // In a worker's hand it waits still.
        #expect(
            try await store.replay("evt_1", noting: .sample(0), at: now)
                == Replay(run: 1, isNew: false))
        try await store.settle(claims[1], as: MatchOutcome(tasks: [.sample("again")]), at: now)
        #expect(try await store.event("evt_1")?.state == .ignored)
        #expect(try await store.census().tasks == [.queued: 2])
        #expect(try await store.replay("evt_1", noting: .sample(0), at: now).run == 2)
        #expect(try await store.noted() == ["0", "0"])
    }
}

@Test(arguments: Backend.all)
func manyEventsAreReplayedInPartsAndEachOnce(_ backend: Backend) async throws {
    try await backend.run { store in
        for number in 1...7 {
            let event = Event.sample(
                number, at: .start + .minutes(Int64(number)), about: .sample("bot-\(number % 2)"))
            _ = try await store.admit(event)
            for claim in try await store.claimEvents(
                limit: 1, at: .start, lease: .seconds(1)) where number != 7
            {
                try await store.settle(claim, as: MatchOutcome(), at: .start)
            }
        }
        // What tells of a copy by hand meets no rule.
        let byHand = Event(
            id: "evt_8",
            identity: .init(
                source: Event.Identity.sourceOfAPI, scope: CopyTask.Plan.ruleByHand, key: "8"),
            type: "copy.requested", time: nil, receivedAt: .start + .minutes(3),
            entity: .sample("bot-1"), body: Array("{}".utf8))
        _ = try await store.admit(
            byHand, settledAs: MatchOutcome(), noting: nil, at: .start + .minutes(3))
        let asked = Timestamp.start + .hours(1)
        var all = EventSelection(askedAt: asked)
        // The last waits for the rules still.
        #expect(try await store.count(all) == 6)
        all.since = .start + .minutes(2)
        all.until = .start + .minutes(6)
        #expect(try await store.count(all) == 4)
        for (change, count) in [
            ({ $0.source = "coze" }, 4), ({ $0.source = "cozy" }, 0),
            ({ $0.type = "bot.published" }, 4), ({ $0.type = "bot" }, 0),
            ({ $0.state = .ignored }, 4), ({ $0.state = .matched }, 0),
            ({ $0.entity = "bot-1" }, 2), ({ $0.entity = "bot" }, 0),
            ({ $0.askedAt = .start + .minutes(4) }, 2),
        ] as [((inout EventSelection) -> Void, Int)] {
            var some = all
            change(&some)
            #expect(try await store.count(some) == count)
        }
        let first = try await store.replay(
            all, from: nil, limit: 3, noting: { .sample($0) }, at: asked)
        #expect(first.count == 3)
        // As if its answer had been lost.
        let again = try await store.replay(
            all, from: nil, limit: 3, noting: { .sample($0) }, at: asked + .seconds(1))
        #expect(again.count == 1)
        let rest = try await store.replay(
            all, from: first.next, limit: 3, noting: { .sample($0) }, at: asked)
        #expect(rest.count == 0)
        #expect(try await store.count(all) == 0)
        let claims = try await store.claimEvents(limit: 9, at: asked, lease: .seconds(60))
        #expect(claims.map(\.work.id) == ["evt_7", "evt_2", "evt_3", "evt_4", "evt_5"])
        for claim in claims {
            try await store.settle(claim, as: MatchOutcome(), at: asked)
        }
        #expect(try await store.count(all) == 0)
        all.askedAt = asked + .seconds(2)
        #expect(try await store.count(all) == 4)
        #expect(try await store.noted() == ["3", "1"])
        for cursor in ["", "1", "a.b.c", "1.2.3.4"] {
            #expect(
                try await code {
                    _ = try await store.replay(
                        all, from: cursor, limit: 1, noting: { .sample($0) }, at: asked)
                }
                    == .notFound)
        }
    }
}

@Test(arguments: Backend.all)
func whatAnEndpointMissedIsSentAgainAtAPace(_ backend: Backend) async throws {
    try await backend.run { store in
        for (number, endpoint) in ["a", "a", "a", "b", "a", "a"].enumerated() {
            try await store.announce(.sample("\(number)", endpoints: [endpoint]))
            let end = Timestamp.start + .minutes(Int64(number))
            let id = Delivery.ID(rawValue: "msg_\(number)_\(endpoint)")
            var claim = try await store.takeDelivery(id, at: .start, lease: .seconds(9))
            switch number {
            case 4: try claim.work.delivery.apply(.exhausted(reason: "schedule", at: end))
            case 5:
                try claim.work.delivery.apply(.claimed)
                try claim.work.delivery.apply(.accepted(at: end))
            default: try claim.work.delivery.apply(.cancelRequested(at: end))
            }
            try await store.settle(claim, with: [], at: .start)
        }
        let asked = Timestamp.start + .hours(1)
        var wish = DeliverySelection(
            endpoint: "a", since: .start + .minutes(1), askedAt: asked, pace: .seconds(10))
        #expect(try await store.count(wish) == 3)
        let held = try await store.takeDelivery("msg_1_a", at: asked, lease: .seconds(5))
        let first = try await store.recover(
            wish, from: nil, limit: 1, noting: { .sample($0) }, at: asked)
        #expect(first.count == 1)
        try await store.settle(held, with: [], at: asked)
        let second = try await store.recover(
            wish, from: first.next, limit: 9, noting: { .sample($0) }, at: asked + .seconds(3))
        #expect(second == Portion(count: 1, next: nil))
        // Again, as if no answer had come: what was left out alone.
        let third = try await store.recover(
            wish, from: nil, limit: 9, noting: { .sample($0) }, at: asked + .seconds(5))
        #expect(third == Portion(count: 1, next: nil))

        #expect(
            try await store.delivery("msg_1_a")?.delivery.state
                == .pending(
                    dueAt: asked + .seconds(5)))
        #expect(try await store.delivery("msg_2_a")?.delivery.state == .pending(dueAt: asked))
        let last = try #require(await store.delivery("msg_4_a")?.delivery)
        #expect(last.state == .pending(dueAt: asked + .seconds(10)))
        #expect(last.attempts == 0)
        #expect(last.askedAgainAt == asked + .seconds(10))
        #expect(
            try await store.census().deliveries == [.pending: 3, .cancelled: 2, .delivered: 1])
        #expect(try await store.noted() == ["1", "1", "1"])
        wish.endpoint = "b"
        #expect(try await store.count(wish) == 1)
        wish.askedAt = .start + .minutes(3)
        #expect(try await store.count(wish) == 0)
    }
}

@Test(arguments: Backend.all)
func aWishOutlivesACrash(_ backend: Backend) async throws {
    try await backend.run { store in
        try await store.plan([.sample("1")])
        try await store.cancel("tsk_1")
        _ = try await store.again("tsk_1", at: .start)
        _ = try await store.replay("evt_1", noting: .sample(0), at: .start)
    } thenAfterACrash: { store in
        let planned = try await store.again("tsk_1", at: .start)
        #expect(!planned.isNew)
        let claims = try await store.claimEvents(limit: 1, at: .start, lease: .seconds(1))
        #expect(claims.map(\.work.run) == [2])
    }
}

extension EventLog where Self: CopyLedger & WishLedger {
    /// Plans a task again under an id that tells its rule and run.
    fileprivate func again(
        _ id: CopyTask.ID, at now: Timestamp
    ) async throws -> PlannedAgain {
        try await planAgain(id, at: now) { old, run in
            let task = old.again(run: run, at: now) { plan in
                CopyTask.ID(rawValue: "tsk_\(plan.rule)_\(plan.run)")
            }
            return (task, .sample(run))
        }
    }

    fileprivate func cancel(_ id: CopyTask.ID) async throws {
        let claim = try await takeTask(id, at: .start, lease: .seconds(1))
            .after(.cancelRequested(at: .start))
        try await settle(claim, with: CopySettlement(), at: .start)
    }
}

extension AuditLog {
    /// What was noted, oldest first.
    fileprivate func noted() async throws -> [String] {
        try await auditEntries(AuditQuery()).rows.map(\.object).reversed()
    }
}

extension AuditNote {
    fileprivate static func sample(_ count: Int) -> AuditNote {
        AuditNote(.taskRetried, of: "\(count)", by: .system, at: .start)
    }
}
