package import Domain
import StrictJSON

/// What proves a callback of WeCom or an event of DingTalk: three texts of the query.
struct WeComProof {
    /// What each of them may be called; a platform has been seen to use either, or both.
    struct Names {
        let signature: [String]
        let timestamp: [String]

        static let weCom = Names(signature: ["msg_signature"], timestamp: ["timestamp"])
        static let dingTalk = Names(
            signature: ["signature", "msg_signature"], timestamp: ["timestamp", "timeStamp"])
    }

    let signature: [UInt8]
    let timestamp: String
    let nonce: String
    /// When the sender made the request.
    let sent: Timestamp

    init(_ request: IncomingRequest, names: Names) throws(VerificationRefusal) {
        let text = try request.parameter(names.signature)
        timestamp = try request.parameter(names.timestamp)
        nonce = try request.parameter(["nonce"])
        guard text.utf8.count == 40,
            let signature = Hexadecimal.decode(text, acceptsUpperCase: false)
        else {
            throw VerificationRefusal(
                .malformedHeader,
                "\(names.signature[0]) is not 40 lower-case hexadecimal digits")
        }
        self.signature = signature
        // Nothing separates the parts in what is hashed: with narrow forms for these two, little
        // can move between them and what is sealed.
        guard (10...13).contains(timestamp.utf8.count), isDigits(timestamp),
            let sent = Self.moment(timestamp)
        else {
            throw VerificationRefusal(
                .malformedHeader, "\(names.timestamp[0]) is not 10 to 13 digits")
        }
        self.sent = sent
        guard isVisibleASCII(nonce), nonce.utf8.count <= 128 else {
            throw VerificationRefusal(
                .malformedHeader, "nonce is not 1 to 128 visible ASCII characters")
        }
    }

    /// Seconds, or from eleven digits on milliseconds.
    private static func moment(_ digits: String) -> Timestamp? {
        let value = JSONValue.string(digits)
        return digits.utf8.count <= 11 ? value.seconds : value.milliseconds
    }

    func checkFreshness(at now: Timestamp, window: Duration?) throws(VerificationRefusal) {
        guard let window else { return }
        try Freshness.check(now - sent, window: window)
    }
}

extension IncomingRequest {
    /// The only value of a query parameter that may go by several names.
    ///
    /// Each name at most once; where several are used, all say the same.
    ///
    /// - Throws: `missingHeader` where there is none or it is empty, `malformedHeader` where there
    ///   are several.
    func parameter(_ names: [String]) throws(VerificationRefusal) -> String {
        var found: String?
        for name in names {
            let values = query.filter { $0.name.utf8.elementsEqual(name.utf8) }.map(\.value)
            guard values.count <= 1 else {
                throw VerificationRefusal(.malformedHeader, "\(name) occurs twice")
            }
            guard let value = values.first else { continue }
            if let found, !found.utf8.elementsEqual(value.utf8) {
                throw VerificationRefusal(.malformedHeader, "\(name) differs from its other name")
            }
            found = value
        }
        guard let found, !found.isEmpty else {
            throw VerificationRefusal(.missingHeader, "\(names[0]) is missing")
        }
        return found
    }
}

/// The keys of one source that speaks WeCom's way.
struct WeComKeys: Sendable {
    private let ciphers: [WeComCipher]
    private let window: Duration?

    /// - Parameter window: How far the signed time may be from ours, inclusive; `nil` for any.
    /// - Throws: `empty` without apps, and what ``WeComCipher`` throws.
    init(_ apps: [WeComApp], window: Duration?) throws(SigningError) {
        guard !apps.isEmpty else { throw SigningError(.empty, "name at least one app") }
        var ciphers: [WeComCipher] = []
        for app in apps {
            ciphers.append(
                try WeComCipher(
                    token: app.token, encodingAESKey: app.encodingAESKey, receiver: app.receiver))
        }
        self.ciphers = ciphers
        self.window = window
    }

    /// The message, and the key that opened it.
    ///
    /// Every token is tried, whether or not an earlier one fits; then each key that belongs to one
    /// that does, since a key may be changed and the token kept.
    func open(
        _ encrypt: String, proof: WeComProof, at now: Timestamp
    ) throws(VerificationRefusal) -> (message: [UInt8], cipher: WeComCipher) {
        let signing = ciphers.filter { cipher in
            ConstantTime.areEqual(
                cipher.digest(timestamp: proof.timestamp, nonce: proof.nonce, encrypt: encrypt),
                proof.signature)
        }
        var refusal = VerificationRefusal(
            .badSignature, "no configured token made this signature")
        for cipher in signing {
            let message: [UInt8]
            do throws(VerificationRefusal) {
                message = try cipher.decrypt(encrypt)
            } catch {
                refusal = error
                continue
            }
            try proof.checkFreshness(at: now, window: window)
            return (message, cipher)
        }
        throw refusal
    }
}

/// What a platform's page for callbacks shows, and whom its messages are for.
///
/// Two entries of one app are one whose keys are being changed.
package struct WeComApp: Hashable, Sendable {
    package var token: Secret
    package var encodingAESKey: Secret
    package var receiver: String

    package init(token: Secret, encodingAESKey: Secret, receiver: String) {
        self.token = token
        self.encodingAESKey = encodingAESKey
        self.receiver = receiver
    }
}
