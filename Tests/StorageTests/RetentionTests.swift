import Domain
import Storage
import Testing

/// Everything that is older than `moment`, in small batches.
extension Housekeeping {
    func pruneAll(
        _ kinds: [Keeping] = Keeping.allCases, olderThan moment: Timestamp, limit: Int = 2
    ) async throws -> Int {
        var removed = 0
        for keeping in kinds {
            var cursor: String?
            // A sweep that never ends would hang here.
            for _ in 0..<1_000 {
                let pruned = try await prune(
                    keeping, olderThan: moment, from: cursor, limit: limit, at: moment)
                #expect(pruned.removed <= limit)
                removed += pruned.removed
                cursor = pruned.next
                if cursor == nil { break }
            }
            #expect(cursor == nil, "\(keeping) never ends")
        }
        return removed
    }
}

private typealias Whole = any Store & Housekeeping

private let late = Timestamp.start + .days(400)

/// Settles an event that no rule wanted.
private func ignored(_ store: Whole, _ number: Int, key: String? = nil) async throws {
    _ = try await store.admit(.sample(number, key: key, at: .start + .minutes(Int64(number))))
    for claim in try await store.claimEvents(limit: 1, at: .start, lease: .seconds(60)) {
        try await store.settle(claim, as: MatchOutcome(), at: .start)
    }
}

@Suite struct RetentionTests {
    @Test(arguments: Backend.all)
    func aRepeatOfAPrunedEventIsStillARepeat(_ backend: Backend) async throws {
        try await backend.run { store in
            try await ignored(store, 1, key: "a\0b")
            try await ignored(store, 2)
            #expect(try await store.pruneAll([.events], olderThan: late) == 2)
            #expect(try await store.event("evt_1") == nil)
            #expect(try await store.census().events.isEmpty)

            let again = Event.sample(3, key: "a\0b")
            #expect(try await store.admit(again) == .repeated(of: "evt_1"))
            let other = Event.sample(4, key: "a\0b", body: "{\"n\":1}")
            #expect(try await store.admit(other) == .conflict(with: "evt_1"))
            #expect(try await store.admit(.sample(5, key: "a\0c")) == .stored)
            #expect(try await store.admit(.sample(6, key: "key-2")) == .repeated(of: "evt_2"))
            let scoped = Event.sample(7, key: "key-2", scope: "app")
            #expect(try await store.admit(scoped) == .stored)
            #expect(try await store.census().events == [.received: 2])
        }
    }

    /// Both while the event is there and after it went.
    @Test(arguments: Backend.all)
    func anIdentityIsForgottenSoLongAfterItWasLastSeen(_ backend: Backend) async throws {
        try await backend.run { store in
            for number in 1...3 { try await ignored(store, number) }
            let seen = Timestamp.start + .days(50)
            _ = try await store.admit(.sample(11, key: "key-1", at: seen))
            #expect(try await store.pruneAll([.events], olderThan: late) == 3)
            _ = try await store.admit(.sample(12, key: "key-2", at: seen))

            #expect(try await store.pruneAll([.keys], olderThan: seen) == 1)
            #expect(try await store.admit(.sample(13, key: "key-3")) == .stored)
            let repeats = [Event.sample(14, key: "key-1"), .sample(15, key: "key-2")]
            #expect(try await store.admit(repeats[0]) == .repeated(of: "evt_1"))
            #expect(try await store.admit(repeats[1]) == .repeated(of: "evt_2"))
            #expect(try await store.pruneAll([.keys], olderThan: seen + .milliseconds(1)) == 2)
            #expect(try await store.admit(repeats[0]) == .stored)
        }
    }

