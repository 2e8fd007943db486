import StrictJSON

/// What somebody meant who wrote a word of another language where an operator belongs.
///
/// The words are those of other matchers, query languages and shells; each is turned into the
/// tests of ours that ask the same.
enum PatternAdvice {
    /// The tests, side by side in one list, that `{name: operand}` stands for, or `nil` when the
    /// word or its operand tells nothing.
    static func tests(_ name: String, _ operand: JSONValue) -> [JSONValue]? {
        let word = name.lowercased().filter { $0 != "-" && $0 != "_" && $0 != "$" && $0 != " " }
        switch word {
        case "startswith", "beginswith", "start", "starts", "begins":
            return each(operand) { ["prefix": $0] }
        case "endswith", "ends":
            return each(operand) { ["suffix": $0] }
        case "contains", "includes", "substring", "has":
            return each(operand) { text in
                text.string.map { ["wildcard": .string("*\(escaped($0))*")] } ?? text
            }
        case "like":
            return each(operand) { text in
                text.string.map { ["wildcard": .string(wildcard(ofLike: $0))] } ?? text
            }
        case "glob", "shellstyle":
            // One character, a class or a choice of words is more than a star can say.
            let texts = (operand.array ?? [operand]).compactMap(\.string)
            if texts.contains(where: { $0.contains(where: { "?[{".contains($0) }) }) { return nil }
            return each(operand) { text in
                text.string.map { ["wildcard": .string(wildcard(ofGlob: $0))] } ?? text
            }
        case "regex", "regexp", "matches", "match", "pattern":
            return operand.string.flatMap(ofExpression).map { [$0] }
        case "equals", "equal", "eq", "is", "==", "===", "in", "anyof", "oneof", "or", "any":
            return operand.array ?? [operand]
        case "=", "<", "<=", ">", ">=":
            return [["numeric": [.string(name), operand]]]
        case "lt": return [["numeric": ["<", operand]]]
        case "lte", "le": return [["numeric": ["<=", operand]]]
        case "gt": return [["numeric": [">", operand]]]
        case "gte", "ge": return [["numeric": [">=", operand]]]
        case "between", "range":
            guard let list = operand.array, list.count == 2 else { return nil }
            return [["numeric": [">=", list[0], "<=", list[1]]]]
        case "notcontains", "doesnotcontain", "excludes":
            return [
                [
                    "anything-but": [
                        "wildcard": .array(
                            (operand.array ?? [operand]).map { text in
                                text.string.map { .string("*\(escaped($0))*") } ?? text
                            })
                    ]
                ]
            ]
        case "not", "notequals", "neq", "ne", "!=", "!", "<>", "notin", "nin", "except", "but":
            return [["anything-but": operand]]
        case "notwildcard": return [["anything-but": ["wildcard": operand]]]
        case "notequalsignorecase": return [["anything-but": ["equals-ignore-case": operand]]]
        case "notprefix", "notstartswith": return [["anything-but": ["prefix": operand]]]
        case "notsuffix", "notendswith": return [["anything-but": ["suffix": operand]]]
        case "ignorecase", "iequals", "equalsignoringcase", "caseinsensitive":
            return each(operand) { ["equals-ignore-case": $0] }
        case "isnull" where operand.bool != false: return [.null]
        case "missing", "absent", "notexists":
            return [["exists": .bool(PatternCompiler.truth(of: operand) == false)]]
        case "present", "exist", "defined":
            return [["exists": .bool(PatternCompiler.truth(of: operand) != false)]]
        case "ip", "ipaddress", "ipaddressinrange", "subnet", "network":
            return each(operand) { ["cidr": $0] }
        default:
            return nil
        }
    }

    private static func each(
        _ operand: JSONValue, _ test: (JSONValue) -> JSONValue
    ) -> [JSONValue] {
        (operand.array ?? [operand]).map(test)
    }

