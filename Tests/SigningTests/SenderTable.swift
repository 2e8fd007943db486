import Domain
import Signing
import StrictJSON

/// One sender as a scheme should know it: how it proves itself, and what its event comes to.
struct Sender: CustomStringConvertible, Sendable {
    static let secret = Secret("TESTONLY-sender-secret-1")
    static let older = Secret("TESTONLY-sender-secret-0")
    static let stranger = Secret("TESTONLY-sender-secret-2")
    static let sent = Timestamp(milliseconds: 1_773_822_615_250)

    let description: String
    /// A scheme that holds the newer and the older secret.
    let scheme: @Sendable () throws -> ProvedScheme
    /// The headers of the proof.
    let prove: @Sendable (Secret, Timestamp, [UInt8]) throws -> [(name: String, value: String)]
    /// The others.
    var headers: [(name: String, value: String)] = []
    var body: [UInt8]
    /// Whether the proof is about the body, too.
    var isSigned = true
    /// Whether a time is signed.
    var isTimed = false
    let event: VerifiedEvent

    func request(
        _ secret: Secret = secret, at now: Timestamp = sent
    ) throws -> IncomingRequest {
        IncomingRequest(
            headers: HeaderFields(try prove(secret, now, body) + headers), body: body)
    }

    static let keys = [secret, older]

    /// `whsec_` and the bytes of a secret that is none.
    static func signingKey(_ secret: Secret) -> Secret {
        Secret("whsec_" + Base64.encode(secret.exposed.bytes))
    }

    static let all: [Sender] = [
        gitHub, gitHubForm, gitLabToken, gitLabSigned, stripe, stripeThin, slack, slackCommand,
        slackAction, telegram, hmac, hmacTimed, header, bearer, basic, cloudEvent,
    ]
}

extension Sender {
    private static let hub: [(name: String, value: String)] = [
        ("X-GitHub-Event", "push"), ("X-GitHub-Delivery", "72d3162e-cc78"),
    ]
    private static let push =
        #"{"ref":"refs/heads/main","repository":{"id":7350000000000000001,"full_name":"a/b"}}"#
    private static let pushed = VerifiedEvent(
        key: "72d3162e-cc78", type: "push",
        entity: EntityReference(type: "repository", id: "7350000000000000001", name: "a/b"))

    static let gitHub = Sender(
        description: "GitHub", scheme: { try .gitHub(secrets: keys) },
        prove: { try HMACProof.Form.gitHub.headers(secret: $0, at: $1, body: $2) },
        headers: hub, body: push.bytes, event: pushed)