    @Test(arguments: Backend.all)
    func whatIsNotAtItsEndStaysWithAllItNeeds(_ backend: Backend) async throws {
        try await backend.run { store in
            let now = Timestamp.start
            // An event that waits, a task in each state, and a held one.
            try await store.plan([
                .sample("queued"), .sample("sent"), .sample("copying"), .sample("doubted"),
                .sample("held"),
            ])
            _ = try await store.admit(.sample(2))
            _ = try await store.sent("tsk_sent")
            let attempt = Attempt(.submit, at: now, outcome: "accepted")
            func settle(_ claim: Claim<CopyTask>) async throws {
                let settlement = CopySettlement(
                    attempts: [attempt],
                    announcements: [
                        .sample(claim.work.id.rawValue, task: claim.work, endpoints: ["a"])
                    ])
                try await store.settle(claim, with: settlement, at: now)
            }
            try await settle(
                try await store.sent("tsk_copying").after(.accepted("job", pollAt: now)))
            try await settle(
                try await store.sent("tsk_doubted").after(.answerLost(lookAt: now)))
            try await settle(
                try await store.sent("tsk_held").after(
                    .answerLost(lookAt: now), .ambiguous(lookAt: nil, at: now)))
            try await store.announce(.sample("open"))

            // Deliveries and their attempts aside, nothing is at its end.
            #expect(try await store.pruneAll(olderThan: late) == 5, "the triggers of five tasks")
            let census = try await store.census()
            #expect(census.events == [.matched: 1, .received: 1])
            #expect(census.tasks.values.reduce(0, +) == 5)
            #expect(census.deliveries == [.pending: 4])
            #expect(try await store.task("tsk_held")?.attempts == [attempt])
            #expect(try await store.task("tsk_held")?.history.count == 3)
            #expect(try await store.event("evt_1")?.verdicts.count == 5)
        }
    }

    /// A task that is looked for would find the other's job, and nobody would know whose it is.
    @Test(arguments: Backend.all)
    func aJobStaysKnownWhileAnOlderTaskLooksForItsOwn(_ backend: Backend) async throws {
        try await backend.run { store in
            let now = Timestamp.start
            func settle(_ claim: Claim<CopyTask>) async throws {
                try await store.settle(claim, with: CopySettlement(), at: now)
            }
            try await store.plan([
                .sample("doubted", provider: .keyue), .sample("done", provider: .keyue),
                .sample("late", createdAt: now + .days(1) + .milliseconds(1)),
                .sample("stranger", connection: "coze-2"),
            ])
            for name in ["doubted", "late", "stranger"] {
                try await settle(
                    try await store.sent(.init(rawValue: "tsk_\(name)")).after(
                        .answerLost(lookAt: now), .held(lookAt: now + .hours(1), at: now)))
            }
            try await settle(
                try await store.sent("tsk_done").after(
                    .accepted("job", pollAt: now), .finished(copy: nil, at: now)))

            #expect(try await store.pruneAll([.tasks], olderThan: late) == 0)
            let asked = try #require(try await store.task("tsk_doubted")).task
            #expect(try await store.surroundings(of: asked).ownProviderTasks == ["job"])

            // Nobody looks for it any more, and whoever was planned much later cannot mean it.
            let over = try await store.takeTask("tsk_doubted", at: now, lease: .seconds(60))
            try await settle(try over.after(.held(lookAt: nil, at: now)))
            #expect(try await store.pruneAll([.tasks], olderThan: late) == 1)
        }
    }

    @Test(arguments: Backend.all)
    func aSuccessThatIsToBeLookedAtOnceMoreStays(_ backend: Backend) async throws {
        try await backend.run { store in
            let now = Timestamp.start
            try await store.plan([.sample("adopted")])
            let done = try await store.sent("tsk_adopted").after(
                .answerLost(lookAt: now), .found(copy: "copy", at: now),
                .watched(next: now + .hours(2)))
            try await store.settle(done, with: CopySettlement(), at: now)
            #expect(try await store.pruneAll([.tasks], olderThan: late) == 0)

            let look = try await store.takeTask("tsk_adopted", at: now, lease: .seconds(60))
            try await store.settle(
                try look.after(.watched(next: nil)), with: CopySettlement(), at: now)
            #expect(try await store.pruneAll([.tasks], olderThan: late) == 1)
        }
    }

