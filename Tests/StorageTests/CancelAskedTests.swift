import Domain
import Storage
import Testing

private let now = Timestamp.start

extension WishLedger {
    /// Asks to have a task cancelled as a person does.
    fileprivate func askToCancel(_ id: CopyTask.ID) async throws -> CopyTask {
        try await change(id, at: now) { task, isOnLoan in
            let signal: CopyTask.Signal =
                isOnLoan ? .cancelAsked(at: now) : .cancelRequested(at: now)
            guard (try? task.apply(signal)) != nil else { return nil }
            return CopySettlement(
                attempts: [Attempt(.decide, at: now, outcome: "asked")],
                announcements: isOnLoan ? [] : [.sample(id.rawValue, task: task)],
                note: AuditNote(.taskCancelled, of: id.rawValue, by: .system, at: now))
        }
    }
}

@Test(arguments: Backend.all)
func whatIsToBeCancelledIsNotDispatched(_ backend: Backend) async throws {
    try await backend.run { store in
        try await store.plan([.sample("1")])
        let claim = try #require(await store.claimAll().first).claim

        let asked = try await store.askToCancel("tsk_1")

        #expect(asked.state.name == .queued && asked.cancelAskedAt == now)
        #expect(try await store.task("tsk_1")?.task == asked)
        #expect(try await store.auditEntries(AuditQuery()).rows.map(\.object) == ["tsk_1"])
        let refused = try await code {
            try await store.dispatch(claim.after(.prepared(at: now)), at: now)
        }
        #expect(refused == .cancelAsked)
        // Who has it on loan still has it, and ends it.
        try await store.settle(
            claim.after(.cancelRequested(at: now)), with: CopySettlement(), at: now)
        let record = try #require(await store.task("tsk_1"))
        #expect(record.task.state == .cancelled && record.task.cancelAskedAt == nil)
        #expect(record.history.map(\.state) == [.queued, .cancelled])
        #expect(record.attempts.map(\.outcome) == ["asked"])
        #expect(try await store.claimAll(at: now + .days(1)).isEmpty)
    }
}

@Test(arguments: Backend.all)
func whatWasDispatchedFirstIsNotCancelled(_ backend: Backend) async throws {
    try await backend.run { store in
        try await store.plan([.sample("1")])
        let claim = try await store.sent("tsk_1")
        let after = try await store.askToCancel("tsk_1")
        #expect(after == claim.work)
        #expect(try await store.auditEntries(AuditQuery()).rows.isEmpty)
        try await store.settle(
            claim.after(.finished(copy: "copy", at: now)), with: CopySettlement(), at: now)
        #expect(try await store.task("tsk_1")?.task.state.name == .succeeded)
        #expect(try await code { _ = try await store.askToCancel("tsk_9") } == .notFound)
    }
}

/// With what a worker that does not know of it makes of the task, and what it is then.
@Test(arguments: Backend.all)
func whatIsStillQueuedIsStillToBeCancelled(_ backend: Backend) async throws {
    let later = now + .hours(5)
    let failure = Failure(.unavailable, message: "no")
    let ends: [(CopyTask.Signal, isKept: Bool)] = [
        (.postponed(until: later), true),
        (.notSent(failure, retryAt: later, at: now), true),
        (.refused(failure, retryAt: later, at: now), true),
        (.refused(failure, retryAt: nil, at: now), false),
    ]
    for (signal, isKept) in ends {
        try await backend.run { store in
            try await store.plan([.sample("1")])
            let claim = try #require(await store.claimAll().first).claim
            _ = try await store.askToCancel("tsk_1")
            try await store.settle(claim.after(signal), with: CopySettlement(), at: now)
            #expect((try await store.task("tsk_1")?.task.cancelAskedAt != nil) == isKept)
            // At once, however late it would have been tried again.
            let next = try await store.claimAll()
            #expect(next.map(\.step) == (isKept ? [.cancel] : []))
        }
    }
}

@Test(arguments: Backend.all)
func aLockAndACrashDoNotKeepATaskFromBeingCancelled(_ backend: Backend) async throws {
    try await backend.run { store in
        try await store.plan([.sample("1", entity: "bot"), .sample("2", entity: "bot")])
        _ = try await store.takeTask("tsk_2", at: now, lease: .seconds(60))
        _ = try await store.sent("tsk_1")
        _ = try await store.askToCancel("tsk_2")
        #expect(try await store.claimAll().isEmpty)
    } thenAfterACrash: { store in
        let claimed = try await store.claimAll()
        let second = try #require(claimed.first { $0.claim.work.id == "tsk_2" })
        #expect(second.step == .cancel)
        #expect(claimed.count == 2)
        // What nobody holds is ended on the spot, asked for before or not.
        try await store.settle(second.claim, with: CopySettlement(), at: now)
        #expect(try await store.askToCancel("tsk_2").state == .cancelled)
        #expect(try await store.delivery("msg_tsk_2_hook") != nil)
    }
}

@Test(arguments: Backend.all)
func whatIsQueuedForAHeldConnectionIsStillCancelled(_ backend: Backend) async throws {
    try await backend.run { store in
        try await store.plan([.sample("1", connection: "a"), .sample("2", connection: "a")])
        let claims = try await store.claimAll().map(\.claim)
        _ = try await store.askToCancel("tsk_1")
        for claim in claims { try await store.settle(claim, with: CopySettlement(), at: now) }
        let lent = try await store.claimTasks(
            limit: 9, perConnection: 9, skipping: [], holding: ["a"], at: now,
            lease: .seconds(60))
        #expect(lent.map(\.claim.work.id) == ["tsk_1"])
        #expect(lent.map(\.step) == [.cancel])
    }
}
