import Domain
import Storage
import StorageSQLite
import Testing

private typealias Whole = any Store & Housekeeping

/// What is compared of one.
private struct Told: Hashable, CustomStringConvertible {
    let kind: String
    let at: Timestamp
    let id: String

    init(_ happening: Happening) {
        kind = happening.kind
        at = happening.at
        let about = happening.about
        id = about.delivery?.rawValue ?? about.task?.rawValue ?? about.event?.rawValue ?? ""
    }

    var description: String { "\(kind) \(id)" }
}

extension HappeningLog {
    fileprivate func told(
        after mark: StreamMark, limit: Int = 100
    ) async throws -> (rows: [Happening], mark: StreamMark) {
        var rows: [Happening] = []
        var mark = mark
        // A stream that never ends would hang here.
        for _ in 0..<10_000 {
            let page = try await happenings(after: mark, limit: limit)
            rows += page.rows
            mark = page.next
            if !page.hasMore { return (rows, mark) }
        }
        Issue.record("the stream never ends")
        return (rows, mark)
    }
}

/// A store that people and workers write to by chance, each time a millisecond later.
private struct Bustle {
    let store: Whole
    var dice: Dice
    var now = Timestamp.start
    var inHand: [Claim<CopyTask>] = []
    var count = 0

    mutating func step() async throws {
        now = now + .milliseconds(1)
        count += 1
        switch dice.number(1...7) {
        case 1, 2: _ = try await store.admit(.sample(count, at: now))
        case 3: try await match()
        case 4: try await send()
        case 5: try await end()
        case 6: try await deliver()
        default:
            try await store.note(
                AuditNote(.rulePut, of: "r\(count)", by: .system, at: now))
        }
    }

    private mutating func match() async throws {
        let claims = try await store.claimEvents(limit: 1, at: now, lease: .days(1))
        guard let claim = claims.first else { return }
        var outcome = MatchOutcome()
        if dice.happens(2, in: 3) {
            outcome.tasks = [.sample("\(count)", event: claim.work, due: now, createdAt: now)]
            outcome.verdicts = outcome.tasks.map {
                RuleVerdict(rule: "rule", action: 0, effect: .planned($0.id))
            }
        }
        try await store.settle(claim, as: outcome, at: now)
    }

    private mutating func send() async throws {
        let tasks = try await store.tasks(Query<TaskFilter>(state: .queued, limit: 200)).rows
        guard !tasks.isEmpty else { return }
        inHand.append(try await store.sent(dice.pick(tasks).id, at: now))
    }

    private mutating func end() async throws {
        guard !inHand.isEmpty else { return }
        let claim = inHand.remove(at: dice.number(0...inHand.count - 1))
        let task = claim.work
        let done = try claim.after(
            dice.happens(1, in: 3)
                ? .refused(Failure(.invalid, message: "no"), retryAt: nil, at: now)
                : .finished(copy: "c", at: now))
        try await store.settle(
            done,
            with: CopySettlement(
                attempts: [Attempt(.submit, at: now, outcome: "accepted")],
                announcements: [.sample("\(count)", task: task, at: now)]),
            at: now)
    }

    private mutating func deliver() async throws {
        let claims = try await store.claimDeliveries(
            limit: 1, perEndpoint: 1, shares: [:], at: now, lease: .milliseconds(1))
        guard var claim = claims.first else { return }
        let isTaken = dice.happens(1, in: 2)
        try claim.work.delivery.apply(
            isTaken ? .accepted(at: now) : .failed(retryAt: now + .milliseconds(5)))
        try await store.settle(
            claim, with: [Attempt(.deliver, at: now, outcome: isTaken ? "ok" : "no")], at: now)
    }
}

