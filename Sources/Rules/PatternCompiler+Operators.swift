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
        _ element: JSONValue, at place: @autoclosure () -> JSONPointer
    ) throws(PatternRefusal) -> ValueTest {
        try count(at: place())
        switch element {
        case .null: return .null
        case .bool(let bool): return .bool(bool)
        case .string(let string): return .string(Array(string.utf8))
        case .number(let number): return .number(try decimal(number, at: place(), nil))
        case .array:
            throw refusal(
                place(), "a list inside a list of tests means nothing", nil,
                "Write the values side by side in the outer list.", instead: element.array)
        case .object(let object):
            // Places inside a list are named by refusals only.
            let pointer = isAccepted ? .root : place()
            let member = try only(object, at: pointer, nil)
            return try test(member, at: isAccepted ? .root : pointer.appending(member.key))
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
                    "Write it without quotes: true for a field that is there, false for one that "
                        + "is not.", instead: Self.presence(operand))
            }
            return isThere ? .exists : .absent
        case "cidr":
            guard let block = AddressBlock(try string(operand, at: pointer, name)) else {
                throw refusal(
                    pointer, "this is no block of addresses", name,
                    "Write an IPv4 or IPv6 address, a slash and the number of leading bits: "
                        + "10.0.0.0/8, 2001:db8::/32; one address is /32 or /128.",
                    instead: operand.string.flatMap { text in
                        ["/32", "/128"].first { AddressBlock(text + $0) != nil }.map {
                            [["cidr": .string(text + $0)]]
                        }
                    })
            }
            return .cidr(block)
        default:
            throw unknown(name, operand, at: pointer)
        }
    }

    private func unknown(
        _ name: String, _ operand: JSONValue, at pointer: JSONPointer
    ) -> PatternRefusal {
        let names = Self.operators.map(\.name)
        if name == "$or" {
            return refusal(
                pointer, "$or stands in place of a field, not inside a list", name,
                "One list is a choice already; put the tests side by side.",
                instead: operand.array)
        }
        let what =
            Self.reserved.contains(name)
            ? "the operator is not in this language" : "there is no operator of this name"
        let accepted = "Accepted are \(names.joined(separator: ", "))."
        // What another language calls it, the nearest spelling, or a field in the wrong place.
        if let tests = PatternAdvice.tests(name, operand) {
            return refusal(
                pointer, what, String(name.prefix(60)),
                "\(PatternAdvice.note(on: name) ?? "")\(accepted)", instead: tests)
        }
        if let near = Spelling.nearest(to: name, among: names) {
            return refusal(
                pointer, what, String(name.prefix(60)),
                "Did you mean \"\(near)\"? \(accepted)",
                instead: [.test(near, operand)])
        }
        let value = operand.array != nil || operand.object != nil ? operand : [operand]
        let field = JSONValue.test(name, value)
        // Of what is a text there is nothing inside.
        let way = open?.pointer.tokens.flatMap { $0.split(separator: ".").map(String.init) } ?? []
        let mayHoldFields =
            if case .nothing = EventShape().place(way + [name]) { false } else { true }
        let isAlone =
            open?.list.count == 1 && !isTrial && !Self.reserved.contains(name) && mayHoldFields
            && !PatternAdvice.isWord(name)
        let nesting =
            Self.reserved.contains(name)
            ? ""
            : " To ask for a field inside an object, nest it without a list: "
                + "{\"entity\": {\"id\": [\"1\"]}}."
        return PatternRefusal(
            pointer: pointer, operatorName: String(name.prefix(60)), what: what,
            advice: "\(PatternAdvice.note(on: name) ?? "")\(accepted)\(nesting)",
            correction: isAlone ? open.flatMap { Self.instead(field, at: $0.pointer) } : nil)
    }

    /// `exists` with its operand in words or numbers.
    private static func presence(_ operand: JSONValue) -> [JSONValue]? {
        truth(of: operand).map { [["exists": .bool($0)]] }
    }

    /// A yes or no, in whatever words.
    static func truth(of operand: JSONValue) -> Bool? {
        if let bool = operand.bool { return bool }
        if operand == .null { return false }
        let word = (operand.string ?? operand.number?.text)?.lowercased()
        switch word {
        case "true", "yes", "1", "on": return true
        case "false", "no", "0", "off", "null": return false
        default: return nil
        }
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
                        + "string, or {\"\(name)\": {\"equals-ignore-case\": \"bot\"}}.",
                    instead: Self.turned(name, nested))
            }
            let place = pointer.appending(nested.key)
            let text = FoldedText(
                try string(nested.value, at: place, nested.key) { operand in
                    .test(name, ["equals-ignore-case": operand])
                })
            return name == "prefix" ? .prefixIgnoringCase(text) : .suffixIgnoringCase(text)
        }
        let text = Array(try string(operand, at: pointer, name).utf8)
        return name == "prefix" ? .prefix(text) : .suffix(text)
    }

    /// An operator inside `prefix` or `suffix`, the right way round.
    private static func turned(_ name: String, _ nested: JSONObject.Member) -> [JSONValue] {
        if nested.key == "anything-but" { return [["anything-but": .test(name, nested.value)]] }
        let isOperator = operators.contains { $0.name == nested.key }
        return isOperator
            ? [.test(nested.key, nested.value)]
            : [.test(name, ["equals-ignore-case": nested.value])]
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
                    "Write only strings where the field holds strings, only numbers where it "
                        + "holds numbers; what is of the other type passes anyway.",
                    instead: [
                        ["anything-but": .array(values.filter { ($0.number != nil) == areNumbers })]
                    ])
            default:
                throw refusal(
                    operand.array == nil ? pointer : pointer.appending(index),
                    "anything-but takes strings or numbers, not \(value.kind)", "anything-but",
                    value.object == nil
                        ? Self.example("anything-but")
                        : "One operator takes the whole list: "
                            + "{\"anything-but\": {\"prefix\": [\"bot.\", \"app.\"]}}.",
                    instead: Self.allBut(value, of: values))
            }
        }
        return excluded
    }

    /// What the negation of an operator that it does not take is, where another test says it.
    static func allBut(
        _ nested: JSONObject.Member, _ names: [String]
    ) -> [JSONValue]? {
        switch (nested.key, nested.value) {
        case ("exists", .bool(let isThere)):
            return [["exists": .bool(!isThere)]]
        case ("exactly", let value), ("anything-but", let value):
            return nested.key == "exactly" ? [["anything-but": value]] : value.array ?? [value]
        case ("numeric", .array(let terms)) where terms.count == 2:
            let opposite = ["<": ">=", "<=": ">", ">": "<=", ">=": "<"]
            if terms[0] == "=" { return [["anything-but": terms[1]]] }
            guard let word = terms[0].string, let other = opposite[word] else { return nil }
            return [["numeric": [.string(other), terms[1]]]]
        case ("numeric", .array(let terms)) where terms.count == 4:
            let opposite = ["<": ">=", "<=": ">", ">": "<=", ">=": "<"]
            guard let lower = terms[0].string.flatMap({ opposite[$0] }),
                let upper = terms[2].string.flatMap({ opposite[$0] })
            else { return nil }
            return [
                ["numeric": [.string(lower), terms[1]]], ["numeric": [.string(upper), terms[3]]],
            ]
        default:
            return Spelling.nearest(to: nested.key, among: names).map { near in
                [["anything-but": .test(near, nested.value)]]
            }
        }
    }

    /// `anything-but` of a boolean, or of operators in a list.
    private static func allBut(_ value: JSONValue, of values: [JSONValue]) -> [JSONValue]? {
        switch value {
        case .bool(let bool) where values.count == 1:
            return [.bool(!bool)]
        case .null where values.count == 1:
            return nil
        case .array(let list) where values.count == 1:
            return [["anything-but": .array(list)]]
        case .object:
            let members = values.compactMap { $0.object?.members.first }
            guard members.count == values.count, let name = members.first?.key,
                members.allSatisfy({ $0.key == name })
            else { return nil }
            let operands = members.flatMap { $0.value.array ?? [$0.value] }
            return [["anything-but": .object(JSONObject([(name, .array(operands))]))]]
        default:
            return nil
        }
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
                    + "\(names.joined(separator: ", ")).", instead: Self.allBut(nested, names))
        }
        var excluded: [ValueTest] = []
        for (index, value) in try list(nested.value, at: pointer, name).enumerated() {
            let place = nested.value.array == nil ? pointer : pointer.appending(index)
            if name == "wildcard" {
                excluded.append(.wildcard(try wildcard(value, at: place, name)))
                continue
            }
            let text = try string(value, at: place, name) { _ in nil }
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
}
