package import StrictJSON

/// A question about a whole event: the `match` of a rule.
///
/// Syntax and meaning are those of Amazon EventBridge patterns, with a few differences where the
/// original is order-dependent, lossy or unsafe. An object is a conjunction of its members, a list
/// a disjunction of its tests; elements of arrays in the event are never mixed: what is asked of
/// two members of an object in an array is asked of the same object.
package struct Pattern: Sendable {
    /// What bounds the cost of a pattern when it is read, so that matching needs no time-out.
    package enum Limits {
        /// Bytes of the pattern's text.
        package static let bytesMax = 256 << 10
        /// Objects inside one another.
        package static let depthMax = 64
        /// Tests in all lists together, those inside `anything-but` included.
        package static let testsMax = 10_000
        /// Combinations of the branches of `$or`, and of lists that mix absence with values.
        package static let alternativesMax = 1_000
        /// Fields that one alternative asks for.
        package static let fieldsMax = 256
        /// Fields of all alternatives together: a field beside `$or` counts for each branch.
        package static let conditionsMax = 20_000
    }

    /// The pattern as it was written.
    package let source: JSONValue
    /// Every list of tests, in the order of the text.
    let leaves: [PatternLeaf]
    /// One of these must hold.
    let conjunctions: [[PatternCondition]]
    /// The same as trees.
    let alternatives: [PatternNode]

    /// Reads a pattern.
    package init(parsing json: JSONValue) throws(PatternRefusal) {
        var compiler = PatternCompiler()
        let conjunctions = try compiler.compile(json)
        let leaves = compiler.leaves
        source = json
        self.leaves = leaves
        self.conjunctions = conjunctions
        alternatives = conjunctions.map { PatternNode(of: $0, leaves: leaves) }
    }

    /// Reads a pattern from its text, UTF-8 JSON.
    package init(parsing bytes: [UInt8]) throws(PatternRefusal) {
        let limits = JSONLimits(
            depthMax: Limits.depthMax * 2, valuesMax: .max, bytesMax: Limits.bytesMax,
            stringBytesMax: .max, numberBytesMax: JSONLimits.intake.numberBytesMax)
        let json: JSONValue
        do throws(JSONRefusal) {
            json = try JSONValue(parsing: bytes, limits: limits)
        } catch {
            throw PatternText(bytes).refusal(error)
        }
        try self.init(parsing: json)
    }
}

extension Pattern: Hashable {
    /// Equal when written the same.
    package static func == (left: Pattern, right: Pattern) -> Bool { left.source == right.source }

    package func hash(into hasher: inout Hasher) { hasher.combine(source) }
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
}

/// What one alternative asks of one leaf.
struct PatternCondition: Sendable {
    let leaf: Int
    /// Whether the leaf is to be absent here, or one of its other tests to pass.
    let wantsAbsence: Bool
}

/// The conditions of one alternative as a tree of path steps, so that each array of the event is
/// met once by everything that is asked of it.
struct PatternNode: Sendable {
    /// The numbers, within the alternative, of the conditions here and below that want a value.
    private(set) var wanted: Set<Int> = []
    /// What a scalar at this place must pass; `nil` when nothing is asked of it.
    private(set) var tests: [ValueTest]?
    /// The number of that condition.
    private(set) var number = 0
    /// Whether no scalar may be at this place.
    private(set) var wantsAbsence = false
    private(set) var children: [(step: [UInt8], node: PatternNode)] = []

    init(of conditions: [PatternCondition], leaves: [PatternLeaf]) {
        for (number, condition) in conditions.enumerated() {
            let leaf = leaves[condition.leaf]
            insert(condition, leaf.tests, at: leaf.path[...], number: number)
        }
    }

    private mutating func insert(
        _ condition: PatternCondition, _ tests: [ValueTest], at path: ArraySlice<String>,
        number: Int
    ) {
        if !condition.wantsAbsence { wanted.insert(number) }
        guard let first = path.first else {
            if condition.wantsAbsence {
                wantsAbsence = true
            } else {
                self.tests = tests
                self.number = number
            }
            return
        }
        let step = Array(first.utf8)
        let place = children.firstIndex { $0.step == step } ?? children.count
        if place == children.count { children.append((step, PatternNode(of: [], leaves: []))) }
        children[place].node.insert(condition, tests, at: path.dropFirst(), number: number)
    }
}
