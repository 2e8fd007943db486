import StrictJSON
import Synchronization

/// Scratch memory and the tree of its event, once somebody needed that.
///
/// Unchecked: one task at a time has it, ``SpareScratch`` hands it out.
final class MatchMemory: @unchecked Sendable {
    let scratch: UnsafeMutablePointer<MatchScratch>
    /// The event at hand.
    var tree: JSONValue?
    /// Patterns that were read anew, by rule.
    private var evaluators: [Int32: PatternEvaluator] = [:]
    private static let evaluatorsMax = 256

    /// - Parameter rules: As many as the engine has; none where only conjunctions are decided.
    init(for engine: MatchEngine, rules: Int) {
        scratch = .allocate(capacity: 1)
        scratch.initialize(
            to: MatchScratch(
                for: engine.tables.pointee, rules: rules, hitsMax: engine.hitsMax))
    }

    func begin() {
        scratch.pointee.begin()
        if tree != nil { tree = nil }
    }

    /// A rule's pattern, by way of `read` where it is not at hand.
    func evaluator(of rule: Int32, read: (Int) -> PatternEvaluator) -> PatternEvaluator {
        if let known = evaluators[rule] { return known }
        if evaluators.count == Self.evaluatorsMax { evaluators.removeAll(keepingCapacity: true) }
        let evaluator = read(Int(rule))
        evaluators[rule] = evaluator
        return evaluator
    }

    deinit {
        scratch.pointee.free()
        scratch.deallocate()
    }
}

/// Scratch memory that waits for its next event.
///
/// A class with a lock, since events are matched by several tasks at once; it is held to take one
/// or to put one back.
final class SpareScratch: Sendable {
    private let spare = Mutex<[MatchMemory]>([])
    private static let keptMax = 16
    /// What one extraordinary event needed is given back.
    private static let keptBytesMax = 4 << 20

    func take() -> MatchMemory? { spare.withLock { $0.popLast() } }

    func putBack(_ memory: MatchMemory) {
        guard memory.scratch.pointee.size <= Self.keptBytesMax else { return }
        spare.withLock { if $0.count < Self.keptMax { $0.append(memory) } }
    }
}
