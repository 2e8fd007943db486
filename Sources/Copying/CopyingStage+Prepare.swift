import Domain
import Logging
import Providers
import Storage
import Transport

extension CopyingStage {
    /// Everything before the first byte: grant, preflight, baseline, place, pace, lease, and the
    /// commit that says that a copy may exist from now on.
    func prepare(_ job: Job, _ account: Account) async -> CopyResult {
        // A turn that comes after the lease is waited for in the store, before anything is asked.
        if let wait = account.submissionWait(job.manner) {
            return end(job, .postponed(until: time.now() + wait))
        }
        if job.task.attempts == 0, job.task.failuresBeforeSending == 0 {
            account.noteFirstTry()
        }
        let prepared = await account.converse(job.manner) {
            account.platform.prepare(job.task, with: $0)
        } trouble: {
            if case .trouble(let trouble) = $0 { trouble } else { nil }
        } isRefusal: {
            if case .refused = $0 { true } else { false }
        }
        switch prepared {
        case .cancelled:
            return end(job, .postponed(until: time.now()))
        case .heldBack(let wait):
            return end(job, .postponed(until: time.now() + wait))
        case .unauthorized(let failure, _):
            return refuse(job, failure, Try(.prepare, "unauthorized", failure: failure))
        case .noGrant(let trouble):
            return delay(job, trouble, account, Try(.prepare, "no_grant", failure: trouble.failure))
        case .said(.refused(let failure), let exchange):
            return refuse(
                job, failure, Try(.prepare, "refused", exchange: exchange, failure: failure))
        case .said(.trouble(let trouble), let exchange):
            return delay(
                job, trouble, account,
                Try(.prepare, "trouble", exchange: exchange, failure: trouble.failure))
        case .said(.ready(let baseline), _):
            return await enter(job, baseline, account)
        }
    }

    /// Waits for a place among the submissions in flight and for the pace, then submits.
    private func enter(_ job: Job, _ baseline: Baseline, _ account: Account) async -> CopyResult {
        guard await account.places.take() else {
            return end(job, .postponed(until: time.now()))
        }
        defer { account.places.giveBack() }
        switch await account.grant(job.manner) {
        case .done(.granted(let grant), _):
            // The turn comes last: nothing may go out between it and the submission.
            if let wait = await account.proveWell(grant, job.manner) {
                return end(job, .postponed(until: time.now() + wait.left))
            }
            if let wait = await account.awaitSubmissionTurn(job.manner) {
                return end(job, .postponed(until: time.now() + wait.left))
            }
            guard account.health.isClosed else {
                return end(job, .postponed(until: time.now() + account.restLeft))
            }
            return await dispatch(job, baseline, grant, account)
        case .done(.refused(let failure), _):
            account.health.noteRefused(failure)
            return refuse(job, failure, Try(.prepare, "unauthorized", failure: failure))
        case .done(.trouble(let trouble), _):
            account.note(trouble, after: .query)
            return delay(job, trouble, account, Try(.prepare, "no_grant", failure: trouble.failure))
        case .heldBack(let wait):
            return end(job, .postponed(until: time.now() + wait))
        case .cancelled:
            return end(job, .postponed(until: time.now()))
        }
    }

    private func dispatch(
        _ job: Job, _ baseline: Baseline, _ grant: Grant, _ account: Account
    ) async -> CopyResult {
        let now = time.now()
        var chance = chance
        let id = Identifier<CopyTask.Dispatch>.make("dsp_", at: now, using: &chance).rawValue
        var sent = job
        sent.task.begin(baseline)
        do throws(CopyTask.InvalidTransition) {
            _ = try sent.task.apply(.prepared(CopyTask.Dispatch(id: id, at: now)))
        } catch {
            logError("copy.signal_refused", job.task, detail: "\(error.state.name)")
            return CopyResult(nil)
        }
        var request = account.platform.submission(of: sent.task, with: grant)
        request.isOnFreshConnection = true
        // The wall clock may have jumped; a lease is only trusted to the clock that does not.
        guard account.hasTime(for: request, job.manner) else {
            return end(job, .postponed(until: now))
        }
        do throws(StorageError) {
            try await ledger.dispatch(sent.claim, at: now)
        } catch {
            return dispatchFailed(job, error)
        }
        lockWaits.forget(job.task.id)
        // The commit may have taken long, and the stop, or a pause that the provider asked for,
        // may have come meanwhile.
        guard !Task.isCancelled, account.restLeft == .zero,
            account.hasTime(for: request, job.manner)
        else {
            return end(sent, .withdrawn(at: time.now()))
        }
        let wasUnauthorized = job.task.evidence.wasRefusedAGrant
        return await read(
            await account.send(request, as: .submission), to: request, sent, grant, account,
            isSecondGrant: wasUnauthorized)
    }

