import Domain
import Logging
import Providers
import Storage

extension CopyingStage {
    /// Looks for a copy whose answer was lost, or asks again after a job that took too long.
    func look(_ job: Job, _ account: Account) async -> CopyResult {
        if case .succeeded = job.task.state { return await watch(job, account) }
        if case .unresolved = job.task.state, let known = job.task.evidence.providerTask {
            return await revisit(known, job, account)
        }
        if case .reconciling = job.task.state, mayRetryBlindly(job.task, account) {
            return retry(job)
        }
        let surroundings: Surroundings
        do throws(StorageError) {
            surroundings = try await ledger.surroundings(of: job.task)
        } catch {
            logNotice("copy.look_failed", job.task, detail: error.code.rawValue)
            return lookLater(job, account, after: limits.lockWait)
        }
        var manner = job.manner
        // What decides must not be older than the end of the window.
        manner.isWithOwnEyes = !isWindowOpen(job, account)
        let said = await account.converse(manner) {
            account.platform.look(for: job.task, among: surroundings, with: $0)
        } trouble: {
            if case .trouble(let trouble) = $0 { trouble } else { nil }
        }
        switch heard(said, job, account) {
        case .failure(let unheard):
            return unheard.result
        case .success((.trouble(let trouble), let exchange)):
            return blind(
                job, account, trouble,
                Try(.look, "trouble", exchange: exchange, failure: trouble.failure))
        case .success((let sighting, let exchange)):
            guard await !isOvertaken(sighting, job, since: surroundings) else {
                return lookLater(
                    job, account, after: limits.lockWait,
                    Try(.look, "overtaken", exchange: exchange))
            }
            return read(sighting, job, account, exchange, among: surroundings)
        }
    }

    /// Whether what was found may, by now, be another task's as well.
    ///
    /// The surroundings were read before the list. A task of the same name that was sent in
    /// between could have put its copy there before ours, so they are asked once more.
    private func isOvertaken(
        _ sighting: Sighting, _ job: Job, since past: Surroundings
    ) async -> Bool {
        let found: String?
        let taken: KeyPath<Surroundings, Set<String>>
        switch sighting {
        case .found(let copy, _): (found, taken) = (copy?.rawValue, \.ownCopies)
        case .foundTask(let task, _): (found, taken) = (task.rawValue, \.ownProviderTasks)
        case .none, .ambiguous, .trouble: return false
        }
        guard let present = try? await ledger.surroundings(of: job.task) else { return true }
        return present.namesakes.map(\.dispatch) != past.namesakes.map(\.dispatch)
            || present.hasOlderUnresolved
            || present[keyPath: taken].contains { $0.utf8.elementsEqual((found ?? "").utf8) }
    }

    private func read(
        _ sighting: Sighting, _ job: Job, _ account: Account, _ exchange: Exchange?,
        among surroundings: Surroundings
    ) -> CopyResult {
        var job = job
        let now = time.now()
        job.task.evidence.lastTrouble = nil
        switch sighting {
        case .found(let copy, let because):
            job.task.evidence.adoptedBecause = because
            return end(job, .found(copy: copy, at: now), Try(.look, "found", exchange: exchange))
        case .foundTask(let providerTask, let because):
            job.task.evidence.adoptedBecause = because
            let pollAt = pollTime(after: 0, now, account.connection)
            let attempt = Try(.look, "found_task", exchange: exchange)
            return orStayingUnresolved(
                end(job, .foundTask(providerTask, pollAt: pollAt), attempt), job, attempt)
        case .ambiguous(let candidates):
            job.task.evidence.candidates = candidates
            let held = end(
                job, .ambiguous(lookAt: nextUnresolved(job.task, now), at: now),
                Try(.look, "ambiguous", exchange: exchange))
            // Sent again, and two are there that nobody else can have made.
            guard job.task.isPossibleDuplicate,
                candidates.count >= surroundings.namesakes.count + 2
            else { return held }
            return held.adding(.duplicateSuspected(at: now), at: now, destinations.current.audience)
        case .none, .trouble:
            return foundNone(job, account, Try(.look, "found_none", exchange: exchange))
        }
    }

