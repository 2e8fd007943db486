package import Domain
import Signing
package import StrictJSON
package import Transport

/// A custom robot in a DingTalk group.
///
/// Markdown, signed in the address with the newest secret where there is one (`SEC…`). The robot
/// documents no escape, so foreign text is written in full-width forms, and nobody is mentioned
/// since the list of whom to mention is empty. contracts/notifications.md section 7.
package struct DingTalkChannel: ChatChannel {
    /// UTF-8 bytes of a whole body at most.
    package static let bodyMax = 20_000

    package init() {}

    /// The platform allows 20 a minute and then silences the robot for ten.
    package var rates: [Rate] { [Rate(18, per: .minutes(1))] }
    package var mergeMax: Int { 50 }

    package func card(_ message: ChatMessage, to endpoint: Endpoint) -> JSONObject? {
        let layout = TextLayout(title: ("### ", "\n\n"), footer: ("> ", ""))
        let title = "\(message.tone.mark) \(message.title)"
        let card: JSONObject = [
            "msgtype": "markdown",
            // Only the list of chats and the notification show it, as it is.
            "markdown": [
                "title": .string(Dialect.plain.foreign(title)),
                "text": .string(layout.text(of: message)),
            ],
            "at": Self.nobody,
        ]
        return card.fitting(Self.bodyMax)
    }

    package func plain(_ message: ChatMessage, to endpoint: Endpoint) -> JSONObject {
        let text = message.bareText(within: TextLimit(8_000, .utf8Bytes), in: .fullWidth)
        return ["msgtype": "text", "text": ["content": .string(text)], "at": Self.nobody]
    }

    private static let nobody: JSONValue = [
        "atMobiles": [], "atUserIds": [], "isAtAll": false,
    ]

    package func address(of endpoint: Endpoint, at now: Timestamp) -> String {
        guard let secret = endpoint.secrets.first else { return endpoint.url.exposed }
        return DingTalkRobotSignature(secret: secret, at: now).signing(endpoint.url.exposed)
    }

    package func judge(_ answer: HTTPAnswer, at now: Timestamp) -> DeliveryOutcome {
        guard let verdict = CodeVerdict(answer.body, codes: ["/errcode"], texts: ["/errmsg"]) else {
            return Self.gateway(answer, at: now) ?? .byStatus(of: answer, at: now)
        }
        let meaning: CodeMeaning? =
            switch verdict.code {
            case -1: .again
            case 130101, 410100: .limited(wait: Self.silence)
            // One code for all of the robot's walls. Only a missing keyword is this message's own
            // matter: another one may have it.
            case 310000: verdict.speaks(of: "keywords not in content") ? .rejected : .broken
            case 300001, 300005, 400013, 400101, 400102, 400106: .broken
            case 40035, 400105, 43002, 43004, 430101...430104: .rejected
            default: nil
            }
        return .byCode(verdict, of: answer, at: now, meaning)
    }

    /// How long a robot that spoke too fast is not heard.
    private static let silence = Duration.minutes(10)

    /// What stands in front of the platform when there is too much traffic; seen by third parties.
    private static func gateway(_ answer: HTTPAnswer, at now: Timestamp) -> DeliveryOutcome? {
        guard let body = AnswerBody.json(answer.body), body["punish"] != nil,
            body["status"]?.number != nil
        else { return nil }
        return .failed(
            answer, "gateway_limited", isRateLimit: true,
            wait: AnswerBody.wait(body["wait"], at: now), at: now)
    }
}
