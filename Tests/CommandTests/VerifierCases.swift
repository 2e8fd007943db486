import Domain
import Signing
import StrictJSON
import Transport

/// A source whose events a library signs.
struct VerifierSource: Sendable {
    let name: String
    /// What stands behind `by` in the jobs, or its family.
    let library: String
    /// What the library is told; the secrets of the platform among it.
    let settings: JSONValue
    /// The source's keys, one a line.
    let lines: [String]
    /// Whether events have a key of their own.
    var hasKeys = true
    /// Who judges the answer to a good event, and what it is told.
    var answerJudge: (by: String, settings: JSONValue)?

    var job: JSONValue {
        ["do": "send", "by": .string(library), "settings": settings]
    }

    var yaml: String {
        "  \(name):\n" + lines.map { "    \($0)\n" }.joined()
    }

    func answerJob(_ answer: Caller.Answer) -> JSONValue? {
        guard let answerJudge else { return nil }
        return [
            "do": "judge", "by": .string(answerJudge.by), "settings": answerJudge.settings,
            "request": [
                "method": "POST", "target": "",
                "headers": [], "body": .string(Base64.encode(answer.body)),
            ],
        ]
    }

    private static let secret = "TEST-ONLY-0123456789abcdefghij"
    private static let other = "TEST-ONLY-another-9876543210zyx"
    private static let hook = SignedEvent.partnerSecret.exposed
    private static let otherHook = "whsec_HyAfHh0cGxoZGBcWFRQTEhEQDw4NDAsKCQgHBgUEAwI="
    private static let key = "Yue0EfdN5900c1ce5cf6A152c63DDe1808a60c5ecd7"

    static let all: [VerifierSource] = [
        plain("hooks", "standardwebhooks", "standard-webhooks", hook, otherHook),
        plain("slack", "slack_sdk", "slack"), plain("stripe", "stripe", "stripe"),
        plain("github", "gidgethub", "github"),
        VerifierSource(
            name: "feishu", library: "lark",
            settings: [
                "verification_token": .string(secret), "encrypt_key": .string(secret),
                "other": .string(other),
            ],
            lines: [
                "scheme: feishu",
                "apps: [{ verification_token: \"\(secret)\", encrypt_key: \"\(secret)\" }]",
            ]),
        sealed("wecom", scheme: "wecom", receiver: "wx5823bf96d3bd56c7"),
        sealed("dingtalk", scheme: "dingtalk", receiver: "ding6ccabc44d2c8d38b"),
        plain("events", "cloudevents", "cloudevents\n    proof: bearer"),
        plain("more-events", "cloudevents_structured", "cloudevents\n    proof: bearer"),
    ]

    private static func plain(
        _ name: String, _ library: String, _ scheme: String, _ secret: String = secret,
        _ other: String = other
    ) -> VerifierSource {
        VerifierSource(
            name: name, library: library,
            settings: ["secret": .string(secret), "other": .string(other)],
            lines: ["scheme: \(scheme)", "secret: \"\(secret)\""])
    }

    private static func sealed(
        _ name: String, scheme: String, receiver: String
    ) -> VerifierSource {
        let settings: JSONObject = [
            "token": .string(secret), "encoding_aes_key": .string(key),
            "receiver": .string(receiver), "other": .string(other),
        ]
        var source = VerifierSource(
            name: name, library: name, settings: .object(settings),
            lines: [
                "scheme: \(scheme)",
                "apps: [{ token: \"\(secret)\", encoding_aes_key: \"\(key)\", "
                    + "receiver: \(receiver) }]",
            ], hasKeys: scheme != "dingtalk")
        if scheme == "dingtalk" {
            var told = settings
            told["word"] = "success"
            source.answerJudge = ("wechatpy", .object(told))
        }
        return source
    }
}

/// An endpoint whose deliveries a library judges.
struct VerifierEndpoint: Sendable {
    struct Judge: Sendable {
        let library: String
        let settings: JSONValue

        func job(_ request: CapturedRequest) -> JSONValue {
            [
                "do": "judge", "by": .string(library), "settings": settings,
                "request": request.json,
            ]
        }
    }

