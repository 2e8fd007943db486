import Domain
import Providers
import StrictJSON
import Transport

/// Carries a conversation on with answers that are used up in order.
struct Conversation<Outcome: Sendable> {
    let asked: [Question]
    /// `nil` when the answers were used up before its end.
    let outcome: Outcome?

    init(_ talk: Talk<Outcome>, _ replies: [Reply] = []) {
        var talk = talk
        var asked: [Question] = []
        var replies = replies[...]
        while case .ask(let question, let next) = talk {
            asked.append(question)
            guard let reply = replies.popFirst() else { break }
            talk = next(reply)
        }
        self.asked = asked
        if case .done(let outcome) = talk, replies.isEmpty {
            self.outcome = outcome
        } else {
            outcome = nil
        }
    }

    var urls: [String] { asked.map(\.request.url) }
}

extension Reply {
    static func answer(
        _ status: Int = 200, _ body: JSONValue, headers: [HTTPField] = [], at now: Timestamp = .noon
    ) -> Reply {
        Reply(.success(HTTPAnswer(status: status, headers: headers, body: body.bytes())), at: now)
    }

    static func text(_ status: Int, _ body: String, headers: [HTTPField] = []) -> Reply {
        Reply(
            .success(HTTPAnswer(status: status, headers: headers, body: Array(body.utf8))),
            at: .noon)
    }

    static func of(_ answer: HTTPAnswer) -> Reply { Reply(.success(answer), at: .noon) }

    static func failure(_ code: TransportFailure.Code, isSent: Bool) -> Reply {
        Reply(
            .failure(TransportFailure(code, isSent: isSent, detail: "what the library said")),
            at: .noon)
    }

    /// Coze's envelope for a success.
    static func coze(_ data: JSONValue, headers: [HTTPField] = []) -> Reply {
        answer(200, ["code": 0, "msg": "", "data": data], headers: headers)
    }

    static func coze(refusing code: Int64, status: Int = 200) -> Reply {
        answer(
            status,
            ["code": .number(JSONNumber(code)), "msg": "no", "detail": ["logid": "2025LOG"]])
    }
}

extension Timestamp {
    /// 2026-03-18T12:00:00Z.
    static let noon = Timestamp(milliseconds: 1_773_835_200_000)
}

extension HTTPField {
    /// Five seconds after noon.
    static let fiveAhead = HTTPField("Date", "Wed, 18 Mar 2026 12:00:05 GMT")
}

extension CopyTask {
    static func sample(
        _ type: String = "bot", id: String = "7512041635401000001", name: String? = "语音伴侣",
        from workspace: String? = "7001", to target: String? = "7002",
        provider: Provider = .coze, baseline: [String]? = nil, clockAhead: Int64? = nil
    ) -> CopyTask {
        let plan = CopyTask.Plan(
            event: EventSummary(
                id: "evt_1", source: "main", type: "bot.published", key: "k", time: .noon),
            rule: "backup", action: 0, run: 0, connection: "prod", provider: provider,
            entity: EntityReference(type: type, id: id, name: name, workspaceID: workspace),
            toWorkspace: target, onUncertain: .hold, notify: nil, createdAt: .noon)
        var task = CopyTask(id: "tsk_1", plan: plan, state: .queued(notBefore: .noon))
        task.evidence.baseline = baseline
        task.evidence.clockAhead = clockAhead
        return task
    }

    /// Sent at noon.
    var sent: CopyTask {
        var task = self
        _ = try? task.apply(.claimed(at: .noon))
        _ = try? task.apply(.prepared(Dispatch(id: "dsp_1", at: .noon)))
        return task
    }
}

extension Connection {
    static func coze(
        _ credential: Credential = .token(Secret(cozeToken)), base: String = "https://api.coze.cn"
    ) -> Connection {
        Connection(name: "prod", provider: .coze, baseURL: base, credential: credential)
    }

    static func keyue(_ change: (inout Connection) -> Void = { _ in }) -> Connection {
        var connection = Connection(
            name: "ky", provider: .keyue, baseURL: "https://keyue.cloud.baidu.com",
            credential: .keyue(
                token: Secret("TEST-ROBOT-API-KEY"), uid: Secret("TEST-UID"),
                username: Secret("test-user")))
        change(&connection)
        return connection
    }
}

/// The token of the contract's examples.
let cozeToken = "pat_TESTONLY0000000000000000000000000000000000000000000000000000000"

let grant = Grant(token: Secret(cozeToken))

func keyue(_ change: (inout Connection) -> Void = { _ in }) throws -> KeyuePlatform {
    try KeyuePlatform(.keyue(change))
}

/// The copy of an agent, as the contract's examples have it.
func agentTask(
    name: String? = "v", baseline: [String]? = nil, clockAhead: Int64? = nil
) -> CopyTask {
    .sample(
        "agent", id: "c24ce952-8355-457e-a997-51995167c0ae", name: name, from: nil, to: nil,
        provider: .keyue, baseline: baseline, clockAhead: clockAhead)
}
