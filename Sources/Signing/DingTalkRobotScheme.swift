package import Domain
import StrictJSON

/// Messages that people write to a robot of a DingTalk app, pushed over HTTP.
///
/// contracts/sources.md section 9.
///
/// The signature covers the time and nothing of the body: who gets hold of one pair of headers can
/// say anything for an hour. What comes in here is a request of some person, not an authority.
package struct DingTalkRobotScheme: SourceScheme {
    package static let timestampHeader = "timestamp"
    package static let signatureHeader = "sign"
    /// One hour, as documented.
    package static let windowDefault = Duration.seconds(3_600)

    private let secrets: [Secret]
    private let window: Duration
    private let pointers: SchemePointers

    /// - Parameters:
    ///   - secrets: App secrets, at least one, the newest first.
    ///   - window: How far the signed time may be from ours, inclusive, on both sides.
    ///   - pointers: Where the parts of the event stand, if not in the usual places.
    /// - Throws: `empty`, `undecodable`.
    package init(
        secrets: [Secret], window: Duration = windowDefault,
        pointers: SchemePointers = SchemePointers()
    ) throws(SigningError) {
        guard !secrets.isEmpty else { throw SigningError(.empty, "name at least one secret") }
        for secret in secrets { _ = try secretBytes(parsing: secret) }
        self.secrets = secrets
        self.window = window
        self.pointers = pointers
    }

    package func verify(_ request: IncomingRequest, at now: Timestamp) -> Verdict {
        do {
            try checkMethod(request)
            try prove(request.headers, at: now)
            return .event(try read(request))
        } catch {
            return .refused(error)
        }
    }

    /// The two headers of one request.
    package static func headers(
        secret: Secret, at now: Timestamp
    ) throws(SigningError) -> [(name: String, value: String)] {
        let timestamp = String(now.milliseconds)
        let code = DingTalkRobotSignature.code(
            timestamp, secret: try secretBytes(parsing: secret))
        return [(timestampHeader, timestamp), (signatureHeader, Base64.encode(code))]
    }

    private func prove(_ headers: HeaderFields, at now: Timestamp) throws(VerificationRefusal) {
        let timestamp = try headers.required(Self.timestampHeader)
        let sign = try headers.required(Self.signatureHeader)
        guard (1...18).contains(timestamp.utf8.count), isDigits(timestamp),
            let sent = Int64(timestamp)
        else {
            throw VerificationRefusal(
                .malformedHeader, "\(Self.timestampHeader) is not 1 to 18 digits")
        }
        guard let signature = Base64.decode(sign), signature.count == 32 else {
            throw VerificationRefusal(
                .malformedHeader, "\(Self.signatureHeader) is not base 64 of 32 bytes")
        }
        let matching = secrets.filter { secret in
            guard let key = try? secretBytes(parsing: secret) else { return false }
            return ConstantTime.areEqual(
                DingTalkRobotSignature.code(timestamp, secret: key), signature)
        }
        guard !matching.isEmpty else {
            throw VerificationRefusal(.badSignature, "no configured secret made this signature")
        }
        try Freshness.check(.milliseconds(now.milliseconds - sent), window: window)
    }

    private func read(
        _ request: IncomingRequest
    ) throws(VerificationRefusal) -> VerifiedEvent {
        let body = try SchemeBody.json(request).json
        let parts = EventParts(request: request, body: body, pointers: pointers)
        return VerifiedEvent(
            key: try parts.key { () throws(VerificationRefusal) in
                try SchemePointers.required(JSONPointer(tokens: ["msgId"]), in: body)
            },
            type: try parts.type { () throws(VerificationRefusal) in
                try SchemePointers.required(JSONPointer(tokens: ["msgtype"]), in: body)
            },
            time: parts.time(body["createAt"]?.milliseconds), entity: parts.entity(nil),
            answer: .emptyObject)
    }
}
