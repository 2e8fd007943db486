/// The tables of an engine, all of them flat.
struct EngineTables {
    /// The tree of paths: node 0 is the root, the step numbered n leads to node n + 1.
    let steps: FrozenByteTable
    /// For each node, one bit for each form of step that leads on from it.
    let stepForms: Frozen<UInt64>
    /// For each node the field that ends there, or -1.
    let fieldOfNode: Frozen<Int32>
    let fields: Frozen<EngineField>
    /// Lengths of prefixes and suffixes, as stretches of ``EngineField``.
    let lengths: Frozen<Int32>
    let blockWidths: Frozen<AddressBlock.Width>
    let intervals: Frozen<EngineInterval>
    let loose: Frozen<Int32>

    let tests: FrozenByteTable
    let kinds: Frozen<EngineTestKind>
    /// By test: what it needs besides the table, or -1; see the arrays below.
    let detailOfTest: Frozen<Int32>
    let wildcards: WildcardTable
    /// Tests that an `anything-but` excludes, as stretches of ``excluded``.
    let exclusions: Frozen<EngineStretch>
    let excluded: Frozen<Int32>
    /// By run of bytes, the wildcards that it may lead to, as stretches of ``runTests``.
    let runs: Frozen<EngineStretch>
    let runTests: Frozen<Int32>
    let runTable: FrozenByteTable

    /// Conditions of more than one test.
    let conditions: Frozen<EngineCondition>
    let conditionTests: Frozen<Int32>
    let conjunctions: Frozen<EngineConjunction>
    /// What conjunctions ask.
    let parts: Frozen<EnginePart>

    /// By test, where the conjunctions are that are filed under it.
    let filings: Frozen<EngineFiling>
    let places: Frozen<EnginePlace>
    let filed: Frozen<Int32>
    /// Places below places, as stretches of ``EnginePlace``.
    let below: Frozen<EngineBelow>
    /// The same by place and test, for places that have more than a few.
    let deeper: FrozenPairs
    /// Conjunctions that ask for no value.
    let valueless: Frozen<Int32>

    init(_ parts: EngineParts) {
        steps = FrozenByteTable(parts.steps)
        stepForms = Frozen(parts.stepForms)
        fieldOfNode = Frozen(parts.fieldOfNode)
        var flat = FlatLists()
        fields = Frozen(zip(parts.fields, parts.lists).map { flat.take($0, $1) })
        lengths = Frozen(flat.lengths)
        blockWidths = Frozen(flat.blockWidths)
        intervals = Frozen(flat.intervals)
        loose = Frozen(flat.loose)
        tests = FrozenByteTable(parts.tests)
        kinds = Frozen(parts.kinds)
        detailOfTest = Frozen(parts.detailOfTest)
        wildcards = WildcardTable(parts.wildcards)
        exclusions = Frozen(parts.exclusions)
        excluded = Frozen(parts.excluded)
        runs = Frozen(parts.runs)
        runTests = Frozen(parts.runTests)
        runTable = FrozenByteTable(parts.runTable)
        let short = ShortParts(parts)
        conditions = Frozen(short.conditions)
        conditionTests = Frozen(short.conditionTests)
        conjunctions = Frozen(short.conjunctions)
        self.parts = Frozen(short.parts)
        filings = Frozen(parts.placeOfTest.map { EngineFiling(place: $0, among: parts) })
        places = Frozen(parts.places)
        filed = Frozen(parts.filed)
        deeper = FrozenPairs(parts.deeper)
        below = Frozen(parts.below)
        valueless = Frozen(parts.valueless)
    }

    /// In bytes.
    var size: Int {
        let paths = steps.size + stepForms.size + fieldOfNode.size + fields.size + lengths.size
        let lists = blockWidths.size + intervals.size + loose.size
        let asked = tests.size + kinds.size + detailOfTest.size + wildcards.size
        let rest = exclusions.size + excluded.size + runs.size + runTests.size + runTable.size
        let whole = conditions.size + conditionTests.size + conjunctions.size + parts.size
        let filing =
            filings.size + places.size + filed.size + deeper.size + below.size + valueless.size
        return paths + lists + asked + rest + whole + filing
    }

    func free() {
        steps.free()
        stepForms.free()
        fieldOfNode.free()
        fields.free()
        lengths.free()
        blockWidths.free()
        intervals.free()
        loose.free()
        tests.free()
        kinds.free()
        detailOfTest.free()
        wildcards.free()
        exclusions.free()
        excluded.free()
        runs.free()
        runTests.free()
        runTable.free()
        conditions.free()
        conditionTests.free()
        conjunctions.free()
        parts.free()
        filings.free()
        places.free()
        filed.free()
        deeper.free()
        below.free()
        valueless.free()
    }
}

/// The form of a step: its length and its first and last byte, as one of 64 bits.
@inline(__always)
func stepForm(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt64 {
    guard let first = bytes.first, let last = bytes.last else { return 1 }
    return 1 << UInt64((bytes.count &* 7 &+ Int(first) &+ Int(last) &* 3) & 63)
}
