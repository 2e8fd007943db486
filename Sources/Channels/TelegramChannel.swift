package import Domain
package import StrictJSON
package import Transport

/// A chat that a Telegram bot may write to.
///
/// HTML, with foreign text escaped and without anything that clients would make a mention or an
/// address of; a link has no preview. contracts/notifications.md section 12.
package struct TelegramChannel: ChatChannel {
    /// The platform counts what is left after the markup is read; the raw text is never shorter.
    package static let textMax = TextLimit(4_096, .utf16Units)

    package init() {}

    /// What groups may get: about one a second, and 20 a minute.
    package var rates: [Rate] { [Rate(1, per: .seconds(1)), Rate(18, per: .minutes(1))] }
    package var mergeMax: Int { 30 }

    /// The address may end with the token, or name the method already.
    package func address(of endpoint: Endpoint, at now: Timestamp) -> String {
        let url = endpoint.url.exposed
        return url.hasSuffix("/sendMessage") ? url : url + "/sendMessage"
    }

    package func card(_ message: ChatMessage, to endpoint: Endpoint) -> JSONObject? {
        let layout = TextLayout(
            title: ("<b>", "</b>\n"), fact: "", command: ("<code>", "</code>"),
            link: { link in
                let url = Dialect.telegramHTMLAttribute.escaped(link.url)
                return "<a href=\"\(url)\">\(Dialect.telegramHTML.escaped(link.label))</a>"
            }, footer: ("<i>", "</i>"), dialect: .telegramHTML)
        let text = layout.text(of: message)
        guard Self.textMax.holds(text) else { return nil }
        return Self.body(text, isHTML: true, to: endpoint)
    }

    package func plain(_ message: ChatMessage, to endpoint: Endpoint) -> JSONObject {
        Self.body(
            message.bareText(within: Self.textMax, in: .plain), isHTML: false, to: endpoint)
    }

    private static func body(_ text: String, isHTML: Bool, to endpoint: Endpoint) -> JSONObject {
        let chat = endpoint.options.chat ?? ""
        var body: JSONObject = [
            "chat_id": Int64(chat).map { .number(JSONNumber($0)) } ?? .string(chat),
            "text": .string(text),
        ]
        if isHTML { body["parse_mode"] = "HTML" }
        body["message_thread_id"] = endpoint.options.topic.map { .number(JSONNumber($0)) }
        body["link_preview_options"] = ["is_disabled": true]
        return body
    }

    /// `ok` decides, then `error_code`, which counts more than the status.
    package func judge(_ answer: HTTPAnswer, at now: Timestamp) -> DeliveryOutcome {
        guard let body = AnswerBody.json(answer.body), let isOK = body["ok"]?.bool else {
            return .byStatus(of: answer, at: now)
        }
        if isOK {
            return (200..<300).contains(answer.status)
                ? .accepted(OutcomeReason("", status: answer.status))
                : .byStatus(of: answer, at: now)
        }
        let said = body["description"]?.string
        func reason(_ word: String) -> OutcomeReason { OutcomeReason(answer, word, detail: said) }
        let code = body["error_code"]?.number?.int64 ?? Int64(answer.status)
        switch code {
        case 429:
            let wait = AnswerBody.wait(body.value(at: "/parameters/retry_after"), at: now)
            return .failed(
                answer, "rate_limited", detail: said, isRateLimit: true, wait: wait, at: now)
        case 400: return refusal(body, reason)
        case 401, 404: return .channelBroken(reason("unauthorized"))
        case 403: return .channelBroken(reason("forbidden"))
        case 409: return .failed(answer, "http_409", detail: said, at: now)
        case 402..<500: return .rejected(reason("http_4xx"))
        default: return .failed(answer, "http_5xx", detail: said, at: now)
        }
    }

    private func refusal(
        _ body: JSONValue, _ reason: (String) -> OutcomeReason
    ) -> DeliveryOutcome {
        if let chat = body.value(at: "/parameters/migrate_to_chat_id")?.text, Int64(chat) != nil {
            var reason = reason("migrated")
            reason.movedTo = chat
            return .retry(after: .zero, slowsEndpoint: false, reason)
        }
        let said = body["description"]?.string ?? ""
        if AnswerBody.speaks(said, of: "can't parse entities") {
            return .rejected(reason("parse_entities"))
        }
        if AnswerBody.speaks(said, of: "chat not found") {
            return .channelBroken(reason("chat_not_found"))
        }
        return .rejected(reason("http_4xx"))
    }
}
