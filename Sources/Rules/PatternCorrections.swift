import StrictJSON

// What was probably meant. Nothing is proposed that would be refused in its turn.
extension PatternCompiler {
    /// The element that is being read with others in its place, as the whole list of its field.
    func instead(_ elements: [JSONValue]?) -> PatternCorrection? {
        guard let elements, let open, !elements.isEmpty else { return nil }
        var list = open.list
        list.replaceSubrange(open.index...open.index, with: elements)
        guard Self.accepts(["field": .array(list)]) else { return nil }
        return PatternCorrection(pointer: open.pointer, value: .array(list))
    }

    /// Another value for the field at `pointer`.
    static func instead(_ value: JSONValue, at pointer: JSONPointer) -> PatternCorrection? {
        let pattern: JSONValue = pointer == .root ? value : ["field": value]
        guard accepts(pattern) else { return nil }
        return PatternCorrection(pointer: pointer, value: value)
    }

    private static func accepts(_ pattern: JSONValue) -> Bool {
        var compiler = PatternCompiler(.trial)
        return (try? compiler.compile(pattern)) != nil
    }

    /// The list of tests that an object stands for whose members are all operators, or words like
    /// them, without the list and the braces around each.
    static func list(ofOperators object: JSONObject) -> JSONValue? {
        var list: [JSONValue] = []
        for member in object.members {
            if operators.contains(where: { $0.name == member.key }) {
                list.append(.test(member.key, member.value))
            } else if let tests = PatternAdvice.tests(member.key, member.value) {
                list += tests
            } else if let near = Spelling.nearest(to: member.key, among: operators.map(\.name)) {
                list.append(.test(near, member.value))
            } else {
                return nil
            }
        }
        return list.isEmpty ? nil : .array(list)
    }

    /// A field whose value has no list around it; `nil` when its name is one of an operator.
    func unlisted(
        _ member: JSONObject.Member, in object: JSONObject, at pointer: JSONPointer
    ) -> PatternRefusal {
        let parent = JSONPointer(tokens: pointer.tokens.dropLast())
        // These two are objects, and what is called like an operator there is a field.
        let isObject = [["data"], ["entity"]].contains(parent.tokens)
        if !isTrial, !isObject, Self.list(ofOperators: object) != nil {
            let list = Self.together(object).map { JSONValue.array($0) }
            let isRoot = parent == .root
            let word = parent.tokens.last.map { $0.lowercased().filter { $0 != "$" } }
            let correction =
                Self.negationWords.contains(word ?? "")
                ? Self.negated(object, at: JSONPointer(tokens: parent.tokens.dropLast()))
                : list.flatMap { Self.instead(isRoot ? ["type": $0] : $0, at: parent) }
            return PatternRefusal(
                pointer: pointer, operatorName: nil,
                what: "\"\(member.key)\" is read as the name of a field here, and a field takes a "
                    + "list of tests, not \(member.value.kind)",
                advice: "An operator stands inside the list of its field, in braces of its own.",
                correction: correction)
        }
        let advice =
            switch member.value {
            case .null: "Put null into a list; [{\"exists\": false}] asks that there be no field."
            case .string(let text) where text.contains("*"):
                "Put the value into a list; if * is to stand for any text, write "
                    + "[{\"wildcard\": \(JSONValue.string(text).excerpt)}]."
            default: "Put the value into a list: [\(member.value.excerpt)]."
            }
        let correction = isTrial ? nil : Self.instead([member.value], at: pointer)
        let isPlain = advice.hasPrefix("Put the value into a list:")
        return PatternRefusal(
            pointer: pointer, operatorName: nil,
            what: "a field takes a list of tests, not \(member.value.kind)",
            advice: isPlain && correction?.snippet != nil ? "Put the value into a list." : advice,
            correction: correction)
    }

    /// `{"n": {"not": {"prefix": "a"}}}`: all values but those, at the field that stands outside.
    private static func negated(
        _ object: JSONObject, at pointer: JSONPointer
    ) -> PatternCorrection? {
        guard let list = list(ofOperators: object)?.array, list.count == 1,
            let member = list[0].object?.members.first, pointer != .root
        else { return nil }
        let all = JSONValue.array([["anything-but": list[0]]])
        return instead(all, at: pointer)
            ?? allBut(member, []).flatMap { instead(.array($0), at: pointer) }
    }

    /// What an operand of `$or` that is refused was probably meant to be.
    static func meantBranches(_ value: JSONValue, at pointer: JSONPointer) -> PatternCorrection? {
        if case .object(let object) = value, object.count > 1 {
            let branches = JSONValue.array(
                object.members.map { .object(JSONObject([($0.key, $0.value)])) })
            guard accepts(["$or": branches]) else { return nil }
            return PatternCorrection(pointer: pointer, value: branches)
        }
        // Values and operators of one field: its own list is the choice.
        let parent = JSONPointer(tokens: pointer.tokens.dropLast())
        guard parent != .root, case .array(let list) = value else { return nil }
        return instead(.array(list), at: parent)
    }

