package import Domain
package import StrictJSON
package import Transport

/// An incoming webhook of Slack.
///
/// Blocks, in which names stand as `plain_text`, where `*` and `_` stay what they are, and `text`
/// for the notification. contracts/notifications.md section 9.
package struct SlackChannel: ChatChannel {
    /// Whether Slack counts code points or UTF-16 units is not said; the latter are never fewer.
    package static let headerMax = TextLimit(150, .utf16Units)
    package static let sectionMax = TextLimit(3_000, .utf16Units)
    package static let fieldMax = TextLimit(2_000, .utf16Units)
    private static let fieldsMax = 10

    package init() {}

    /// About one a second, as published.
    package var rates: [Rate] { [Rate(1, per: .seconds(1))] }
    package var mergeMax: Int { 40 }

    package func card(_ message: ChatMessage, to endpoint: Endpoint) -> JSONObject? {
        let title = "\(message.tone.mark) \(message.title)"
        guard let summary = Self.plainText(message.summary, Self.sectionMax) else { return nil }
        var blocks: [JSONValue] = [
            [
                "type": "header",
                "text": Self.plainText(Self.headerMax.cut(QuietText.quiet(title))),
            ],
            ["type": "section", "text": summary],
        ]
        let fields = message.facts.map { Self.plainText($0.line, Self.fieldMax) }
        for start in stride(from: 0, to: fields.count, by: Self.fieldsMax) {
            let row = fields[start..<min(start + Self.fieldsMax, fields.count)].compactMap { $0 }
            guard row.count == min(Self.fieldsMax, fields.count - start) else { return nil }
            blocks.append(["type": "section", "fields": .array(row)])
        }
        if let advice = message.advice {
            blocks.append(["type": "section", "text": Self.plainText(advice)])
        }
        var context: [JSONValue] = []
        if let link = message.link {
            let url = Dialect.slack.escaped(link.url)
            context.append(["type": "mrkdwn", "text": .string("<\(url)|\(link.label)>")])
        }
        context.append(Self.plainText(Dialect.plain.copied(message.footer)))
        blocks.append(["type": "context", "elements": .array(context)])
        return ["text": .string(Dialect.slack.foreign(title)), "blocks": .array(blocks)]
    }

    package func plain(_ message: ChatMessage, to endpoint: Endpoint) -> JSONObject {
        // Else the words between two stars would be bold.
        ["text": .string(message.bareText(within: Self.sectionMax, in: .slack)), "mrkdwn": false]
    }

    /// `nil` where it is longer than the place.
    private static func plainText(_ foreign: String, _ limit: TextLimit) -> JSONValue? {
        let text = Dialect.plain.foreign(foreign)
        return limit.holds(text) ? plainText(text) : nil
    }

    private static func plainText(_ text: String) -> JSONValue {
        ["type": "plain_text", "text": .string(text), "emoji": false]
    }

    /// One word is the whole answer; one that is known counts more than the status, which has been
    /// wrong.
    package func judge(_ answer: HTTPAnswer, at now: Timestamp) -> DeliveryOutcome {
        let word = String(decoding: answer.body.prefix(100), as: UTF8.self)
        switch word {
        case "ok" where answer.status == 200: return .accepted(OutcomeReason("", status: 200))
        case "invalid_payload", "no_text", "invalid_blocks", "user_not_found",
            "missing_text_or_fallback_or_attachments":
            return .rejected(OutcomeReason(answer, word, code: word))
        case "action_prohibited", "posting_to_general_channel_denied", "team_disabled",
            "invalid_token", "channel_not_found", "no_service", "no_team", "channel_is_archived":
            return .channelBroken(OutcomeReason(answer, word, code: word))
        case "rollup_error": return .failed(answer, word, code: word, at: now)
        default: return .byStatus(of: answer, at: now)
        }
    }
}
