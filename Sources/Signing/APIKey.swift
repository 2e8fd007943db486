package import Domain

/// Keys to our own API: `chk_`, 52 characters of chance (256 bits), 6 of checksum.
///
/// The prefix lets scanners find a key that leaked, and the checksum lets us refuse a mistyped
/// one without a look into the store. Stored is only ``hash(_:)``: a key of 256 random bits
/// cannot be guessed from its digest, so no slow hash is needed.
package enum APIKey {
    package static let prefix = "chk_"
    private static let randomCount = 52
    private static let checksumCount = 6

    /// A new key, shown once and never stored.
    package static func make(using generator: inout some RandomNumberGenerator) -> Secret {
        let body = prefix + Base32.encode(randomBytes(32, using: &generator))
        return Secret(body + checksum(body))
    }

    /// Whether `text` can be a key at all; says nothing about whether it is ours.
    package static func isWellFormed(_ text: String) -> Bool {
        guard text.utf8.count == prefix.utf8.count + randomCount + checksumCount,
            let rest = text.suffix(behind: prefix), Base32.isSpelling(rest.utf8)
        else { return false }
        let body = String(Substring(text.utf8.dropLast(checksumCount)))
        return ConstantTime.areEqual(text, body + checksum(body))
    }

    /// What the store keeps and looks up: SHA-256 of the key's text, 64 hexadecimal digits.
    package static func hash(_ key: Secret) -> String {
        sha256Hex(Array(key.exposed.utf8))
    }

    /// The first 30 bits of SHA-256, no secret: it follows from the text before it.
    private static func checksum(_ body: String) -> String {
        String(Base32.encode(sha256(Array(body.utf8)).prefix(5)).prefix(checksumCount))
    }
}