    /// A whole rule where only its `match` belongs, or a list of patterns.
    func misplacedPattern(_ json: JSONValue) -> PatternRefusal? {
        if !isTrial, case .array(let list) = json, list.count > 1,
            list.allSatisfy({ $0.object != nil })
        {
            return PatternRefusal(
                pointer: .root, operatorName: nil, what: "a pattern is an object, not a list",
                advice: "A choice between objects is spelled $or.",
                correction: Self.instead(["$or": json], at: .root))
        }
        let isRule =
            json["match"]?.object != nil
            && (json["name"]?.string != nil || json["copy"]?[0]?["connection"] != nil
                || json["cooldown"]?.string != nil || json["enabled"]?.bool != nil)
        guard isRule, let match = json["match"] else { return nil }
        return PatternRefusal(
            pointer: .root, operatorName: nil, what: "this is a whole rule, not a pattern",
            advice: "Give what stands under \"match\" alone.",
            correction: isTrial ? nil : Self.instead(match, at: .root))
    }

    private static let alternativeWords: Set = [
        "or", "any", "anyof", "either", "oneof", "some", "should", "||",
    ]
    private static let conjunctionWords: Set = ["and", "all", "allof", "every", "must", "&&"]
    private static let negationWords: Set = ["not", "nor", "none", "mustnot"]
    private static let choiceWords = alternativeWords.union(conjunctionWords).union(negationWords)

    /// `or`, `$and` and `not` of other languages, over objects.
    func misspelledChoice(
        _ member: JSONObject.Member, in object: JSONObject, at pointer: JSONPointer
    ) -> PatternRefusal? {
        // A word without its dollar is a field of that name, unless a list of objects follows.
        let isList = member.value[0]?.object != nil
        guard !isTrial, isList || member.key.hasPrefix("$"), member.key != "$or" else { return nil }
        let branches = member.value.array ?? [member.value]
        let areObjects = branches.allSatisfy { branch in
            branch.object?.members.allSatisfy { $0.value.array != nil || $0.value.object != nil }
                == true
        }
        guard areObjects, !branches.isEmpty else { return nil }
        let word = member.key.lowercased().filter { $0 != "$" && $0 != "_" && $0 != "-" }
        guard Self.choiceWords.contains(word) else { return nil }
        // A field may be called so, and its tests have operands that are lists.
        guard !isList || !Self.accepts(["field": member.value]) else { return nil }
        let parent = JSONPointer(tokens: pointer.tokens.dropLast())
        func refusal(_ what: String, _ advice: String, _ members: [(String, JSONValue)]?)
            -> PatternRefusal
        {
            PatternRefusal(
                pointer: pointer, operatorName: member.key, what: what, advice: advice,
                correction: members.flatMap {
                    Self.instead(.object(JSONObject($0)), at: parent)
                })
        }
        let others = object.members.filter { $0.key != member.key }.map { ($0.key, $0.value) }
        switch word {
        case _ where Self.alternativeWords.contains(word):
            guard member.value.array != nil else { return nil }
            return refusal(
                "this list of objects is no list of tests",
                "A choice between objects is spelled $or.", others + [("$or", member.value)])
        case _ where Self.conjunctionWords.contains(word):
            let merged = branches.flatMap { $0.object?.members ?? [] }.map { ($0.key, $0.value) }
            let isDisjoint = Set((others + merged).map(\.0)).count == others.count + merged.count
            return refusal(
                "this list of objects is no list of tests",
                "The fields of one object must all hold already, so it needs no word.",
                isDisjoint ? others + merged : nil)
        default:
            return refusal(
                "there is no negation of a whole object",
                "Negate each field by itself: {\"type\": [{\"anything-but\": "
                    + "[\"bot.deleted\"]}]}.", nil)
        }
    }

    /// An object of fields inside the list of a field.
    func misplacedFields(_ list: [JSONValue], at pointer: JSONPointer) -> PatternRefusal? {
        for (index, element) in list.enumerated() {
            guard case .object(let object) = element, !object.isEmpty,
                object.members.allSatisfy({ Self.isField($0) }), let first = object.members.first
            else { continue }
            let objects = list.filter { $0.object != nil }
            let value: JSONValue = list.count > 1 ? ["$or": .array(list)] : element
            return PatternRefusal(
                pointer: pointer.appending(index).appending(first.key), operatorName: nil,
                what: "\"\(first.key)\" is no operator, and fields do not stand inside a list",
                advice: "Nest fields without a list; elements of lists in the event are entered "
                    + "by themselves.",
                correction: objects.count == list.count ? Self.instead(value, at: pointer) : nil)
        }
        return nil
    }

    private static func isField(_ member: JSONObject.Member) -> Bool {
        guard member.value.array != nil || member.value.object != nil else { return false }
        return member.key != "$or" && !reserved.contains(member.key)
            && PatternAdvice.tests(member.key, member.value) == nil
            && Spelling.nearest(to: member.key, among: operators.map(\.name)) == nil
    }
}
