package import Domain
package import StrictJSON
package import Transport

/// A workflow of Microsoft Teams that posts what it gets.
///
/// An Adaptive Card, in which all foreign text stands in a `TextRun`, the one element that reads no
/// markup. The answer says only that the flow began: a card that Teams refuses later is lost
/// without a word, so this keeps to the safe version and size. contracts/notifications.md
/// section 11.
package struct TeamsChannel: ChatChannel {
    /// UTF-8 bytes of a whole body at most.
    package static let bodyMax = 28_000

    package init() {}

    /// The limit is the flow's plan's; this is gentle to any.
    package var rates: [Rate] { [Rate(2, per: .seconds(1))] }
    package var mergeMax: Int { 40 }

    package func card(_ message: ChatMessage, to endpoint: Endpoint) -> JSONObject? {
        let dialect = Dialect.plain
        var blocks = [
            Self.block([
                Self.run(
                    dialect.foreign(message.title),
                    [
                        "weight": "Bolder", "size": "Medium",
                        "color": Self.color(of: message.tone),
                    ])
            ]),
            Self.block([Self.run(dialect.foreign(message.summary))]),
        ]
        blocks += message.facts.map { fact in
            Self.block([
                Self.run(fact.label + fact.colon, ["isSubtle": true]),
                Self.run(dialect.value(of: fact)),
            ])
        }
        if let advice = message.advice { blocks.append(Self.block([Self.run(advice)])) }
        blocks.append(
            Self.block([
                Self.run(dialect.copied(message.footer), ["isSubtle": true, "size": "Small"])
            ]))
        return Self.body(blocks, message.link).fitting(Self.bodyMax)
    }

    package func plain(_ message: ChatMessage, to endpoint: Endpoint) -> JSONObject {
        let text = message.bareText(within: TextLimit(8_000, .utf8Bytes), in: .plain)
        let lines = text.split(separator: "\n").map { Self.block([Self.run(String($0))]) }
        // It makes no link of an address in a text.
        return Self.body(lines, message.words?.hasLink == true ? message.link : nil)
    }

    private static func block(_ runs: [JSONValue]) -> JSONValue {
        ["type": "RichTextBlock", "inlines": .array(runs)]
    }

    private static func run(_ text: String, _ dress: JSONObject = [:]) -> JSONValue {
        var run: JSONObject = ["type": "TextRun", "text": .string(text)]
        for member in dress.members { run[member.key] = member.value }
        return .object(run)
    }

    private static func body(_ blocks: [JSONValue], _ link: ChatMessage.Link?) -> JSONObject {
        var card: JSONObject = [
            "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
            "type": "AdaptiveCard", "version": "1.4", "msteams": ["width": "full"],
            "body": .array(blocks),
        ]
        if let link {
            card["actions"] = [
                [
                    "type": "Action.OpenUrl", "title": .string(link.label),
                    "url": .string(link.url),
                ]
            ]
        }
        return [
            "type": "message",
            "attachments": [
                [
                    "contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": .null,
                    "content": .object(card),
                ]
            ],
        ]
    }

    private static func color(of tone: ChatMessage.Tone) -> JSONValue {
        switch tone {
        case .success: "Good"
        case .failure: "Attention"
        case .warning: "Warning"
        case .information: "Accent"
        }
    }

    package func judge(_ answer: HTTPAnswer, at now: Timestamp) -> DeliveryOutcome {
        if (200..<300).contains(answer.status) {
            // What the retired connectors said of a message that was not delivered.
            let text = String(decoding: answer.body.prefix(1_024), as: UTF8.self)
            guard AnswerBody.speaks(text, of: "message delivery failed") else {
                return .accepted(OutcomeReason("", status: answer.status))
            }
            let isRateLimit = AnswerBody.speaks(text, of: "http error 429")
            return .failed(
                answer, isRateLimit ? "rate_limited" : "delivery_failed", isRateLimit: isRateLimit,
                at: now)
        }
        let outcome = DeliveryOutcome.byStatus(of: answer, at: now)
        let body = AnswerBody.json(answer.body)
        guard let code = body?.value(at: "/error/code")?.string else { return outcome }
        let reason = OutcomeReason(
            answer, code, code: code, detail: body?.value(at: "/error/message")?.string)
        switch (code, outcome) {
        case ("DirectApiAuthorizationRequired", _), ("InvalidSignature", _),
            ("WorkflowNotFound", _), ("WorkflowTriggerNotFound", _),
            ("WorkflowTriggerIsNotEnabled", _), (_, .channelBroken):
            return .channelBroken(reason)
        case ("TriggerInputSchemaMismatch", _), (_, .rejected): return .rejected(reason)
        case (_, .accepted), (_, .retry): return outcome
        }
    }
}
