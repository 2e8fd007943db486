import Crypto
package import Domain

/// Signs what we send as Standard Webhooks.
///
/// contracts/notifications.md section 4.
package struct StandardWebhooksSigner: Sendable {
    package static let idHeader = "webhook-id"
    package static let timestampHeader = "webhook-timestamp"
    package static let signatureHeader = "webhook-signature"

    private let keys: [StandardWebhooksKey]

    /// - Parameter keys: At least one that can sign, the newest first: during a rotation both are
    ///   used and both signatures sent.
    /// - Throws: `empty` without keys, `wrongKind` for a public one.
    package init(keys: [StandardWebhooksKey]) throws(SigningError) {
        guard !keys.isEmpty else { throw SigningError(.empty, "name at least one signing key") }
        guard keys.allSatisfy({ $0.kind != .ed25519Public }) else {
            throw SigningError(
                .wrongKind, "a whpk_ key can only verify; signing needs its whsk_ key")
        }
        self.keys = keys
    }

    /// Reads the keys as ``StandardWebhooksKey`` does.
    package init(secrets: [Secret]) throws(SigningError) {
        var keys: [StandardWebhooksKey] = []
        for secret in secrets { keys.append(try StandardWebhooksKey(parsing: secret)) }
        try self.init(keys: keys)
    }

    /// The three headers of one attempt.
    ///
    /// - Parameters:
    ///   - id: The message's, unchanged over attempts: 1 to 256 visible ASCII characters without
    ///     a dot, which separates the signed parts.
    ///   - now: The time of this attempt; the wire carries whole seconds.
    ///   - body: Exactly the bytes that will be sent; they need not be UTF-8.
    /// - Throws: `badIdentifier`.
    package func headers(
        id: String, at now: Timestamp, body: [UInt8]
    ) throws(SigningError) -> [(name: String, value: String)] {
        guard isVisibleASCII(id), !id.utf8.contains(UInt8(ascii: ".")) else {
            throw SigningError(
                .badIdentifier, "a webhook-id is 1 to 256 visible ASCII characters without a dot")
        }
        let seconds = String(now.wholeSeconds)
        let content = StandardWebhooksContent(id: id, timestamp: seconds, body: body)
        var items: [String] = []
        for key in keys { items.append(try content.item(signedBy: key)) }
        return [
            (Self.idHeader, id), (Self.timestampHeader, seconds),
            (Self.signatureHeader, items.joined(separator: " ")),
        ]
    }
}

/// What both sides sign: `id.timestamp.body`.
struct StandardWebhooksContent {
    let bytes: [UInt8]

    init(id: String, timestamp: String, body: [UInt8]) {
        bytes = Array("\(id).\(timestamp).".utf8) + body
    }

    /// `v1,` or `v1a,` and the signature in base 64.
    func item(signedBy key: StandardWebhooksKey) throws(SigningError) -> String {
        switch key.material {
        case .hmac(let secret):
            return "v1," + Base64.encode(code(secret))
        case .ed25519Private(let own):
            guard let signature = try? own.signature(for: bytes) else {
                throw SigningError(.failed, "Ed25519 signing failed")
            }
            return "v1a," + Base64.encode(Array(signature))
        case .ed25519Public:
            throw SigningError(.wrongKind, "a whpk_ key can only verify")
        }
    }

    /// HMAC-SHA256, 32 bytes.
    func code(_ secret: SymmetricKey) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: bytes, using: secret))
    }
}

extension Timestamp {
    /// Whole seconds since 1970, rounded down.
    package var wholeSeconds: Int64 {
        let (seconds, rest) = milliseconds.quotientAndRemainder(dividingBy: 1_000)
        return rest < 0 ? seconds - 1 : seconds
    }
}

/// Whether `text` is 1 to ``keyBytesMax`` characters from `!` to `~`.
func isVisibleASCII(_ text: String) -> Bool {
    (1...keyBytesMax).contains(text.utf8.count)
        && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
}
