import StrictJSON

/// Turns the text of a pattern into leaves and alternatives, or refuses it.
struct PatternCompiler {
    private(set) var leaves: [PatternLeaf] = []
    /// By leaf, a hash of its path's bytes: what tells most of them apart.
    private var pathHashes: [Int] = []
    var tests = 0
    /// The element that is being read, and the list it stands in.
    private(set) var open: (pointer: JSONPointer, list: [JSONValue], index: Int)?
    private let reading: Reading

    init(_ reading: Reading = .first) { self.reading = reading }

    /// What a pattern is read for.
    enum Reading {
        /// To be accepted or refused.
        case first
        /// To see whether a proposal would be accepted; what is refused has none of its own.
        case trial
        /// For its meaning, after it was accepted: nobody looks for mistakes.
        case again
    }

    var isTrial: Bool { reading != .first }
    var isAccepted: Bool { reading == .again }

    /// Words that mean something inside a list or a branch of `$or`, in the language we follow.
    ///
    /// A branch that names one is a mistake, never a field of that name.
    static let reserved = Set([
        "exactly", "prefix", "suffix", "equals-ignore-case", "wildcard", "shellstyle", "regexp",
        "anything-but", "numeric", "exists", "cidr", "=", "<", "<=", ">", ">=", "regex",
        "not-wildcard", "not-equals-ignore-case", "date-after", "date-on-or-after", "date-before",
        "date-on-or-before", "in-date-range", "ip-address-in-range", "ip-address-not-in-range",
    ])

    /// The alternatives of a pattern, each a conjunction without repeated paths.
    mutating func compile(_ json: JSONValue) throws(PatternRefusal) -> [[PatternCondition]] {
        if !isAccepted, let misplaced = misplacedPattern(json) { throw misplaced }
        guard case .object(let object) = json else {
            throw refusal(
                .root, "a pattern is an object, not \(json.kind)",
                "Write an object of fields, such as {\"type\": [\"bot.published\"]}.")
        }
        var alternatives: [[PatternCondition]] = [[]]
        // Most patterns are no larger, and arrays that grow are most of the time it takes.
        alternatives[0].reserveCapacity(4)
        leaves.reserveCapacity(4)
        pathHashes.reserveCapacity(4)
        try compile(object, at: .root, path: [], into: &alternatives)
        return alternatives
    }

    /// Adds what an object asks for to every alternative.
    private mutating func compile(
        _ object: JSONObject, at pointer: JSONPointer, path: [String],
        into alternatives: inout [[PatternCondition]]
    ) throws(PatternRefusal) {
        guard !object.isEmpty else {
            throw refusal(
                pointer, "an empty object asks nothing",
                "Name at least one field; {\"type\": [{\"exists\": true}]} matches every event.")
        }
        guard pointer.tokens.count < Pattern.Limits.depthMax else {
            throw refusal(
                pointer,
                "objects are nested deeper than \(Pattern.Limits.depthMax), the limit; a branch of "
                    + "$or counts for two",
                "Ask for fields closer to the root.")
        }
        for member in object.members {
            let place = pointer.appending(member.key)
            if !isAccepted, let misspelled = misspelledChoice(member, in: object, at: place) {
                throw misspelled
            }
            if member.key == "$or" {
                let choices = try branches(member.value, at: place, path: path)
                try combine(&alternatives, with: choices, at: place)
                continue
            }
            let path = Self.path(path, member.key, at: place)
            switch member.value {
            case .object(let object):
                try compile(object, at: place, path: path, into: &alternatives)
            case .array(let list):
                try leaf(list, at: place, path: path, into: &alternatives)
            default:
                throw unlisted(member, in: object, at: place)
            }
        }
    }

    private mutating func leaf(
        _ list: [JSONValue], at pointer: JSONPointer, path: [String],
        into alternatives: inout [[PatternCondition]]
    ) throws(PatternRefusal) {
        guard !list.isEmpty else {
            throw refusal(
                pointer, "an empty list can never match",
                "Name at least one value or test; [{\"exists\": false}] asks for absence.")
        }
        // One dotted key makes as many steps as objects within objects do.
        guard path.count <= Pattern.Limits.depthMax else {
            throw refusal(
                pointer,
                "a field of \(path.count) steps is deeper than \(Pattern.Limits.depthMax), the "
                    + "limit",
                "Ask for fields closer to the root; each dot in a name is a step.")
        }
        if !isTrial, let misplaced = misplacedFields(list, at: pointer) { throw misplaced }
        var compiled: [ValueTest] = []
        compiled.reserveCapacity(list.count)
        open = (pointer, list, 0)
        for (index, element) in list.enumerated() {
            open?.index = index
            compiled.append(try test(element, at: pointer.appending(index)))
        }
        let number = leaves.count
        leaves.append(
            PatternLeaf(pointer: pointer, path: path, tests: compiled, asked: .array(list)))
        if !isAccepted {
            var hasher = Hasher()
            for step in path { step.hashBytes(into: &hasher) }
            pathHashes.append(hasher.finalize())
        }
        let absences = compiled.count { $0 == .absent }
        let value = PatternCondition(leaf: number, wantsAbsence: false)
        let absence = PatternCondition(leaf: number, wantsAbsence: true)
        if absences > 0, absences < compiled.count {
            try combine(&alternatives, with: [[value], [absence]], at: pointer)
        } else {
            try add(absences == 0 ? value : absence, to: &alternatives, at: pointer)
        }
    }