    /// Nothing is there: wait while the window is open, then what the policy says.
    private func foundNone(_ job: Job, _ account: Account, _ attempt: Try) -> CopyResult {
        let now = time.now()
        guard case .reconciling = job.task.state else {
            return end(job, .held(lookAt: nextUnresolved(job.task, now), at: now), attempt)
        }
        // Counted from when the look began: what it did not see may have come since.
        if let lookAt = nextLook(job, account) {
            return end(job, .foundNone(lookAt: lookAt), attempt)
        }
        let isSentAgain =
            job.task.plan.onUncertain == .reconcile && !job.task.isPossibleDuplicate
            && account.platform.isSynchronous(job.task) && hasBaseline(job.task, account)
        if isSentAgain { return end(job, .sendAgain(notBefore: now), attempt) }
        return end(job, .held(lookAt: nextUnresolved(job.task, now), at: now), attempt)
    }

    /// A job that took too long: whatever it says now is better than any list.
    private func revisit(
        _ known: Identifier<ProviderTask>, _ job: Job, _ account: Account
    ) async -> CopyResult {
        let said = await ask(after: known, job, account)
        let now = time.now()
        switch heard(said, job, account) {
        case .failure(let unheard):
            return unheard.result
        case .success((.trouble(let trouble), let exchange)):
            return blind(
                job, account, trouble,
                Try(.look, "trouble", exchange: exchange, failure: trouble.failure))
        case .success((.running, let exchange)):
            return end(
                job, .held(lookAt: nextUnresolved(job.task, now), at: now),
                Try(.look, "running", exchange: exchange))
        case .success((.unseen(let failure), let exchange)):
            return end(
                job, .held(lookAt: nextUnresolved(job.task, now), at: now),
                Try(.look, "unseen", exchange: exchange, failure: failure))
        case .success((.finished(let copy, _, let logID), let exchange)):
            return end(
                job, .found(copy: copy, at: now),
                Try(.look, "finished", exchange: exchange, logID: logID))
        case .success((.failed(let failure, _), let exchange)):
            // Its end is read, and announced, by the poll that follows.
            let attempt = Try(.look, "failed", exchange: exchange, failure: failure)
            return orStayingUnresolved(
                end(job, .foundTask(known, pollAt: now), attempt), job, attempt)
        }
    }

    /// What is left to a person has no lock, so another task of its key may be under way, and then
    /// this one cannot be: it is looked at again.
    private func orStayingUnresolved(
        _ result: CopyResult, _ job: Job, _ attempt: Try
    ) -> CopyResult {
        guard case .unresolved = job.task.state else { return result }
        let now = time.now()
        var result = result
        result.otherwise =
            end(job, .held(lookAt: nextUnresolved(job.task, now), at: now), attempt).ending
        return result
    }
}

// MARK: - When a look saw nothing because it could not see

extension CopyingStage {
    /// What a conversation that did not come to its end means for the task.
    ///
    /// An `Error` only so that a `Result` can hold it; it is never thrown.
    private struct Unheard: Error {
        let result: CopyResult
    }

    private func heard<Outcome>(
        _ said: Conversed<Outcome>, _ job: Job, _ account: Account
    ) -> Result<(Outcome, Exchange?), Unheard> {
        switch said {
        case .said(let outcome, let exchange):
            return .success((outcome, exchange))
        case .cancelled:
            return .failure(Unheard(result: lookLater(job, account, after: .zero)))
        case .heldBack(let wait):
            return .failure(Unheard(result: lookLater(job, account, after: wait)))
        case .unauthorized(let failure, _):
            let attempt = Try(.look, "unauthorized", failure: failure)
            return .failure(
                Unheard(
                    result: blind(job, account, failure, after: limits.pollPause, attempt)))
        case .noGrant(let trouble):
            let attempt = Try(.look, "no_grant", failure: trouble.failure)
            return .failure(Unheard(result: blind(job, account, trouble, attempt)))
        }
    }

    private func blind(
        _ job: Job, _ account: Account, _ trouble: Trouble, _ attempt: Try
    ) -> CopyResult {
        let asked = min(trouble.retryAfter ?? .zero, limits.retryAfterMax)
        return blind(
            job, account, trouble.failure, after: max(asked, account.restLeft), attempt)
    }

