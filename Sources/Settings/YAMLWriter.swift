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
                let key = scalar(.string(member.key))
                // YAML 1.2, 7.4.2: a key on one line with its value ends within 1024 characters.
                let isLong = key.unicodeScalars.count > longestKey
                if isLong { lines.append("\(blanks)? \(key)") }
                let head = blanks + (isLong ? "" : key) + ":"
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

    private static let longestKey = 1_000

    private static func scalar(_ value: JSONValue) -> String {
        guard case .string(let text) = value, isPlain(text) else {
            return escaped(String(decoding: value.bytes(), as: UTF8.self))
        }
        return text
    }

    /// JSON with what YAML does not take, or reads as the end of a line, written as `\uXXXX`.
    ///
    /// YAML 1.2, 5.1 and 5.4; such characters stand in JSON only between quotes.
    private static func escaped(_ json: String) -> String {
        guard json.unicodeScalars.contains(where: isSpecial) else { return json }
        var text = ""
        for scalar in json.unicodeScalars {
            if isSpecial(scalar) {
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
        return text
    }

    private static func isSpecial(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x7F...0x9F, 0x2028, 0x2029, 0xFEFF, 0xFFFE, 0xFFFF: true
        default: false
        }
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
