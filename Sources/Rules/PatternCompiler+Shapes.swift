import StrictJSON

// What operands have in common: their types, their number, their bounds.
extension PatternCompiler {
    func only(
        _ object: JSONObject, at pointer: JSONPointer, _ name: String?
    ) throws(PatternRefusal) -> JSONObject.Member {
        guard object.count == 1, let member = object.members.first else {
            throw refusal(
                pointer, "an operator is an object with exactly one member, not \(object.count)",
                name,
                name == "anything-but"
                    ? "Name one operator; what starts with a or ends with b is excluded by "
                        + "{\"anything-but\": {\"wildcard\": [\"a*\", \"*b\"]}}."
                    : "Write one object for each operator: [{\"prefix\": \"a\"}, "
                        + "{\"suffix\": \"b\"}] passes when either does. Both at once can be "
                        + "asked of bounds, in one range, and of a start and an end, as a*b.",
                instead: name == nil ? Self.together(object) : nil)
        }
        return member
    }

    /// What several operators ask of one value at once, where a list says so, which is a choice.
    ///
    /// Absence is beside anything a choice, since no value answers both.
    static func together(_ object: JSONObject) -> [JSONValue]? {
        if object.count < 2 { return list(ofOperators: object)?.array }
        if let presence = object["exists"]?.bool {
            let others = JSONObject(
                object.members.filter { $0.key != "exists" }.map { ($0.key, $0.value) })
            guard let found = together(others) else { return nil }
            return presence ? found : [["exists": false]] + found
        }
        if object.count == 2, let start = object["prefix"]?.string,
            let end = object["suffix"]?.string, !start.isEmpty, !end.isEmpty
        {
            return starting(start, ending: end)
        }
        return meantRange(.object(object))
    }

    /// A wildcard, and the texts that are too short for it, since their start and end overlap.
    ///
    /// - Returns: `nil` for texts that are too long for a message: overlaps grow as their square.
    private static func starting(_ start: String, ending end: String) -> [JSONValue]? {
        guard start.utf8.count + end.utf8.count <= PatternCorrection.snippetMax else { return nil }
        let text = "\(PatternAdvice.escaped(start))*\(PatternAdvice.escaped(end))"
        let (first, last) = (Array(start.utf8), Array(end.utf8))
        let shared = (1...min(first.count, last.count)).filter {
            first.suffix($0).elementsEqual(last.prefix($0))
        }
        return [["wildcard": .string(text)]]
            + shared.reversed().map {
                .string(String(decoding: first + last.dropFirst($0), as: UTF8.self))
            }
    }

    /// - Parameter element: The element of the list with another operand, for a correction; by
    ///   default the operator alone with it.
    func string(
        _ operand: JSONValue, at pointer: JSONPointer, _ name: String,
        in element: ((JSONValue) -> JSONValue?)? = nil
    ) throws(PatternRefusal) -> String {
        guard case .string(let string) = operand else {
            let meant = (operand.array ?? [operand]).compactMap { value -> JSONValue? in
                guard let text = value.text.map({ JSONValue.string($0) }) else { return nil }
                return element.map { $0(text) } ?? .test(name, text)
            }
            let isWhole = meant.count == (operand.array ?? [operand]).count
            throw refusal(
                pointer, "\(name) takes a string, not \(operand.kind)", name,
                operand.array == nil
                    ? Self.example(name)
                    : "\(Self.example(name)) For a choice write one object for each string.",
                instead: isWhole ? meant : nil)
        }
        return string
    }

    /// One value or a list of values, counted.
    mutating func list(
        _ operand: JSONValue, at pointer: JSONPointer, _ name: String
    ) throws(PatternRefusal) -> [JSONValue] {
        let values = operand.array ?? [operand]
        guard !values.isEmpty else {
            throw refusal(
                pointer, "an empty list excludes nothing", name,
                "Name at least one value, or write {\"exists\": true}.")
        }
        for _ in values { try count(at: pointer) }
        return values
    }

    mutating func count(at pointer: @autoclosure () -> JSONPointer) throws(PatternRefusal) {
        tests += 1
        guard tests <= Pattern.Limits.testsMax else {
            throw refusal(
                pointer(), "there are more than \(Pattern.Limits.testsMax) tests, the limit",
                "Ask for fewer values, or split the rule.")
        }
    }

    func decimal(
        _ number: JSONNumber, at pointer: @autoclosure () -> JSONPointer, _ name: String?
    ) throws(PatternRefusal) -> ExactDecimal {
        guard number.text.utf8.count <= Pattern.Limits.numberBytesMax else {
            throw refusal(
                pointer(),
                "the number is longer than \(Pattern.Limits.numberBytesMax) characters, the limit",
                name, "Write a number of ordinary size.")
        }
        let decimal = ExactDecimal(number)
        guard decimal.isInRange else {
            throw refusal(
                pointer(), "the exponent is beyond \(ExactDecimal.exponentMax), the limit", name,
                "Write a number of ordinary size.")
        }
        return decimal
    }
}
