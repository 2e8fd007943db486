import StrictJSON

// The lint of one pattern. What it says of "never" and "every" is proven from the shape of our
// events; a pattern alone, over any JSON, can always match something, since every list of tests
// passes some value and no path is asked for twice.
extension Pattern {
    /// What is worth a second look, in the order of the text.
    ///
    /// - Parameter shape: What is known of the events; `nil` for events of any shape.
    package func findings(for shape: EventShape?) -> [PatternFinding] {
        meaning.findings(for: shape)
    }

    /// Fields that our events do not have, and that none of the events at hand has either.
    ///
    /// - Parameter roots: The first steps of all paths in those events.
    package func findings(missingIn roots: Set<String>) -> [PatternFinding] {
        meaning.findings(missingIn: roots)
    }
}

extension PatternMeaning {
    fileprivate func findings(for shape: EventShape?) -> [PatternFinding] {
        guard let shape else { return leaves.flatMap(doubts) }
        let foresight = conjunctions.map { shape.foresee($0, leaves) }
        let isNever = foresight.allSatisfy { $0 == .never }
        var findings: [PatternFinding] = []
        for leaf in leaves {
            let impossible = impossible(leaf, shape, isNever)
            findings += impossible.isEmpty ? doubts(leaf) : impossible
            if impossible.isEmpty { findings += emptyAbsence(leaf, shape) }
        }
        if isNever, !findings.contains(where: { $0.kind == .neverMatches }) {
            findings.insert(
                finding(
                    .neverMatches, .root, "no event can match: its conditions exclude one another",
                    "An entity has its type and its id whenever it is there; ask for the absence "
                        + "of one only where no other field of it is asked for."), at: 0)
        }
        if foresight.contains(.always) {
            findings.insert(
                finding(
                    .matchesEverything, .root, "every event matches",
                    "Name the types that are meant, as in {\"type\": [{\"prefix\": \"bot.\"}]}."),
                at: 0)
        }
        return findings
    }

    fileprivate func findings(missingIn roots: Set<String>) -> [PatternFinding] {
        let shape = EventShape()
        return leaves.compactMap { leaf in
            guard case .nothing = shape.place(leaf.path), !roots.contains(leaf.path[0]) else {
                return nil
            }
            let (what, remedy) = misplaced(leaf)
            return finding(.neverMatches, leaf.pointer, what, remedy)
        }
    }

    private func finding(
        _ kind: PatternFinding.Kind, _ pointer: JSONPointer, _ what: String, _ remedy: String
    ) -> PatternFinding {
        PatternFinding(kind: kind, rule: nil, pointer: pointer, what: what, remedy: remedy)
    }

    // MARK: - What cannot be

    private func impossible(
        _ leaf: PatternLeaf, _ shape: EventShape, _ isNever: Bool
    ) -> [PatternFinding] {
        let each = leaf.tests.map { shape.foresee($0, at: leaf.path) }
        guard each.contains(.never) else { return [] }
        let isWhole = each.allSatisfy { $0 == .never }
        let kind: PatternFinding.Kind = isWhole && isNever ? .neverMatches : .neverPasses
        let end =
            !isWhole
            ? "so this test never passes"
            : isNever ? "so no event can match" : "so this branch never holds"
        if isWhole, case .nothing = shape.place(leaf.path) {
            let (what, remedy) = misplaced(leaf)
            return [finding(kind, leaf.pointer, "\(what), \(end)", remedy)]
        }
        return leaf.tests.indices.filter { each[$0] == .never }.map { index in
            let (what, remedy) = misfit(leaf, index, shape)
            return finding(kind, leaf.pointer.appending(index), "\(what), \(end)", remedy)
        }
    }

    /// Why a test never passes although its field is there.
    private func misfit(
        _ leaf: PatternLeaf, _ index: Int, _ shape: EventShape
    ) -> (what: String, remedy: String) {
        let name = leaf.path.joined(separator: ".")
        let asked = leaf.asked[index] ?? .null
        if leaf.tests[index] == .absent {
            return ("every event has \(name)", "Take it out, or ask for a value.")
        }
        if case .text(_, let sources?) = shape.place(leaf.path),
            leaf.tests[index].passesSomeString
        {
            let hint = asked.string.map { Spelling.hint(for: $0, among: sources) } ?? ""
            let known =
                sources.isEmpty
                ? "The configuration has no sources." : "Known: \(sources.joined(separator: ", "))."
            return ("there is no source of this name", hint + known)
        }
        let remedy =
            switch asked {
            case .number(let number): "Write it in quotes: \"\(number.text)\"."
            case .bool(let bool): "Write it in quotes: \"\(bool)\"."
            case .null where !isRequired(leaf.path):
                "To ask that it be missing write {\"exists\": false}."
            default: "Ask for a text: \"...\", {\"prefix\": \"...\"}, {\"wildcard\": \"...\"}."
            }
        return ("\(name) is always a text", remedy)
    }

    private func isRequired(_ path: [String]) -> Bool {
        path.count == 1 && EventShape.always.contains { $0.hasSameBytes(as: path[0]) }
    }

    /// Absence of what no event ever has: it holds, and says nothing.
    private func emptyAbsence(_ leaf: PatternLeaf, _ shape: EventShape) -> [PatternFinding] {
        guard case .nothing = shape.place(leaf.path), leaf.tests.contains(.absent) else {
            return []
        }
        let remedy =
            leaf.path == ["entity"]
            ? "entity is an object, which exists does not see; ask for a field of it: "
                + "\"entity\": {\"id\": \(leaf.asked.spaced)}"
            : misplaced(leaf).remedy
        return [
            finding(
                .isDoubtful, leaf.pointer,
                "no event has a value at \(leaf.path.joined(separator: ".")), so that its absence "
                    + "says nothing", remedy)
        ]
    }

