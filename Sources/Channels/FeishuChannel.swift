package import Domain
import Signing
package import StrictJSON
package import Transport

/// A custom bot in a Feishu or Lark group.
///
/// An interactive card, signed with the newest secret where there is one. Every text stands in a
/// `plain_text` element, where nothing is interpreted: no name can mention somebody, link, or break
/// the card. The URL is the credential. contracts/notifications.md section 6.
package struct FeishuChannel: ChatChannel {
    /// UTF-8 bytes of a whole body at most.
    ///
    /// The platform says 20 KB; this holds for either kind of K.
    package static let bodyMax = 20_000

    package init() {}

    /// Below what section 6 of the contract publishes, 5 a second and 100 a minute.
    package var rates: [Rate] { [Rate(5, per: .seconds(1)), Rate(90, per: .minutes(1))] }
    package var mergeMax: Int { 50 }

    package func card(_ message: ChatMessage, to endpoint: Endpoint) -> JSONObject? {
        let card =
            switch endpoint.options.card {
            case .one: Self.cardOne(message)
            case .two: Self.cardTwo(message)
            }
        // Room for the signature, which is not there yet.
        return JSONObject([("msg_type", "interactive"), ("card", card)]).fitting(Self.bodyMax - 200)
    }

    package func plain(_ message: ChatMessage, to endpoint: Endpoint) -> JSONObject {
        let text = message.bareText(within: TextLimit(10_000, .utf8Bytes), in: .fullWidth)
        return ["msg_type": "text", "content": ["text": .string(text)]]
    }

    package func signed(
        _ body: JSONObject, to endpoint: Endpoint, at now: Timestamp
    ) -> JSONObject {
        guard let secret = endpoint.secrets.first else { return body }
        let signature = FeishuSignature(secret: secret, at: now)
        var signed: JSONObject = [
            "timestamp": .string(signature.timestamp), "sign": .string(signature.sign),
        ]
        for member in body.members { signed[member.key] = member.value }
        return signed
    }

    package func judge(_ answer: HTTPAnswer, at now: Timestamp) -> DeliveryOutcome {
        guard
            let verdict = CodeVerdict(
                answer.body, codes: ["/code", "/StatusCode"], texts: ["/msg", "/StatusMessage"])
        else { return .byStatus(of: answer, at: now) }
        let meaning: CodeMeaning? =
            switch verdict.code {
            case 11232: .limited(wait: nil)
            // Third parties report 9499 with such a text for a rate limit; not confirmed by the
            // vendor.
            case 9499 where verdict.speaks(of: "too many"): .limited(wait: nil)
            case 19001, 19021, 19022: .broken
            case 9499, 19002, 19024, 19036: .rejected
            default: nil
            }
        return .byCode(verdict, of: answer, at: now, meaning)
    }
}

extension FeishuChannel {
    /// A coloured title, what happened, the facts a line each, what to do, who says so.
    private static func cardTwo(_ message: ChatMessage) -> JSONValue {
        var elements = texts(message).map(div)
        if let link = message.link {
            let place = elements.count - 1
            elements.insert(
                ["tag": "markdown", "content": .string("[\(link.label)](\(link.url))")], at: place)
        }
        return [
            "schema": "2.0",
            "config": ["update_multi": true],
            "header": header(message),
            "body": ["elements": .array(elements)],
        ]
    }

    /// The same in the older form, where a link is a button.
    private static func cardOne(_ message: ChatMessage) -> JSONValue {
        var elements = texts(message).map(div)
        if let link = message.link {
            let button: JSONValue = [
                "tag": "button", "text": plain(link.label), "type": "primary",
                "url": .string(link.url),
            ]
            elements.insert(["tag": "action", "actions": [button]], at: elements.count - 1)
        }
        return [
            "config": ["wide_screen_mode": true], "header": header(message),
            "elements": .array(elements),
        ]
    }

    /// The footer is the last.
    private static func texts(_ message: ChatMessage) -> [String] {
        let facts = message.facts.map(\.line).joined(separator: "\n")
        return [message.summary, facts, message.advice ?? "", message.footer].filter { !$0.isEmpty }
    }

    private static func header(_ message: ChatMessage) -> JSONValue {
        ["title": plain(message.title), "template": color(of: message.tone)]
    }

    private static func div(_ text: String) -> JSONValue { ["tag": "div", "text": plain(text)] }

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
