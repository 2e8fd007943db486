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
    /// - Parameter names: The paths in those events, as far as their second steps: `type`,
    ///   `entity.id`; `list.*` where what is further down is not told.
    package func findings(missingIn names: Set<String>) -> [PatternFinding] {
        meaning.findings(missingIn: names)
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

    fileprivate func findings(missingIn names: Set<String>) -> [PatternFinding] {
        let shape = EventShape()
        return leaves.compactMap { leaf in
            let name = leaf.path.prefix(2).joined(separator: ".")
            let isThere = names.contains(name) || names.contains("\(leaf.path[0]).*")
            guard case .nothing = shape.place(leaf.path), !isThere else { return nil }
            let (what, remedy) = misplaced(leaf)
            return finding(.neverMatches, leaf.pointer, what, remedy)
        }
    }

    func finding(
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
}
