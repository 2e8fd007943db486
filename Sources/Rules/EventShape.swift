import StrictJSON

/// What is always so of the events that rules see.
///
/// They have certain fields at the root and in `entity`, all of them texts. Of `data`, which the
/// sender wrote, nothing is known.
package struct EventShape: Sendable {
    /// The names of the configured sources, where they are known.
    package let sources: [String]?

    package init(sources: [String]? = nil) { self.sources = sources }

    /// Fields that every event has; all of them texts.
    package static let always = ["id", "source", "type", "key", "time", "received_at"]
    /// Fields of `entity`, all texts; the first two are there whenever it is.
    package static let ofEntity = ["type", "id", "name", "workspace_id", "version"]
    /// All fields at the root.
    package static let root = always + ["entity", "data"]

    /// What may be found under a path.
    enum Place {
        /// No scalar, in no event.
        case nothing
        /// A text and no list: one of `among` where that is known.
        case text(isAlways: Bool, among: [String]?)
        /// Whatever JSON can say, or nothing.
        case anything
    }

    func place(_ path: [String]) -> Place {
        guard let first = path.first else { return .nothing }
        if first.hasSameBytes(as: "data") { return .anything }
        if path.count == 1, Self.always.contains(where: { $0.hasSameBytes(as: first) }) {
            let isSource = first.hasSameBytes(as: "source")
            return .text(isAlways: true, among: isSource ? sources : nil)
        }
        if path.count == 2, first.hasSameBytes(as: "entity"),
            Self.ofEntity.contains(where: { $0.hasSameBytes(as: path[1]) })
        {
            return .text(isAlways: false, among: nil)
        }
        return .nothing
    }
}

/// What can be said of a question before any event is seen.
enum Foresight {
    /// No event passes.
    case never
    case possible
    /// Every event passes.
    case always
}

extension EventShape {
    /// A single test of a list.
    func foresee(_ test: ValueTest, at path: [String]) -> Foresight {
        switch (place(path), test) {
        case (.nothing, .absent): .always
        case (.nothing, _): .never
        case (.text(let isAlways, _), .absent): isAlways ? .never : .possible
        case (.text(_, let among?), _):
            among.contains { test.passes(.string($0)) } ? .possible : .never
        case (.text(_, nil), _): test.passesSomeString ? .possible : .never
        case (.anything, _): .possible
        }
    }

    /// What one alternative asks of a leaf.
    func foresee(_ condition: PatternCondition, of leaf: PatternLeaf) -> Foresight {
        let tests = leaf.tests.filter { $0 != .absent }
        let place = place(leaf.path)
        if tests.count < leaf.tests.count, passesWhatever(tests, at: place) { return .always }
        guard !condition.wantsAbsence else { return foresee(.absent, at: leaf.path) }
        if tests.allSatisfy({ foresee($0, at: leaf.path) == .never }) { return .never }
        guard case .text(isAlways: true, _) = place else { return .possible }
        return passesWhatever(tests, at: place) ? .always : .possible
    }

    /// Whether any scalar that may stand at the place passes.
    private func passesWhatever(_ tests: [ValueTest], at place: Place) -> Bool {
        switch place {
        case .nothing: false
        case .text(_, let among?):
            among.allSatisfy { text in tests.contains { $0.passes(.string(text)) } }
        case .text: tests.passEverything(ofStrings: true)
        case .anything: tests.passEverything(ofStrings: false)
        }
    }

    /// An alternative as a whole.
    func foresee(_ conditions: [PatternCondition], _ leaves: [PatternLeaf]) -> Foresight {
        let each = conditions.map { foresee($0, of: leaves[$0.leaf]) }
        if each.contains(.never) || contradictsItself(conditions, leaves) { return .never }
        return each.allSatisfy { $0 == .always } ? .always : .possible
    }

    /// An entity has its type and its id: without either there is none, and none of its fields.
    private func contradictsItself(
        _ conditions: [PatternCondition], _ leaves: [PatternLeaf]
    ) -> Bool {
        func isOfEntity(_ condition: PatternCondition, _ names: ArraySlice<String>) -> Bool {
            let path = leaves[condition.leaf].path
            return path.count == 2 && path[0].hasSameBytes(as: "entity")
                && names.contains { $0.hasSameBytes(as: path[1]) }
        }
        func isTaken(_ condition: PatternCondition) -> Bool {
            let leaf = leaves[condition.leaf]
            // Where absence or any text will do, neither is really asked.
            return foresee(condition, of: leaf) != .always
        }
        let hasNoEntity = conditions.contains {
            $0.wantsAbsence && isOfEntity($0, Self.ofEntity.prefix(2)) && isTaken($0)
        }
        return hasNoEntity
            && conditions.contains {
                !$0.wantsAbsence && isOfEntity($0, Self.ofEntity[...]) && isTaken($0)
            }
    }
}