    private func blind(
        _ job: Job, _ account: Account, _ failure: Failure, after wait: Duration, _ attempt: Try
    ) -> CopyResult {
        var job = job
        let now = time.now()
        job.task.evidence.lastTrouble = failure
        guard case .reconciling = job.task.state else {
            let lookAt = nextUnresolved(job.task, now).map { max($0, now + wait) }
            return end(job, .held(lookAt: lookAt, at: now), attempt)
        }
        let next = nextLook(job, account) ?? now + limits.lookGracePace
        let lookAt = max(next, now + wait)
        // The deciding look is repeated for a while; a list that cannot be read proves nothing.
        guard lookAt <= windowEnd(job.task, account) + limits.lookGrace else {
            return end(job, .ambiguous(lookAt: nextUnresolved(job.task, now), at: now), attempt)
        }
        return end(job, .foundNone(lookAt: lookAt), attempt)
    }

    /// Not looked at all, or in vain: the same look again after so long, but not for ever: people
    /// are told when the deciding look cannot be had.
    private func lookLater(
        _ job: Job, _ account: Account, after wait: Duration, _ attempt: Try? = nil
    ) -> CopyResult {
        let now = time.now()
        guard case .reconciling = job.task.state else {
            return end(job, .held(lookAt: now + wait, at: now), attempt)
        }
        let patienceEnd = windowEnd(job.task, account) + limits.lookGrace
        guard now < patienceEnd else {
            return end(job, .ambiguous(lookAt: nextUnresolved(job.task, now), at: now), attempt)
        }
        return end(job, .foundNone(lookAt: min(now + wait, patienceEnd)), attempt)
    }
}

// MARK: - Times and policies

extension CopyingStage {
    /// The first look after a lost answer, or at once where the policy does not ask for looking.
    func firstLook(_ task: CopyTask, _ now: Timestamp, _ account: Account) -> Timestamp {
        guard !mayRetryBlindly(task, account) else { return now }
        return LookSchedule.next(
            after: now, dispatchedAt: task.dispatch?.at ?? now, window: window(task, account))
            ?? now
    }

    private func nextLook(_ job: Job, _ account: Account) -> Timestamp? {
        LookSchedule.next(
            after: job.beganAt, dispatchedAt: sentAt(job.task), window: window(job.task, account))
    }

    /// Absent where a look could never tell a copy from what was there before.
    private func nextUnresolved(_ task: CopyTask, _ now: Timestamp) -> Timestamp? {
        guard task.evidence.baseline != nil || task.evidence.providerTask != nil else { return nil }
        return LookSchedule.nextUnresolved(after: now, unresolvedSince: task.endedAt ?? now)
    }

    private func isWindowOpen(_ job: Job, _ account: Account) -> Bool {
        job.beganAt < windowEnd(job.task, account)
    }

    private func windowEnd(_ task: CopyTask, _ account: Account) -> Timestamp {
        sentAt(task) + window(task, account)
    }

    func window(_ task: CopyTask, _ account: Account) -> Duration {
        let settle = account.connection.settle
        return account.platform.isSynchronous(task) ? settle.sync : settle.async
    }

    private func sentAt(_ task: CopyTask) -> Timestamp { task.dispatch?.at ?? task.plan.createdAt }

    private func mayRetryBlindly(_ task: CopyTask, _ account: Account) -> Bool {
        task.plan.onUncertain == .retry && task.attempts < limits.retriesMax
            && account.connection.usesBaseline
    }

    /// Without one an uncertain task is always held: looks only gather candidates (decision 24).
    private func hasBaseline(_ task: CopyTask, _ account: Account) -> Bool {
        account.connection.usesBaseline && task.evidence.baseline != nil
    }

    /// Sends again without looking: at once the first time, then by the schedule of what did not
    /// leave, so that a provider that never answers is not flooded with copies.
    private func retry(_ job: Job) -> CopyResult {
        let now = time.now()
        var chance = chance
        var wait = Duration.zero
        if job.task.attempts > 1 {
            wait =
                RetrySchedule.notSent.delay(
                    after: job.task.attempts - 1, age: .zero, using: &chance) ?? .zero
        }
        return end(job, .sendAgain(notBefore: now + wait), Try(.look, "sent_again"))
    }
}
