package import Domain
import StrictJSON
package import Transport

/// Keyue (百度智能云 客悦) as `Copying` sees it, after contracts/keyue.md.
///
/// The id of the copy is told nowhere, so a success has none. Where the connection's task query is
/// off, nothing can be told about a copy once it is accepted: ``poll(_:of:with:)`` goes on saying
/// `running` without asking anybody.
package struct KeyuePlatform: CopyPlatform {
    private let usesBaseline: Bool
    private let query: Connection.TaskQuery
    private let calls: KeyueCalls
    private let reader: KeyueReader
    private let foreign: ForeignText

    static let copyPath = "/open/v1/api/v2/task/create/agent_copy"
    static let agentsPath = "/open/v1/api/v3/agents"
    /// One page serves all tasks of a credential that ask at about the same time.
    static let pageSharedFor = Duration.seconds(1)
    /// What is taken off the submission's time (section 9.5).
    static let clockAllowance = Duration.minutes(2)

    /// - Throws: `ProviderError` for an unusable address or credential.
    package init(_ connection: Connection) throws(ProviderError) {
        let check = ConnectionCheck(connection)
        guard case .keyue(let token, let uid, let username) = connection.credential else {
            throw check.wrongCredential(
                "holds a credential of Coze; Keyue takes token, uid and username")
        }
        calls = KeyueCalls(
            base: try check.base().url, timeout: connection.timeout,
            token: try check.headerValue(token, "auth.token"),
            uid: try check.headerValue(uid, "auth.uid"),
            username: try check.headerValue(username, "auth.username"))
        usesBaseline = connection.usesBaseline
        query = connection.taskQuery
        // The names of accounts are part of the credential, but may be words of any sentence.
        foreign = ForeignText(hiding: [token, uid])
        reader = KeyueReader(foreign: foreign)
    }

    /// The credential goes with every call and never changes.
    package func authorize(at now: Timestamp, tokenID: String) -> Talk<Authorization> {
        .done(.granted(Grant(token: calls.token)))
    }

    package func probe(with grant: Grant) -> HTTPRequest {
        calls.get(
            query.isEnabled ? query.path : Self.agentsPath,
            (query.isEnabled ? tasks.scope : []) + [("pn", "1"), ("ps", "1")])
    }

    package func exchange(_ request: HTTPRequest, _ reply: Reply) -> Exchange {
        foreign.exchange(request, reply)
    }

    package func condition(toldBy reply: Reply) -> Condition {
        switch reader.read(reply) {
        case .success: .well
        case .refusal(let refusal): refusal.condition(toldBy: reply)
        }
    }

    /// An accepted copy is not a finished one (section 3).
    package func isSynchronous(_ task: CopyTask) -> Bool { false }

    private var tasks: KeyueTasks { KeyueTasks(calls: calls, reader: reader, query: query) }
}

// MARK: - Before the submission

extension KeyuePlatform {
    /// Lists the copies that Keyue knows of already, so that a later look is conclusive (decision
    /// 24); nothing is asked where that is off.
    ///
    /// The list may be longer than is read. It is a baseline all the same when its rows come
    /// newest first and reach back behind everything that a look would count.
    package func prepare(_ task: CopyTask, with grant: Grant) -> Talk<Preparation> {
        if task.plan.toWorkspace != nil {
            let failure = Failure(
                .invalid,
                message: "Keyue copies inside its tenant and knows no workspaces. Leave"
                    + " to_workspace out of the rule's copy action.")
            return .done(.refused(failure))
        }
        guard JSONValue.string(task.plan.entity.id).foreignID != nil else {
            let failure = Failure(
                .invalid, message: "The event names no id that Keyue could have given.")
            return .done(.refused(failure))
        }
        guard usesBaseline, query.isEnabled else {
            return .done(.ready(Baseline(ids: nil)))
        }
        let reaches: @Sendable (ListReading<KeyueTaskRow>) -> Bool = { reading in
            guard let start = reading.startedAt else { return false }
            return reading.reaches(
                start + .milliseconds(reading.clockAhead ?? 0) - Self.clockAllowance)
        }
        return tasks.list(sharedFor: Self.pageSharedFor)
            .read(isEnough: reaches, isSound: \.coversStart) { result in
                switch result {
                case .failure(let refusal): return .done(refusal.preparation)
                case .success(let reading):
                    let ids = reaches(reading) || reading.coversStart ? reading.rows.map(\.id) : nil
                    return .done(.ready(Baseline(ids: ids, clockAhead: reading.clockAhead)))
                }
            }
    }
}

// MARK: - Submission and poll

extension KeyuePlatform {
    package func submission(of task: CopyTask, with grant: Grant) -> HTTPRequest {
        calls.postOnce(
            Self.copyPath, ["agentId": .string(task.plan.entity.id)],
            headers: task.dispatch.map { [HTTPField("Idempotency-Key", $0.id)] } ?? [])
    }

