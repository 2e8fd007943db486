package import StrictJSON

/// The longest id, key or event type that is read from a body, in UTF-8 bytes.
///
/// Documented ones stay below 64; the bound keeps index rows and log lines small.
package let keyBytesMax = 256

extension JSONValue {
    /// An id that a platform sends as text or as a bare integer, exactly as it was spelled.
    ///
    /// Text of 1 to ``keyBytesMax`` bytes without control characters, or a non-negative integer
    /// of at most 19 digits, which never passes through a `Double`. `nil` for everything else:
    /// empty text, `null`, fractions, exponents, signs.
    package var exactID: String? {
        switch self {
        case .string(let text):
            let isKey =
                (1...keyBytesMax).contains(text.utf8.count)
                && text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
            return isKey ? text : nil
        case .number(let number):
            let digits = number.text.utf8
            let isPlain = digits.allSatisfy { (0x30...0x39).contains($0) }
            return isPlain && digits.count <= 19 ? number.text : nil
        default: return nil
        }
    }

    /// A text for people, such as a name.
    ///
    /// NUL becomes U+FFFD: PostgreSQL cannot store it, and what a sender chose must not keep a
    /// verified event from being stored.
    package var storableText: String? {
        guard let string, string.utf8.contains(0) else { return string }
        return String(
            String.UnicodeScalarView(string.unicodeScalars.map { $0 == "\0" ? "\u{FFFD}" : $0 }))
    }

    /// The value where a value is expected: `nil` for `null`, too.
    ///
    /// Spelled out: beside a `JSONValue` the literal `nil` would be the value `null`.
    var present: JSONValue? { isNull ? Optional.none : .some(self) }
}
