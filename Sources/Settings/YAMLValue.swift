import StrictJSON

/// One value of a YAML file with the line it stands on.
struct YAMLValue: Hashable, Sendable {
    enum Content: Hashable, Sendable {
        case scalar(YAMLScalar)
        case list([YAMLValue])
        case mapping([Entry])
    }

    struct Entry: Hashable, Sendable {
        let key: String
        /// Of the key, which is what a person looks for.
        let line: Int
        let value: YAMLValue
    }

    let content: Content
    /// From 1.
    let line: Int

    subscript(key: String) -> Entry? {
        guard case .mapping(let entries) = content else { return nil }
        return entries.first { $0.key.hasSameBytes(as: key) }
    }

    /// Nothing, `~` or `null`: the key stands there without a value and counts as absent.
    var isNull: Bool {
        if case .scalar(let scalar) = content { scalar.isNull } else { false }
    }

    /// How a problem calls it, with an article.
    var kind: String {
        switch content {
        case .list: "a list"
        case .mapping: "a mapping"
        case .scalar(let scalar): scalar.kind
        }
    }

    /// The line and the way that problems name for a place inside, as far down as it exists.
    func place(of pointer: JSONPointer, under path: SettingPath) -> (line: Int, path: SettingPath) {
        var (value, line, path) = (self, self.line, path)
        for token in pointer.tokens {
            if case .list(let elements) = value.content, let index = Int(token),
                elements.indices.contains(index)
            {
                value = elements[index]
                line = value.line
                path = path.appending(index)
            } else if let entry = value[token] {
                value = entry.value
                line = entry.line
                path = path.appending(token)
            } else {
                path = path.appending(token)
                break
            }
        }
        return (line, path)
    }
}

/// A text, and whether YAML may read it as something else.
struct YAMLScalar: Hashable, Sendable {
    let text: String
    /// Quoted or a block: a string, whatever it looks like.
    let isQuoted: Bool

    /// What the text is to YAML 1.2 and, where that is the same, to us.
    enum Meaning: Hashable, Sendable {
        case null, bool(Bool), number(JSONNumber), string
        /// Readers of YAML disagree: `yes` and `on` are booleans to some, `0x1F`, `012`, `1_000`
        /// and `.5` are numbers to some.
        case unclear
    }

    var meaning: Meaning {
        if isQuoted { return .string }
        switch text {
        case "", "~", "null", "Null", "NULL": return .null
        case "true": return .bool(true)
        case "false": return .bool(false)
        default: break
        }
        if let number = JSONNumber(text: text) { return .number(number) }
        return Self.unclearWords.contains(text.lowercased()) || looksLikeNumber
            ? .unclear : .string
    }

    var isNull: Bool { meaning == .null }

    /// Digits alone, which are kept exactly: ids are written so.
    var isDigits: Bool {
        !text.isEmpty && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }

    var kind: String {
        switch meaning {
        case .null: "nothing"
        case .bool: "a boolean"
        case .number: "a number"
        case .string, .unclear: "a string"
        }
    }

    private static let unclearWords: Set<String> = [
        "true", "false", "yes", "no", "on", "off", "y", "n",
    ]

    private var looksLikeNumber: Bool {
        let digits = text.utf8.drop { "+-.".utf8.contains($0) }
        let body = digits.lazy.map { $0 | 0x20 }
        if [".inf", ".nan"].contains(where: { text.lowercased().hasSuffix($0) }) {
            return digits.count == 3
        }
        guard let first = digits.first, (0x30...0x39).contains(first) else { return false }
        if body.starts(with: "0x".utf8) {
            return body.dropFirst(2).allSatisfy {
                (0x30...0x39).contains($0) || (0x61...0x66).contains($0)
            }
        }
        if body.starts(with: "0o".utf8) || body.starts(with: "0b".utf8) {
            return body.dropFirst(2).allSatisfy { (0x30...0x37).contains($0) }
        }
        return digits.allSatisfy { (0x30...0x39).contains($0) || "_.eE+-".utf8.contains($0) }
            && !digits.contains { $0 == UInt8(ascii: "-") && !text.contains("e") }
    }
}
