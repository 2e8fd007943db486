import StrictJSON

/// What a pattern asks for: lists of tests, and which of them must pass together.
struct PatternMeaning: Sendable {
    /// Every list of tests, in the order of the text.
    let leaves: [PatternLeaf]
    /// One of these must hold.
    let conjunctions: [[PatternCondition]]

    init(of json: JSONValue) throws(PatternRefusal) {
        var compiler = PatternCompiler()
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
    /// Of the path's bytes: what tells most paths apart.
    private let pathHash: Int

    init(pointer: JSONPointer, path: [String], tests: [ValueTest], asked: JSONValue) {
        self.pointer = pointer
        self.path = path
        self.tests = tests
        self.asked = asked
        var hasher = Hasher()
        for step in path { step.hashBytes(into: &hasher) }
        pathHash = hasher.finalize()
    }

    func hasSamePath(as other: PatternLeaf) -> Bool {
        pathHash == other.pathHash && path.count == other.path.count
            && zip(path, other.path).allSatisfy { $0.hasSameBytes(as: $1) }
    }
}

/// What one alternative asks of one leaf.
struct PatternCondition: Sendable {
    let leaf: Int
    /// Whether the leaf is to be absent here, or one of its other tests to pass.
    let wantsAbsence: Bool
}
