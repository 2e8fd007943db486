package import Domain
import StrictJSON

/// What Slack sends: events, slash commands and interactions.
///
/// contracts/sources.md section 7.
///
/// - An event of the Events API: type `event.type`, key `event_id`, time `event_time`. Other
///   envelopes, such as `app_rate_limited`, have their own type and no id: their bytes are the key.
/// - A slash command, a form: type `slash_command`, key `trigger_id`; its fields are kept as an
///   object.
/// - An interaction, a form with JSON in `payload`: that JSON's `type` and `trigger_id`, and that
///   JSON is kept.
///
/// `url_verification` is signed as all else and answered with its challenge. Everything else is
/// answered with nothing: what stands in an answer to a command, Slack would show to its user.
package struct SlackReading: RequestReading {
    private let pointers: SchemePointers

    package init(pointers: SchemePointers = SchemePointers()) { self.pointers = pointers }

    package func read(
        _ request: IncomingRequest, _ proved: Proved
    ) throws(VerificationRefusal) -> Verdict {
        guard let form = try request.form() else {
            return try readEnvelope(request)
        }
        // Slack looks at a certificate now and then.
        if form["ssl_check"]?.string == "1" { return .handshake(answer: .empty) }
        guard form["payload"] != nil else {
            return .event(
                try event(SchemeBody.form(form), request, type: "slash_command", key: "trigger_id"))
        }
        let payload = try SchemeBody.object(in: "payload", of: form)
        return .event(try event(payload, request, type: nil, key: "trigger_id"))
    }

    private func readEnvelope(
        _ request: IncomingRequest
    ) throws(VerificationRefusal) -> Verdict {
        let body = try SchemeBody.json(request)
        let kind = body.json["type"]?.string ?? ""
        if kind.hasSameBytes(as: "url_verification") {
            return .handshake(
                answer: try Challenge.answer(body.json["challenge"]?.string, at: "challenge"))
        }
        guard kind.hasSameBytes(as: "event_callback") else {
            return .event(try event(body, request, type: nil, key: nil))
        }
        let inner = try SchemePointers.required(
            JSONPointer(tokens: ["event", "type"]), in: body.json)
        return .event(try event(body, request, type: inner, key: "event_id"))
    }

    /// - Parameters:
    ///   - type: `nil` for the body's own.
    ///   - key: The member that tells one from another, where there is one.
    private func event(
        _ body: SchemeBody, _ request: IncomingRequest, type: String?, key: String?
    ) throws(VerificationRefusal) -> VerifiedEvent {
        let parts = EventParts(request: request, body: body.json, pointers: pointers)
        return VerifiedEvent(
            key: try parts.key { () throws(VerificationRefusal) in
                key.flatMap { body.json[$0]?.exactID } ?? EventParts.digest(of: request.body)
            },
            type: try parts.type { () throws(VerificationRefusal) in
                if let type { return type }
                return try SchemePointers.required(JSONPointer(tokens: ["type"]), in: body.json)
            },
            time: parts.time(
                SchemePointers.time(JSONPointer(tokens: ["event_time"]), in: body.json)),
            entity: parts.entity(nil), body: body.stored, answer: .empty)
    }
}

extension ProvedScheme {
    /// Apps of Slack: `X-Slack-Signature` over the version, the time and the raw body.
    ///
    /// - Throws: `empty` or `undecodable` for the secrets.
    package static func slack(
        secrets: [Secret], window: Duration = .seconds(300),
        pointers: SchemePointers = SchemePointers()
    ) throws(SigningError) -> ProvedScheme {
        var form = HMACProof.Form.slack
        form.window = window
        return ProvedScheme(
            try HMACProof(secrets: secrets, form: form), SlackReading(pointers: pointers))
    }
}

extension HMACProof.Form {
    /// What Slack sends.
    package static let slack = HMACProof.Form(
        header: "X-Slack-Signature", prefix: "v0=", timestampHeader: "X-Slack-Request-Timestamp",
        signed: .slack, reasonWithoutPrefix: .badSignature)
}
