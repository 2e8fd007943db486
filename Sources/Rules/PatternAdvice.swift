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
        case "isnull" where PatternCompiler.truth(of: operand) == true: return [.null]
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

    /// Whether a name is a word of another language, whatever its operand: hardly a field's.
    static func isWord(_ name: String) -> Bool {
        let word = name.lowercased().filter { $0 != "$" }
        return note(on: word) != nil
            || ["ilike", "notlike", "options", "mod", "size"].contains(word)
            || ["a", true, [1, 2]].contains { tests(name, $0) != nil }
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
        var endsInStar = false
        var rest = text[...]
        while let character = rest.popFirst() {
            switch character {
            case "%":
                if !endsInStar { plain += "*" }
                endsInStar = true
                continue
            case "\\": plain += escaped(rest.popFirst().map { String($0) } ?? "\\")
            default: plain += escaped(String(character))
            }
            endsInStar = false
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
        let isAnchoredBehind = endsInPlainDollar(rest)
        if isAnchoredBehind { rest = rest.dropLast() }
        // What it says as a wildcard, and without what makes stars and backslashes plain.
        var (plain, text) = (isAnchoredInFront ? "" : "*", "")
        var stars = isAnchoredInFront ? 0 : 1
        var endsInStar = !isAnchoredInFront
        func star() {
            if !endsInStar { (plain, stars) = (plain + "*", stars + 1) }
            endsInStar = true
        }
        while let character = rest.popFirst() {
            switch character {
            case "." where rest.first == "*":
                rest = rest.dropFirst()
                star()
                continue
            case "\\":
                guard let next = rest.popFirst(), next.isPunctuation || next.isSymbol else {
                    return nil
                }
                (plain, text) = (plain + escaped(String(next)), text + String(next))
            case ".", "*", "+", "?", "|", "(", ")", "[", "]", "{", "}", "^", "$":
                return nil
            default:
                (plain, text) = (plain + String(character), text + String(character))
            }
            endsInStar = false
        }
        if !isAnchoredBehind { star() }
        if stars == 1, endsInStar { return ["prefix": .string(text)] }
        if stars == 1, !isAnchoredInFront { return ["suffix": .string(text)] }
        return stars == 0 ? .string(text) : ["wildcard": .string(plain)]
    }

    /// Whether a text ends in a `$` behind an even number of backslashes.
    private static func endsInPlainDollar(_ text: Substring) -> Bool {
        guard text.last == "$" else { return false }
        return text.dropLast().reversed().prefix { $0 == "\\" }.count % 2 == 0
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
