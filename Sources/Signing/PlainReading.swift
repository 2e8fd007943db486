import Domain
import StrictJSON

/// What a sender says whom no contract describes.
///
/// - Body: a JSON object; a form, whose fields are then kept as an object; or nothing, kept as an
///   empty object, since some senders can only call an address.
/// - Type: what the settings name, or the body's `type`, or `webhook`.
/// - Key: what the settings name, or the signed id, or the bytes of the body, so that the same
///   request twice is one event. An empty request is an event each time.
/// - Time: what the settings name. Entity: that, or an object of our own shape as `entity` or
///   `data.entity`.
package struct PlainReading: RequestReading {
    /// The type of what says none.
    package static let typeDefault = "webhook"

    private let pointers: SchemePointers

    package init(pointers: SchemePointers = SchemePointers()) { self.pointers = pointers }

    package func read(
        _ request: IncomingRequest, _ proved: Proved
    ) throws(VerificationRefusal) -> Verdict {
        let body = try Self.body(of: request)
        let parts = EventParts(request: request, body: body.json, pointers: pointers)
        return .event(
            VerifiedEvent(
                key: try parts.key { () throws(VerificationRefusal) in
                    proved.messageID
                        ?? (request.body.isEmpty ? nil : EventParts.digest(of: request.body))
                },
                type: try parts.type { () throws(VerificationRefusal) in
                    body.json["type"]?.exactID ?? Self.typeDefault
                },
                time: parts.time(nil), entity: parts.entity(parts.entityOfOurShape),
                body: body.stored))
    }

    private static func body(
        of request: IncomingRequest
    ) throws(VerificationRefusal) -> SchemeBody {
        guard !request.body.isEmpty else {
            return SchemeBody(json: [:], stored: Array("{}".utf8))
        }
        guard let form = try request.form() else { return try SchemeBody.json(request) }
        return SchemeBody.form(form)
    }
}