    // MARK: - What is not where it is looked for

    /// Fields of other envelopes, and ours for the same.
    private static let foreign: [(name: String, ours: String?)] = [
        ("detail-type", "type"), ("detail", "data"), ("body", "data"), ("payload", "data"),
        ("event_type", "type"), ("event", "data"), ("account", nil), ("region", nil),
        ("resources", nil), ("bot_id", "entity.id"), ("app_id", "entity.id"),
        ("workflow_id", "entity.id"), ("agent_id", "entity.id"), ("entity_id", "entity.id"),
        ("entity_type", "entity.type"), ("bot_name", "entity.name"),
        ("space_id", "entity.workspace_id"),
    ]

    private func misplaced(_ leaf: PatternLeaf) -> (what: String, remedy: String) {
        let name = leaf.path.joined(separator: ".")
        let first = leaf.path[0]
        let within = leaf.path.dropFirst()
        if let operators = fieldNamedLikeAnOperator(leaf) { return operators }
        if first.hasSameBytes(as: "entity") {
            let names = EventShape.ofEntity
            let fields = "Its fields are \(names.joined(separator: ", "))."
            guard let step = within.first else {
                return ("entity is an object, not a value", "Ask for a field of it. \(fields)")
            }
            return ("entity has no \(name)", Spelling.hint(for: step, among: names) + fields)
        }
        if EventShape.always.contains(where: { $0.hasSameBytes(as: first) }) {
            return ("\(first) is a text, with no fields inside", "Ask for it alone, or under data.")
        }
        if let steps = Self.steps(ofWay: name), steps.count > 1 {
            return (
                "\(JSONValue.string(name).excerpt) is read as one name, not as a path",
                "Write instead: \(Self.member(steps, leaf.asked))"
            )
        }
        let what = "events have no field \(first)"
        if let foreign = Self.foreign.first(where: { $0.name == first.lowercased() }) {
            guard let ours = foreign.ours else {
                return (what, "It is one of EventBridge's envelope; ours are \(Self.fields).")
            }
            let steps = ours.split(separator: ".").map(String.init) + within
            return (what, "Write instead: \(Self.member(steps, leaf.asked))")
        }
        if EventShape.ofEntity.contains(where: { $0.hasSameBytes(as: first) }) {
            return (what, "Write instead: \(Self.member(["entity"] + leaf.path, leaf.asked))")
        }
        if let near = Spelling.nearest(to: first, among: EventShape.root) {
            return (what, "Write instead: \(Self.member([near] + within, leaf.asked))")
        }
        return (
            what,
            "They have \(Self.fields); what the sender wrote is under data. Write instead: "
                + Self.member(["data"] + leaf.path, leaf.asked)
        )
    }

    private static let fields = EventShape.root.joined(separator: ", ")

    private static func nested(_ steps: some BidirectionalCollection<String>, _ asked: JSONValue)
        -> JSONValue
    {
        steps.reversed().reduce(asked) { .test($1, $0) }
    }

    /// A member of an object, without the braces around it.
    private static func member(_ steps: [String], _ asked: JSONValue) -> String {
        let value = nested(steps.dropFirst(), asked)
        return "\(JSONValue.string(steps[0]).spaced): \(value.spaced)"
    }

    /// The steps of a JSON pointer or a JSON path that was taken for a name; places in lists are
    /// left out, since patterns enter lists by themselves.
    private static func steps(ofWay name: String) -> [String]? {
        guard name.hasPrefix("/") || name.hasPrefix("$.") || name.contains("[") else { return nil }
        let marks: Set<Character> = name.hasPrefix("/") ? ["/"] : [".", "[", "]", "'", "\""]
        return name.split { marks.contains($0) }.map(String.init)
            .filter { $0 != "$" && $0 != "*" && Int($0) == nil }
    }

    // MARK: - What means something else

    private func doubts(_ leaf: PatternLeaf) -> [PatternFinding] {
        var doubts: [PatternFinding] = []
        if let (what, remedy) = fieldNamedLikeAnOperator(leaf) {
            doubts.append(finding(.isDoubtful, leaf.pointer, what, remedy))
        } else if let steps = Self.steps(ofWay: leaf.path.joined(separator: ".")), steps.count > 1 {
            doubts.append(
                finding(
                    .isDoubtful, leaf.pointer, "a name is read as it stands, not as a path",
                    "Lists are entered by themselves. Write instead: "
                        + Self.member(steps, leaf.asked)))
        }
        for (index, test) in (leaf.asked.array ?? []).enumerated() {
            guard let text = test.string, text.utf8.contains(UInt8(ascii: "*")) else { continue }
            let literal = JSONValue.string(text).excerpt
            doubts.append(
                finding(
                    .isDoubtful, leaf.pointer.appending(index),
                    "in a plain text * is the character itself",
                    "If it stands for any text, write {\"wildcard\": \(literal)}; if not, "
                        + "{\"exactly\": \(literal)} says so."))
        }
        return doubts
    }

    /// `{"type": {"prefix": ["bot."]}}`, which asks for a field called `prefix`.
    private func fieldNamedLikeAnOperator(
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
}
