import Domain
import Foundation
import Storage
import Testing

private let asked = Timestamp.start + .hours(1)

extension TaskSelection {
    fileprivate init(_ state: CopyTask.State.Name, rule: String? = nil) {
        self.init(
            TaskFilter(state: state, rule: rule), askedAt: asked,
            takesDoneAgain: state == .queued, takesLoans: state == .queued)
    }
}

extension AuditNote {
    fileprivate static func sample(_ count: Int) -> AuditNote {
        AuditNote(.tasksCancelled, of: "\(count)", by: .system, at: .start)
    }
}

extension AuditLog {
    /// What was noted, oldest first.
    fileprivate func noted() async throws -> [String] {
        try await auditEntries(AuditQuery()).rows.map(\.object).reversed()
    }
}

extension WishLedger {
    fileprivate func cancelMany(
        _ selection: TaskSelection, from cursor: String? = nil, limit: Int = 9
    ) async throws -> Portion {
        try await change(
            selection, from: cursor, limit: limit, at: asked,
            { task, isOnLoan in
                guard !isOnLoan else {
                    return (try? task.apply(.cancelAsked(at: asked))).map { _ in CopySettlement() }
                }
                guard (try? task.apply(.cancelRequested(at: asked))) != nil else { return nil }
                return CopySettlement(
                    attempts: [Attempt(.decide, at: asked, outcome: "cancelled")],
                    announcements: [.sample(task.id.rawValue, task: task)])
            }, noting: { .sample($0) })
    }

    fileprivate func retryMany(
        _ selection: TaskSelection, from cursor: String? = nil, limit: Int = 9
    ) async throws -> Portion {
        try await planAgain(
            selection, from: cursor, limit: limit, at: asked,
            as: { old, run in
                old.again(run: run, at: asked) { plan in
                    CopyTask.ID(rawValue: "\(old.id)_\(plan.run)")
                }
            }, noting: { .sample($0) })
    }
}

/// Four tasks of one rule and one of another, a minute apart, one of them planned too late.
private func fill(_ store: any Store & Housekeeping) async throws {
    for number in 1...6 {
        let at = number == 6 ? asked : .start + .minutes(Int64(number))
        let task = CopyTask.sample(
            "\(number)", rule: number == 5 ? "other" : "rule", event: .sample(number),
            createdAt: at)
        try await store.plan([task], from: number)
    }
}

@Test(arguments: Backend.all)
func manyTasksAreCancelledOrWillBe(_ backend: Backend) async throws {
    try await backend.run { store in
        try await fill(store)
        let held = try await store.takeTask("tsk_2", at: asked, lease: .seconds(60))
        let stale = try await store.takeTask(
            "tsk_3", at: asked - .seconds(9), lease: .seconds(9))
        let wish = TaskSelection(.queued, rule: "rule")
        #expect(try await store.count(wish, at: asked) == 4)

        let first = try await store.cancelMany(wish, limit: 2)
        #expect(first.count == 2 && first.next != nil)
        // As if its answer had been lost.
        let rest = try await store.cancelMany(wish, limit: 2)
        #expect(rest == Portion(count: 2, onLoan: 1, next: nil))
        #expect(try await store.cancelMany(wish, from: first.next) == Portion(count: 0, next: nil))

        #expect(try await store.census().tasks == [.cancelled: 3, .queued: 3])
        #expect(try await store.census().deliveries == [.pending: 3])
        let record = try #require(try await store.task("tsk_4"))
        #expect(record.history.map(\.state) == [.queued, .cancelled])
        #expect(record.attempts.map(\.outcome) == ["cancelled"])
        // Whose time was over cannot write over it; who holds one still can.
        #expect(
            try await code { try await store.settle(stale, with: CopySettlement(), at: asked) }
                == .claimLost)
        #expect(try await store.count(wish, at: asked) == 0)
        try await store.settle(held, with: CopySettlement(), at: asked)
        #expect(try await store.count(wish, at: asked) == 1)
        #expect(try await store.noted() == ["2", "2"])
    }
}

@Test(arguments: Backend.all)
func manyTasksAreDoneAgainEachOnce(_ backend: Backend) async throws {
    try await backend.run { store in
        try await fill(store)
        _ = try await store.cancelMany(TaskSelection(.queued))
        var wish = TaskSelection(.cancelled, rule: "rule")
        #expect(try await store.count(TaskSelection(.failed), at: asked) == 0)
        #expect(try await store.count(wish, at: asked) == 4)
        let first = try await store.retryMany(wish, limit: 1)
        #expect(first.count == 1)
        #expect(try await store.count(wish, at: asked) == 3)
        let rest = try await store.retryMany(wish)
        #expect(rest == Portion(count: 3, next: nil))
        #expect(try await store.retryMany(wish, from: first.next).count == 0)
        #expect(try await store.census().tasks == [.cancelled: 5, .queued: 5])
        #expect(try await store.task("tsk_4_1")?.task.plan.run == 1)

        // The new ones are cancelled as well, and only they have nobody after them.
        let late = TaskSelection(
            TaskFilter(state: .queued, rule: "rule"), askedAt: asked + .seconds(1),
            takesDoneAgain: true, takesLoans: true)
        #expect(try await store.cancelMany(late).count == 5)
        wish.askedAt = asked + .seconds(1)
        #expect(try await store.count(wish, at: asked) == 5)
        for cursor in ["", "1", "e.1.1.1"] {
            #expect(
                try await code { _ = try await store.retryMany(wish, from: cursor) } == .notFound)
        }
        #expect(try await store.noted() == ["5", "1", "3", "5"])
    }
}
