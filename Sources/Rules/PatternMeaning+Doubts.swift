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
        } else if let place = leaf.path.first(where: Self.isPlaceInList) {
            let steps = leaf.path.filter { !Self.isPlaceInList($0) }
            doubts.append(
                finding(
                    .isDoubtful, leaf.pointer,
                    "\(JSONValue.string(place).excerpt) is read as the name of a field, not as a "
                        + "place in a list",
                    "Lists are entered by themselves."
                        + (steps.isEmpty
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
        if let text = test.string {
            let literal = JSONValue.string(text).excerpt
            let otherwise = "if not, {\"exactly\": \(literal)} says so."
            if text.utf8.contains(UInt8(ascii: "*")) {
                return (
                    "in a plain text * is the character itself",
                    "If it stands for any text, write {\"wildcard\": \(literal)}; \(otherwise)"
                )
            }
            if text.utf8.contains(UInt8(ascii: "/")), AddressBlock(text) != nil {
                return (
                    "a plain text is no block of addresses",
                    "If any address in it is meant, write {\"cidr\": \(literal)}; \(otherwise)"
                )
            }
            return nil
        }
        guard let member = test.object?.members.first, let text = member.value.string,
            text.utf8.contains(UInt8(ascii: "*")),
            ["prefix", "suffix", "equals-ignore-case"].contains(member.key)
        else { return nil }
        let meant = withoutStar(member.key, text)
        return (
            "in \(member.key) * is the character itself",
            meant.map { "If it stands for any text, write \($0.spaced)." }
                ?? "Only wildcard knows * for any text, and it tells large letters from small ones."
        )
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
            let whole = name == "prefix" ? "\(text)*" : "*\(text)"
            let wildcard = whole.replacing("**", with: "*")
            return (try? Wildcard(wildcard)).map { _ in ["wildcard": .string(wildcard)] }
        }
    }

    /// `{"type": {"prefix": ["bot."]}}`, which asks for a field called `prefix`.
    func fieldNamedLikeAnOperator(
        _ leaf: PatternLeaf
    ) -> (what: String, remedy: String)? {
        let tokens = leaf.pointer.tokens
        guard tokens.count > 1, let name = tokens.last,
            PatternCompiler.operators.contains(where: { $0.name == name }),
            let field = tokens.dropLast().last, field != "$or"
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
        guard name.hasPrefix("/") || name.hasPrefix("$.") || name.contains("[") else { return nil }
        let marks: Set<Character> = name.hasPrefix("/") ? ["/"] : [".", "[", "]", "'", "\""]
        return name.split { marks.contains($0) }.map(String.init)
            .filter { $0 != "$" && $0 != "*" && Int($0) == nil }
    }

    /// `0` or `*`, as other languages name the elements of a list.
    private static func isPlaceInList(_ step: String) -> Bool {
        step == "*" || step.utf8.count <= 3 && Int(step) != nil
    }
}
