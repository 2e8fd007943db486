// What is checked before the first value, and how a refusal finds its line and column.
extension JSONParser {
    /// Refuses a byte order mark and anything that is not UTF-8 (RFC 3629).
    func refuseOtherEncodings() throws(JSONRefusal) {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) || bytes.starts(with: [0xFE, 0xFF])
            || bytes.starts(with: [0xFF, 0xFE])
        {
            throw refusal(
                .byteOrderMark, at: 0,
                "the document starts with a byte order mark; UTF-8 without one is accepted")
        }
        if let place = UTF8Check.firstFault(in: bytes) {
            throw refusal(
                .notUTF8, at: place, "these bytes are not UTF-8, the only encoding accepted")
        }
    }

    /// A refusal for what stands at `position`, or for the end when nothing does.
    func unexpected(_ wanted: String) -> JSONRefusal {
        guard let byte else {
            return refusal(.unexpectedEnd, "the text ends too early; " + wanted)
        }
        // One printable ASCII character tells enough and gives nothing away.
        let found =
            (0x21...0x7E).contains(byte) && byte != UInt8(ascii: "`")
            ? "found `\(Character(Unicode.Scalar(byte)))`; " : ""
        return refusal(.syntax, found + wanted)
    }

    func refusal(
        _ code: JSONRefusal.Code, at place: Int? = nil, _ detail: String
    ) -> JSONRefusal {
        let offset = min(place ?? position, bytes.count)
        var line = 1
        var column = 1
        for byte in bytes[..<offset] {
            if byte == 0x0A {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
        }
        return JSONRefusal(code: code, offset: offset, line: line, column: column, detail: detail)
    }
}

/// Well-formed UTF-8 as the table of RFC 3629 section 4 defines it.
enum UTF8Check {
    /// Where the first sequence starts that is not UTF-8, or `nil` when all are.
    static func firstFault(in bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        var index = 0
        while index < bytes.count {
            let lead = bytes[index]
            if lead < 0x80 {
                index += 1
                continue
            }
            // How many bytes follow, and what the first of them may be.
            let (tail, second): (Int, ClosedRange<UInt8>)
            switch lead {
            case 0xC2...0xDF: (tail, second) = (1, 0x80...0xBF)
            case 0xE0: (tail, second) = (2, 0xA0...0xBF)
            case 0xED: (tail, second) = (2, 0x80...0x9F)
            case 0xE1...0xEF: (tail, second) = (2, 0x80...0xBF)
            case 0xF0: (tail, second) = (3, 0x90...0xBF)
            case 0xF1...0xF3: (tail, second) = (3, 0x80...0xBF)
            case 0xF4: (tail, second) = (3, 0x80...0x8F)
            default: return index
            }
            guard index + tail < bytes.count, second.contains(bytes[index + 1]) else {
                return index
            }
            for offset in 1...tail where bytes[index + offset] & 0xC0 != 0x80 { return index }
            index += tail + 1
        }
        return nil
    }
}
