import StrictJSON

/// Writes a value as YAML that people can read and ``YAMLReader`` reads back.
enum YAMLWriter {
    static func text(_ value: JSONValue) -> String {
        var lines: [String] = []
        write(value, indent: 0, into: &lines)
        return lines.joined(separator: "\n") + "\n"
    }

    private static func write(_ value: JSONValue, indent: Int, into lines: inout [String]) {
        let blanks = String(repeating: " ", count: indent)
        switch value {
        case .object(let object):
            for member in object.members {
                let head = blanks + scalar(.string(member.key)) + ":"
                if let short = oneLine(member.value) {
                    lines.append("\(head) \(short)")
                } else {
                    lines.append(head)
                    write(member.value, indent: indent + 2, into: &lines)
                }
            }
        case .array(let elements):
            for element in elements {
                if let short = oneLine(element) {
                    lines.append("\(blanks)- \(short)")
                    continue
                }
                let start = lines.count
                write(element, indent: indent + 2, into: &lines)
                lines[start] = blanks + "- " + lines[start].dropFirst(indent + 2)
            }
        default: lines.append(blanks + scalar(value))
        }
    }

    /// Scalars, empty containers, and short lists of scalars.
    private static func oneLine(_ value: JSONValue) -> String? {
        switch value {
        case .object(let object): return object.isEmpty ? "{}" : nil
        case .array(let elements):
            let isFlat = elements.allSatisfy { $0.object == nil && $0.array == nil }
            let text = "[" + elements.map(scalar).joined(separator: ", ") + "]"
            return isFlat && text.utf8.count <= 80 ? text : nil
        default: return scalar(value)
        }
    }

    private static func scalar(_ value: JSONValue) -> String {
        guard case .string(let text) = value, isPlain(text) else {
            return String(decoding: value.bytes(), as: UTF8.self)
        }
        return text
    }

    private static func isPlain(_ text: String) -> Bool {
        guard let first = text.utf8.first else { return false }
        let isSafe = text.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
                || "_-./:<>".utf8.contains(byte)
        }
        return isSafe && first != UInt8(ascii: "-") && first != UInt8(ascii: ":")
            && first != UInt8(ascii: ">") && text.utf8.last != UInt8(ascii: ":")
            && YAMLScalar(text: text, isQuoted: false).meaning == .string
    }
}
