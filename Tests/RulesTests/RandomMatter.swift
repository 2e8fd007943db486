import Rules
import StrictJSON

/// Events and patterns drawn so that they often nearly match: few names, few values, every
/// operator, arrays in arrays, dotted keys, escapes, numbers in many spellings.
struct RandomMatter {
    var generator: SeededGenerator

    init(seed: UInt64) { generator = SeededGenerator(state: seed) }

    mutating func number(_ range: ClosedRange<Int>) -> Int {
        Int.random(in: range, using: &generator)
    }

    mutating func pick<Value>(_ values: [Value]) -> Value {
        values[number(0...values.count - 1)]
    }

    mutating func happens(oneIn count: Int) -> Bool { number(1...count) == 1 }

    // MARK: - Events

    mutating func event() -> String { object(depth: number(1...4)) }

    private mutating func object(depth: Int) -> String {
        var keys = ["a", "b", "c", "d", "ä", "a b"].shuffled(using: &generator)
        if happens(oneIn: 3) { keys += ["a.b", "b.c", "a.b.c", ".", "a."] }
        let members = keys.shuffled(using: &generator).prefix(number(0...4)).map { key in
            "\(space())\"\(spelled(key))\"\(space()):\(space())\(value(depth: depth - 1))\(space())"
        }
        return "{" + (members.isEmpty ? space() : members.joined(separator: ",")) + "}"
    }

    private mutating func value(depth: Int) -> String {
        guard depth > 0, !happens(oneIn: 3) else { return scalar() }
        if happens(oneIn: 2) { return object(depth: depth) }
        let elements = (0..<number(0...4)).map { _ in
            "\(space())\(value(depth: depth - 1))\(space())"
        }
        return "[" + (elements.isEmpty ? space() : elements.joined(separator: ",")) + "]"
    }

    private mutating func space() -> String {
        happens(oneIn: 8) ? pick([" ", "\n", "\t  ", String(repeating: " ", count: 70)]) : ""
    }

    private mutating func scalar() -> String {
        switch number(0...9) {
        case 0: return pick(["null", "true", "false"])
        case 1...3: return pick(Self.numbers)
        default: return "\"" + spelled(pick(Self.texts)) + "\""
        }
    }

