import StrictJSON

// The lint of what means something else than it seems to.
extension PatternMeaning {
    func doubts(_ leaf: PatternLeaf) -> [PatternFinding] {
        var doubts: [PatternFinding] = []
        if let (what, remedy) = fieldNamedLikeAnOperator(leaf) {
            doubts.append(finding(.isDoubtful, leaf.pointer, what, remedy))
        } else if let steps = Self.steps(ofWay: leaf.path.joined(separator: ".")), steps.count > 1 {
            doubts.append(
                finding(
                    .isDoubtful, leaf.pointer, "a name is read as it stands, not as a path",
                    "Lists are entered by themselves. Write instead: "
                        + Self.member(steps, leaf.asked)))
        } else if let place = Self.placeInList(leaf) {
            let steps = leaf.path.filter { !Self.isPlaceInList($0) }
            doubts.append(
                finding(
                    .isDoubtful, leaf.pointer,
                    "\(JSONValue.string(place).excerpt) is read as the name of a field, not as a "
                        + "place in a list",
                    "Lists are entered by themselves."
                        + (steps.isEmpty || steps == ["data"]
                            ? "" : " Write instead: \(Self.member(steps, leaf.asked))")))
        }
        for (index, test) in (leaf.asked.array ?? []).enumerated() {
            guard let (what, remedy) = Self.doubt(of: test) else { continue }
            doubts.append(finding(.isDoubtful, leaf.pointer.appending(index), what, remedy))
        }
        return doubts
    }

    /// A test that is accepted and hardly says what was meant.
    private static func doubt(of test: JSONValue) -> (what: String, remedy: String)? {
        if let text = test.string { return doubt(ofText: text) }
        guard let member = test.object?.members.first else { return nil }
        if member.key == "anything-but" { return doubt(ofExclusion: member.value) }
        guard let text = member.value.string, text.utf8.contains(UInt8(ascii: "*")),
            ["prefix", "suffix", "equals-ignore-case"].contains(member.key)
        else { return nil }
        let meant = withoutStar(member.key, text)
        return (
            "in \(member.key) * is the character itself",
            meant.map { "If it stands for any text, write \($0.spaced)." }
                ?? "Only wildcard knows * for any text, and it tells large letters from small ones."
        )
    }

    private static func doubt(ofText text: String) -> (what: String, remedy: String)? {
        func remedy(_ meant: String, _ test: JSONValue?) -> String {
            let literal = JSONValue.string(text).spaced
            let isLong = literal.utf8.count > PatternCorrection.snippetMax
            let written = test.flatMap { isLong ? nil : "write \($0.spaced)" }
            let exactly = isLong ? "exactly" : "{\"exactly\": \(literal)}"
            return "If \(meant), \(written ?? "say so by a test of its own"); if not, \(exactly) "
                + "says so."
        }
        if text.utf8.contains(UInt8(ascii: "*")) {
            return (
                "in a plain text * is the character itself",
                remedy("it stands for any text", wildcard(text).map { ["wildcard": $0] })
            )
        }
        if text.utf8.contains(UInt8(ascii: "/")), AddressBlock(text) != nil {
            return (
                "a plain text is no block of addresses",
                remedy("any address in it is meant", ["cidr": .string(text)])
            )
        }
        if let first = text.first, "<>=".contains(first),
            let range = PatternCompiler.meantRange(.string(text)), range.count == 1,
            PatternCompiler.instead(.array(range), at: JSONPointer(tokens: ["n"])) != nil
        {
            return ("a plain text is no comparison", remedy("numbers are to be compared", range[0]))
        }
        return nil
    }

    /// What is excluded is text as it stands, too.
    private static func doubt(ofExclusion value: JSONValue) -> (what: String, remedy: String)? {
        let texts = (value.array ?? [value]).compactMap(\.string)
        if texts.contains(where: { $0.utf8.contains(UInt8(ascii: "*")) }) {
            let wildcards = texts.compactMap(wildcard)
            let meant: JSONValue = ["anything-but": ["wildcard": .array(wildcards)]]
            return (
                "in a plain text * is the character itself",
                wildcards.count == texts.count
                    && meant.spaced.utf8.count <= PatternCorrection.snippetMax
                    ? "If it stands for any text, write \(meant.spaced)."
                    : "Only wildcard knows * for any text."
            )
        }
        guard let member = value.object?.members.first, member.key != "wildcard" else { return nil }
        let affixes = (member.value.array ?? [member.value]).compactMap(\.string)
        guard affixes.contains(where: { $0.utf8.contains(UInt8(ascii: "*")) }) else { return nil }
        return (
            "in \(member.key) * is the character itself",
            "Only wildcard knows * for any text: {\"anything-but\": {\"wildcard\": [\"bot.*\"]}}."
        )
    }

