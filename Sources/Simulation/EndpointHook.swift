package import Domain
import Signing
import StrictJSON

/// One address of the endpoint simulator.
package struct EndpointHook: Hashable, Sendable {
    /// How the receiver behind a path behaves.
    package enum Scheme: String, Hashable, Sendable, CaseIterable {
        /// Standard Webhooks.
        case webhook
        /// CloudEvents over HTTP, its handshake included.
        case cloudevents
        // Verified where the platform verifies, and judged by the shape of the message.
        case feishu, dingtalk
        case wecom, infoflow, slack, mattermost, discord, teams, telegram, googlechat
        /// Takes everything.
        case none
    }

    /// Exactly this answer, whatever the signature.
    package struct Answer: Hashable, Sendable {
        package var status: Int
        package var body: String
        package var type: String

        package init(status: Int, body: String = "", type: String = "application/json") {
            self.status = status
            self.body = body
            self.type = type
        }
    }

    package var path: String
    package var scheme: Scheme
    /// Absent: signatures are not looked at.
    package var secret: Secret?
    package var answer: Answer?

    package init(
        path: String, scheme: Scheme, secret: Secret? = nil, answer: Answer? = nil
    ) {
        self.path = path
        self.scheme = scheme
        self.secret = secret
        self.answer = answer
    }

    /// The hooks that a simulator starts with: a generic callback and a Feishu bot.
    package static let standard = [
        EndpointHook(
            path: "/hooks/copyhook", scheme: .webhook,
            secret: Secret("whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=")),
        EndpointHook(
            path: "/open-apis/bot/v2/hook/simulated", scheme: .feishu,
            secret: Secret("Xm2pQ7vT9aLk3ZcR8yWd1f")),
    ]

    /// Whether the signature fits the secret; `nil` where there is nothing to check.
    func verify(_ request: SimulatedRequest, at now: Timestamp) -> Bool? {
        guard let secret else { return nil }
        switch scheme {
        case .webhook: return isStandardWebhook(request, secret, at: now)
        // Whoever asks for permission has nothing to sign yet.
        case .cloudevents:
            return request.method == "OPTIONS"
                ? nil : isStandardWebhook(request, secret, at: now)
        case .feishu: return isFeishu(request, secret, at: now)
        case .dingtalk: return dingTalkVerdict(request, secret, at: now) == .fits
        default: return nil
        }
    }

    /// Whether it is the moment of a robot's signature that does not fit.
    func isStale(_ request: SimulatedRequest, at now: Timestamp) -> Bool {
        secret.map { dingTalkVerdict(request, $0, at: now) == .stale } ?? false
    }

    private func dingTalkVerdict(
        _ request: SimulatedRequest, _ secret: Secret, at now: Timestamp
    ) -> DingTalkRobotSignature.Verdict {
        DingTalkRobotSignature.verdict(
            timestamp: request.parameter("timestamp") ?? "",
            sign: request.parameter("sign") ?? "", secret: secret, at: now)
    }

    private func isStandardWebhook(
        _ request: SimulatedRequest, _ secret: Secret, at now: Timestamp
    ) -> Bool {
        guard let key = try? StandardWebhooksKey(parsing: secret),
            let scheme = try? StandardWebhooksScheme(keys: [key])
        else { return false }
        let verdict = scheme.verify(
            IncomingRequest(
                method: request.method, headers: HeaderFields(request.headers),
                body: request.body), at: now)
        switch verdict {
        case .event, .batch: return true
        // Proved, but not in the shape that our own intake would want of an event.
        case .refused(let refusal): return refusal.reason == .malformedBody
        case .handshake: return false
        }
    }

    private func isFeishu(
        _ request: SimulatedRequest, _ secret: Secret, at now: Timestamp
    ) -> Bool {
        guard let body = request.jsonObject, let timestamp = body["timestamp"]?.string,
            let sign = body["sign"]?.string
        else { return false }
        return FeishuSignature.accepts(
            timestamp: timestamp, sign: sign, secret: secret, at: now)
    }
}

extension EndpointHook {
    init(_ value: JSONValue, at place: String) throws(ControlRefusal) {
        let fields = try ControlFields(value, at: place)
        try fields.allowOnly("path", "scheme", "secret", "answer")
        let secret = try fields.text("secret").map { Secret($0) }
        self.init(
            path: try fields.required("path"),
            scheme: try fields.choice("scheme", of: Scheme.allCases) ?? .none, secret: secret)
        guard path.hasPrefix("/"), !path.hasPrefix("/_sim/"), path != "/_sim" else {
            throw ControlRefusal(
                fields.pointer("path"), "expected a path that starts with / and not with /_sim")
        }
        if scheme == .webhook || scheme == .cloudevents, let secret {
            let key = try? StandardWebhooksKey(parsing: secret)
            guard let key, key.kind != .ed25519Private else {
                throw ControlRefusal(
                    fields.pointer("secret"), "expected whsec_ or whpk_ and base 64")
            }
        }
        guard let given = fields.value("answer") else { return }
        let inner = try ControlFields(given, at: fields.pointer("answer"))
        try inner.allowOnly("status", "body", "type")
        let status = try inner.integer("status", in: 200...599) ?? 200
        let body = inner.value("body")
        answer = Answer(
            status: Int(status),
            body: body.map { $0.string ?? String(decoding: $0.bytes(), as: UTF8.self) } ?? "",
            type: try inner.text("type")
                ?? (body?.string == nil ? "application/json" : "text/plain"))
    }

    var json: JSONValue {
        var object: JSONObject = [
            "path": .string(path), "scheme": .string(scheme.rawValue),
        ]
        object["secret"] = secret.map { .string($0.exposed) }
        object["answer"] = answer.map {
            [
                "status": .number(JSONNumber($0.status)), "body": .string($0.body),
                "type": .string($0.type),
            ]
        }
        return .object(object)
    }
}

extension EndpointHook.Answer {
    var simulated: SimulatedAnswer {
        SimulatedAnswer(
            status: status, headers: body.isEmpty ? [] : [("Content-Type", type)],
            body: Array(body.utf8))
    }
}
