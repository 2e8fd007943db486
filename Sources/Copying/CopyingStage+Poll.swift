import Domain
import Providers

extension CopyingStage {
    /// Asks after the provider's own job.
    func poll(
        _ providerTask: Identifier<ProviderTask>, _ job: Job, _ account: Account
    ) async -> CopyResult {
        var job = job
        let said = await ask(after: providerTask, job, account)
        let now = time.now()
        switch said {
        case .cancelled:
            return end(job, .stillCopying(pollAt: now))
        case .heldBack(let held):
            return heldBack(job, account, for: held)
        case .unauthorized(let failure, let isCredential):
            // The job goes on whatever becomes of our credential: asked again, seldom. One that is
            // not to be seen yet is asked after as before.
            job.task.evidence.lastTrouble = failure
            return wait(
                job, account, atLeast: isCredential ? limits.pollPause : .zero,
                Try(.poll, "unauthorized", failure: failure))
        case .noGrant(let trouble):
            return troubled(job, trouble, account, Try(.poll, "no_grant", failure: trouble.failure))
        case .said(.trouble(let trouble), let exchange):
            return troubled(
                job, trouble, account,
                Try(.poll, "trouble", exchange: exchange, failure: trouble.failure))
        case .said(.running(let word, let logID), let exchange):
            job.task.evidence.note(word, logID, account.connection)
            return wait(job, account, Try(.poll, "running", exchange: exchange, logID: logID))
        case .said(.unseen(let failure), let exchange):
            job.task.evidence.lastTrouble = failure
            return wait(job, account, Try(.poll, "unseen", exchange: exchange, failure: failure))
        case .said(.finished(let copy, let word, let logID), let exchange):
            job.task.evidence.note(word, logID, account.connection)
            return end(
                job, .finished(copy: copy, at: now),
                Try(.poll, "finished", exchange: exchange, logID: logID))
        case .said(.failed(let failure, let word), let exchange):
            job.task.evidence.note(word, failure.logID, account.connection)
            return end(
                job, .refused(failure, retryAt: nil, at: now),
                Try(.poll, "failed", exchange: exchange, failure: failure))
        }
    }

    /// Not asked at all: the same poll again after so long, and late is late all the same.
    private func heldBack(_ job: Job, _ account: Account, for held: Duration) -> CopyResult {
        let now = time.now()
        let age = now - (job.task.dispatch?.at ?? job.task.plan.createdAt)
        let schedule = account.connection.poll
        guard age < schedule.deadline, age < schedule.stalledAfter else {
            return wait(job, account, atLeast: held, nil)
        }
        return end(job, .stillCopying(pollAt: now + held))
    }

    func ask(
        after providerTask: Identifier<ProviderTask>, _ job: Job, _ account: Account
    ) async -> Conversed<Progress> {
        await account.converse(job.manner) {
            account.platform.poll(providerTask, of: job.task, with: $0)
        } trouble: {
            if case .trouble(let trouble) = $0 { trouble } else { nil }
        }
    }

    private func troubled(
        _ job: Job, _ trouble: Trouble, _ account: Account, _ attempt: Try
    ) -> CopyResult {
        var job = job
        job.task.evidence.lastTrouble = trouble.failure
        let asked = min(trouble.retryAfter ?? .zero, limits.retryAfterMax)
        return wait(job, account, atLeast: max(asked, account.restLeft), attempt)
    }

    /// Still copying: asked again by the schedule, announced once when late, then given up.
    ///
    /// The last poll falls on the deadline itself.
    private func wait(
        _ job: Job, _ account: Account, atLeast: Duration = .zero, _ attempt: Try?
    ) -> CopyResult {
        var job = job
        let now = time.now()
        let schedule = account.connection.poll
        let sentAt = job.task.dispatch?.at ?? job.task.plan.createdAt
        let deadline = sentAt + schedule.deadline
        guard now < deadline else {
            let lookAt = LookSchedule.nextUnresolved(after: now, unresolvedSince: now)
            return end(job, .deadlinePassed(lookAt: lookAt, at: now), attempt)
        }
        guard now - sentAt >= schedule.stalledAfter else {
            let pollAt = pollTime(after: job.task.polls, now, account.connection, atLeast: atLeast)
            return end(job, .stillCopying(pollAt: min(pollAt, deadline)), attempt)
        }
        var chance = chance
        let pause = limits.pollPause.jittered(80...120, using: &chance)
        let pollAt = min(now + max(pause, atLeast), deadline)
        guard job.task.evidence.stalledAt == nil else {
            return end(job, .stillCopying(pollAt: pollAt), attempt)
        }
        job.task.evidence.stalledAt = now
        return end(job, .stalled(pollAt: pollAt), attempt)
    }

    /// When to ask after a job that was asked after so often: a growing interval, ±20 %.
    func pollTime(
        after polls: Int, _ now: Timestamp, _ connection: Connection, atLeast: Duration = .zero
    ) -> Timestamp {
        var chance = chance
        let interval = connection.poll.interval(after: polls).jittered(80...120, using: &chance)
        return now + max(interval, atLeast)
    }
}

extension CopyTask.Evidence {
    /// What a poll saw.
    fileprivate mutating func note(_ word: String?, _ logID: String?, _ connection: Connection) {
        self.logID = logID ?? self.logID
        lastTrouble = nil
        guard let word else { return }
        providerStatus = word
        if connection.provider == .keyue {
            statusVerified = connection.taskQuery.isStatusMapVerified
        }
    }
}

extension Connection.PollSchedule {
    /// The interval before the next poll, without its jitter.
    func interval(after polls: Int) -> Duration {
        var interval = first
        for _ in 0..<polls where interval < max {
            interval = .milliseconds(Int64(Double(interval.wholeMilliseconds) * factor))
        }
        return Swift.min(interval, max)
    }
}
