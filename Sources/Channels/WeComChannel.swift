package import Domain
package import StrictJSON
package import Transport

/// A robot in a WeCom (企业微信) group.
///
/// Markdown of the first kind, which has colours and which every client shows. No escape is
/// documented, so foreign text is written in full-width forms; that also takes `<@userid>` apart.
/// The key in the address is the whole credential. contracts/notifications.md section 8.
package struct WeComChannel: ChatChannel {
    /// UTF-8 bytes of the text at most; a Chinese character has three.
    package static let markdownMax = TextLimit(4_096, .utf8Bytes)
    package static let textMax = TextLimit(2_048, .utf8Bytes)

    package init() {}

    /// The platform allows 20 a minute.
    package var rates: [Rate] { [Rate(18, per: .minutes(1))] }
    package var mergeMax: Int { 30 }

    package func card(_ message: ChatMessage, to endpoint: Endpoint) -> JSONObject? {
        let layout = TextLayout(
            title: ("### <font color=\"\(Self.color(of: message.tone))\">", "</font>\n"), fact: ">",
            footer: ("<font color=\"comment\">", "</font>"))
        let text = layout.text(of: message)
        guard Self.markdownMax.holds(text) else { return nil }
        return ["msgtype": "markdown", "markdown": ["content": .string(text)]]
    }

    package func plain(_ message: ChatMessage, to endpoint: Endpoint) -> JSONObject {
        let text = message.bareText(within: Self.textMax, in: .fullWidth)
        return ["msgtype": "text", "text": ["content": .string(text)]]
    }

    private static func color(of tone: ChatMessage.Tone) -> String {
        switch tone {
        case .success: "info"
        case .failure, .warning: "warning"
        case .information: "comment"
        }
    }

    /// Only `errcode` counts: the words may say `ok. Warning: …`.
    package func judge(_ answer: HTTPAnswer, at now: Timestamp) -> DeliveryOutcome {
        guard let verdict = CodeVerdict(answer.body, codes: ["/errcode"], texts: ["/errmsg"]) else {
            return .byStatus(of: answer, at: now)
        }
        let meaning: CodeMeaning? =
            switch verdict.code {
            case -1, 6000: .again
            case 45009: .limited(wait: .minutes(1))
            case 93000: .broken
            case 40008, 40033, 40058: .rejected
            default: nil
            }
        return .byCode(verdict, of: answer, at: now, meaning)
    }
}
