/// Bytes as hexadecimal digits.
package enum Hexadecimal {
    /// Two lower-case digits a byte.
    package static func encode(_ bytes: some Sequence<UInt8>) -> String {
        var digits: [UInt8] = []
        for byte in bytes {
            digits.append(alphabet[Int(byte >> 4)])
            digits.append(alphabet[Int(byte & 15)])
        }
        return String(decoding: digits, as: UTF8.self)
    }

    /// The bytes that `text` spells, or `nil` for an odd length or anything but digits.
    ///
    /// - Parameters:
    ///   - text: ASCII digits, nothing around or between them.
    ///   - acceptsUpperCase: Whether `A` to `F` count as digits. The platform signatures are lower
    ///     case by contract, so those callers say no.
    package static func decode(_ text: String, acceptsUpperCase: Bool = true) -> [UInt8]? {
        guard text.utf8.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        var high: UInt8?
        for digit in text.utf8 {
            let value: UInt8
            switch digit {
            case 0x30...0x39: value = digit - 0x30
            case 0x61...0x66: value = digit - 0x61 + 10
            case 0x41...0x46 where acceptsUpperCase: value = digit - 0x41 + 10
            default: return nil
            }
            if let first = high {
                bytes.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        return bytes
    }
}

private let alphabet = Array("0123456789abcdef".utf8)
