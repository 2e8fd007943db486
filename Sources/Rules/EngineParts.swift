/// What a builder hands to its engine.
struct EngineParts {
    var steps = ByteTable()
    var stepForms: [UInt64] = [0]
    var fieldOfNode: [Int32] = [-1]
    var fields: [EngineField] = []
    var lists: [EngineFieldLists] = []
    var tests = ByteTable()
    var kinds: [EngineTestKind] = []
    var detailOfTest: [Int32] = []
    var wildcards: [Wildcard] = []
    var looseTests: [ValueTest] = []
    var ranges: [NumericRange] = []
    var exclusions: [EngineStretch] = []
    var excluded: [Int32] = []
    var runs: [EngineStretch] = []
    var runTests: [Int32] = []
    var runTable = ByteTable()
    var conditions: [EngineCondition] = []
    var conditionTests: [Int32] = []
    var conjunctions: [EngineConjunction] = []
    var parts: [Int32] = []
    var placeOfTest: [Int32] = []
    var places: [EnginePlace] = []
    var filed: [Int32] = []
    var deeper: [UInt64: Int32] = [:]
    var below: [EngineBelow] = []
    var valueless: [Int32] = []
}
