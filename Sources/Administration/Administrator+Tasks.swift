import Domain
import Logging
import Signing
import Storage
package import StrictJSON

extension Administrator {
    /// Cancels a task of which nothing is on the wire; one that is cancelled is answered as it is.
    ///
    /// - Returns: The task afterwards, in the shape of ``task(_:)``.
    package func cancelTask(
        _ id: String, by who: Principal
    ) async throws(AdministrationError) -> JSONValue {
        let task = try await taskRecord(id).task
        if task.state == .cancelled { return try await self.task(id) }
        try refuseUnlessQueued(task)
        _ = try await change(task.id) { task, now throws(AdministrationError) in
            // A worker may have sent it between the look and the loan.
            try refuseUnlessQueued(task)
            var settlement = try apply(.cancelRequested(at: now), to: &task, at: now)
            settlement.note = note(.taskCancelled, of: id, by: who, at: now)
            settlement.attempts = [
                Attempt(.decide, at: now, outcome: "cancelled", detail: "by \(who.name)")
            ]
            return settlement
        }
        log.notice("task.cancelled", metadata: ["task": "\(id)", "by": "\(who.id)"])
        nudges.notifying()
        return try await self.task(id)
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
