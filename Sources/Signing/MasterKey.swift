import Crypto
package import Domain

/// The key that wraps the keys of sealed records; see ``SealedSecret``.
///
/// What was given is never used as it is: two values are derived from it (HKDF with SHA-256, RFC
/// 5869), the wrapping key and the key's public name, and neither tells anything of the other.
package struct MasterKey: Sendable {
    /// Bytes below which what was given is no key.
    package static let bytesMin = 32

    /// The key's public name, 16 characters: what a record says it was sealed under.
    package let id: ID
    let wrappingKey: SymmetricKey

    /// 10 bytes that follow from a master key, shown as 16 letters and digits.
    package struct ID: Hashable, Sendable, CustomStringConvertible {
        package static let count = 10
        let bytes: [UInt8]

        package var description: String { Base32.encode(bytes) }
    }

    /// - Parameter secret: At least 32 bytes of chance; `hex:` and `base64:` mark binary ones.
    package init(parsing secret: Secret) throws(SigningError) {
        let bytes = try secretBytes(parsing: secret)
        guard bytes.count >= Self.bytesMin else {
            throw SigningError(.wrongLength, "the key has fewer than \(Self.bytesMin) bytes")
        }
        self.init(SymmetricKey(data: bytes))
    }

    /// A key that nobody else will ever have: what it sealed opens as long as it is held.
    package init(using generator: inout some RandomNumberGenerator) {
        self.init(SymmetricKey(data: randomBytes(Self.bytesMin, using: &generator)))
    }

    private init(_ material: SymmetricKey) {
        wrappingKey = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: material, info: Array("copyhook wrapping key 1".utf8),
            outputByteCount: 32)
        let name = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: material, info: Array("copyhook key id 1".utf8),
            outputByteCount: ID.count)
        id = ID(bytes: name.withUnsafeBytes { Array($0) })
    }

    /// A new key as it stands in a file: `hex:` and 64 digits, 256 bits of chance.
    package static func make(using generator: inout some RandomNumberGenerator) -> Secret {
        Secret("hex:" + Hexadecimal.encode(randomBytes(bytesMin, using: &generator)))
    }
}

extension MasterKey: CustomStringConvertible, CustomReflectable {
    package var description: String { "master key \(id)" }
    package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}

/// The key that seals, and those that may still open while one is being changed for the next.
package struct KeyRing: Sendable {
    /// Seals whatever is sealed from now on.
    package let sealing: MasterKey
    private let keys: [MasterKey]

    package init(_ sealing: MasterKey, old: [MasterKey] = []) {
        self.sealing = sealing
        keys = [sealing] + old
    }

    /// The key that a record names, or `nil` when it is not among ours.
    package func key(_ id: MasterKey.ID) -> MasterKey? { keys.first { $0.id == id } }
}