@Suite struct HappeningTests {
    @Test(arguments: Backend.all)
    func anEventIsFollowedFromTheDoorToTheEndpoint(_ backend: Backend) async throws {
        try await backend.run { store in
            let start = try await store.streamMark(since: nil)
            let now = Timestamp.start
            let task = CopyTask.sample("1")
            try await store.plan([task], at: now + .seconds(1))
            var done = try await store.sent("tsk_1", at: now + .seconds(2))
            done = try done.after(.finished(copy: "c", at: now + .seconds(3)))
            try await store.settle(
                done,
                with: CopySettlement(
                    attempts: [Attempt(.submit, at: now + .seconds(2), outcome: "accepted")],
                    announcements: [.sample("n", task: task)]),
                at: now + .seconds(3))
            var due = try #require(await store.claimAllDeliveries(at: now + .seconds(4)).first)
            try due.work.delivery.apply(.accepted(at: now + .seconds(5)))
            try await store.settle(
                due, with: [Attempt(.deliver, at: now + .seconds(4), outcome: "delivered")],
                at: now + .seconds(5))
            try await store.note(auditNote(6))

            let told = try await store.told(after: start).rows
            #expect(
                told.map(\.kind) == [
                    "event.stored", "event.matched", "task.queued", "task.submitting",
                    "task.attempted", "task.succeeded", "delivery.attempted",
                    "delivery.delivered", "audit.rule.put",
                ])
            #expect(Set(told.prefix(8).map(\.about.event)) == ["evt_1"])
            #expect(Set(told.prefix(8).map(\.about.source)) == ["coze"])
            #expect(told[0].about.entity == .sample("bot-1"))
            #expect(told[1].about.rules == ["rule"])
            #expect(told[2].about.task == "tsk_1" && told[2].about.connection == "coze-1")
            #expect(told[7].about.delivery == "msg_n_hook" && told[7].about.endpoint == "hook")
            #expect(told[7].about.task == "tsk_1" && told[7].about.rules == ["rule"])
            #expect(Set(told.map(\.kind)).isSubset(of: Happening.kinds))
        }
    }

    @Test(arguments: Backend.all)
    func whyATaskFailedAndADeliveryWasGivenUpIsTold(_ backend: Backend) async throws {
        try await backend.run { store in
            try await store.plan([.sample("1")])
            let failure = Failure(.quotaExceeded, message: "no")
            let failed = try await store.sent("tsk_1")
                .after(.refused(failure, retryAt: nil, at: .start))
            try await store.settle(
                failed, with: CopySettlement(announcements: [.sample("n")]), at: .start)
            var due = try #require(await store.claimAllDeliveries().first)
            try due.work.delivery.apply(.exhausted(reason: "stale", at: .start))
            try await store.settle(due, with: [], at: .start)
            let told = try await store.told(after: StreamMark(store.zeros())).rows
            #expect(told.first { $0.kind == "task.failed" }?.about.failure == .quotaExceeded)
            #expect(told.first { $0.kind == "task.queued" }?.about.failure == nil)
            #expect(
                told.first { $0.kind == "delivery.exhausted" }?.what
                    == .delivery(.exhausted, reason: "stale"))
        }
    }

    /// Readers that come and go at their own pace are told the same as one who reads it all.
    @Test(arguments: Backend.all, UInt64(1)...4)
    func whoGoesOnFromAMarkIsToldEverythingOnce(_ backend: Backend, seed: UInt64) async throws {
        try await backend.run { store in
            var bustle = Bustle(store: store, dice: Dice(state: seed))
            let start = try await store.streamMark(since: nil)
            var readers = Array(repeating: (told: [Told](), mark: start), count: 3)
            for _ in 0..<120 {
                try await bustle.step()
                guard bustle.dice.happens(1, in: 3) else { continue }
                let reader = bustle.dice.number(0...2)
                let page = try await store.happenings(
                    after: readers[reader].mark, limit: bustle.dice.number(1...7))
                readers[reader].told += page.rows.map { Told($0) }
                // As a client does that keeps the mark of the last line that it saw.
                let last =
                    page.rows.isEmpty || bustle.dice.happens(1, in: 2)
                    ? page.next : page.rows[page.rows.count - 1].mark
                readers[reader].mark = try StreamMark(last.text)
            }
            let whole = try await store.told(after: start).rows.map { Told($0) }
            #expect(whole.count > 50, "seed \(seed)")
            for reader in readers {
                let rest = try await store.told(after: reader.mark, limit: 3).rows
                #expect(reader.told + rest.map { Told($0) } == whole, "seed \(seed)")
            }
            for size in [1, 2, 1_000] {
                let paged = try await store.told(after: start, limit: size).rows
                #expect(paged.map { Told($0) } == whole, "seed \(seed), pages of \(size)")
            }
            let middle = Timestamp.start + .milliseconds(60)
            let since = try await store.streamMark(since: middle)
            #expect(
                try await store.told(after: since).rows.map { Told($0) }
                    == whole.filter { $0.at >= middle }, "seed \(seed)")
        }
    }

    @Test(arguments: Backend.all)
    func aMarkHoldsAcrossARestart(_ backend: Backend) async throws {
        var mark: StreamMark?
        try await backend.run { store in
            try await store.plan([.sample("1")])
            mark = try await store.told(after: StreamMark(store.zeros()), limit: 1).mark
            _ = try await store.admit(.sample(2, at: .start + .seconds(9)))
        } thenAfterACrash: { store in
            _ = try await store.admit(.sample(3, at: .start + .seconds(10)))
            let told = try await store.told(after: try #require(mark)).rows
            #expect(told.map(\.kind) == ["event.stored", "event.stored"])
            #expect(told.map(\.about.event) == ["evt_2", "evt_3"])
        }
    }

    /// A store gives the places of its newest rows away again when those are pruned.
    @Test(arguments: Backend.all)
    func whatCameAfterEverythingWasPrunedIsTold(_ backend: Backend) async throws {
        try await backend.run { store in
            func live(_ number: Int) async throws {
                let now = Timestamp.start + .days(Int64(number))
                _ = try await store.admit(.sample(number, at: now))
                let claims = try await store.claimEvents(limit: 9, at: now, lease: .seconds(60))
                for claim in claims { try await store.settle(claim, as: MatchOutcome(), at: now) }
            }
            let before = try await store.streamMark(since: nil)
            for number in 1...3 { try await live(number) }
            let behind = try await store.told(after: before).mark
            for day in [10, 20, 30] as [Int64] {
                _ = try await store.pruneAll(olderThan: .start + .days(day))
                #expect(try await store.told(after: behind).rows.isEmpty)
                try await live(Int(day))
                for mark in [before, behind] {
                    let told = try await store.told(after: mark).rows
                    #expect(told.map(\.kind) == ["event.stored", "event.ignored"], "day \(day)")
                    #expect(Set(told.map(\.about.event)) == [Event.ID(rawValue: "evt_\(day)")])
                }
            }
        }
    }

    @Test(arguments: Backend.all)
    func aMarkOfNoOrOfAnotherStoreIsRefused(_ backend: Backend) async throws {
        try await backend.run { store in
            try await store.plan([.sample("1")])
            let mark = try await store.told(after: StreamMark(store.zeros())).mark
            #expect(try StreamMark(mark.text) == mark)
            let last = mark.text.last == "0" ? "1" : "0"
            for text in [
                "", "1", "1..", mark.text + ".", String(mark.text.dropLast()) + last,
                "2" + mark.text.dropFirst(), mark.text.uppercased() + "A", "１.0.0",
            ] {
                #expect(throws: StorageError.self, "\(text)") { try StreamMark(text) }
            }
            let ahead = StreamMark(mark.numbers.map { $0 + 1 })
            let short = StreamMark(mark.numbers + [0])
            for mark in [ahead, short] {
                let refusal = try await code {
                    _ = try await store.happenings(after: mark, limit: 1)
                }
                #expect(refusal == .notFound)
            }
        }
    }
}

extension HappeningLog {
    /// A mark before everything.
    fileprivate func zeros() -> [Int64] {
        Array(repeating: 0, count: self is SQLiteStore ? 7 : 1)
    }
}
