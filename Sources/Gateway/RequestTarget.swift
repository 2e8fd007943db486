/// Path and query of a request, taken apart.
///
/// Origin form (RFC 9112 section 3.2.1) is all that is read here. A request line in absolute form
/// (section 3.2.2) is answered as well: the HTTP codec has taken scheme and authority off by then.
struct RequestTarget {
    /// Percent-decoded once, so that a segment may itself contain a slash.
    let segments: [String]
    /// Percent-decoded once, in order; a `+` stays a plus, since this is no form.
    let query: [(name: String, value: String)]

    /// `nil` for another form, for a fragment, for a `%` without two digits, and for bytes that are
    /// not UTF-8.
    init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.first == UInt8(ascii: "/"), !bytes.contains(UInt8(ascii: "#")) else {
            return nil
        }
        let path = bytes.prefix { $0 != UInt8(ascii: "?") }
        var segments: [String] = []
        for part in path.dropFirst().split(
            separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        {
            guard let segment = Self.decode(part) else { return nil }
            segments.append(segment)
        }
        self.segments = segments
        var query: [(name: String, value: String)] = []
        for part in bytes[path.endIndex...].dropFirst().split(separator: UInt8(ascii: "&")) {
            let name = part.prefix { $0 != UInt8(ascii: "=") }
            guard let left = Self.decode(name),
                let right = Self.decode(part[name.endIndex...].dropFirst())
            else { return nil }
            query.append((left, right))
        }
        self.query = query
    }

    private static func decode(_ part: ArraySlice<UInt8>) -> String? {
        var bytes: [UInt8] = []
        var index = part.startIndex
        while index < part.endIndex {
            if part[index] == UInt8(ascii: "%") {
                guard index + 2 < part.endIndex, let high = digit(part[index + 1]),
                    let low = digit(part[index + 2])
                else { return nil }
                bytes.append(high << 4 | low)
                index += 3
            } else {
                bytes.append(part[index])
                index += 1
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }
}
