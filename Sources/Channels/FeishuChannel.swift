package import Domain
import Signing
import StrictJSON
package import Transport

/// A custom bot in a Feishu or Lark group.
///
/// An interactive card of generation 2.0, signed with the newest secret where there is one. Every
/// text stands in a `plain_text` element, where nothing is interpreted: no name can mention
/// somebody, link, or break the card. The URL is the credential. contracts/notifications.md
/// section 6.
package struct FeishuChannel: MessageChannel {
    /// UTF-8 bytes of a whole body at most.
    ///
    /// The platform says 20 KB; this holds for either kind of K. A card of ``ChatMessage/bytesMax``
    /// stays below it even if every byte has to be escaped.
    package static let bodyMax = 20_000

    /// Bytes of an answer that are read (contracts/notifications.md section 1).
    static let answerMax = 64 << 10

    package init() {}

    package var schedule: RetrySchedule { .chat }
    package var freshness: Duration? { .hours(1) }
    /// Below what section 6 of the contract publishes, 5 a second and 100 a minute.
    package var rates: [Rate] { [Rate(5, per: .seconds(1)), Rate(90, per: .minutes(1))] }
    package var keepsWhenBroken: Bool { false }

    package func request(
        for notification: CompletionNotification, as delivery: Delivery, to endpoint: Endpoint,
        at now: Timestamp
    ) throws(MessageRefusal) -> HTTPRequest {
        let message = try ChatMessage(notification, in: endpoint.language)
        var body: JSONObject = [:]
        if let secret = endpoint.secrets.first {
            let signature = FeishuSignature(secret: secret, at: now)
            body["timestamp"] = .string(signature.timestamp)
            body["sign"] = .string(signature.sign)
        }
        body["msg_type"] = "interactive"
        body["card"] = Self.card(message)
        return HTTPRequest(
            .post, endpoint.url.exposed,
            headers: [HTTPField("content-type", "application/json; charset=utf-8")],
            body: JSONValue.object(body).bytes(), timeout: endpoint.timeout,
            answerBody: .whole(max: Self.answerMax))
    }
}

extension FeishuChannel {
    /// The card: a coloured title, what happened, the facts a line each, what to do, who says so.
    static func card(_ message: ChatMessage) -> JSONValue {
        var texts = [message.summary]
        let facts = message.facts.map { $0.line }
        if !facts.isEmpty { texts.append(facts.joined(separator: "\n")) }
        if let advice = message.advice { texts.append(advice) }
        texts.append(message.footer)
        return [
            "schema": "2.0",
            "config": ["update_multi": true],
            "header": ["title": plain(message.title), "template": color(of: message.tone)],
            "body": ["elements": .array(texts.map { ["tag": "div", "text": plain($0)] })],
        ]
    }

    private static func plain(_ text: String) -> JSONValue {
        ["tag": "plain_text", "content": .string(text)]
    }

    private static func color(of tone: ChatMessage.Tone) -> JSONValue {
        switch tone {
        case .success: "green"
        case .failure: "red"
        case .warning: "orange"
        case .information: "blue"
        }
    }
}
