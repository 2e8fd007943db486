import Crypto
package import Domain

/// The SHA-256 of `bytes`, 32 bytes.
///
/// FIPS 180-4.
package func sha256(_ bytes: [UInt8]) -> [UInt8] {
    Array(SHA256.hash(data: bytes))
}

/// The SHA-256 of `bytes` as 64 lower-case hexadecimal digits.
package func sha256Hex(_ bytes: [UInt8]) -> String {
    Hexadecimal.encode(SHA256.hash(data: bytes))
}

/// A text that is the same for the same parts, on every machine and in every version.
///
/// The first 16 bytes of SHA-256 over the parts, each preceded by its length in UTF-8 bytes (8
/// bytes, big-endian), so that moving a character from one part to the next gives another text.
///
/// - Parameter parts: In an order that the caller keeps for ever.
/// - Returns: 26 characters of Crockford's base 32, lower case.
package func derivedText(_ parts: [String]) -> String {
    var hash = SHA256()
    for part in parts {
        let bytes = Array(part.utf8)
        hash.update(data: withUnsafeBytes(of: UInt64(bytes.count).bigEndian) { Array($0) })
        hash.update(data: bytes)
    }
    return Base32.encode(Array(hash.finalize()).prefix(16))
}

extension Identifier {
    /// The identifier that follows from `parts`; see ``derivedText(_:)``.
    ///
    /// For what must come out the same when work is done twice: a task of an event, a rule, an
    /// action and a run; a delivery of an announcement and an endpoint.
    package static func derived(_ prefix: String, from parts: [String]) -> Self {
        Self(rawValue: prefix + derivedText(parts))
    }
}
