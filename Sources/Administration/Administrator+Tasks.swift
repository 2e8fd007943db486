import Domain
import Logging
import Signing
import Storage
package import StrictJSON

extension Administrator {
    /// Cancels a task of which nothing is on the wire; one that is cancelled is answered as it is.
    ///
    /// A worker that has it on loan finds out before it sends anything, and ends it; until then it
    /// says that this was asked for.
    ///
    /// - Returns: The task afterwards, in the shape of ``task(_:)``, and whether it is cancelled
    ///   already.
    package func cancelTask(
        _ id: String, by who: Principal
    ) async throws(AdministrationError) -> (task: JSONValue, isDone: Bool) {
        let task = try await taskRecord(id).task
        if task.state == .cancelled { return (try await self.task(id), true) }
        try refuseUnlessQueued(task)
        let now = time.now()
        let note = note(.taskCancelled, of: id, by: who, at: now)
        // A worker may have sent it between the look and this.
        let after = try await ask { () async throws(StorageError) in
            try await store.change(task.id, at: now) { [self] task, isOnLoan in
                // Asked for while it was on loan, it is noted already.
                let isNew = task.cancelAskedAt == nil
                var settlement = cancel(&task, isOnLoan: isOnLoan, by: who, at: now)
                if isNew { settlement?.note = note }
                return settlement
            }
        }
        guard after.state == .cancelled || after.cancelAskedAt != nil else {
            throw .notQueued(after)
        }
        let isDone = after.state == .cancelled
        log.notice(
            isDone ? "task.cancelled" : "task.cancel_asked",
            metadata: ["task": "\(id)", "by": "\(who.id)"])
        if isDone { nudges.notifying() }
        return (try await self.task(id), isDone)
    }

    /// Has what a failed or cancelled task was to do done by a new one, the event's next run.
    ///
    /// Asked for again, it answers with the task that was made the first time.
    ///
    /// - Returns: That task, in the shape of ``task(_:)``, and whether it was made just now.
    package func retryTask(
        _ id: String, by who: Principal
    ) async throws(AdministrationError) -> (task: JSONValue, isNew: Bool) {
        let old = try await taskRecord(id).task
        guard old.mayBeRetried else { throw .notRetryable(old) }
        let now = time.now()
        let planned = try await ask { () async throws(StorageError) in
            try await store.planAgain(old.id, at: now) { old, run in
                let task = old.again(run: run, at: now) { .planned(by: $0) }
                let details: JSONObject = [
                    "new_task": .string(task.id.rawValue), "run": .number(JSONNumber(Int64(run))),
                ]
                return (task, note(.taskRetried, of: id, by: who, at: now, details))
            }
        }
        if planned.isNew {
            log.notice(
                "task.retried",
                metadata: [
                    "task": "\(id)", "new_task": "\(planned.task.id)",
                    "run": "\(planned.task.plan.run)", "by": "\(who.id)",
                ])
            nudges.copying()
        }
        return (try await self.task(planned.task.id.rawValue), planned.isNew)
    }

    /// Ends a task that is queued, or has the worker know that has it on loan.
    ///
    /// - Returns: What is true with it; `nil` where nothing is left to ask for. A machine that
    ///   refuses is logged.
    func cancel(
        _ task: inout CopyTask, isOnLoan: Bool, by who: Principal, at now: Timestamp
    ) -> CopySettlement? {
        let isNew = task.cancelAskedAt == nil
        guard case .queued = task.state, isNew || !isOnLoan,
            var settlement = try? apply(
                isOnLoan ? .cancelAsked(at: now) : .cancelRequested(at: now), to: &task, at: now)
        else { return nil }
        if isNew {
            settlement.attempts = [
                Attempt(
                    .decide, at: now, outcome: isOnLoan ? "cancel_asked" : "cancelled",
                    detail: "by \(who.name)")
            ]
        }
        return settlement
    }

    private func refuseUnlessQueued(_ task: CopyTask) throws(AdministrationError) {
        guard case .queued = task.state else { throw .notQueued(task) }
    }
}

// MARK: - Changing a task in place of a worker

extension Administrator {
    /// Borrows a task, has it changed, and writes it back with what became true with it.
    ///
    /// Where `change` refuses, the task is given back as it was.
    func change(
        _ id: CopyTask.ID,
        _ change: (inout CopyTask, Timestamp) throws(AdministrationError) -> CopySettlement
    ) async throws(AdministrationError) -> CopyTask {
        let now = time.now()
        var claim = try await ask { () async throws(StorageError) in
            try await store.takeTask(id, at: now, lease: Self.leaseOfDecision)
        }
        let settlement: CopySettlement
        do throws(AdministrationError) {
            settlement = try change(&claim.work, now)
        } catch {
            await giveBack(claim, at: now)
            throw error
        }
        let changed = claim
        try await ask { () async throws(StorageError) in
            try await store.settle(changed, with: settlement, at: now)
        }
        return changed.work
    }

    /// Says to the task's machine what a person wants, and announces what came of it.
    func apply(
        _ signal: CopyTask.Signal, to task: inout CopyTask, at now: Timestamp
    ) throws(AdministrationError) -> CopySettlement {
        do {
            guard case .announce(let type) = try task.apply(signal) else {
                return CopySettlement()
            }
            return CopySettlement(
                announcements: [audience.announcement(of: task, as: type, at: now)])
        } catch {
            log.error("task.transition", metadata: ["task": "\(task.id)", "error": "\(error)"])
            throw AdministrationError(
                .unexpected, "the task refused the decision", remedy: "The log says more.")
        }
    }

    /// Ends the loan without a change.
    ///
    /// Should that fail, the lease ends by itself.
    private func giveBack(_ claim: Claim<CopyTask>, at now: Timestamp) async {
        do throws(StorageError) {
            try await store.settle(claim, with: CopySettlement(), at: now)
        } catch {
            log.warning("task.not_given_back", metadata: ["task": "\(claim.work.id)"])
        }
    }
}

extension AdministrationError {
    fileprivate static func notQueued(_ task: CopyTask) -> Self {
        let remedy =
            switch task.state.name {
            case .queued, .cancelled: "Look at it again."
            case .submitting, .copying, .reconciling:
                "It may have been sent. What is under way is not called back; wait for its end."
            case .unresolved: "Resolve it: give up, adopt the copy, or send again."
            case .succeeded, .failed: "It is at its end; nothing is left to cancel."
            }
        return AdministrationError(
            .taskNotQueued, "the task is \(task.state.name.rawValue)", remedy: remedy)
    }

    fileprivate static func notRetryable(_ task: CopyTask) -> Self {
        let remedy =
            switch task.state.name {
            case .unresolved:
                "Resolve it first; `send_again` submits it once more though a copy may exist."
            case .succeeded:
                "It has made its copy. To copy again, replay its event or ask for a copy by hand."
            case .queued, .submitting, .copying, .reconciling, .failed, .cancelled:
                "It is not at its end; wait for that, or cancel it while it is queued."
            }
        return AdministrationError(
            .taskNotRetryable, "the task is \(task.state.name.rawValue)", remedy: remedy)
    }
}
