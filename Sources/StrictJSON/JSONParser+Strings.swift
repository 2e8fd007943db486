// Strings and their escapes, RFC 8259 section 7.
extension JSONParser {
    /// Reads the string that starts at `position`, both quotes included.
    mutating func string() throws(JSONRefusal) -> String {
        let start = position
        position += 1
        var index = position
        while index < bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: "\"") {
                let text = bytes[position..<index]
                try checkLength(text.count, from: start)
                position = index + 1
                return String(decoding: text, as: UTF8.self)
            }
            if byte == UInt8(ascii: "\\") || byte < 0x20 { break }
            index += 1
        }
        return try stringWithEscapes(from: start, plainUntil: index)
    }

    private mutating func stringWithEscapes(
        from start: Int, plainUntil index: Int
    ) throws(JSONRefusal) -> String {
        var text = Array(bytes[position..<index])
        position = index
        while let byte {
            switch byte {
            case UInt8(ascii: "\""):
                try checkLength(text.count, from: start)
                position += 1
                return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                position += 1
                try escape(into: &text)
            case 0..<0x20:
                throw refusal(
                    .syntax,
                    "a control character in a string must be written as an escape, "
                        + "a line feed as \\n")
            default:
                text.append(byte)
                position += 1
            }
        }
        throw refusal(.unexpectedEnd, "the string has no closing double quote")
    }

    private func checkLength(_ count: Int, from start: Int) throws(JSONRefusal) {
        guard count <= limits.stringBytesMax else {
            throw refusal(
                .stringTooLong, at: start,
                "the string is longer than \(limits.stringBytesMax) bytes, the limit")
        }
    }

    /// Reads what follows a backslash.
    private mutating func escape(into text: inout [UInt8]) throws(JSONRefusal) {
        let plain: UInt8
        switch byte {
        case UInt8(ascii: "\""): plain = UInt8(ascii: "\"")
        case UInt8(ascii: "\\"): plain = UInt8(ascii: "\\")
        case UInt8(ascii: "/"): plain = UInt8(ascii: "/")
        case UInt8(ascii: "b"): plain = 0x08
        case UInt8(ascii: "f"): plain = 0x0C
        case UInt8(ascii: "n"): plain = 0x0A
        case UInt8(ascii: "r"): plain = 0x0D
        case UInt8(ascii: "t"): plain = 0x09
        case UInt8(ascii: "u"):
            text.append(contentsOf: try unicodeEscape())
            return
        default:
            throw unexpected(
                "a backslash is followed by one of \" \\ / b f n r t, or by u and "
                    + "four hexadecimal digits")
        }
        text.append(plain)
        position += 1
    }

    /// Reads `uXXXX`, and the second half of a pair where the first is a high surrogate.
    private mutating func unicodeEscape() throws(JSONRefusal) -> Unicode.Scalar.UTF8View {
        let start = position - 1
        let high = try codeUnit()
        if let scalar = Unicode.Scalar(high) { return scalar.utf8 }
        if high < 0xDC00, byte == UInt8(ascii: "\\"), position + 1 < bytes.count,
            bytes[position + 1] == UInt8(ascii: "u")
        {
            position += 1
            let low = try codeUnit()
            let value = 0x10000 + (UInt32(high) & 0x3FF) << 10 + (UInt32(low) & 0x3FF)
            if 0xDC00...0xDFFF ~= low, let scalar = Unicode.Scalar(value) { return scalar.utf8 }
        }
        throw refusal(
            .loneSurrogate, at: start,
            "this escape is half of a surrogate pair; a high half "
                + "(D800 to DBFF) must be followed by a low one (DC00 to DFFF)")
    }

    /// Reads `u` and four hexadecimal digits.
    private mutating func codeUnit() throws(JSONRefusal) -> UInt16 {
        position += 1
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let byte, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw unexpected("four hexadecimal digits must follow \\u")
            }
            unit = unit << 4 | UInt16(digit)
            position += 1
        }
        return unit
    }
}