    @Test(arguments: Backend.all)
    func aTaskGoesWithAllItOwedAndItsEventAfterIt(_ backend: Backend) async throws {
        try await backend.run { store in
            let now = Timestamp.start
            try await store.plan([.sample("1"), .sample("2")])
            for id in ["tsk_1", "tsk_2"] as [CopyTask.ID] {
                let done = try await store.sent(id).after(
                    .finished(copy: .init(rawValue: "copy-of-\(id)"), at: now + .days(1)))
                let settlement = CopySettlement(
                    attempts: [Attempt(.submit, at: now, outcome: "accepted")],
                    announcements: [.sample(id.rawValue, task: done.work)],
                    ownCopy: .init(rawValue: "copy-of-\(id)"))
                try await store.settle(done, with: settlement, at: now + .days(1))
            }
            var told = try #require(await store.claimAllDeliveries(at: now).first)
            try told.work.delivery.apply(.accepted(at: now))
            let attempt = Attempt(.deliver, at: now, outcome: "accepted", status: 200)
            try await store.settle(told, with: [attempt], at: now)
            let rest = try #require(await store.deliveries(Query(state: .sending)).rows.first)

            let end = now + .days(1)
            #expect(try await store.pruneAll([.tasks, .events], olderThan: end) == 0, "too young")
            let moment = end + .milliseconds(1)
            #expect(try await store.pruneAll([.tasks, .events], olderThan: moment) == 1)
            #expect(try await store.task("tsk_1") == nil)
            #expect(try await store.delivery(told.work.delivery.id) == nil)
            #expect(try await store.delivery(rest.id) != nil)
            #expect(try await store.task("tsk_2") != nil, "somebody has to hear of it yet")
            #expect(try await store.event("evt_1") != nil)

            var last = try #require(
                await store.claimAllDeliveries(at: now + .days(2)).first)
            try last.work.delivery.apply(.accepted(at: now))
            try await store.settle(last, with: [], at: now)
            #expect(try await store.pruneAll([.tasks, .events], olderThan: moment) == 2)
            #expect(try await store.census() == Census())
            // What we made is ours for ever.
            let own = try await store.ownCopies(
                among: ["copy-of-tsk_1", "copy-of-tsk_2"], of: .coze)
            #expect(own.count == 2)
        }
    }

    @Test(arguments: Backend.all)
    func attemptsGoBeforeWhatTheyWereMadeAt(_ backend: Backend) async throws {
        try await backend.run { store in
            let now = Timestamp.start
            try await store.plan([.sample("1"), .sample("2")])
            func attempts(_ days: [Int64]) -> [Attempt] {
                days.map { Attempt(.poll, at: now + .days($0), outcome: "\($0)") }
            }
            let done = try await store.sent("tsk_1").after(.finished(copy: "c", at: now))
            try await store.settle(
                done, with: CopySettlement(attempts: attempts([1, 2, 3])), at: now)
            let open = try await store.sent("tsk_2").after(.answerLost(lookAt: now))
            try await store.settle(
                open, with: CopySettlement(attempts: attempts([1, 2])), at: now)
            try await store.announce(.sample("d"))
            var told = try #require(await store.claimAllDeliveries(at: now).first)
            try told.work.delivery.apply(.accepted(at: now))
            try await store.settle(told, with: attempts([1, 4]), at: now)

            let kinds: [Keeping] = [.taskAttempts, .deliveryAttempts]
            #expect(try await store.pruneAll(kinds, olderThan: now + .days(3)) == 3)
            #expect(try await store.task("tsk_1")?.attempts == attempts([3]))
            #expect(try await store.task("tsk_2")?.attempts == attempts([1, 2]))
            let delivery = try await store.delivery(told.work.delivery.id)
            #expect(delivery?.attempts == attempts([4]))
        }
    }

    @Test(arguments: Backend.all)
    func aCooldownHoldsAfterPruning(_ backend: Backend) async throws {
        try await backend.run { store in
            let planned = Timestamp.start + .minutes(1)
            try await store.plan([.sample("1", entity: "bot", createdAt: planned)])
            let done = try await store.sent("tsk_1").after(.finished(copy: nil, at: .start))
            try await store.settle(done, with: CopySettlement(), at: .start)
            _ = try await store.admit(.sample(2, about: .sample("app")))
            let told = try #require(
                await store.claimEvents(limit: 1, at: .start, lease: .seconds(60)).first)
            let verdict = RuleVerdict(rule: "tell", action: nil, effect: .announced("ntf_1"))
            try await store.settle(
                told, as: MatchOutcome(verdicts: [verdict]), at: planned + .hours(1))

            _ = try await store.pruneAll(
                Keeping.allCases.filter { $0 != .triggers }, olderThan: late)
            #expect(try await store.census() == Census())
            func last(_ rule: String, _ id: String) async throws -> Timestamp? {
                try await store.lastTrigger(rule: rule, entity: .sample(id))
            }
            #expect(try await last("rule", "bot") == planned)
            #expect(try await last("tell", "app") == planned + .hours(1))
            #expect(try await store.pruneAll([.triggers], olderThan: planned) == 0)
            #expect(try await store.pruneAll([.triggers], olderThan: planned + .minutes(1)) == 1)
            #expect(try await last("rule", "bot") == nil)
            #expect(try await last("tell", "app") != nil)
        }
    }

    /// An announced event stays while somebody has to hear of it.
    @Test(arguments: Backend.all)
    func anAnnouncementKeepsItsEvent(_ backend: Backend) async throws {
        try await backend.run { store in
            _ = try await store.admit(.sample(1))
            let claim = try #require(
                await store.claimEvents(limit: 1, at: .start, lease: .seconds(60)).first)
            let notification = CompletionNotification(
                id: "ntf_1", type: .eventAnnounced, taskID: nil, eventID: "evt_1",
                createdAt: .start, payload: [])
            let delivery = Delivery(
                id: "msg_1", notificationID: "ntf_1", type: .eventAnnounced, endpoint: "a",
                createdAt: .start)
            let announcement = Announcement(notification: notification, deliveries: [delivery])
            try await store.settle(
                claim, as: MatchOutcome(announcements: [announcement]), at: .start)
            let kinds: [Keeping] = [.notifications, .events]
            #expect(try await store.pruneAll(kinds, olderThan: late) == 0)
            var told = try #require(await store.claimAllDeliveries().first)
            try told.work.delivery.apply(.accepted(at: .start))
            try await store.settle(told, with: [], at: .start)
            #expect(try await store.pruneAll(kinds, olderThan: late) == 2)
            #expect(try await store.delivery("msg_1") == nil)
        }
    }

    @Test(arguments: Backend.all)
    func whatMustStayIsLookedAtOncePerSweep(_ backend: Backend) async throws {
        try await backend.run { store in
            // Three that stay, all of one age, before three that go.
            for number in 1...3 { _ = try await store.admit(.sample(number)) }
            for number in 4...6 { _ = try await store.admit(.sample(number)) }
            for claim in try await store.claimEvents(limit: 6, at: .start, lease: .seconds(60))
                .suffix(3)
            {
                try await store.settle(claim, as: MatchOutcome(), at: .start)
            }
            var cursor: String?
            var removed: [Int] = []
            for _ in 0..<4 {
                let pruned = try await store.prune(
                    .events, olderThan: late, from: cursor, limit: 2, at: late)
                removed.append(pruned.removed)
                cursor = pruned.next
                if cursor == nil { break }
            }
            #expect(removed.prefix(3) == [0, 1, 2])
            #expect(try await store.census().events == [.received: 3])
            let bad = try await code {
                _ = try await store.prune(.events, olderThan: late, from: "x", limit: 1, at: late)
            }
            #expect(bad == .notFound)
        }
    }
}
