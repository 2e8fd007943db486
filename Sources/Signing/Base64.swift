/// Bytes in base 64, in the three spellings that the protocols use.
///
/// RFC 4648 sections 4 and 5.
///
/// Decoding is strict: no white space, no foreign letters, and the bits that no byte uses must be
/// zero, so that one signature has one spelling.
package enum Base64 {
    package enum Form: Hashable, Sendable {
        /// `+` and `/`, padded with `=`. Section 4.
        case standard
        /// As `standard`, but the padding may be left away as a whole; encodes with padding.
        case standardPaddingOptional
        /// `-` and `_`, without padding, as JSON Web Tokens want it (RFC 7515 section 2).
        case url
    }

    package static func encode(_ bytes: [UInt8], _ form: Form = .standard) -> String {
        let letters = form == .url ? urlAlphabet : alphabet
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            var bits = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            bits <<= UInt32(24 - 8 * group.count)
            for place in 0...group.count {
                text.append(letters[Int(bits >> UInt32(18 - 6 * place) & 63)])
            }
            if form != .url {
                text.append(contentsOf: repeatElement(pad, count: 3 - group.count))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The bytes that `text` spells, or `nil` when it is not exactly the given form.
    package static func decode(_ text: String, _ form: Form = .standard) -> [UInt8]? {
        let spelling = Array(text.utf8)
        let letters = spelling.prefix { $0 != pad }
        let padding = spelling.count - letters.count
        guard spelling[letters.endIndex...].allSatisfy({ $0 == pad }), letters.count % 4 != 1
        else { return nil }
        let paddingDue = (4 - letters.count % 4) % 4
        switch form {
        case .standard: guard padding == paddingDue else { return nil }
        case .standardPaddingOptional:
            guard padding == paddingDue || padding == 0 else { return nil }
        case .url: guard padding == 0 else { return nil }
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(letters.count * 3 / 4)
        var bits: UInt32 = 0
        var count = 0
        for letter in letters {
            guard let value = value(of: letter, form) else { return nil }
            bits = bits << 6 | value
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
                bits &= (1 << UInt32(count)) - 1
            }
        }
        return bits == 0 ? bytes : nil
    }

    private static func value(of letter: UInt8, _ form: Form) -> UInt32? {
        switch letter {
        case 0x41...0x5A: UInt32(letter - 0x41)
        case 0x61...0x7A: UInt32(letter - 0x61 + 26)
        case 0x30...0x39: UInt32(letter - 0x30 + 52)
        case UInt8(ascii: "+") where form != .url, UInt8(ascii: "-") where form == .url: 62
        case UInt8(ascii: "/") where form != .url, UInt8(ascii: "_") where form == .url: 63
        default: nil
        }
    }
}

private let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
private let urlAlphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
private let pad = UInt8(ascii: "=")
