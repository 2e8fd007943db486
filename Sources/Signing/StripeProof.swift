package import Domain
import StrictJSON

/// `Stripe-Signature`: a time and one code for each secret of the endpoint.
///
/// contracts/sources.md section 6. The key is the whole text of the secret, `whsec_` included:
/// nothing of it is decoded as Standard Webhooks would.
package struct StripeProof: RequestProof {
    package static let header = "Stripe-Signature"
    /// Items of the header that are looked at; a secret that is being changed needs three.
    package static let itemsMax = 32

    private let keys: SharedKeys
    private let window: Duration

    /// - Throws: `empty` or `undecodable` for the secrets.
    package init(
        secrets: [Secret], window: Duration = .seconds(300)
    ) throws(SigningError) {
        keys = try SharedKeys(secrets)
        self.window = window
    }

    package func check(
        _ request: IncomingRequest, at now: Timestamp
    ) throws(VerificationRefusal) -> Proved {
        let items = try request.headers.required(Self.header).utf8
            .split(separator: UInt8(ascii: ",")).map { String(Substring($0)) }
        guard items.count <= Self.itemsMax else {
            throw VerificationRefusal(
                .malformedHeader, "\(Self.header) has more than \(Self.itemsMax) items")
        }
        let times = items.compactMap { $0.suffix(behind: "t=") }
        // Decision 14: the only proof whose form decides about 400.
        guard times.count == 1 else {
            throw VerificationRefusal(
                .malformedHeader, "\(Self.header) does not have one t=", status: 400)
        }
        let time = try SignedTime(times[0], of: "t in \(Self.header)", status: 400)
        // Only `v1` counts: `v0` is a dummy, and what comes later may be weaker or unknown.
        let codes = items.compactMap { $0.suffix(behind: "v1=") }
        guard !codes.isEmpty else {
            throw VerificationRefusal(.missingHeader, "\(Self.header) has no v1=")
        }
        let content = Array("\(times[0]).".utf8) + request.body
        guard keys.made(oneOf: codes.compactMap { Hexadecimal.decode($0) }, over: content, .sha256)
        else {
            throw VerificationRefusal(
                .badSignature, "no configured secret made any of the signatures")
        }
        try time.check(window, at: now)
        return Proved()
    }
}

/// What Stripe sends.
///
/// Type, key and time are the event's `type`, `id` and `created`. The entity is the object that
/// the event is about: `data.object`, or `related_object` of the newer thin events.
package struct StripeReading: RequestReading {
    private let pointers: SchemePointers

    package init(pointers: SchemePointers = SchemePointers()) { self.pointers = pointers }

    package func read(
        _ request: IncomingRequest, _ proved: Proved
    ) throws(VerificationRefusal) -> Verdict {
        let body = try SchemeBody.json(request).json
        let parts = EventParts(request: request, body: body, pointers: pointers)
        return .event(
            VerifiedEvent(
                key: try parts.key { () throws(VerificationRefusal) in
                    try SchemePointers.required(JSONPointer(tokens: ["id"]), in: body)
                },
                type: try parts.type { () throws(VerificationRefusal) in
                    try SchemePointers.required(JSONPointer(tokens: ["type"]), in: body)
                },
                time: parts.time(
                    SchemePointers.time(JSONPointer(tokens: ["created"]), in: body)),
                entity: parts.entity(Self.entity(of: body))))
    }

    private static func entity(of body: JSONValue) -> EntityReference? {
        let (object, kind) =
            body["data"]?["object"].map { ($0, $0["object"]) }
            ?? (body["related_object"] ?? .null, body["related_object"]?["type"])
        guard let type = kind?.string, kind?.exactID != nil, let id = object["id"]?.exactID else {
            return nil
        }
        return EntityReference(type: type, id: id)
    }
}

extension ProvedScheme {
    /// Hooks of Stripe.
    ///
    /// - Throws: `empty` or `undecodable` for the secrets.
    package static func stripe(
        secrets: [Secret], window: Duration = .seconds(300),
        pointers: SchemePointers = SchemePointers()
    ) throws(SigningError) -> ProvedScheme {
        ProvedScheme(
            try StripeProof(secrets: secrets, window: window), StripeReading(pointers: pointers))
    }
}
