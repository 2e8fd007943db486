import Crypto
package import Domain

/// A key of the Standard Webhooks specification, checked when it is read.
///
/// - `whsec_` and base 64, or the base 64 alone: a secret of 24 to 64 bytes for `v1`
///   (HMAC-SHA256). `base64:` and `hex:` say the same of a secret that came without a prefix.
/// - `whsk_` and base 64: an Ed25519 private key for `v1a`, the 32-byte seed or the seed followed
///   by its public key.
/// - `whpk_` and base 64: an Ed25519 public key of 32 bytes, which can only verify.
///
/// Source: contracts/notifications.md section 4, contracts/sources.md section 1.
package struct StandardWebhooksKey: Sendable {
    package enum Kind: String, Hashable, Sendable {
        case hmac
        case ed25519Private = "ed25519-private"
        case ed25519Public = "ed25519-public"
    }

    enum Material: Sendable {
        case hmac(SymmetricKey)
        case ed25519Private(Curve25519.Signing.PrivateKey)
        case ed25519Public(Curve25519.Signing.PublicKey)
    }

    let material: Material
    /// Bytes behind the prefix.
    package let byteCount: Int

    /// - Throws: `empty`, `undecodable`, `wrongLength` or `inconsistent`, in words that a person
    ///   can act on and without any part of the secret.
    package init(parsing text: String) throws(SigningError) {
        if let rest = text.suffix(behind: "whsk_") {
            let bytes = try Self.bytes(base64: rest, named: "whsk_")
            material = .ed25519Private(try Self.privateKey(bytes))
            byteCount = bytes.count
        } else if let rest = text.suffix(behind: "whpk_") {
            let bytes = try Self.bytes(base64: rest, named: "whpk_")
            guard bytes.count == 32,
                let key = try? Curve25519.Signing.PublicKey(rawRepresentation: bytes)
            else {
                throw SigningError(.wrongLength, "a whpk_ key has 32 bytes, not \(bytes.count)")
            }
            material = .ed25519Public(key)
            byteCount = bytes.count
        } else {
            let bytes = try Self.secret(text)
            guard (24...64).contains(bytes.count) else {
                throw SigningError(
                    .wrongLength, "a whsec_ secret has 24 to 64 bytes, not \(bytes.count)")
            }
            material = .hmac(SymmetricKey(data: bytes))
            byteCount = bytes.count
        }
    }

    package init(parsing secret: Secret) throws(SigningError) {
        try self.init(parsing: secret.exposed)
    }

    package var kind: Kind {
        switch material {
        case .hmac: .hmac
        case .ed25519Private: .ed25519Private
        case .ed25519Public: .ed25519Public
        }
    }

    /// The `whpk_` text that a receiver needs, or `nil` for a secret of both sides.
    package var publicKey: String? {
        let key: Curve25519.Signing.PublicKey
        switch material {
        case .hmac: return nil
        case .ed25519Private(let own): key = own.publicKey
        case .ed25519Public(let own): key = own
        }
        return "whpk_" + Base64.encode(Array(key.rawRepresentation))
    }

    /// A new `whsec_` secret of 32 bytes.
    package static func makeSecret(using generator: inout some RandomNumberGenerator) -> Secret {
        Secret("whsec_" + Base64.encode(randomBytes(32, using: &generator)))
    }
}

extension StandardWebhooksKey: CustomStringConvertible, CustomReflectable {
    package var description: String { "<\(kind.rawValue) key>" }
    package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}

extension StandardWebhooksKey {
    private static func privateKey(
        _ bytes: [UInt8]
    ) throws(SigningError) -> Curve25519.Signing.PrivateKey {
        guard bytes.count == 32 || bytes.count == 64,
            let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: bytes.prefix(32))
        else {
            throw SigningError(.wrongLength, "a whsk_ key has 32 or 64 bytes, not \(bytes.count)")
        }
        guard bytes.count == 32 || bytes[32...].elementsEqual(key.publicKey.rawRepresentation)
        else {
            throw SigningError(
                .inconsistent, "the second half of a whsk_ key must be the first half's public key")
        }
        return key
    }

    private static func secret(_ text: String) throws(SigningError) -> [UInt8] {
        if let rest = text.suffix(behind: "whsec_") {
            return try bytes(base64: rest, named: "whsec_")
        }
        if text.suffix(behind: "hex:") != nil || text.suffix(behind: "base64:") != nil {
            return try secretBytes(parsing: Secret(text))
        }
        guard !text.isEmpty, Base64.decode(text, .standardPaddingOptional) == nil else {
            return try bytes(base64: text, named: "a key without a prefix")
        }
        throw SigningError(
            .undecodable,
            "it begins with none of whsec_, whsk_ and whpk_, and is not base 64 as a whole")
    }

    /// The reference libraries tolerate missing padding, so we do.
    private static func bytes(
        base64 text: String, named name: String
    ) throws(SigningError) -> [UInt8] {
        guard !text.isEmpty else {
            throw SigningError(.empty, "\(name): nothing there; expected base 64")
        }
        guard let bytes = Base64.decode(text, .standardPaddingOptional) else {
            throw SigningError(.undecodable, "\(name): not base 64")
        }
        return bytes
    }
}

/// The bytes of a shared secret of the other schemes: `hex:` and `base64:` mark binary ones, all
/// else is UTF-8 as it stands.
///
/// contracts/sources.md section 1, rule 3.
package func secretBytes(parsing secret: Secret) throws(SigningError) -> [UInt8] {
    let text = secret.exposed
    let bytes: [UInt8]?
    if let digits = text.suffix(behind: "hex:") {
        bytes = Hexadecimal.decode(digits)
    } else if let letters = text.suffix(behind: "base64:") {
        bytes = Base64.decode(letters, .standardPaddingOptional)
    } else {
        bytes = Array(text.utf8)
    }
    guard let bytes else {
        throw SigningError(.undecodable, "the text behind hex: or base64: is not that")
    }
    guard !bytes.isEmpty else { throw SigningError(.empty, "a secret must not be empty") }
    return bytes
}

/// So many bytes of chance.
func randomBytes(_ count: Int, using generator: inout some RandomNumberGenerator) -> [UInt8] {
    (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
}

extension String {
    /// What follows `prefix`, or `nil` when the text does not start with its bytes.
    func suffix(behind prefix: String) -> String? {
        utf8.starts(with: prefix.utf8)
            ? String(Substring(utf8.dropFirst(prefix.utf8.count))) : nil
    }
}
