package import Domain
package import StrictJSON
package import Transport

/// An incoming webhook of Google Chat.
///
/// `text` with the light markup of the platform, which documents no escape: foreign text is written
/// in full-width forms, which takes `<users/all>` apart. contracts/notifications.md section 15.
package struct GoogleChatChannel: ChatChannel {
    /// UTF-8 bytes of a whole body at most.
    package static let bodyMax = 32_000

    package init() {}

    /// One a second and space is the limit that is commonly quoted.
    package var rates: [Rate] { [Rate(1, per: .seconds(1))] }
    package var mergeMax: Int { 50 }

    package func card(_ message: ChatMessage, to endpoint: Endpoint) -> JSONObject? {
        let layout = TextLayout(
            title: ("*", "*\n"), fact: "", command: ("`", "`"), link: { "<\($0.url)|\($0.label)>" },
            footer: ("", ""))
        let card: JSONObject = ["text": .string(layout.text(of: message))]
        return card.fitting(Self.bodyMax)
    }

    package func plain(_ message: ChatMessage, to endpoint: Endpoint) -> JSONObject {
        ["text": .string(message.bareText(within: TextLimit(10_000, .utf8Bytes), in: .fullWidth))]
    }

    package func judge(_ answer: HTTPAnswer, at now: Timestamp) -> DeliveryOutcome {
        let body = AnswerBody.json(answer.body)
        if answer.status == 200, body?["name"]?.string != nil {
            return .accepted(OutcomeReason("", status: 200))
        }
        let outcome = DeliveryOutcome.byStatus(of: answer, at: now)
        guard let word = body?.value(at: "/error/status")?.string else { return outcome }
        let reason = OutcomeReason(
            answer, word, code: word, detail: body?.value(at: "/error/message")?.string)
        switch outcome {
        case .rejected: return .rejected(reason)
        case .channelBroken: return .channelBroken(reason)
        case .accepted, .retry: return outcome
        }
    }
}
