package import Domain
import StrictJSON

/// Callbacks of the Coze platform.
///
/// contracts/coze.md sections 3 and 4; decision 13.
package struct CozeScheme: SourceScheme {
    /// One callback app: each has a token of its own.
    package struct App: Hashable, Sendable {
        package var apiAppID: String
        package var verifyToken: Secret
        /// What `bot.published` of a channel app is answered.
        package var audit: Audit

        package init(apiAppID: String, verifyToken: Secret, audit: Audit = .pass) {
            self.apiAppID = apiAppID
            self.verifyToken = verifyToken
            self.audit = audit
        }
    }

    /// Whether a bot may be published to our channel.
    ///
    /// The raw values are those of the settings.
    package enum Audit: String, Hashable, Sendable, CaseIterable {
        case pass
        case reject
        /// In review; the result is reported later through the platform's API.
        case review
    }

    /// Whether the address check is answered without a signature, which Coze may not send.
    package enum Handshake: String, Hashable, Sendable, CaseIterable {
        /// Answers a check that carries none of the three headers.
        case lenient
        case strict
    }

    private let apps: [App]
    private let handshake: Handshake
    private let window: Duration?

    /// - Parameters:
    ///   - apps: At least one. Two apps of one id are one app whose token is being changed.
    ///   - handshake: Decision 13 makes `lenient` the default.
    ///   - window: How far the signed time may be from ours, inclusive; `nil` looks at none, since
    ///     a repeated delivery may carry the time of the first.
    /// - Throws: `empty` without apps, or when an id or a token is empty.
    package init(
        apps: [App], handshake: Handshake = .lenient, window: Duration? = nil
    ) throws(SigningError) {
        guard !apps.isEmpty else { throw SigningError(.empty, "name at least one callback app") }
        for app in apps where app.apiAppID.isEmpty || app.verifyToken.exposed.isEmpty {
            throw SigningError(.empty, "api_app_id and verify_token must not be empty")
        }
        self.apps = apps
        self.handshake = handshake
        self.window = window
    }

    package func verify(_ request: IncomingRequest, at now: Timestamp) -> Verdict {
        do {
            try checkMethod(request)
            // Read before the proof only to choose a token; a failure counts after the proof.
            let body = Result { () throws(JSONRefusal) in try JSONValue(parsing: request.body) }
            guard let proof = try Proof(request.headers) else {
                return try answerUnsigned(body)
            }
            let app = try prove(proof, body: request.body, claimed: try? body.get())
            try checkFreshness(proof, at: now)
            return try read(body, from: app)
        } catch {
            return .refused(error)
        }
    }
}

// MARK: - Proof

extension CozeScheme {
    /// The three headers, in the exact form that Coze documents.
    private struct Proof {
        let timestamp: String
        let nonce: String
        let signature: [UInt8]

        /// `nil` when none of the headers is there.
        init?(_ headers: HeaderFields) throws(VerificationRefusal) {
            let names = [
                CozeSigner.timestampHeader, CozeSigner.nonceHeader, CozeSigner.signatureHeader,
            ]
            if names.allSatisfy({ headers.lookup($0) == .absent }) { return nil }
            timestamp = try headers.required(names[0])
            nonce = try headers.required(names[1])
            let signature = try headers.required(names[2])
            // Nothing separates timestamp and nonce in what is hashed: with a fixed length of one
            // of them no digit can move to the other.
            guard timestamp.utf8.count == 13, timestamp.utf8.allSatisfy(isDigit) else {
                throw VerificationRefusal(.malformedHeader, "\(names[0]) is not 13 digits")
            }
            guard (1...64).contains(nonce.utf8.count), nonce.utf8.allSatisfy(isNonceCharacter)
            else {
                throw VerificationRefusal(
                    .malformedHeader, "\(names[1]) is not [A-Za-z0-9_-]{1,64}")
            }
            guard signature.utf8.count == 40,
                let digest = Hexadecimal.decode(signature, acceptsUpperCase: false)
            else {
                throw VerificationRefusal(
                    .malformedHeader, "\(names[2]) is not 40 lower-case hexadecimal digits")
            }
            self.signature = digest
        }
    }

