import StrictJSON

// What may stand in the list of a field.
extension PatternCompiler {
    /// Every operator with an example that is accepted.
    static let operators: [(name: String, example: String)] = [
        ("prefix", #"{"prefix": "bot."}"#),
        ("suffix", #"{"suffix": ".published"}"#),
        ("anything-but", #"{"anything-but": ["bot.deleted"]}"#),
        ("exists", #"{"exists": true}"#),
        ("numeric", #"{"numeric": [">", 0, "<=", 5]}"#),
        ("equals-ignore-case", #"{"equals-ignore-case": "Bot"}"#),
        ("wildcard", #"{"wildcard": "bot.*"}"#),
        ("cidr", #"{"cidr": "10.0.0.0/8"}"#),
        ("exactly", #"{"exactly": "bot.published"}"#),
    ]

    static func example(_ name: String) -> String {
        let example = operators.first { $0.name == name }?.example ?? "{\"\(name)\": ...}"
        return "Write it as in \(example)."
    }

    mutating func test(
        _ element: JSONValue, at pointer: JSONPointer
    ) throws(PatternRefusal) -> ValueTest {
        try count(at: pointer)
        switch element {
        case .null: return .null
        case .bool(let bool): return .bool(bool)
        case .string(let string): return .string(Array(string.utf8))
        case .number(let number): return .number(try decimal(number, at: pointer, nil))
        case .array:
            throw refusal(
                pointer, "a list inside a list of tests means nothing",
                "Write the values side by side in the outer list.")
        case .object(let object):
            let member = try only(object, at: pointer, nil)
            return try test(member, at: pointer.appending(member.key))
        }
    }

    private mutating func test(
        _ member: JSONObject.Member, at pointer: JSONPointer
    ) throws(PatternRefusal) -> ValueTest {
        let (name, operand) = (member.key, member.value)
        switch name {
        case "exactly":
            return .string(Array(try string(operand, at: pointer, name).utf8))
        case "prefix", "suffix":
            return try affix(name, operand, at: pointer)
        case "equals-ignore-case":
            return .equalsIgnoringCase(FoldedText(try string(operand, at: pointer, name)))
        case "wildcard":
            return .wildcard(try wildcard(operand, at: pointer, name))
        case "anything-but":
            return .anythingBut(try excluded(operand, at: pointer))
        case "numeric":
            return .numeric(try range(operand, at: pointer))
        case "exists":
            guard case .bool(let isThere) = operand else {
                throw refusal(
                    pointer, "exists takes true or false, not \(operand.kind)", name,
                    Self.example(name))
            }
            return isThere ? .exists : .absent
        case "cidr":
            guard let block = AddressBlock(try string(operand, at: pointer, name)) else {
                throw refusal(
                    pointer, "this is no block of addresses", name,
                    "Write an IPv4 or IPv6 address, a slash and the number of leading bits: "
                        + "10.0.0.0/8, 2001:db8::/32; one address is /32 or /128.")
            }
            return .cidr(block)
        default:
            throw unknown(name, at: pointer)
        }
    }

    private func unknown(_ name: String, at pointer: JSONPointer) -> PatternRefusal {
        let names = Self.operators.map(\.name)
        let hint = Spelling.hint(for: name, among: names)
        let what =
            Self.reserved.contains(name)
            ? "the operator is not in this language" : "there is no operator of this name"
        return refusal(
            pointer, what, String(name.prefix(60)),
            "\(hint)Accepted are \(names.joined(separator: ", ")). To ask for a field inside an "
                + "object, nest it without a list: {\"entity\": {\"id\": [\"1\"]}}.")
    }

    // MARK: - Operands

    private mutating func affix(
        _ name: String, _ operand: JSONValue, at pointer: JSONPointer
    ) throws(PatternRefusal) -> ValueTest {
        if case .object(let object) = operand {
            let nested = try only(object, at: pointer, name)
            guard nested.key == "equals-ignore-case" else {
                throw refusal(
                    pointer.appending(nested.key), "\(name) takes no such operator", name,
                    "\(Spelling.hint(for: nested.key, among: ["equals-ignore-case"]))Write a "
                        + "string, or {\"\(name)\": {\"equals-ignore-case\": \"bot\"}}.")
            }
            let place = pointer.appending(nested.key)
            let text = FoldedText(try string(nested.value, at: place, nested.key))
            return name == "prefix" ? .prefixIgnoringCase(text) : .suffixIgnoringCase(text)
        }
        let text = Array(try string(operand, at: pointer, name).utf8)
        return name == "prefix" ? .prefix(text) : .suffix(text)
    }

    private mutating func excluded(
        _ operand: JSONValue, at pointer: JSONPointer
    ) throws(PatternRefusal) -> [ValueTest] {
        if case .object(let object) = operand {
            let nested = try only(object, at: pointer, "anything-but")
            return try excluded(nested, at: pointer.appending(nested.key))
        }
        let values = try list(operand, at: pointer, "anything-but")
        let areNumbers = values.first?.number != nil
        var excluded: [ValueTest] = []
        for (index, value) in values.enumerated() {
            switch value {
            case .string(let string) where !areNumbers:
                excluded.append(.string(Array(string.utf8)))
            case .number(let number) where areNumbers:
                excluded.append(.number(try decimal(number, at: pointer, "anything-but")))
            case .string, .number:
                throw refusal(
                    operand.array == nil ? pointer : pointer.appending(index),
                    "strings and numbers cannot be mixed in one list", "anything-but",
                    "Write only strings or only numbers; two fields can say the rest.")
            default:
                throw refusal(
                    operand.array == nil ? pointer : pointer.appending(index),
                    "anything-but takes strings or numbers, not \(value.kind)", "anything-but",
                    Self.example("anything-but"))
            }
        }
        return excluded
    }

    private mutating func excluded(
        _ nested: JSONObject.Member, at pointer: JSONPointer
    ) throws(PatternRefusal) -> [ValueTest] {
        let name = nested.key
        guard ["prefix", "suffix", "equals-ignore-case", "wildcard"].contains(name) else {
            let names = ["prefix", "suffix", "equals-ignore-case", "wildcard"]
            throw refusal(
                pointer, "anything-but takes no such operator", "anything-but",
                "\(Spelling.hint(for: name, among: names))Write values, or one of "
                    + "\(names.joined(separator: ", ")).")
        }
        var excluded: [ValueTest] = []
        for (index, value) in try list(nested.value, at: pointer, name).enumerated() {
            let place = nested.value.array == nil ? pointer : pointer.appending(index)
            if name == "wildcard" {
                excluded.append(.wildcard(try wildcard(value, at: place, name)))
                continue
            }
            let text = try string(value, at: place, name)
            if name == "equals-ignore-case" {
                excluded.append(.equalsIgnoringCase(FoldedText(text)))
                continue
            }
            guard !text.isEmpty else {
                throw refusal(
                    place, "every string has the empty \(name), so nothing would be left", name,
                    "Write at least one character.")
            }
            excluded.append(
                name == "prefix" ? .prefix(Array(text.utf8)) : .suffix(Array(text.utf8)))
        }
        return excluded
    }

    private func range(
        _ operand: JSONValue, at pointer: JSONPointer
    ) throws(PatternRefusal) -> NumericRange {
        let remedy =
            "Write one comparison (= < <= > >=) and a number, or a lower bound and an "
            + "upper one: [\">=\", 0, \"<\", 100]."
        guard case .array(let terms) = operand, terms.count == 2 || terms.count == 4 else {
            throw refusal(
                pointer, "numeric takes a list of two or four terms", "numeric", remedy)
        }
        var bounds: [NumericRange.Bound] = []
        for index in stride(from: 0, to: terms.count, by: 2) {
            guard let word = terms[index].string,
                let comparison = NumericRange.Comparison(rawValue: word)
            else {
                throw refusal(
                    pointer.appending(index), "this is no comparison", "numeric", remedy)
            }
            guard let number = terms[index + 1].number else {
                throw refusal(
                    pointer.appending(index + 1),
                    "a comparison takes a number, not \(terms[index + 1].kind)", "numeric",
                    "Write the number without quotes: [\"\(word)\", 100].")
            }
            let value = try decimal(number, at: pointer.appending(index + 1), "numeric")
            bounds.append(NumericRange.Bound(comparison: comparison, value: value))
        }
        if bounds.count == 2 {
            guard [.greater, .greaterOrEqual].contains(bounds[0].comparison),
                [.less, .lessOrEqual].contains(bounds[1].comparison)
            else {
                throw refusal(
                    pointer,
                    "of two bounds the lower one (> or >=) comes first, then the upper "
                        + "one (< or <=)", "numeric", remedy)
            }
            guard bounds[0].value < bounds[1].value else {
                throw refusal(
                    pointer, "the lower bound is not below the upper one", "numeric",
                    "Swap the numbers; for one number write [\"=\", 5].")
            }
        }
        return NumericRange(bounds: bounds)
    }

    private func wildcard(
        _ operand: JSONValue, at pointer: JSONPointer, _ name: String
    ) throws(PatternRefusal) -> Wildcard {
        let text = try string(operand, at: pointer, name)
        do throws(Wildcard.Fault) {
            return try Wildcard(text)
        } catch {
            let (what, remedy) =
                switch error {
                case .doubledStar:
                    ("two stars stand side by side", "One star stands for any run of characters.")
                case .unknownEscape:
                    (
                        "a backslash escapes neither a star nor a backslash",
                        "Write \\* for a star and \\\\ for a backslash, each backslash doubled "
                            + "again inside JSON quotes."
                    )
                case .tooManyStars:
                    (
                        "there are more than \(Wildcard.starsMax) stars, the limit",
                        "Use fewer stars."
                    )
                case .tooLong:
                    (
                        "the text is longer than \(Wildcard.bytesMax) bytes, the limit",
                        "Use a shorter text."
                    )
                }
            throw refusal(pointer, what, name, remedy)
        }
    }
}
