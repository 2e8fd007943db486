import Crypto

/// A secret as it lies in the store: bytes that say nothing without the master key.
///
/// Every record has a key of its own, made by chance, under which its body is encrypted with
/// AES-256-GCM (NIST SP 800-38D); that key is wrapped, again with AES-256-GCM, by the master key.
/// Both are bound to the record's place, so that bytes moved to another place do not open there;
/// and a new master key only has to wrap the record's key again, while the body stays untouched.
///
/// The bytes, version 1: `0x01`; the id of the master key, 10; the nonce of the wrapping, 12; the
/// wrapped key, 32, and its tag, 16; the nonce of the body, 12; the body; its tag, 16.
package struct SealedSecret: Hashable, Sendable {
    /// Where a secret is kept: what the seal is bound to, and its name in the store.
    package struct Place: Hashable, Sendable, CustomStringConvertible {
        package let table: String
        package let name: String
        package let field: String

        package init(table: String, name: String, field: String) {
            self.table = table
            self.name = name
            self.field = field
        }

        /// `table/name/field`, with `%` and `/` in a part written as `%25` and `%2F`, so that two
        /// places never have one id.
        package var id: String {
            [table, name, field].map(Self.escaped).joined(separator: "/")
        }

        package var description: String { id }

        /// Reads an ``id``, or returns `nil` for what is none.
        package init?(id: String) {
            let parts = id.utf8.split(
                separator: UInt8(ascii: "/"), omittingEmptySubsequences: false
            ).map { Self.unescaped(String(Substring($0))) }
            guard parts.count == 3, let table = parts[0], let name = parts[1],
                let field = parts[2]
            else { return nil }
            self.init(table: table, name: name, field: field)
            guard self.id.utf8.elementsEqual(id.utf8) else { return nil }
        }
    }

    private static let version: UInt8 = 1
    private static let nonceCount = 12
    private static let tagCount = 16
    private static let wrappedCount = 32 + tagCount
    private static let headCount = 1 + MasterKey.ID.count + nonceCount + wrappedCount

    /// All of it, as it is stored.
    package let bytes: [UInt8]

    /// Takes what was stored; whether it opens is another question.
    package init(stored bytes: [UInt8]) throws(SealingError) {
        guard let first = bytes.first else { throw SealingError(.unreadable, "it is empty") }
        guard first == Self.version else {
            throw SealingError(
                .unreadable,
                "it has version \(first), and this program knows \(Self.version): a newer program "
                    + "wrote it, or the file is damaged")
        }
        guard bytes.count >= Self.headCount + Self.nonceCount + Self.tagCount else {
            throw SealingError(.unreadable, "it has \(bytes.count) bytes, which is too few")
        }
        self.bytes = bytes
    }

    private init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The master key that opens it.
    package var keyID: MasterKey.ID { MasterKey.ID(bytes: Array(bytes[1...MasterKey.ID.count])) }
}

// MARK: - Sealing and opening

extension SealedSecret {
    /// Seals bytes for one place, under a key of their own that `key` wraps.
    package init(
        sealing secret: [UInt8], at place: Place, under key: MasterKey,
        using generator: inout some RandomNumberGenerator
    ) throws(SealingError) {
        let own = SymmetricKey(data: randomBytes(32, using: &generator))
        let body = try Self.encrypt(
            secret, own, nonce: randomBytes(Self.nonceCount, using: &generator),
            binding: Self.binding("copyhook sealed body", place))
        let head = try Self.head(wrapping: own, at: place, under: key, using: &generator)
        self.init(head + body)
    }

    /// The bytes that were sealed for this place.
    ///
    /// - Throws: `.unknownKey`, naming the key that is needed; `.tampered` when anything was
    ///   changed since, or the bytes belong to another place.
    package func opened(at place: Place, with keys: KeyRing) throws(SealingError) -> [UInt8] {
        let own = try unwrapped(at: place, with: keys)
        return try Self.decrypt(
            bytes[Self.headCount...], own, binding: Self.binding("copyhook sealed body", place))
    }

    /// The same with its key wrapped by the ring's first key; the body is left as it is.
    package func rewrapped(
        at place: Place, with keys: KeyRing, using generator: inout some RandomNumberGenerator
    ) throws(SealingError) -> SealedSecret {
        let own = try unwrapped(at: place, with: keys)
        let head = try Self.head(wrapping: own, at: place, under: keys.sealing, using: &generator)
        return SealedSecret(head + bytes[Self.headCount...])
    }