    let name: String
    /// The endpoint's keys beside `url`, one a line.
    let lines: [String]
    let judges: [Judge]
    /// What the platform answers.
    var answer = "{}"
    /// What is changed in copies of a delivery that the judges must refuse.
    var spoilt: [Spoilt] = [.body]

    enum Spoilt: String, Sendable {
        case body = "a byte of the body changed"
        case time = "the time changed"
        case sign = "the signature changed"
        case type = "without a type"
    }

    var path: String { "/\(name)" }

    func spoil(_ request: CapturedRequest) -> [(String, CapturedRequest)] {
        spoilt.map { kind in
            var changed = request
            switch kind {
            case .body: changed.body[changed.body.count - 3] ^= 1
            case .time:
                changed.headers = changed.headers.map { line in
                    guard line.name.lowercased() == "webhook-timestamp" else { return line }
                    return (line.name, "1000000000")
                }
                changed.target = changed.target.replacing("timestamp=", with: "timestamp=1")
            case .sign:
                changed.target = changed.target.replacing("sign=", with: "sign=A")
            case .type: changed.headers.removeAll { $0.name.lowercased() == "ce-type" }
            }
            return (kind.rawValue, changed)
        }
    }

    private static let first = SignedEvent.partnerSecret.exposed
    private static let second = "whsec_HyAfHh0cGxoZGBcWFRQTEhEQDw4NDAsKCQgHBgUEAwI="
    /// RFC 8032 section 7.1, test 1: the seed, and its public key.
    private static let seed = "whsk_nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A="
    private static let publicKey = "whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="

    private static let robot = "SECTEST-ONLY-0123456789abcdefghijklmnopqrstuvwxyz"

    private static func bus(_ mode: String) -> [String] {
        [
            "channel: cloudevents", "mode: \(mode)", "handshake: off", "type_prefix: com.example",
            "source: \(source)",
        ]
    }

    private static let source = "https://hooks.example.com"
    private static let event = Judge(
        library: "cloudevents",
        settings: [
            "type": "com.example.event.announced", "source": .string(source),
        ])

    private static func hooks(_ secret: String) -> Judge {
        Judge(library: "standardwebhooks", settings: ["secret": .string(secret)])
    }

    static let all: [VerifierEndpoint] = [
        VerifierEndpoint(
            name: "hmac", lines: ["secret: \"\(first)\""], judges: [hooks(first)],
            spoilt: [.body, .time]),
        VerifierEndpoint(
            name: "rotation", lines: ["secrets: [\"\(first)\", \"\(second)\"]"],
            judges: [hooks(first), hooks(second)], spoilt: [.body, .time]),
        VerifierEndpoint(
            name: "ed25519", lines: ["secret: \"\(seed)\""],
            judges: [Judge(library: "cryptography", settings: ["key": .string(publicKey)])],
            spoilt: [.body, .time]),
        VerifierEndpoint(
            name: "bus", lines: bus("structured") + ["secret: \"\(first)\""],
            judges: [hooks(first), event]),
        VerifierEndpoint(
            name: "bus-binary", lines: bus("binary"), judges: [event], spoilt: [.type]),
        VerifierEndpoint(
            name: "ding", lines: ["channel: dingtalk", "secret: \"\(robot)\""],
            judges: [Judge(library: "DingtalkChatbot", settings: ["secret": .string(robot)])],
            answer: #"{"errcode":0,"errmsg":"ok"}"#, spoilt: [.time, .sign]),
    ]

    /// One source and one rule, and every endpoint at a port of this machine.
    static func configuration(port: Int) -> String {
        var yaml = "egress: { allow: [127.0.0.0/8] }\nsources:\n  partner:\n"
        yaml += "    scheme: standard-webhooks\n    secret: \"\(first)\"\nendpoints:\n"
        for endpoint in all {
            yaml += "  \(endpoint.name):\n    url: http://127.0.0.1:\(port)\(endpoint.path)\n"
            yaml += endpoint.lines.map { "    \($0)\n" }.joined()
        }
        return yaml + "rules:\n  - name: tell\n    match: { type: [verifiers.sent] }\n"
    }
}
