import Domain
import Logging
import Signing
import Storage

/// What one try came to, for its row and its line.
struct Try {
    let kind: Attempt.Kind
    let outcome: String
    var exchange: Exchange?
    var failure: Failure?
    var logID: String?

    init(
        _ kind: Attempt.Kind, _ outcome: String, exchange: Exchange? = nil,
        failure: Failure? = nil, logID: String? = nil
    ) {
        self.kind = kind
        self.outcome = outcome
        self.exchange = exchange
        self.failure = failure
        self.logID = logID ?? failure?.logID
    }
}

extension CopyingStage {
    /// Says to the machine what happened, and puts together what is written with it.
    ///
    /// - Parameter attempt: Absent where nothing was tried.
    func end(_ job: Job, _ signal: CopyTask.Signal, _ attempt: Try? = nil) -> CopyResult {
        var job = job
        let now = time.now()
        var settlement = CopySettlement()
        do throws(CopyTask.InvalidTransition) {
            let step = try job.task.apply(signal)
            settlement.announcements = Self.announcement(
                step, of: job.task, at: now, destinations.current.audience)
        } catch {
            logError("copy.signal_refused", job.task, detail: "\(error.state.name)")
            return CopyResult(nil)
        }
        settlement.ownCopy = job.task.copyID
        if let attempt { settlement.attempts = [row(for: attempt, of: job)] }
        return CopyResult((job.claim, settlement))
    }

    fileprivate static func announcement(
        _ step: CopyTask.Step, of task: CopyTask, at now: Timestamp, _ audience: Audience
    ) -> [Announcement] {
        guard case .announce(let type) = step else { return [] }
        return [audience.announcement(of: task, as: type, at: now)]
    }

    private func row(for attempt: Try, of job: Job) -> Attempt {
        let duration = time.elapsed() - job.beganElapsed
        let row = Attempt(
            attempt.kind, at: job.beganAt,
            duration: .milliseconds(duration.wholeMilliseconds), outcome: attempt.outcome,
            status: attempt.exchange?.status, code: attempt.failure?.code,
            detail: attempt.failure?.message ?? "", logID: attempt.logID,
            exchange: attempt.exchange)
        log(row, of: job.task)
        return row
    }
}

extension CopyResult {
    /// The same, and then this as well, in one settlement; a signal that does not fit is left out.
    func adding(
        _ signal: CopyTask.Signal, at now: Timestamp, _ audience: Audience
    ) -> CopyResult {
        guard var (claim, settlement) = ending, let step = try? claim.work.apply(signal) else {
            return self
        }
        settlement.announcements += CopyingStage.announcement(
            step, of: claim.work, at: now, audience)
        return CopyResult((claim, settlement))
    }
}

// MARK: - Log lines

extension CopyingStage {
    private func log(_ row: Attempt, of task: CopyTask) {
        var metadata = fields(task)
        metadata["kind"] = "\(row.kind.rawValue)"
        metadata["number"] = "\(number(of: row.kind, task))"
        metadata["outcome"] = "\(row.outcome)"
        metadata["state"] = "\(task.state.name.rawValue)"
        metadata["duration_ms"] = "\(row.duration.wholeMilliseconds)"
        if let status = row.status { metadata["status"] = "\(status)" }
        if let code = row.code { metadata["code"] = "\(code)" }
        if let logID = row.logID { metadata["log_id"] = "\(logID)" }
        log.info("copy.attempted", metadata: metadata)
    }

    /// Which try of its kind this is, from 1.
    private func number(of kind: Attempt.Kind, _ task: CopyTask) -> Int {
        switch kind {
        case .prepare: task.attempts + 1
        case .submit: task.attempts
        case .poll: task.polls
        case .look: task.looks
        case .deliver, .decide: 0
        }
    }

    /// For what is a bug, or a row that is lost to us; never with text from outside in the message.
    func logError(_ what: Logger.Message, _ task: CopyTask, detail: String) {
        var metadata = fields(task)
        metadata["detail"] = "\(detail)"
        log.error(what, metadata: metadata)
    }

    func logNotice(_ what: Logger.Message, _ task: CopyTask, detail: String) {
        var metadata = fields(task)
        metadata["detail"] = "\(detail)"
        log.notice(what, metadata: metadata)
    }

    private func fields(_ task: CopyTask) -> Logger.Metadata {
        ["task": "\(task.id)", "connection": "\(task.plan.connection)"]
    }
}
