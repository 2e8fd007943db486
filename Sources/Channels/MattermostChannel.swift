package import Domain
package import StrictJSON
package import Transport

/// An incoming webhook of Mattermost.
///
/// Ordinary Markdown in `text`. The server itself turns `<url|text>` and `<!channel>` into links
/// and mentions before any escape is looked at, so foreign text is written in full-width forms.
/// contracts/notifications.md section 14.
package struct MattermostChannel: ChatChannel {
    /// Beyond this the server splits a text into several posts.
    package static let textMax = TextLimit(16_383, .utf16Units)

    package init() {}

    /// The limit is a setting of the server; this is gentle to any.
    package var rates: [Rate] { [Rate(2, per: .seconds(1))] }
    package var mergeMax: Int { 50 }

    package func card(_ message: ChatMessage, to endpoint: Endpoint) -> JSONObject? {
        let layout = TextLayout(
            title: ("#### ", "\n\n"), command: ("`", "`"), footer: ("###### ", ""))
        let text = layout.text(of: message)
        return Self.textMax.holds(text) ? ["text": .string(text)] : nil
    }

    package func plain(_ message: ChatMessage, to endpoint: Endpoint) -> JSONObject {
        ["text": .string(message.bareText(within: Self.textMax, in: .fullWidth))]
    }

    package func judge(_ answer: HTTPAnswer, at now: Timestamp) -> DeliveryOutcome {
        if answer.status == 200, answer.body.elementsEqual("ok".utf8) {
            return .accepted(OutcomeReason("", status: 200))
        }
        let body = AnswerBody.json(answer.body)
        let outcome =
            answer.status == 429
            ? DeliveryOutcome.failed(
                answer, "rate_limited", wait: Self.reset(answer, at: now), at: now)
            : .byStatus(of: answer, at: now)
        guard let word = body?["id"]?.string, word.hasPrefix("web.incoming_webhook.") else {
            return outcome
        }
        let reason = OutcomeReason(answer, word, code: word, detail: body?["message"]?.string)
        switch word {
        case "web.incoming_webhook.invalid.app_error", "web.incoming_webhook.disabled.app_error":
            return .channelBroken(reason)
        default:
            if case .rejected = outcome { return .rejected(reason) }
            return outcome
        }
    }

    /// Seconds until the server's window begins anew; what is no such number is left alone, since
    /// other servers put a moment there.
    private static func reset(_ answer: HTTPAnswer, at now: Timestamp) -> Duration? {
        let wait = answer.headers.first("x-ratelimit-reset").flatMap {
            RetryAfter.duration($0, at: now)
        }
        return wait.flatMap { $0 <= .hours(1) ? $0 : nil }
    }
}
