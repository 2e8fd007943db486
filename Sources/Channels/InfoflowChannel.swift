package import Domain
package import StrictJSON
package import Transport

/// A robot in groups of Baidu Infoflow (如流).
///
/// One Markdown part to the groups that the endpoint names. The vendor publishes no reference that
/// could be read, so this keeps to what several clients agree on, and below every reading of "2k".
/// contracts/notifications.md section 13.
package struct InfoflowChannel: ChatChannel {
    /// The document says 2k characters; whether k is 1000 and whether bytes count is not known.
    package static let partMax = TextLimit(2_000, .utf8Bytes)

    package init() {}

    /// Nothing is published; as for the other robots of this kind.
    package var rates: [Rate] { [Rate(18, per: .minutes(1))] }
    package var mergeMax: Int { 15 }

    package func card(_ message: ChatMessage, to endpoint: Endpoint) -> JSONObject? {
        let layout = TextLayout(
            title: ("### ", "\n\n"), footer: ("<font color=\"gray\">", "</font>"))
        let text = layout.text(of: message)
        guard Self.partMax.holds(text) else { return nil }
        return Self.body(["type": "MD", "content": .string(text)], to: endpoint)
    }

    package func plain(_ message: ChatMessage, to endpoint: Endpoint) -> JSONObject {
        let text = message.bareText(within: Self.partMax, in: .fullWidth)
        return Self.body(["type": "TEXT", "content": .string(text)], to: endpoint)
    }

    private static func body(_ part: JSONValue, to endpoint: Endpoint) -> JSONObject {
        let groups = endpoint.options.groups.map { JSONValue.number(JSONNumber($0)) }
        return ["message": ["header": ["toid": .array(groups)], "body": [part]]]
    }

    /// The robot's address answers `errcode` at the top, the application's API below `data`.
    ///
    /// Codes are not published: every one but -1 is kept and shown.
    package func judge(_ answer: HTTPAnswer, at now: Timestamp) -> DeliveryOutcome {
        guard
            let verdict = CodeVerdict(
                answer.body, codes: ["/errcode", "/data/errcode"],
                texts: ["/errmsg", "/data/errmsg"])
        else { return .byStatus(of: answer, at: now) }
        let outcome = DeliveryOutcome.byCode(
            verdict, of: answer, at: now, verdict.code == -1 ? .again : nil)
        guard outcome.isAccepted, let body = AnswerBody.json(answer.body) else { return outcome }
        let missed =
            body.value(at: "/data/fail")?.object ?? body.value(at: "/data/data/fail")?.object
        guard let missed, !missed.isEmpty else { return outcome }
        return .rejected(
            OutcomeReason(
                "partial_failure", status: answer.status,
                detail: "not posted to every group: " + missed.keys.joined(separator: ", ")))
    }
}
