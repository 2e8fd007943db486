/// Many patterns as one structure, which an event's bytes are held against in one pass.
///
/// - The paths that rules ask for are a tree; what is not in it is skipped undecoded.
/// - Each different test of a field exists once, whoever asks it, and is found by look-up.
/// - Each conjunction is filed under the tests of one of its fields, the one fewest others share,
///   and looked at only when the event passes one of them. Where many are filed in one place,
///   they are filed again by a second field, and so on.
///
/// So the cost of an event follows from what it says and from what matches, not from how many
/// rules there are. Built once by ``EngineBuilder`` and never changed: readers share it freely.
///
/// Unchecked: its tables are written once, while it is made, and freed when nobody reads any more.
final class MatchEngine: @unchecked Sendable {
    /// Behind a pointer, since they are too many to copy for each event.
    let tables: UnsafeMutablePointer<EngineTables>
    /// Tests beyond what tables can hold, tried one by one.
    let looseTests: [ValueTest]
    /// For numbers too near a bound for doubles to tell, by test.
    let ranges: [NumericRange]
    /// For what the quick way does not decide: the pattern of a rule, read anew.
    let evaluator: @Sendable (Int) -> PatternEvaluator
    let spare = SpareScratch()
    /// Passed tests of one event that are noted, each with its value; more of them cost time.
    let hitsMax: Int

    init(
        _ parts: EngineParts, hitsMax: Int, evaluator: @escaping @Sendable (Int) -> PatternEvaluator
    ) {
        tables = .allocate(capacity: 1)
        tables.initialize(to: EngineTables(parts))
        looseTests = parts.looseTests
        ranges = parts.ranges
        self.hitsMax = hitsMax
        self.evaluator = evaluator
    }

    deinit {
        tables.pointee.free()
        tables.deallocate()
    }
}
