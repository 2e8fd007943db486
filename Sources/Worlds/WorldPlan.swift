import Domain
import Simulation

/// What one seed draws: how many of everything, what goes wrong, and for how long.
///
/// Each kind of trouble is often off, since calm worlds find other bugs than wild ones.
struct WorldPlan: Sendable {
    /// Chances from 0 to 1 of each call of the store.
    struct StoreTrouble: Sendable {
        var failsBefore = 0.0
        var actsThenFails = 0.0
        var stalls = 0.0
        var stallMax: Duration = .zero
    }

    let eventCount: Int
    let workers: Int
    /// How many jobs each life runs before it is cut off; the last one is not in here.
    let lives: [Int]
    let faultsEnd: Duration
    let store: StoreTrouble
    /// Chances by the simulators' names of faults.
    let coze: [String: Double]
    let keyue: [String: Double]
    let endpoint: [String: Double]
    /// Milliseconds, at most.
    let delayMax: Int64
    let repeats: Double
    /// The chance, at each step of the clock, of a jump of our wall clock and of a stall of all.
    let jumps: Double
    let stalls: Double
    let onUncertain: UncertainPolicy
    let usesBaseline: Bool
    let hasTwinRule: Bool
    let hasNamesakes: Bool
    let isOpsDead: Bool
    let copyTime: Duration

    init(_ seed: UInt64) {
        var dice = Dice(seed: seed)
        eventCount = dice.number(2...8)
        workers = dice.number(1...2)
        lives = (0..<dice.pick([0, 0, 1, 2, 4])).map { _ in dice.number(20...3_000) }
        faultsEnd = .seconds(dice.number(20...150))
        store = StoreTrouble(
            failsBefore: dice.pick([0, 0, 0.05, 0.2]),
            actsThenFails: dice.pick([0, 0, 0.05, 0.15]),
            stalls: dice.pick([0, 0, 0.02]),
            stallMax: .seconds(dice.pick([3, 30, 90])))
        coze = Self.faults(&dice)
        keyue = Self.faults(&dice)
        endpoint = Self.faults(&dice)
        delayMax = Int64(dice.pick([10, 10, 2_000, 40_000]))
        repeats = dice.pick([0, 0.3, 0.7])
        jumps = dice.pick([0, 0, 0.05])
        stalls = dice.pick([0, 0, 0.05])
        onUncertain = dice.pick([.hold, .hold, .hold, .reconcile, .retry])
        usesBaseline = dice.pick([true, true, true, false])
        hasTwinRule = dice.pick([true, false])
        hasNamesakes = dice.pick([true, false, false])
        isOpsDead = dice.pick([true, false, false, false, false])
        copyTime = .milliseconds(dice.pick([300, 300, 8_000, 90_000]))
    }

    private static func faults(_ dice: inout Dice) -> [String: Double] {
        guard dice.happens(0.6) else { return [:] }
        var chances: [String: Double] = [:]
        for kind in [
            "cut_before", "http_429", "http_500", "cut_after_acting", "http_500_after_acting",
            "fail", "garbage", "truncated",
        ] {
            let chance: Double = dice.pick([0, 0, 0.1, 0.3])
            if chance > 0 { chances[kind] = chance }
        }
        return chances
    }
}

/// A seed's chance in the words that a plan is drawn in.
struct Dice: Sendable {
    var generator: SeededGenerator

    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    mutating func number(_ range: ClosedRange<Int>) -> Int {
        Int.random(in: range, using: &generator)
    }

    mutating func pick<Value>(_ values: [Value]) -> Value {
        values[Int.random(in: values.indices, using: &generator)]
    }

    mutating func happens(_ chance: Double) -> Bool {
        // 53 bits make a double in 0..<1, so that 1 always and 0 never happens.
        Double(generator.next() >> 11) * 0x1p-53 < chance
    }
}
