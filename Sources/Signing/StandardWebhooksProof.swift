import Crypto
package import Domain

/// The proof of Standard Webhooks and Svix: an id, a time and the body, signed together.
///
/// contracts/sources.md section 3.
package struct StandardWebhooksProof: RequestProof {
    /// Which header names the sender uses; chosen by the settings, never by what comes.
    package enum Names: String, Hashable, Sendable, CaseIterable {
        case standard = "webhook"
        case svix
    }

    /// Five minutes, the value of the reference libraries.
    package static let windowDefault = Duration.seconds(300)
    /// Items of a signature header that are looked at; a rotation needs two.
    package static let itemsMax = 32

    private let keys: [StandardWebhooksKey]
    private let window: Duration
    private let names: Names

    /// - Parameters:
    ///   - keys: At least one: all secrets (`v1` counts), or all public keys (`v1a` counts).
    ///     Mixing them would let the weaker proof stand for the stronger.
    ///   - window: How far the signed time may be from ours, inclusive, on both sides.
    ///   - names: `svix` for `svix-id` and its like.
    /// - Throws: `empty` without keys, `wrongKind` for a private key or a mixture.
    package init(
        keys: [StandardWebhooksKey],
        window: Duration = windowDefault,
        names: Names = .standard
    ) throws(SigningError) {
        guard let first = keys.first else {
            throw SigningError(.empty, "name at least one secret")
        }
        for key in keys where key.kind == .ed25519Private {
            throw SigningError(
                .wrongKind, "a source needs the public key only: \(key.publicKey ?? "whpk_…")")
        }
        guard keys.allSatisfy({ $0.kind == first.kind }) else {
            throw SigningError(.wrongKind, "use whsec_ secrets or whpk_ keys, not both")
        }
        self.keys = keys
        self.window = window
        self.names = names
    }

    package func check(
        _ request: IncomingRequest, at now: Timestamp
    ) throws(VerificationRefusal) -> Proved {
        let lines = try Lines(request.headers, names: names)
        try prove(lines, body: request.body)
        try lines.time.check(window, at: now)
        return Proved(messageID: lines.id)
    }
}

extension StandardWebhooksProof {
    /// The three headers.
    private struct Lines {
        let id: String
        let timestamp: String
        let time: SignedTime
        let items: [Substring.UTF8View]

        init(_ headers: HeaderFields, names: Names) throws(VerificationRefusal) {
            let prefix = names.rawValue
            id = try headers.required(prefix + "-id")
            timestamp = try headers.required(prefix + "-timestamp")
            let signature = try headers.required(prefix + "-signature")
            // A dot is allowed here although senders must not use one: what could move over it
            // is a body that would then not be a JSON object.
            guard isVisibleASCII(id) else {
                throw VerificationRefusal(
                    .malformedHeader, "\(prefix)-id is not 1 to 256 visible ASCII characters")
            }
            time = try SignedTime(timestamp, of: "\(prefix)-timestamp")
            items = signature.utf8.split(separator: UInt8(ascii: " ")).map {
                Substring($0).utf8
            }
            guard items.count <= itemsMax else {
                throw VerificationRefusal(
                    .malformedHeader, "\(prefix)-signature has more than \(itemsMax) items")
            }
        }

        /// The decoded signatures of that version and length; all else is skipped.
        func signatures(version: String, length: Int) -> [[UInt8]] {
            items.compactMap { item in
                guard let rest = String(Substring(item)).suffix(behind: version + ","),
                    let bytes = Base64.decode(rest), bytes.count == length
                else { return nil }
                return bytes
            }
        }
    }

    /// Compares every signature with every key, whether or not an earlier pair fits.
    private func prove(_ lines: Lines, body: [UInt8]) throws(VerificationRefusal) {
        let content = StandardWebhooksContent(
            id: lines.id, timestamp: lines.timestamp, body: body)
        var isProved = false
        for key in keys {
            switch key.material {
            case .hmac(let secret):
                let expected = content.code(secret)
                for signature in lines.signatures(version: "v1", length: 32) {
                    let isEqual = ConstantTime.areEqual(signature, expected)
                    isProved = isProved || isEqual
                }
            case .ed25519Public(let key):
                for signature in lines.signatures(version: "v1a", length: 64) {
                    let isValid = key.isValidSignature(signature, for: content.bytes)
                    isProved = isProved || isValid
                }
            case .ed25519Private: break
            }
        }
        guard isProved else {
            throw VerificationRefusal(.badSignature, "no configured key made any of the signatures")
        }
    }
}
