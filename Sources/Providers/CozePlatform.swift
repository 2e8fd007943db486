package import Domain
import Signing
import StrictJSON
package import Transport

/// Coze (扣子) as `Copying` sees it, after contracts/coze.md.
package struct CozePlatform: CopyPlatform {
    private let usesBaseline: Bool
    private let fixedToken: Secret?
    private let exchange: CozeToken?
    private let calls: CozeCalls
    private let reader: CozeReader
    private let foreign: ForeignText

    /// So old the list of workspaces may be: they change seldom, and each copy asks.
    static let workspacesSharedFor = Duration.seconds(60)
    /// Tasks for one workspace prepared within a second share what it holds.
    static let baselineSharedFor = Duration.seconds(1)
    /// What is taken off the submission's time, since `Date` has whole seconds and answers travel.
    static let clockAllowance = Duration.seconds(5)

    /// - Throws: `ProviderError` for an unusable address, token or private key.
    package init(_ connection: Connection) throws(ProviderError) {
        let check = ConnectionCheck(connection)
        let (base, authority) = try check.base()
        calls = CozeCalls(base: base, timeout: connection.timeout)
        usesBaseline = connection.usesBaseline
        switch connection.credential {
        case .token(let token):
            fixedToken = try check.headerValue(token, "auth.token")
            exchange = nil
            foreign = ForeignText(hiding: [token])
        case .jwt(let appID, let keyID, let privateKey, let accountID):
            try check.headerText(appID, "auth.jwt.app_id")
            try check.headerText(keyID, "auth.jwt.key_id")
            if let accountID { try check.headerText(accountID, "auth.jwt.account_id") }
            foreign = ForeignText(hiding: [])
            fixedToken = nil
            exchange = CozeToken(
                appID: appID, keyID: keyID,
                key: try Self.key(privateKey, at: check.place("auth.jwt.private_key")),
                accountID: accountID, audience: authority, calls: calls, foreign: foreign)
        case .keyue:
            throw check.wrongCredential("holds a credential of Keyue; Coze takes token, or jwt")
        }
        reader = CozeReader(foreign: foreign, isGrantRenewable: exchange != nil)
    }

    private static func key(
        _ pem: Secret, at place: String
    ) throws(ProviderError) -> RSAPrivateKey {
        do { return try RSAPrivateKey(pem: pem) } catch {
            throw ProviderError(
                .badKey, at: place,
                error.detail + ". Download the key of the OAuth app anew, or give its file whole")
        }
    }

    package func authorize(at now: Timestamp, tokenID: String) -> Talk<Authorization> {
        if let fixedToken { return .done(.granted(Grant(token: fixedToken))) }
        guard let exchange else { preconditionFailure("neither a token nor a key") }
        return exchange.exchange(at: now, tokenID: tokenID)
    }

    package func probe(with grant: Grant) -> HTTPRequest {
        calls.get("/v1/workspaces", [("page_num", "1"), ("page_size", "1")], token: grant.token)
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

    /// A bot inside one workspace is copied before the answer (section 5.3).
    package func isSynchronous(_ task: CopyTask) -> Bool {
        task.plan.entity.type == CozeKind.bot.rawValue && task.plan.isWithinOneWorkspace
    }
}

// MARK: - Before the submission

extension CozePlatform {
    /// Asks for the workspaces unless the copy stays in one, then for what the target holds.
    package func prepare(_ task: CopyTask, with grant: Grant) -> Talk<Preparation> {
        let plan = task.plan
        guard let kind = CozeKind(rawValue: plan.entity.type) else {
            let failure = Failure(
                .invalid,
                message: "Coze copies entities of type bot, app and workflow, not of this one."
                    + " Give the rule's copy action an entity_type.")
            return .done(.refused(failure))
        }
        guard JSONValue.string(plan.entity.id).foreignID != nil else {
            let failure = Failure(
                .invalid, message: "The event names no id that Coze could have given.")
            return .done(.refused(failure))
        }
        guard let target = plan.toWorkspace, !plan.isWithinOneWorkspace else {
            return baseline(kind, of: task, with: grant, clockAhead: nil)
        }
        let preflight = CozePreflight(source: plan.entity.workspaceID, target: target)
        return lists.workspaces(token: grant.token, sharedFor: Self.workspacesSharedFor)
            .read(isEnough: { preflight.isEnough($0.rows) }) { result in
                switch result {
                case .failure(let refusal): return .done(refusal.preparation)
                case .success(let reading):
                    let failure = preflight.failure(reading.rows, isWhole: reading.isStill)
                    if let failure { return .done(.refused(failure)) }
                    return baseline(kind, of: task, with: grant, clockAhead: reading.clockAhead)
                }
            }
    }

    /// A list that moves through every reading, or never ends, is no baseline: an uncertain copy
    /// is then held rather than guessed at.
    private func baseline(
        _ kind: CozeKind, of task: CopyTask, with grant: Grant, clockAhead: Int64?
    ) -> Talk<Preparation> {
        guard usesBaseline, let target = task.plan.target else {
            return .done(.ready(Baseline(ids: nil, clockAhead: clockAhead)))
        }
        return lists.entities(
            kind, in: target, token: grant.token, sharedFor: Self.baselineSharedFor
        ).read(isSound: \.coversStart) { result in
            switch result {
            case .failure(let refusal): return .done(refusal.preparation)
            case .success(let reading):
                let ids = reading.coversStart ? reading.rows.map(\.id) : nil
                let ahead = reading.clockAhead ?? clockAhead
                return .done(.ready(Baseline(ids: ids, clockAhead: ahead)))
            }
        }
    }

    private var lists: CozeLists { CozeLists(calls: calls, reader: reader) }
}

// MARK: - Submission and poll

extension CozePlatform {
    package func submission(of task: CopyTask, with grant: Grant) -> HTTPRequest {
        let plan = task.plan
        var body: JSONObject = [
            "entity_id": .string(plan.entity.id), "entity_type": .string(plan.entity.type),
        ]
        if let target = plan.toWorkspace, !plan.isWithinOneWorkspace {
            body["to_workspace_id"] = .string(target)
        }
        return calls.postOnce(
            "/v1/entities/copy_tasks", .object(body), bearer: grant.token.exposed,
            headers: task.dispatch.map { [HTTPField("Idempotency-Key", $0.id)] } ?? [])
    }

    /// The answer decides whether the copy is made or under way (section 5.3).
    package func read(_ reply: Reply, toSubmissionOf task: CopyTask) -> Submission {
        switch reader.read(reply, isCopy: true) {
        case .refusal(let refusal): return refusal.submission
        case .success(let body, _, let logID):
            if let copy = body["data"]?["copied_entity_id"]?.foreignID {
                return .finished(copy: Identifier(rawValue: copy), logID: logID)
            }
            if let job = body["data"]?["task_id"]?.foreignID {
                return .accepted(Identifier(rawValue: job), logID: logID)
            }
            let text = "Coze accepted the copy but named neither the copy nor a task"
            return reader.malformed(text, logID).submission
        }
    }

    /// Whatever is wrong with the question says nothing about the job, so nothing but Coze's own
    /// `failed` ends the task.
    package func poll(
        _ job: Identifier<ProviderTask>, of task: CopyTask, with grant: Grant
    ) -> Talk<Progress> {
        let path = "/v1/entities/copy_tasks/\(URLText.encode(job.rawValue))"
        return .ask(Question(calls.get(path, token: grant.token))) { reply in
            switch reader.read(reply) {
            case .refusal(let refusal): .done(.trouble(refusal.troubleOfJob))
            case .success(let body, _, let logID): .done(progress(body["data"], logID))
            }
        }
    }

    private func progress(_ data: JSONValue?, _ logID: String?) -> Progress {
        let status = foreign.line(data?["task_status"]?.text, limit: 64)
        switch status {
        case nil:
            return .trouble(reader.malformed("Coze's answer has no task_status", logID).trouble)
        case "successful":
            let copy = data?["target_entity_id"]?.foreignID.map { Identifier<Entity>(rawValue: $0) }
            return .finished(copy: copy, status: status, logID: logID)
        case "failed":
            let failure = Failure(.copyFailed, message: reasons(data), logID: logID)
            return .failed(failure, status: status)
        default:
            return .running(status: status, logID: logID)
        }
    }

    private func reasons(_ data: JSONValue?) -> String {
        let reasons = (data?["failed_reasons"]?.array ?? []).prefix(5).compactMap { reason in
            foreign.line(reason["failed_reason"]?.string, limit: 100).map { text in
                let name = foreign.line(reason["entity_name"]?.string, limit: 40) ?? "?"
                let type = foreign.line(reason["entity_type"]?.string, limit: 20) ?? "?"
                return "\(type) \"\(name)\": \(text)"
            }
        }
        guard !reasons.isEmpty else {
            return "Coze reports that the copy failed, without a reason."
        }
        return "Coze reports that the copy failed. " + reasons.joined(separator: "; ") + "."
    }
}

// MARK: - Looking for a lost copy

extension CozePlatform {
    /// Lists the target and judges by ``Adoption``.
    ///
    /// Where the event told no workspace and the rule names none, no list can be asked for: that
    /// is `ambiguous` without candidates, so that a person is told at once and not after a window
    /// in which nothing can be seen.
    package func look(
        for task: CopyTask, among surroundings: Surroundings, with grant: Grant
    ) -> Talk<Sighting> {
        guard let kind = CozeKind(rawValue: task.plan.entity.type), let target = task.plan.target,
            task.dispatch != nil
        else { return .done(.ambiguous([])) }
        return lists.entities(kind, in: target, token: grant.token, sharedFor: .zero)
            .read(isSound: \.isStill) { result in
                switch result {
                case .failure(let refusal): return .done(.trouble(refusal.trouble))
                case .success(let reading):
                    guard reading.isStill else { return .done(.trouble(Self.moving(reading))) }
                    let adoption = Adoption(
                        for: task, own: surroundings.ownCopies, among: surroundings,
                        allowance: Self.clockAllowance, clockAhead: reading.clockAhead)
                    return .done(Self.sighting(adoption?.judge(reading.rows) ?? .none))
                }
            }
    }

    private static func moving(_ reading: ListReading<Adoption.Sight>) -> Trouble {
        let text =
            reading.isAtEnd
            ? "Coze's list changed while it was read, so it proves nothing; it is read again."
            : "Coze's list of the target is longer than \(CozeLists.pagesMax) pages, so it proves"
                + " nothing. Look for the copy in Coze."
        return Trouble(Failure(.unavailable, message: text))
    }

    private static func sighting(_ verdict: Adoption.Verdict) -> Sighting {
        switch verdict {
        case .none: .none
        case .one(let sight, let because):
            .found(Identifier(rawValue: sight.id), because: because)
        case .unclear(let candidates): .ambiguous(candidates)
        }
    }
}
