package import Domain
import StrictJSON

/// Callbacks of a robot of Infoflow (如流).
///
/// contracts/sources.md section 10, all of it after published code.
///
/// The address is tried with a form that holds `echostr` and a signature. A message of a group is
/// the whole body, one of a single person stands in a field of a form. Whether messages carry a
/// signature is not known: one that comes along must be right, and its absence is let through
/// unless the settings say otherwise. What then proves the sender is that the message opens.
package struct InfoflowScheme: SourceScheme {
    /// One robot; two entries of one robot are one whose keys are being changed.
    package struct App: Hashable, Sendable {
        package var token: Secret
        package var encodingAESKey: Secret

        package init(token: Secret, encodingAESKey: Secret) {
            self.token = token
            self.encodingAESKey = encodingAESKey
        }
    }

    /// Whether a message must carry a signature.
    ///
    /// The raw values are those of the settings.
    package enum Signature: String, Hashable, Sendable, CaseIterable {
        case optional
        case required
    }

    private let ciphers: [InfoflowCipher]
    private let signature: Signature
    private let pointers: SchemePointers

    /// - Parameters:
    ///   - apps: At least one.
    ///   - pointers: Where the parts of the event stand, if not in the usual places.
    /// - Throws: `empty`, `wrongLength` or `undecodable`.
    package init(
        apps: [App], signature: Signature = .optional,
        pointers: SchemePointers = SchemePointers()
    ) throws(SigningError) {
        guard !apps.isEmpty else { throw SigningError(.empty, "name at least one app") }
        var ciphers: [InfoflowCipher] = []
        for app in apps {
            ciphers.append(
                try InfoflowCipher(token: app.token, encodingAESKey: app.encodingAESKey))
        }
        self.ciphers = ciphers
        self.signature = signature
        self.pointers = pointers
    }

    package func verify(_ request: IncomingRequest, at now: Timestamp) -> Verdict {
        do {
            try checkMethod(request)
            let form = try request.form()
            if let form, let echo = form["echostr"]?.string {
                return .handshake(answer: try answer(echo, to: form))
            }
            return .event(try read(request, form))
        } catch {
            return .refused(error)
        }
    }

    /// The text goes back as it came, once its signature is proved.
    private func answer(
        _ echo: String, to form: JSONObject
    ) throws(VerificationRefusal) -> SchemeAnswer {
        let lines = ["signature", "rn", "timestamp"].map { name in
            form[name]?.string.map { (name: name, value: $0) }
        }
        guard let proof = try Proof(lines.compactMap { $0 }) else {
            throw VerificationRefusal(.missingHeader, "signature is missing")
        }
        guard !signing(proof).isEmpty else { throw Self.badSignature }
        guard echo.utf8.count <= 1_024 else {
            throw VerificationRefusal(.malformedBody, "echostr is longer than 1024 bytes")
        }
        return SchemeAnswer(contentType: "text/plain", body: Array(echo.utf8))
    }

    private func read(
        _ request: IncomingRequest, _ form: JSONObject?
    ) throws(VerificationRefusal) -> VerifiedEvent {
        let proof = try Proof(request.query)
        let sealed = try Self.sealedText(of: request, form)
        let message = try open(sealed, proof)
        let parts = EventParts(request: request, body: message.body, pointers: pointers)
        return VerifiedEvent(
            key: try parts.key { message.key }, type: try parts.type { message.type },
            time: parts.time(message.time), entity: parts.entity(nil),
            body: message.bytesToKeep)
    }

    /// The message, once it is proved.
    ///
    /// What opens badly is read all the same, and what cannot be read counts as not opened: of
    /// everything that a stranger may try out, the answer and the time it takes tell one thing.
    private func open(
        _ sealed: String, _ proof: Proof?
    ) throws(VerificationRefusal) -> InfoflowMessage {
        let signing = proof.map(signing) ?? Array(ciphers.indices)
        var opened = false
        var proved: InfoflowMessage?
        for (place, cipher) in ciphers.enumerated() {
            guard let plain = cipher.open(sealed) else { continue }
            let message = try? InfoflowMessage(plain.bytes)
            guard plain.isRight, let message else { continue }
            opened = true
            if signing.contains(place) { proved = message }
        }
        guard opened else {
            throw VerificationRefusal(
                .decryptFailed, "the message does not open with the EncodingAESKey")
        }
        guard let proved else { throw Self.badSignature }
        if proof == nil, signature == .required {
            throw VerificationRefusal(.missingHeader, "signature is missing")
        }
        return proved
    }

    /// The sealed text of a group's message (the body) or of a person's (a form's field).
    private static func sealedText(
        of request: IncomingRequest, _ form: JSONObject?
    ) throws(VerificationRefusal) -> String {
        if let form {
            guard let wrapper = form["messageJson"]?.string,
                let text = try SchemeBody.object(Array(wrapper.utf8))["Encrypt"]?.string
            else { throw VerificationRefusal(.missingCredentials, "the form has no message") }
            return text
        }
        guard let text = String(validating: request.body, as: UTF8.self) else {
            throw VerificationRefusal(.decryptFailed, "the body is no text")
        }
        return text
    }
}

// MARK: - Proof

extension InfoflowScheme {
    private static let badSignature = VerificationRefusal(
        .badSignature, "no configured token made this signature")

    /// Whose tokens made it; every one is tried, whether or not an earlier one fits.
    private func signing(_ proof: Proof) -> [Int] {
        ciphers.indices.filter {
            ConstantTime.areEqual(
                ciphers[$0].digest(number: proof.number, timestamp: proof.timestamp),
                proof.signature)
        }
    }

    private struct Proof {
        let signature: [UInt8]
        let number: String
        let timestamp: String

        /// `nil` when none of the three is there.
        init?(_ lines: [(name: String, value: String)]) throws(VerificationRefusal) {
            let request = IncomingRequest(headers: [:], query: lines, body: [])
            guard lines.contains(where: { ["signature", "rn", "timestamp"].contains($0.name) })
            else { return nil }
            let text = try request.parameter(["signature"])
            number = try request.parameter(["rn"])
            timestamp = try request.parameter(["timestamp"])
            guard text.utf8.count == 32,
                let signature = Hexadecimal.decode(text, acceptsUpperCase: false)
            else {
                throw VerificationRefusal(
                    .malformedHeader, "signature is not 32 lower-case hexadecimal digits")
            }
            self.signature = signature
            // Nothing separates number and time in what is hashed: of a fixed length, no digit of
            // the one can move to the other. Milliseconds, until the year 2286.
            guard timestamp.utf8.count == 13, isDigits(timestamp) else {
                throw VerificationRefusal(.malformedHeader, "timestamp is not 13 digits")
            }
            guard isVisibleASCII(number) else {
                throw VerificationRefusal(
                    .malformedHeader, "rn is not 1 to 256 visible ASCII characters")
            }
        }
    }
}

/// What Infoflow sealed: JSON, or for single persons XML of WeCom's make.
struct InfoflowMessage {
    let body: JSONValue
    let bytesToKeep: [UInt8]
    let key: String
    let type: String
    let time: Timestamp?

    /// - Throws: `malformedBody`.
    init(_ bytes: [UInt8]) throws(VerificationRefusal) {
        let message = try WeComMessage(bytes)
        body = message.body
        bytesToKeep = message.bytesToKeep
        let header = body["message"]?["header"]
        key = (header?["messageid"] ?? header?["msgid"])?.exactID ?? message.key
        type = body["eventtype"]?.exactID ?? message.type
        time = header?["servertime"]?.milliseconds ?? body["time"]?.milliseconds ?? message.time
    }
}