    /// A text in which stars stand for any text, and nothing else means anything.
    private static func wildcard(_ text: String) -> JSONValue? {
        var wildcard = ""
        for character in text {
            if character == "*", wildcard.hasSuffix("*") { continue }
            wildcard += character == "\\" ? "\\\\" : String(character)
        }
        return (try? Wildcard(wildcard)).map { _ in .string(wildcard) }
    }

    /// The same with its stars taken for any text, where there is a test that says so.
    private static func withoutStar(_ name: String, _ text: String) -> JSONValue? {
        let star = UInt8(ascii: "*")
        let isSole = text.utf8.count { $0 == star } == 1 && text.utf8.count > 1
        let test = { (text: Substring) in JSONValue.string(String(text)) }
        switch name {
        case "prefix" where isSole && text.utf8.last == star:
            return ["prefix": test(text.dropLast())]
        case "suffix" where isSole && text.utf8.first == star:
            return ["suffix": test(text.dropFirst())]
        case "equals-ignore-case" where isSole && text.utf8.last == star:
            return ["prefix": ["equals-ignore-case": test(text.dropLast())]]
        case "equals-ignore-case" where isSole && text.utf8.first == star:
            return ["suffix": ["equals-ignore-case": test(text.dropFirst())]]
        case "equals-ignore-case":
            return nil
        default:
            return wildcard(name == "prefix" ? "\(text)*" : "*\(text)").map { ["wildcard": $0] }
        }
    }

    /// `{"type": {"prefix": ["bot."]}}`, which asks for a field called `prefix`.
    func fieldNamedLikeAnOperator(
        _ leaf: PatternLeaf
    ) -> (what: String, remedy: String)? {
        let tokens = leaf.pointer.tokens
        guard tokens.count > 1, let name = tokens.last,
            PatternCompiler.operators.contains(where: { $0.name == name }),
            let field = tokens.dropLast().last, !["$or", "data", "entity"].contains(field)
        else { return nil }
        let isRange = name == "numeric"
        let one = leaf.asked.array.flatMap { $0.count == 1 && !isRange ? $0[0] : nil }
        let list = PatternCompiler.list(ofOperators: JSONObject([(name, one ?? leaf.asked)]))
        let accepted = list.flatMap { PatternCompiler.instead($0, at: leaf.pointer)?.value }
        return (
            "\"\(name)\" is read as the name of a field inside \(field)",
            accepted.map { "Write instead: \(Self.member([field], $0))" }
                ?? "An operator stands inside the list of its field, in braces of its own."
        )
    }

    /// The steps of a JSON pointer or a JSON path that was taken for a name; places in lists are
    /// left out, since patterns enter lists by themselves.
    static func steps(ofWay name: String) -> [String]? {
        let isPath =
            name.hasPrefix("/") || name.hasPrefix("$.") || name.contains(#/\[(\d+|\*|'[^']*')\]/#)
        guard isPath, !name.contains("?("), !name.contains("@") else { return nil }
        let marks: Set<Character> = name.hasPrefix("/") ? ["/"] : [".", "[", "]", "'", "\""]
        return name.split { marks.contains($0) }.map(String.init)
            .filter { $0 != "$" && $0 != "*" && Int($0) == nil }
    }

    /// The step of a leaf that names elements of a list, as other languages do.
    ///
    /// A number alone may be a name: it is one in `{"scores": {"12": […]}}`, and hardly in a key of
    /// several steps.
    private static func placeInList(_ leaf: PatternLeaf) -> String? {
        if leaf.path.contains("*") { return "*" }
        let dotted = leaf.pointer.tokens.filter { $0.utf8.contains(UInt8(ascii: ".")) }
        let steps = dotted.flatMap { $0.split(separator: ".").map(String.init) }
        return steps.first(where: isPlaceInList)
    }

    private static func isPlaceInList(_ step: String) -> Bool {
        step == "*" || step.utf8.count <= 3 && Int(step) != nil
    }
}