    static let gitHubForm = Sender(
        description: "GitHub, form", scheme: { try .gitHub(secrets: keys) },
        prove: { try HMACProof.Form.gitHub.headers(secret: $0, at: $1, body: $2) },
        headers: hub + [("content-type", "application/x-www-form-urlencoded; charset=UTF-8")],
        body: "x=1&payload=%7B%22a%22%3A+%22%E5%AE%A2%22%7D".bytes,
        event: VerifiedEvent(
            key: "72d3162e-cc78", type: "push", body: #"{"a": "客"}"#.bytes))

    private static let project =
        #"{"object_kind":"push","project":{"id":42,"path_with_namespace":"g/p"}}"#
    private static func pushHook(_ key: String) -> VerifiedEvent {
        VerifiedEvent(
            key: key, type: "Push Hook",
            entity: EntityReference(type: "project", id: "42", name: "g/p"))
    }

    static let gitLabToken = Sender(
        description: "GitLab, token", scheme: { try .gitLab(tokens: keys) },
        prove: { secret, _, _ in [("X-Gitlab-Token", secret.exposed)] },
        headers: [
            ("X-Gitlab-Event", "Push Hook"), ("X-Gitlab-Event-UUID", "13792a34"),
            ("Idempotency-Key", "f5e57e5e"),
        ], body: project.bytes, isSigned: false, event: pushHook("f5e57e5e"))

    static let gitLabSigned = Sender(
        description: "GitLab, signing token",
        scheme: {
            try .gitLab(
                signingTokens: keys.map { try StandardWebhooksKey(parsing: signingKey($0)) })
        },
        prove: { secret, now, body in
            try StandardWebhooksSigner(secrets: [signingKey(secret)])
                .headers(id: "f5e57e5e", at: now, body: body)
        },
        headers: [("X-Gitlab-Event", "Push Hook"), ("Idempotency-Key", "another")],
        body: project.bytes, isTimed: true, event: pushHook("f5e57e5e"))

    static let stripe = Sender(
        description: "Stripe", scheme: { try .stripe(secrets: keys) },
        prove: { try StripeProof.headers(secrets: [$0], at: $1, body: $2) },
        body: (#"{"id":"evt_1","type":"invoice.paid","created":1773822613,"#
            + #""data":{"object":{"id":"in_1","object":"invoice"}}}"#).bytes,
        isTimed: true,
        event: VerifiedEvent(
            key: "evt_1", type: "invoice.paid", time: Timestamp(milliseconds: 1_773_822_613_000),
            entity: EntityReference(type: "invoice", id: "in_1")))

    static let stripeThin = Sender(
        description: "Stripe, thin", scheme: { try .stripe(secrets: keys) },
        prove: { try StripeProof.headers(secrets: [$0], at: $1, body: $2) },
        body: (#"{"id":"evt_2","object":"v2.core.event","type":"v1.billing.meter.no_meter","#
            + #""created":"2026-03-18T08:30:13.000Z","related_object":{"id":"m_1","type":"m"}}"#)
            .bytes,
        isTimed: true,
        event: VerifiedEvent(
            key: "evt_2", type: "v1.billing.meter.no_meter",
            time: Timestamp(milliseconds: 1_773_822_613_000),
            entity: EntityReference(type: "m", id: "m_1")))
}

extension Sender {
    private static let form = (name: "Content-Type", value: "application/x-www-form-urlencoded")

    private static func slack(
        _ name: String, _ body: String, form: Bool = true, _ event: VerifiedEvent
    ) -> Sender {
        Sender(
            description: name, scheme: { try .slack(secrets: keys) },
            prove: { try HMACProof.Form.slack.headers(secret: $0, at: $1, body: $2) },
            headers: form ? [Self.form] : [("Content-Type", "application/json")],
            body: body.bytes, isTimed: true, event: event)
    }

    static let slack = slack(
        "Slack, event",
        #"{"type":"event_callback","event_id":"Ev08","event_time":1773822615,"#
            + #""event":{"type":"app_mention"}}"#, form: false,
        VerifiedEvent(
            key: "Ev08", type: "app_mention", time: Timestamp(milliseconds: 1_773_822_615_000),
            answer: .empty))

    static let slackCommand = slack(
        "Slack, command", "command=%2Fcopy&text=a+%26+b&trigger_id=1.2",
        VerifiedEvent(
            key: "1.2", type: "slash_command",
            body: #"{"command":"/copy","text":"a & b","trigger_id":"1.2"}"#.bytes,
            answer: .empty))

    static let slackAction = slack(
        "Slack, interaction", "payload=%7B%22type%22%3A%22block_actions%22%7D",
        VerifiedEvent(
            key: "sha256:" + sha256Hex("payload=%7B%22type%22%3A%22block_actions%22%7D".bytes),
            type: "block_actions", body: #"{"type":"block_actions"}"#.bytes, answer: .empty))

    static let telegram = Sender(
        description: "Telegram", scheme: { try .telegram(tokens: keys) },
        prove: { secret, _, _ in [("X-Telegram-Bot-Api-Secret-Token", secret.exposed)] },
        body: (#"{"update_id":10000,"message":{"date":1773822615,"#
            + #""chat":{"id":-1001234567890,"title":"客服"},"text":"/start"}}"#).bytes,
        isSigned: false,
        event: VerifiedEvent(
            key: "10000", type: "message", time: Timestamp(milliseconds: 1_773_822_615_000),
            entity: EntityReference(type: "chat", id: "-1001234567890", name: "客服")))
}

extension Sender {
    private static let ours = #"{"type":"bot.published","entity":{"type":"bot","id":"7351"}}"#
    private static let published = VerifiedEvent(
        key: "sha256:" + sha256Hex(ours.bytes), type: "bot.published",
        entity: EntityReference(type: "bot", id: "7351"))

    private static func plain(
        _ name: String, isSigned: Bool = false, isTimed: Bool = false,
        _ proof: @escaping @Sendable () throws -> any RequestProof,
        _ prove:
            @escaping @Sendable (Secret, Timestamp, [UInt8]) throws -> [(
                name: String, value: String
            )]
    ) -> Sender {
        Sender(
            description: name, scheme: { ProvedScheme(try proof(), PlainReading()) },
            prove: prove, body: ours.bytes, isSigned: isSigned, isTimed: isTimed,
            event: published)
    }

    private static let shop = HMACProof.Form(
        algorithm: .sha512, encoding: .base64, header: "X-Shop-Hmac")
    private static let grafana = HMACProof.Form(
        header: "X-Grafana-Alerting-Signature", timestampHeader: "X-Grafana-Alerting-Timestamp")

    static let hmac = plain(
        "HMAC", isSigned: true, { try HMACProof(secrets: keys, form: shop) },
        { try shop.headers(secret: $0, at: $1, body: $2) })
    static let hmacTimed = plain(
        "HMAC, with a time", isSigned: true, isTimed: true,
        { try HMACProof(secrets: keys, form: grafana) },
        { try grafana.headers(secret: $0, at: $1, body: $2) })
    static let header = plain(
        "a token in a header", { try TokenProof(header: "X-Key", tokens: keys) },
        { secret, _, _ in [("x-key", secret.exposed)] })
    static let bearer = plain(
        "bearer", { try BearerProof(tokens: keys) },
        { secret, _, _ in [("Authorization", "Bearer \(secret.exposed)")] })
    static let basic = plain(
        "basic",
        { try BasicProof(users: keys.map { BasicProof.User(name: "höok", password: $0) }) },
        { secret, _, _ in
            [("Authorization", "Basic " + Base64.encode("höok:\(secret.exposed)".bytes))]
        })

    static let cloudEvent = Sender(
        description: "a signed CloudEvent",
        scheme: {
            let signing = try keys.map { try StandardWebhooksKey(parsing: signingKey($0)) }
            return ProvedScheme(try StandardWebhooksProof(keys: signing), CloudEventsReading())
        },
        prove: { secret, now, body in
            try StandardWebhooksSigner(secrets: [signingKey(secret)])
                .headers(id: "msg_1", at: now, body: body)
        },
        headers: [("Content-Type", "application/cloudevents+json")],
        body: (#"{"specversion":"1.0","id":"e-1","source":"/bots/42","type":"bot.published","#
            + #""time":"2026-03-18T08:30:15.25Z","data":{"entity":{"type":"bot","id":"42"}}}"#)
            .bytes,
        isTimed: true,
        event: VerifiedEvent(
            scope: "/bots/42", key: "e-1", type: "bot.published", time: sent,
            entity: EntityReference(type: "bot", id: "42")))
}
