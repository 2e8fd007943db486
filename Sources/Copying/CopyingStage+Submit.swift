import Domain
import Providers
import Transport

extension CopyingStage {
    /// Reads what came back on the one request that is never repeated blindly.
    ///
    /// - Parameter isSecondGrant: Whether the submission before this one was refused for its grant.
    func read(
        _ reply: Reply, to request: HTTPRequest, _ job: Job, _ grant: Grant, _ account: Account,
        isSecondGrant: Bool
    ) async -> CopyResult {
        let now = time.now()
        if case .failure(let failure) = reply.result, failure.code == .cancelled, !failure.isSent {
            return end(job, .withdrawn(at: now), Try(.submit, "withdrawn"))
        }
        var job = job
        let exchange = account.platform.exchange(request, reply)
        switch account.platform.read(reply, toSubmissionOf: job.task) {
        case .accepted(let providerTask, let logID):
            account.noteSuccess(of: .submission)
            job.task.evidence.noteAnswer(logID)
            return end(
                job, .accepted(providerTask, pollAt: pollTime(after: 0, now, account.connection)),
                Try(.submit, "accepted", exchange: exchange, logID: logID))
        case .finished(let copy, let logID):
            account.noteSuccess(of: .submission)
            job.task.evidence.noteAnswer(logID)
            return end(
                job, .finished(copy: copy, at: now),
                Try(.submit, "finished", exchange: exchange, logID: logID))
        case .refused(let failure):
            account.noteSuccess(of: .submission)
            job.task.evidence.noteAnswer(failure.logID)
            return end(
                job, .refused(failure, retryAt: nil, at: now),
                Try(.submit, "refused", exchange: exchange, failure: failure))
        case .refusedForNow(let trouble):
            return await refusedForNow(
                job, trouble, grant, account, isSecondGrant: isSecondGrant, exchange: exchange)
        case .notSent(let failure):
            job.task.evidence.lastTrouble = failure
            let retryAt = notSentRetry(&job.task, now, account)
            return end(
                job, .notSent(failure, retryAt: retryAt, at: now),
                Try(.submit, "not_sent", failure: failure))
        case .lost(let failure):
            job.task.evidence.noteAnswer(failure.logID)
            job.task.evidence.lastTrouble = failure
            return end(
                job, .answerLost(lookAt: firstLook(job.task, now, account)),
                Try(.submit, "answer_lost", exchange: exchange, failure: failure))
        }
    }

    /// Certain that nothing was made, and it may go better later or with a new grant.
    private func refusedForNow(
        _ job: Job, _ trouble: Trouble, _ grant: Grant, _ account: Account, isSecondGrant: Bool,
        exchange: Exchange?
    ) async -> CopyResult {
        var job = job
        let now = time.now()
        let failure = trouble.failure
        account.note(trouble, after: .submission)
        job.task.evidence.logID = failure.logID ?? job.task.evidence.logID
        job.task.evidence.lastTrouble = failure
        func refused(_ retryAt: Timestamp?, _ outcome: String) -> CopyResult {
            end(
                job, .refused(failure, retryAt: retryAt, at: now),
                Try(.submit, outcome, exchange: exchange, failure: failure))
        }
        if trouble.isGrantRefused {
            await account.drop(grant)
            // Once more with a new grant, as a dispatch of its own: nothing was made, so a crash
            // in between costs nothing but another refusal.
            guard grant.isRenewable, !isSecondGrant else {
                if trouble.isCredentialRefused { account.health.noteRefused(failure) }
                return refused(nil, "unauthorized")
            }
            if failure.kind != .unauthorized {
                job.task.evidence.lastTrouble = Failure(
                    .unauthorized, code: failure.code, message: failure.message,
                    logID: failure.logID)
            }
            return refused(now, "grant_refused")
        }
        if trouble.slowsConnection {
            // A rate answer costs no try, so it never ends the task (decision 11).
            return refused(now + account.restLeft, "slowed")
        }
        let since = job.task.evidence.troubleSince ?? now
        job.task.evidence.troubleSince = since
        guard now - since < limits.laterFor else { return refused(nil, "refused") }
        let wait = min(trouble.retryAfter ?? limits.laterAfter, limits.retryAfterMax)
        return refused(now + wait, "refused_for_now")
    }
}

extension CopyTask.Evidence {
    /// The provider answered, or may have: earlier trouble is over.
    fileprivate mutating func noteAnswer(_ logID: String?) {
        self.logID = logID ?? self.logID
        lastTrouble = nil
        troubleSince = nil
    }
}