    /// The app whose token made the signature.
    ///
    /// Every token that may apply is tried, whether or not an earlier one fits.
    private func prove(
        _ proof: Proof, body: [UInt8], claimed: JSONValue?
    ) throws(VerificationRefusal) -> App {
        let claimedApp = claimed.flatMap(CozeCallback.claimedApp)
        let applicable = apps.filter { app in
            claimedApp.map { $0.hasSameBytes(as: app.apiAppID) } ?? true
        }
        guard !applicable.isEmpty else {
            throw VerificationRefusal(
                .wrongCredentials, "no token is configured for this api_app_id")
        }
        let matching = applicable.filter { app in
            let digest = CozeSigner.digest(
                timestamp: proof.timestamp, nonce: proof.nonce, token: app.verifyToken, body: body)
            return ConstantTime.areEqual(digest, proof.signature)
        }
        guard let app = matching.first else {
            throw VerificationRefusal(.badSignature, "no configured token made this signature")
        }
        return app
    }

    private func checkFreshness(
        _ proof: Proof, at now: Timestamp
    ) throws(VerificationRefusal) {
        guard let window, let time = Int64(proof.timestamp) else { return }
        let age = now - Timestamp(milliseconds: time)
        if age > window { throw VerificationRefusal(.timestampTooOld, "older than \(window.text)") }
        if age < .zero - window {
            throw VerificationRefusal(.timestampTooNew, "ahead by more than \(window.text)")
        }
    }
}

// MARK: - Body

extension CozeScheme {
    private func read(
        _ body: Result<JSONValue, JSONRefusal>, from app: App
    ) throws(VerificationRefusal) -> Verdict {
        let callback = try CozeCallback(Self.json(body))
        if case .handshake(let challenge) = callback.payload {
            return .handshake(answer: try Challenge.answer(challenge, at: "event.challenge"))
        }
        let isPublication = if case .botPublished = callback.payload { true } else { false }
        return .event(
            VerifiedEvent(
                scope: callback.header.apiAppID ?? "", key: callback.header.eventID,
                type: callback.header.eventType, time: callback.header.createdAt,
                entity: callback.entity,
                answer: isPublication && callback.isChannelDelivery
                    ? app.audit.answer : .emptyObject))
    }

    /// Without proof only an address check is heard, and only where the settings allow it.
    private func answerUnsigned(
        _ body: Result<JSONValue, JSONRefusal>
    ) throws(VerificationRefusal) -> Verdict {
        let unsigned = VerificationRefusal(.missingHeader, "the three X-Coze headers are missing")
        guard handshake == .lenient, let value = try? body.get(),
            let callback = try? CozeCallback(value),
            case .handshake(let challenge) = callback.payload
        else { throw unsigned }
        return .handshake(answer: try Challenge.answer(challenge, at: "event.challenge"))
    }

    private static func json(
        _ body: Result<JSONValue, JSONRefusal>
    ) throws(VerificationRefusal) -> JSONValue {
        switch body {
        case .success(let value): return value
        case .failure(let refusal): throw VerificationRefusal(.malformedBody, "\(refusal)")
        }
    }
}

extension CozeScheme.Audit {
    /// An object: the field table says list, every example and both code samples say object.
    package var answer: SchemeAnswer {
        switch self {
        case .review: .json(#"{"audit":{"audit_status":1,"reason":""}}"#)
        case .pass: .json(#"{"audit":{"audit_status":2,"reason":""}}"#)
        case .reject:
            .json(#"{"audit":{"audit_status":3,"reason":"not accepted by this channel"}}"#)
        }
    }
}

private func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

private func isNonceCharacter(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"), UInt8(ascii: "-"): true
    default: false
    }
}
