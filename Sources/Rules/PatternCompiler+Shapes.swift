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
                        + "{\"suffix\": \"b\"}] passes when either does. That a value passes both "
                        + "is asked by one wildcard, a*b, or by a range of two bounds.",
                instead: name == nil ? Self.apart(object) : nil)
        }
        return member
    }

    /// Several operators in one pair of braces: both at once where one test says so; and each in
    /// braces of its own where absence is one of them, since no value answers both.
    private static func apart(_ object: JSONObject) -> [JSONValue]? {
        if object.count == 2, let start = object["prefix"]?.string,
            let end = object["suffix"]?.string
        {
            let text = "\(PatternAdvice.escaped(start))*\(PatternAdvice.escaped(end))"
            return [["wildcard": .string(text)]]
        }
        if let range = meantRange(.object(object)) { return range }
        guard let presence = object["exists"]?.bool else { return nil }
        let others = JSONObject(
            object.members.filter { $0.key != "exists" }.map { ($0.key, $0.value) })
        guard presence, others.count == 1 else { return list(ofOperators: object)?.array }
        return list(ofOperators: others)?.array
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