    /// `code` 200 with an id is accepted, never finished; without one nobody knows.
    package func read(_ reply: Reply, toSubmissionOf task: CopyTask) -> Submission {
        switch reader.read(reply) {
        case .refusal(let refusal): return refusal.submission
        case .success(let body, _):
            guard let job = body["data"]?["id"]?.foreignID else {
                return reader.malformed("Keyue accepted the copy but named no task").submission
            }
            return .accepted(Identifier(rawValue: job), logID: KeyueReader.logID(body))
        }
    }

    /// Looks the job up in the list, page after page.
    ///
    /// A row that is not there (yet) is `running`: order, delay and paging are not documented. One
    /// that may stand behind the last page that is read is `unseen`.
    package func poll(
        _ job: Identifier<ProviderTask>, of task: CopyTask, with grant: Grant
    ) -> Talk<Progress> {
        guard query.isEnabled else { return .done(.running(status: nil, logID: nil)) }
        let isOurs: @Sendable (KeyueTaskRow) -> Bool = {
            $0.id.utf8.elementsEqual(job.rawValue.utf8)
        }
        return tasks.list(sharedFor: Self.pageSharedFor)
            .read(isEnough: { $0.rows.contains(where: isOurs) }) { result in
                switch result {
                case .failure(let refusal): .done(.trouble(refusal.trouble))
                case .success(let reading):
                    if !reading.isAtEnd, !reading.rows.contains(where: isOurs) {
                        .done(.unseen(unread))
                    } else {
                        .done(progress(reading.rows.first(where: isOurs)))
                    }
                }
            }
    }

    private var unread: Failure {
        Failure(
            .unavailable,
            message: "Keyue's task list is longer than the \(query.pagesMax) pages of"
                + " \(query.pageSize) that are read, and the copy's task is not among them. Raise"
                + " task_query.max_pages or task_query.page_size.")
    }

    private func progress(_ row: KeyueTaskRow?) -> Progress {
        let status = foreign.line(row?.status, limit: 64)
        switch KeyueVerdict(row, by: query.statusMap) {
        case .running: return .running(status: status, logID: nil)
        case .succeeded: return .finished(copy: nil, status: status, logID: nil)
        case .failed(let error):
            let doubt =
                query.isStatusMapVerified
                ? "" : " What this status means has not been confirmed for this account."
            let message =
                "Keyue reports that the copy failed (status \(status ?? "absent"))."
                + foreign.quoted(error, by: "Keyue") + doubt
            return .failed(Failure(.copyFailed, message: message), status: status)
        }
    }
}

// MARK: - Looking for a lost task

extension KeyuePlatform {
    /// Looks for the task of a submission whose answer was lost, and judges by ``Adoption``
    /// (contracts/keyue.md section 9.5).
    ///
    /// With the task query off there is nothing to look at: `ambiguous` without candidates.
    package func look(
        for task: CopyTask, among surroundings: Surroundings, with grant: Grant
    ) -> Talk<Sighting> {
        guard query.isEnabled, let began = task.doubtBegan else { return .done(.ambiguous([])) }
        let since: @Sendable (ListReading<KeyueTaskRow>) -> Timestamp = { reading in
            let ahead = began.clockAhead ?? reading.clockAhead ?? 0
            return began.at + .milliseconds(ahead) - Self.clockAllowance
        }
        let reaches: @Sendable (ListReading<KeyueTaskRow>) -> Bool = { reading in
            !reading.hasMoved && reading.reaches(since(reading))
        }
        return tasks.list(sharedFor: .zero)
            .read(isEnough: reaches, isSound: \.isStill) { result in
                switch result {
                case .failure(let refusal): return .done(.trouble(refusal.trouble))
                case .success(let reading):
                    guard reading.isStill || reaches(reading) else {
                        return .done(.trouble(Self.inconclusive(reading)))
                    }
                    let adoption = Adoption(
                        for: task, own: surroundings.ownProviderTasks, among: surroundings,
                        allowance: Self.clockAllowance, clockAhead: reading.clockAhead)
                    let sights = reading.rows.filter { $0.isCopy != false }.map(\.sight)
                    return .done(Self.sighting(adoption?.judge(sights) ?? .none))
                }
            }
    }

    private static func inconclusive(_ reading: ListReading<KeyueTaskRow>) -> Trouble {
        let text =
            reading.isAtEnd
            ? "Keyue's task list changed while it was read, so it proves nothing; it is read again."
            : "Keyue's task list is longer than is read and not newest first, so it proves"
                + " nothing. Raise task_query.max_pages, or look for the copy in Keyue."
        return Trouble(Failure(.unavailable, message: text))
    }

    private static func sighting(_ verdict: Adoption.Verdict) -> Sighting {
        switch verdict {
        case .none: .none
        case .one(let sight, let because):
            .foundTask(Identifier(rawValue: sight.id), because: because)
        case .unclear(let candidates): .ambiguous(candidates)
        }
    }
}

extension KeyueTaskRow {
    /// The job, named like the robot; that its name is the source's or the copy's is not
    /// documented, and either will do.
    fileprivate var sight: Adoption.Sight {
        Adoption.Sight(id: id, name: agentName, changedAt: createdAt)
    }
}