    private func unwrapped(
        at place: Place, with keys: KeyRing
    ) throws(SealingError) -> SymmetricKey {
        guard let key = keys.key(keyID) else {
            throw SealingError(
                .unknownKey, "it needs the master key \(keyID), which is not among those given")
        }
        let wrapped = bytes[(1 + MasterKey.ID.count)..<Self.headCount]
        return SymmetricKey(
            data: try Self.decrypt(
                wrapped, key.wrappingKey, binding: Self.wrappingBinding(place, key.id)))
    }

    private static func head(
        wrapping own: SymmetricKey, at place: Place, under key: MasterKey,
        using generator: inout some RandomNumberGenerator
    ) throws(SealingError) -> [UInt8] {
        let wrapped = try encrypt(
            own.withUnsafeBytes { Array($0) }, key.wrappingKey,
            nonce: randomBytes(nonceCount, using: &generator),
            binding: wrappingBinding(place, key.id))
        return [version] + key.id.bytes + wrapped
    }

    /// What is authenticated beside the ciphertext: what it is, in which version, and its place,
    /// each part behind its length.
    private static func binding(_ label: String, _ place: Place) -> [UInt8] {
        [label, place.table, place.name, place.field].reduce(into: [version]) { bytes, part in
            bytes += withUnsafeBytes(of: UInt64(part.utf8.count).bigEndian) { Array($0) }
            bytes += Array(part.utf8)
        }
    }

    private static func wrappingBinding(_ place: Place, _ id: MasterKey.ID) -> [UInt8] {
        binding("copyhook wrapped key", place) + id.bytes
    }

    /// Nonce, ciphertext, tag.
    private static func encrypt(
        _ plain: [UInt8], _ key: SymmetricKey, nonce: [UInt8], binding: [UInt8]
    ) throws(SealingError) -> [UInt8] {
        do {
            let box = try AES.GCM.seal(
                plain, using: key, nonce: AES.GCM.Nonce(data: nonce), authenticating: binding)
            return nonce + Array(box.ciphertext) + Array(box.tag)
        } catch {
            throw SealingError(.failed, "the cryptographic library refused to seal")
        }
    }

    private static func decrypt(
        _ sealed: ArraySlice<UInt8>, _ key: SymmetricKey, binding: [UInt8]
    ) throws(SealingError) -> [UInt8] {
        do {
            let box = try AES.GCM.SealedBox(
                nonce: AES.GCM.Nonce(data: Array(sealed.prefix(nonceCount))),
                ciphertext: Array(sealed.dropFirst(nonceCount).dropLast(tagCount)),
                tag: Array(sealed.suffix(tagCount)))
            return Array(try AES.GCM.open(box, using: key, authenticating: binding))
        } catch {
            throw SealingError(
                .tampered, "it was changed, or belongs to another record or another database")
        }
    }
}

extension SealedSecret.Place {
    private static func escaped(_ part: String) -> String {
        var text = ""
        for scalar in part.unicodeScalars {
            switch scalar {
            case "%": text += "%25"
            case "/": text += "%2F"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }

    private static func unescaped(_ part: String) -> String? {
        var text = ""
        var rest = Array(part.unicodeScalars)[...]
        while let scalar = rest.popFirst() {
            guard scalar == "%" else {
                text.unicodeScalars.append(scalar)
                continue
            }
            switch String(String.UnicodeScalarView(rest.prefix(2))) {
            case "25": text += "%"
            case "2F": text += "/"
            default: return nil
            }
            rest = rest.dropFirst(2)
        }
        return text
    }
}

/// Why a sealed secret does not open.
package struct SealingError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: String, Hashable, Sendable {
        /// These bytes are no sealed secret of a version we know.
        case unreadable
        /// It was sealed under a master key that is not among ours.
        case unknownKey
        /// It was changed after it was sealed, or moved to another place.
        case tampered
        /// The cryptographic library refused.
        case failed
    }

    package let code: Code
    /// What is wrong with it; never any part of a secret or a key.
    package let detail: String

    package init(_ code: Code, _ detail: String) {
        self.code = code
        self.detail = detail
    }

    package var description: String { detail }
}
