package import Domain
package import StrictJSON
package import Transport

/// A webhook of Discord.
///
/// One embed. Foreign text is escaped with backslashes, and an empty list says that nobody is to be
/// mentioned, whatever the text looks like. The answer is waited for (`wait=true`), since without
/// it a message that could not be stored is not reported. contracts/notifications.md section 10.
package struct DiscordChannel: ChatChannel {
    /// Whether Discord counts code points or UTF-16 units is not said; the latter are never fewer.
    package static let titleMax = TextLimit(256, .utf16Units)
    package static let descriptionMax = TextLimit(4_096, .utf16Units)
    package static let fieldMax = TextLimit(1_024, .utf16Units)
    package static let contentMax = TextLimit(2_000, .utf16Units)
    /// All texts of an embed together.
    package static let embedMax = 6_000

    package init() {}

    /// Discord tells its limits only by answers; this is gentle to those seen.
    package var rates: [Rate] { [Rate(2, per: .seconds(1))] }
    package var mergeMax: Int { 25 }

    package func address(of endpoint: Endpoint, at now: Timestamp) -> String {
        let url = endpoint.url.exposed
        return url + (url.utf8.contains(UInt8(ascii: "?")) ? "&" : "?") + "wait=true"
    }

    package func card(_ message: ChatMessage, to endpoint: Endpoint) -> JSONObject? {
        let dialect = Dialect.discord
        var description = dialect.foreign(message.summary)
        if let advice = message.advice { description += "\n\n" + dialect.escaped(advice) }
        if let link = message.link { description += "\n\n[\(link.label)](\(link.url))" }
        let title = dialect.foreign(message.title)
        let fields = message.facts.map { ($0.label, dialect.value(of: $0)) }
        let footer = Dialect.plain.copied(message.footer)
        let texts = [title, description, footer] + fields.flatMap { [$0.0, $0.1] }
        guard Self.titleMax.holds(title), Self.descriptionMax.holds(description),
            fields.allSatisfy({ Self.fieldMax.holds($0.1) }), fields.count <= 25,
            texts.map(\.utf16.count).reduce(0, +) <= Self.embedMax
        else { return nil }
        var embed: JSONObject = [
            "title": .string(title), "description": .string(description),
            "color": Self.color(of: message.tone),
        ]
        if !fields.isEmpty {
            embed["fields"] = .array(
                fields.map { name, value in
                    ["name": .string(name), "value": .string(value), "inline": true]
                })
        }
        // A footer is shown as it is.
        embed["footer"] = ["text": .string(footer)]
        return ["embeds": [.object(embed)], "allowed_mentions": ["parse": []]]
    }

    package func plain(_ message: ChatMessage, to endpoint: Endpoint) -> JSONObject {
        [
            "content": .string(message.bareText(within: Self.contentMax, in: .discord)),
            "allowed_mentions": ["parse": []],
        ]
    }

    private static func color(of tone: ChatMessage.Tone) -> JSONValue {
        switch tone {
        case .success: 0x2ECC71
        case .failure: 0xE74C3C
        case .warning: 0xF39C12
        case .information: 0x3498DB
        }
    }

    package func judge(_ answer: HTTPAnswer, at now: Timestamp) -> DeliveryOutcome {
        let body = AnswerBody.json(answer.body)
        // Without a body it was not asked to wait, by somebody who stands in between.
        if answer.status == 204 || answer.status == 200 && body?["id"] != nil {
            return .accepted(
                OutcomeReason("", status: answer.status, rest: Self.rest(answer, at: now)))
        }
        if answer.status == 429 {
            var reason = OutcomeReason(answer, "rate_limited")
            // Then it is about us as a whole, and not about this channel.
            reason.isForHost =
                body?["global"]?.bool == true
                || answer.headers.first("x-ratelimit-scope") == "global"
            let waits = [
                RetryAfter.duration(in: answer.headers, at: now),
                AnswerBody.wait(body?["retry_after"], at: now),
            ]
            return .retry(after: waits.compactMap { $0 }.max(), slowsEndpoint: true, reason)
        }
        let outcome = DeliveryOutcome.byStatus(of: answer, at: now)
        guard let code = body?["code"]?.text else { return outcome }
        let reason = OutcomeReason(answer, code, code: code, detail: body?["message"]?.string)
        switch outcome {
        case .rejected: return .rejected(reason)
        case .channelBroken: return .channelBroken(reason)
        case .accepted, .retry: return outcome
        }
    }

    /// How long to wait when this message was the last that fits into the platform's window.
    private static func rest(_ answer: HTTPAnswer, at now: Timestamp) -> Duration? {
        guard answer.headers.first("x-ratelimit-remaining") == "0" else { return nil }
        return answer.headers.first("x-ratelimit-reset-after").flatMap {
            RetryAfter.duration($0, at: now)
        }
    }
}