    /// The store did not let it through, so nothing was sent.
    private func dispatchFailed(_ job: Job, _ error: StorageError) -> CopyResult {
        var chance = chance
        switch error.code {
        case .keyBusy:
            let wait = lockWaits.next(for: job.task.id).jittered(80...120, using: &chance)
            return end(job, .postponed(until: time.now() + wait))
        case .cancelAsked:
            return cancel(job)
        case .unavailable, .full:
            // Whether it was written is not known, but nothing was sent: the settlement puts it
            // right under the same claim.
            logNotice("copy.dispatch_failed", job.task, detail: error.code.rawValue)
            let wait = limits.lockWait.jittered(80...120, using: &chance)
            return end(job, .postponed(until: time.now() + wait))
        case .claimLost, .notFound:
            logNotice("copy.claim_lost", job.task, detail: error.detail)
            return CopyResult(nil)
        case .conflict, .corrupt:
            logError("copy.dispatch_failed", job.task, detail: error.detail)
            return CopyResult(nil)
        }
    }
}

// MARK: - Before a submission, when it does not come to one

extension CopyingStage {
    /// Does what was asked for while the task was on loan.
    func cancel(_ job: Job) -> CopyResult {
        logNotice("copy.cancelled", job.task, detail: "asked for while on loan")
        lockWaits.forget(job.task.id)
        return end(job, .cancelRequested(at: time.now()))
    }

    private func refuse(_ job: Job, _ failure: Failure, _ attempt: Try) -> CopyResult {
        end(job, .refused(failure, retryAt: nil, at: time.now()), attempt)
    }

    /// Trouble that passes: with the whole connection where that rests, else by the schedule.
    private func delay(
        _ job: Job, _ trouble: Trouble, _ account: Account, _ attempt: Try
    ) -> CopyResult {
        var job = job
        job.task.evidence.lastTrouble = trouble.failure
        let now = time.now()
        guard !trouble.slowsConnection else {
            return end(job, .postponed(until: now + account.restLeft), attempt)
        }
        let retryAt = notSentRetry(&job.task, now, account, atLeast: trouble.retryAfter)
        return end(job, .notSent(trouble.failure, retryAt: retryAt, at: now), attempt)
    }

    /// The next step of the schedule for what certainly did not leave; `nil` when it is used up.
    ///
    /// Where the connection's budget of retries is used up it is the step after that, so that a
    /// retry is put off once and never left out (decision 11).
    func notSentRetry(
        _ task: inout CopyTask, _ now: Timestamp, _ account: Account, atLeast: Duration? = nil
    ) -> Timestamp? {
        let since = task.evidence.troubleSince ?? now
        task.evidence.troubleSince = since
        var chance = chance
        let step = task.failuresBeforeSending + 1
        let schedule = RetrySchedule.notSent
        var delay = schedule.delay(after: step, age: now - since, using: &chance)
        if delay != nil, !account.takeRetry() {
            delay = schedule.delay(after: step + 1, age: now - since, using: &chance) ?? delay
        }
        let least = min(atLeast ?? .zero, limits.retryAfterMax)
        return delay.map { now + max($0, least) }
    }
}

extension CopyTask.Evidence {
    /// Whether the last submission was refused for its grant, so that a second refusal is final.
    fileprivate var wasRefusedAGrant: Bool {
        lastTrouble?.kind == .unauthorized && providerTask == nil
    }

}

extension CopyTask {
    /// Forgets what belonged to the submission before this one.
    ///
    /// Not what was there before the first one whose answer was lost: its copy may show itself now,
    /// and would pass for something that was always there. What was seen since and left to a person
    /// counts as known, since sending again says that none of it is ours.
    fileprivate mutating func begin(_ baseline: Baseline) {
        var known = baseline.ids
        if isPossibleDuplicate, let first = evidence.baseline, let began = doubtBegan {
            evidence.doubt = began
            let seen = evidence.candidates.map(\.id).filter { id in
                !first.contains { $0.utf8.elementsEqual(id.utf8) }
            }
            known = first + seen
        } else {
            evidence.doubt = nil
        }
        evidence.baseline = known
        evidence.clockAhead = baseline.clockAhead
        evidence.candidates = []
        evidence.adoptedBecause = []
        evidence.providerTask = nil
        evidence.providerStatus = nil
        evidence.statusVerified = nil
        evidence.stalledAt = nil
    }
}