    /// Text in which no star and no backslash means anything.
    static func escaped(_ text: String) -> String {
        String(
            decoding: text.utf8.flatMap { byte -> [UInt8] in
                let isSpecial = byte == UInt8(ascii: "*") || byte == UInt8(ascii: "\\")
                return isSpecial ? [UInt8(ascii: "\\"), byte] : [byte]
            }, as: UTF8.self)
    }

    /// A pattern of SQL: `%` is any text; `_`, which is any character there, stays, since it
    /// stands in names more often than as that.
    private static func wildcard(ofLike text: String) -> String {
        var plain = ""
        var rest = text[...]
        while let character = rest.popFirst() {
            switch character {
            case "%": plain += plain.hasSuffix("*") && !plain.hasSuffix("\\*") ? "" : "*"
            case "\\": plain += escaped(rest.popFirst().map { String($0) } ?? "\\")
            default: plain += escaped(String(character))
            }
        }
        return plain
    }

    /// A shell's pattern with runs of stars made one.
    private static func wildcard(ofGlob text: String) -> String {
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            if byte == UInt8(ascii: "*"), bytes.last == byte { continue }
            bytes += byte == UInt8(ascii: "\\") ? [byte, byte] : [byte]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// A regular expression that is plain text with `.*` in it, as a test of ours.
    private static func ofExpression(_ text: String) -> JSONValue? {
        var rest = text[...]
        let isAnchoredInFront = rest.hasPrefix("^")
        if isAnchoredInFront { rest = rest.dropFirst() }
        let isAnchoredBehind = rest.hasSuffix("$") && !rest.hasSuffix("\\$")
        if isAnchoredBehind { rest = rest.dropLast() }
        var (plain, stars) = (isAnchoredInFront ? "" : "*", isAnchoredInFront ? 0 : 1)
        while let character = rest.popFirst() {
            switch character {
            case "." where rest.first == "*":
                rest = rest.dropFirst()
                if !plain.hasSuffix("*") || plain.hasSuffix("\\*") { plain += "*" }
                stars += 1
            case "\\":
                guard let next = rest.popFirst(), next.isPunctuation || next.isSymbol else {
                    return nil
                }
                plain += escaped(String(next))
            case ".", "*", "+", "?", "|", "(", ")", "[", "]", "{", "}", "^", "$":
                return nil
            default:
                plain.append(character)
            }
        }
        if !isAnchoredBehind, !plain.hasSuffix("*") || plain.hasSuffix("\\*") {
            (plain, stars) = (plain + "*", stars + 1)
        }
        if stars == 1, plain.hasSuffix("*"), !plain.contains("\\") {
            return ["prefix": .string(String(plain.dropLast()))]
        }
        if stars == 1, plain.hasPrefix("*"), !plain.contains("\\") {
            return ["suffix": .string(String(plain.dropFirst()))]
        }
        return stars == 0 ? .string(plain) : ["wildcard": .string(plain)]
    }

    /// What is said of a word that our language leaves out, beside the nearest test.
    static func note(on name: String) -> String? {
        switch name.lowercased() {
        case "regex", "regexp", "matches", "match", "pattern":
            "There are no regular expressions; wildcard knows * for any run of characters. "
        case "glob", "like", "shellstyle":
            "In wildcard * is any run of characters, and ? a question mark. "
        case let word where word.contains("date"):
            "There are no dates; a time is text, which prefix can cut: {\"prefix\": \"2026-11\"}. "
        case "and", "all", "allof", "$and":
            "All fields of an object must hold already. "
        default: nil
        }
    }
}

extension JSONValue {
    /// The number that a string spells, with whatever blanks around it.
    var spelledNumber: JSONValue? {
        guard let string else { return nil }
        let trimmed = string.utf8.drop { $0 == 0x20 }.reversed().drop { $0 == 0x20 }.reversed()
        return JSONNumber(text: String(decoding: Array(trimmed), as: UTF8.self)).map { .number($0) }
    }
}