    /// A text as JSON may write it.
    private mutating func spelled(_ text: String) -> String {
        guard happens(oneIn: 4) else { return text.replacing("\\", with: #"\\"#) }
        return text.unicodeScalars.map { scalar in
            guard happens(oneIn: 2) || scalar == "\\" else { return String(scalar) }
            return String(scalar).utf16.map { unit in
                let digits = String(unit, radix: 16)
                return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }.joined()
        }.joined()
    }

    private static let numbers = [
        "0", "-0", "1", "1.0", "10e-1", "5", "50e-1", "-5", "3.5", "100", "1E2", "1e400",
        "-1e400", "9007199254740993", "9007199254740992", "0.1000000000000000001", "0.1",
        "12345678901234567890123", "1.5e-300", "7", "0e9",
    ]
    private static let texts = [
        "", "a", "ab", "abc", "abcabc", "ABC", "Abc", "xabcx", "bot/1/x", "bot/12/y", "bot/1/",
        "10.1.2.3", "::ffff:10.1.2.3", "10.200.0.1", "2001:db8::1", "straße", "STRASSE", "ÄB",
        "äb", "5", "null", "😀b", "a*b", "a\\b", "abcdefghijklmnop", "abcdefghijklmnoq", "名前",
        "Größe", "GRÖSSE", "grÖße", "Σς", "σς", "ΣΣ", "Ⱥb", "ⱥB", "\u{212A}k", "kK", "ıi", "Iİ",
        "ẞ", "ß", "ſs", "ǅ", "ǆ", "𐐀", "𐐨",
    ]

    private static let blocks = [
        "10.0.0.0/8", "10.1.2.3/32", "0.0.0.0/0", "2001:db8::/32", "::/0", "::ffff:10.0.0.0/104",
    ]

    // MARK: - Events that nearly match

    /// An event that answers most of what a pattern asks, in arrays now and then.
    mutating func event(answering pattern: String) -> String {
        guard let json = try? JSONValue(parsing: Array(pattern.utf8)), let asked = json.object
        else {
            return event()
        }
        return answer(to: asked)
    }

    private mutating func answer(to asked: JSONObject) -> String {
        var members = members(answering: asked)
        if happens(oneIn: 4) { members.append((pick(["a", "b", "e", "a.b"]), value(depth: 2))) }
        var keys: Set<String> = []
        let texts = members.filter { keys.insert($0.key).inserted }
            .shuffled(using: &generator).map { "\"\(spelled($0.key))\":\($0.text)" }
        return "{" + texts.joined(separator: ",") + "}"
    }

    private mutating func members(
        answering asked: JSONObject
    ) -> [(key: String, text: String)] {
        var members: [(key: String, text: String)] = []
        for asked in asked.members where !happens(oneIn: 12) {
            let (key, value) = (asked.key, asked.value)
            if let inner = value.object, happens(oneIn: 4) {
                // By another way to the same path, or by both.
                members += inner.members.compactMap { asked in
                    member(asked.key, asked.value).map { ("\(key).\($0.key)", $0.text) }
                }
                if happens(oneIn: 2) { continue }
            }
            if key == "$or", let branches = value.array, let branch = pick(branches).object {
                members += self.members(answering: branch)
            } else if let member = member(key, value) {
                members.append(member)
            }
        }
        return members
    }

    private mutating func member(_ key: String, _ asked: JSONValue) -> (key: String, text: String)?
    {
        if let object = asked.object {
            return (key, inArray(answer(to: object), or: answer(to: object)))
        }
        let test = (try? Pattern(parsing: ["x": asked])).map { PatternEvaluator($0) }
        for _ in 0..<12 {
            let text = scalar()
            guard let value = try? JSONValue(parsing: Array(text.utf8)) else { continue }
            if test?.matches(["x": value]) ?? true { return (key, inArray(text, or: scalar())) }
        }
        return nil
    }

    private mutating func inArray(_ text: String, or other: String) -> String {
        switch number(0...8) {
        case 8: deep("\(text),\(other),\(deep(text))")
        case 0: "[\(text)]"
        case 1: "[\(other),\(text)]"
        case 2: "[\(text),\(other),\(value(depth: 1))]"
        case 3: "[[\(other)],[\(text)]]"
        default: text
        }
    }

    /// In arrays inside one another.
    private mutating func deep(_ text: String) -> String {
        let depth = number(1...6)
        return String(repeating: "[", count: depth) + text + String(repeating: "]", count: depth)
    }

    // MARK: - Patterns

    mutating func pattern() -> String { asking(depth: number(1...3), mayChoose: true) }

    private mutating func asking(depth: Int, mayChoose: Bool) -> String {
        var keys = ["a", "b", "c", "d", "ä", "a b"].shuffled(using: &generator)
        if happens(oneIn: 4) { keys += ["a.b", "b.c", "."] }
        var members = keys.shuffled(using: &generator).prefix(number(1...3)).map { key in
            let inner =
                depth > 1 && happens(oneIn: 2)
                ? asking(depth: depth - 1, mayChoose: mayChoose && happens(oneIn: 2))
                : "[" + tests() + "]"
            return "\"\(key)\":\(inner)"
        }
        if mayChoose, happens(oneIn: 5) {
            // A choice within a branch is refused where it names a path again, which is drawn too.
            let branches = (0..<number(2...3)).map { _ in
                asking(depth: number(1...2), mayChoose: happens(oneIn: 4))
            }
            members.append("\"$or\":[" + branches.joined(separator: ",") + "]")
        }
        return "{" + members.joined(separator: ",") + "}"
    }

    private mutating func tests() -> String {
        (0..<pick([1, 1, 1, 2, 3])).map { _ in test() }.joined(separator: ",")
    }

    private mutating func text() -> String {
        "\"" + pick(Self.texts).replacing("\\", with: #"\\"#) + "\""
    }

    private mutating func part() -> String {
        let text = pick(Self.texts)
        return text.isEmpty || happens(oneIn: 8)
            ? "" : String(text.unicodeScalars.prefix(number(1...4))).replacing("\\", with: #"\\"#)
    }

    private mutating func test() -> String {
        switch number(0...15) {
        case 0: return pick(["null", "true", "false"])
        case 1: return pick(Self.numbers)
        case 2, 3: return text()
        case 4: return "{\"prefix\":\"\(part())\"}"
        case 5: return "{\"suffix\":\(text())}"
        case 6: return "{\"equals-ignore-case\":\(text())}"
        case 7: return "{\"prefix\":{\"equals-ignore-case\":\(text())}}"
        case 8: return "{\"suffix\":{\"equals-ignore-case\":\(text())}}"
        case 9: return "{\"wildcard\":\"\(wildcard())\"}"
        case 10: return pick(["{\"exists\":true}", "{\"exists\":false}"])
        case 11:
            return "{\"numeric\":[\"\(pick(["<", "<=", ">", ">=", "="]))\",\(pick(Self.numbers))]}"
        case 12:
            let (low, high) = (pick([">", ">="]), pick(["<", "<="]))
            return "{\"numeric\":[\"\(low)\",0,\"\(high)\",\(pick(["1", "5", "3.5", "100"]))]}"
        case 13: return "{\"cidr\":\"\(pick(Self.blocks))\"}"
        case 14: return "{\"anything-but\":[\(text()),\(text())]}"
        default:
            return pick([
                "{\"anything-but\":[5,1]}", "{\"anything-but\":{\"prefix\":\"a\"}}",
                "{\"anything-but\":{\"suffix\":[\"c\",\"x\"]}}",
                "{\"anything-but\":{\"equals-ignore-case\":\"abc\"}}",
                "{\"anything-but\":{\"wildcard\":\"*b*\"}}",
            ])
        }
    }

    private mutating func wildcard() -> String {
        pick([
            "*", "a*", "*c", "a*c", "*b*", "bot/*/x", "bot/*/*", "*/1/*", "a*b*c", "*abc*x", "*😀*",
            "a\\\\*b", "*a*a*", "*abcd*", "*\\\\\\\\*",
        ])
    }
}
