extension JSONValue {
    /// The value as compact UTF-8.
    ///
    /// No white space, `/` as it is, escapes only for what must be escaped. Numbers and the order
    /// of members are those that were received.
    ///
    /// - Parameter capacity: How many bytes it will probably be; with 0 the array grows as it must.
    package func bytes(capacity: Int = 0) -> [UInt8] {
        var writer = JSONWriter(capacity: capacity)
        writer.value(self)
        return writer.bytes
    }

    /// The value for people: a member or an element a line, two spaces a level.
    ///
    /// Characters that steer a terminal or turn the direction of writing come as escapes, so that
    /// a name somebody chose cannot repaint the screen it is printed on.
    package func prettyText() -> String {
        var bytes: [UInt8] = []
        appendPretty(to: &bytes, indent: 0)
        return String(decoding: bytes, as: UTF8.self)
    }

    private func appendPretty(to bytes: inout [UInt8], indent: Int) {
        func newLine(_ levels: Int, _ bytes: inout [UInt8]) {
            bytes.append(0x0A)
            bytes.append(contentsOf: repeatElement(0x20, count: 2 * levels))
        }
        switch self {
        case .array(let elements) where !elements.isEmpty:
            bytes.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                newLine(indent + 1, &bytes)
                element.appendPretty(to: &bytes, indent: indent + 1)
            }
            newLine(indent, &bytes)
            bytes.append(UInt8(ascii: "]"))
        case .object(let object) where !object.isEmpty:
            bytes.append(UInt8(ascii: "{"))
            for (index, member) in object.members.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                newLine(indent + 1, &bytes)
                Self.appendPretty(member.key, to: &bytes)
                bytes.append(contentsOf: ": ".utf8)
                member.value.appendPretty(to: &bytes, indent: indent + 1)
            }
            newLine(indent, &bytes)
            bytes.append(UInt8(ascii: "}"))
        case .string(let string):
            Self.appendPretty(string, to: &bytes)
        default:
            bytes.append(contentsOf: self.bytes())
        }
    }

    private static func appendPretty(_ string: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        for scalar in string.unicodeScalars {
            switch scalar.value {
            case 0x7F...0x9F, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069:
                JSONEscape.appendUnit(UInt16(scalar.value), to: &bytes)
            default:
                for byte in scalar.utf8 { JSONEscape.append(byte, to: &bytes) }
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