    /// Mostly a path is what its pointer is, and then they share their memory.
    private static func path(
        _ path: [String], _ key: String, at pointer: JSONPointer
    ) -> [String] {
        let dot = UInt8(ascii: ".")
        guard key.utf8.contains(dot) else {
            let isSame =
                pointer.tokens.count == path.count + 1
                && zip(pointer.tokens, path).allSatisfy { $0.hasSameBytes(as: $1) }
            return isSame ? pointer.tokens : path + [key]
        }
        let steps = key.utf8.split(separator: dot, omittingEmptySubsequences: false)
        return path + steps.map { String(decoding: $0, as: UTF8.self) }
    }

    private mutating func branches(
        _ value: JSONValue, at pointer: JSONPointer, path: [String]
    ) throws(PatternRefusal) -> [[PatternCondition]] {
        let shape =
            "Write a list of two or more objects, such as "
            + "[{\"type\": [\"a\"]}, {\"source\": [\"b\"]}]."
        let meant = isTrial ? nil : Self.meantBranches(value, at: pointer)
        guard case .array(let branches) = value else {
            throw PatternRefusal(
                pointer: pointer, operatorName: "$or",
                what: "$or takes a list, not \(value.kind)", advice: shape, correction: meant)
        }
        guard branches.count >= 2 else {
            throw PatternRefusal(
                pointer: pointer, operatorName: "$or", what: "$or takes at least two branches",
                advice: "\(shape) What has no alternative needs no $or.", correction: meant)
        }
        var choices: [[PatternCondition]] = []
        for (index, branch) in branches.enumerated() {
            let place = pointer.appending(index)
            guard case .object(let object) = branch else {
                throw PatternRefusal(
                    pointer: place, operatorName: "$or",
                    what: "a branch of $or is an object, not \(branch.kind)",
                    advice: "\(shape) Values of one field need no $or: their list is a choice "
                        + "already.", correction: meant)
            }
            if let word = object.keys.first(where: Self.reserved.contains) {
                throw PatternRefusal(
                    pointer: place.appending(word), operatorName: "$or",
                    what: "\"\(word)\" is an operator, and a branch of $or names fields",
                    advice: "Put it into the list of a field: {\"field\": [{\"\(word)\": ...}]}; "
                        + "one list is a choice already.", correction: meant)
            }
            var alternatives: [[PatternCondition]] = [[]]
            try compile(object, at: place, path: path, into: &alternatives)
            choices += alternatives
            try checkCount(choices.count, at: place)
        }
        return choices
    }

    /// Every alternative so far with every choice.
    private func combine(
        _ alternatives: inout [[PatternCondition]], with choices: [[PatternCondition]],
        at pointer: JSONPointer
    ) throws(PatternRefusal) {
        try checkCount(alternatives.count * choices.count, at: pointer)
        var conditions = 0
        for alternative in alternatives where !isAccepted {
            for choice in choices {
                try check(alternative, with: choice, at: pointer, counting: &conditions)
            }
        }
        alternatives = alternatives.flatMap { one in choices.map { one + $0 } }
    }

    /// Every alternative so far with one condition more.
    private func add(
        _ condition: PatternCondition, to alternatives: inout [[PatternCondition]],
        at pointer: JSONPointer
    ) throws(PatternRefusal) {
        var conditions = 0
        for place in alternatives.indices {
            if !isAccepted {
                try check(
                    alternatives[place], with: CollectionOfOne(condition), at: pointer,
                    counting: &conditions)
            }
            alternatives[place].append(condition)
        }
    }

    /// A path must not come twice in one alternative, and there are limits.
    private func check(
        _ alternative: [PatternCondition], with choice: some Collection<PatternCondition>,
        at pointer: JSONPointer, counting conditions: inout Int
    ) throws(PatternRefusal) {
        for condition in choice {
            let number = condition.leaf
            let isTwice = alternative.contains {
                pathHashes[$0.leaf] == pathHashes[number]
                    && leaves[$0.leaf].hasSamePath(as: leaves[number])
            }
            guard !isTwice else {
                throw refusal(
                    leaves[number].pointer,
                    "the field \(leaves[number].path.joined(separator: ".")) is asked for twice",
                    "Merge the two lists, or put the field into the branches of $or only; "
                        + "a dotted key is the same field as a nested one.")
            }
        }
        guard alternative.count + choice.count <= Pattern.Limits.fieldsMax else {
            throw refusal(
                pointer, "there are more than \(Pattern.Limits.fieldsMax) fields, the limit",
                "Ask for fewer fields, or split the rule.")
        }
        conditions += alternative.count + choice.count
        guard conditions <= Pattern.Limits.conditionsMax else {
            throw refusal(
                pointer,
                "the branches and the fields beside them make more than "
                    + "\(Pattern.Limits.conditionsMax) conditions, the limit",
                "Ask for fewer fields beside $or, use fewer branches, or split the rule.")
        }
    }

    private func checkCount(_ count: Int, at pointer: JSONPointer) throws(PatternRefusal) {
        guard count <= Pattern.Limits.alternativesMax else {
            throw refusal(
                pointer,
                "the branches make more than \(Pattern.Limits.alternativesMax) combinations, "
                    + "the limit",
                "Use fewer $or side by side (their branches multiply), or split the rule.")
        }
    }

    func refusal(
        _ pointer: JSONPointer, _ what: String, _ remedy: String
    ) -> PatternRefusal {
        refusal(pointer, what, nil, remedy)
    }

    func refusal(
        _ pointer: JSONPointer, _ what: String, _ operatorName: String?, _ advice: String,
        instead elements: @autoclosure () -> [JSONValue]? = nil
    ) -> PatternRefusal {
        PatternRefusal(
            pointer: pointer, operatorName: operatorName, what: what, advice: advice,
            correction: isTrial ? nil : instead(elements()))
    }
}
