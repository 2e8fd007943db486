/// Bytes in Crockford's base 32, lower case: the alphabet of our own identifiers.
///
/// The bits stand at the right, as in `Identifier.make`, so 16 bytes are 26 characters of which
/// the first is at most `7`.
/// Source: Douglas Crockford, "Base 32".
enum Base32 {
    static func encode(_ bytes: some Collection<UInt8>) -> String {
        let characters = (bytes.count * 8 + 4) / 5
        var text: [UInt8] = []
        var bits: UInt32 = 0
        var count = characters * 5 - bytes.count * 8
        for byte in bytes {
            bits = bits << 8 | UInt32(byte)
            count += 8
            while count >= 5 {
                count -= 5
                text.append(alphabet[Int(bits >> UInt32(count))])
                bits &= (1 << UInt32(count)) - 1
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Whether every character is one of the alphabet, which has no `i`, `l`, `o` and `u`.
    static func isSpelling(_ text: some Sequence<UInt8>) -> Bool {
        text.allSatisfy { alphabet.contains($0) }
    }
}

private let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)
