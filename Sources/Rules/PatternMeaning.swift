import StrictJSON

/// What a pattern asks for: lists of tests, and which of them must pass together.
struct PatternMeaning: Sendable {
    /// Every list of tests, in the order of the text.
    let leaves: [PatternLeaf]
    /// One of these must hold.
    let conjunctions: [[PatternCondition]]

    /// - Parameter isAccepted: Whether it was read before, so that nobody looks for mistakes.
    init(of json: JSONValue, isAccepted: Bool = false) throws(PatternRefusal) {
        var compiler = PatternCompiler(isAccepted ? .again : .first)
        conjunctions = try compiler.compile(json)
        leaves = compiler.leaves
    }
}

/// One list of tests and the path it stands under.
struct PatternLeaf: Sendable {
    /// In the pattern's text.
    let pointer: JSONPointer
    /// From the root of the event; dots in keys are steps like nesting.
    let path: [String]
    /// Any of these may pass; `absent` at most once.
    let tests: [ValueTest]
    /// The list as it was written.
    let asked: JSONValue

    func hasSamePath(as other: PatternLeaf) -> Bool {
        path.count == other.path.count
            && zip(path, other.path).allSatisfy { $0.hasSameBytes(as: $1) }
    }
}

/// What one alternative asks of one leaf.
struct PatternCondition: Sendable {
    let leaf: Int
    /// Whether the leaf is to be absent here, or one of its other tests to pass.
    let wantsAbsence: Bool
}
