/// A string that names one `Subject` and cannot be mistaken for another's.
///
/// Compared as bytes: Swift's own `String` equality holds NFC and NFD spellings for the same, a
/// platform does not.
package struct Identifier<Subject>: Sendable, RawRepresentable {
    package let rawValue: String

    package init(rawValue: String) {
        self.rawValue = rawValue
    }
}

extension Identifier: Hashable, Comparable {
    package static func == (lhs: Self, rhs: Self) -> Bool {
        lhs.rawValue.utf8.elementsEqual(rhs.rawValue.utf8)
    }

    package static func < (lhs: Self, rhs: Self) -> Bool {
        lhs.rawValue.utf8.lexicographicallyPrecedes(rhs.rawValue.utf8)
    }

    package func hash(into hasher: inout Hasher) {
        for byte in rawValue.utf8 { hasher.combine(byte) }
        hasher.combine(0xFF as UInt8)
    }
}

extension Identifier: ExpressibleByStringLiteral {
    package init(stringLiteral value: String) {
        self.init(rawValue: value)
    }
}

extension Identifier: CustomStringConvertible {
    package var description: String { rawValue }
}

extension Identifier: Codable {
    package init(from decoder: any Decoder) throws {
        self.init(rawValue: try decoder.singleValueContainer().decode(String.self))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }
}

extension Identifier {
    /// A new identifier: `prefix`, then 26 characters that sort by `now` and cannot be guessed.
    ///
    /// 48 bits of milliseconds and 80 bits of chance in Crockford's base 32.
    package static func make(
        _ prefix: String,
        at now: Timestamp,
        using generator: inout some RandomNumberGenerator
    ) -> Self {
        let time = UInt64(clamping: now.milliseconds) & 0xFFFF_FFFF_FFFF
        let high = time << 16 | generator.next() & 0xFFFF
        let low = generator.next() as UInt64
        let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz")
        var text = prefix
        for place in stride(from: 125, through: 0, by: -5) {
            let bits =
                place >= 64
                ? high >> (place - 64)
                : low >> place | (place > 59 ? high << (64 - place) : 0)
            text.append(alphabet[Int(bits & 31)])
        }
        return Self(rawValue: text)
    }
}
