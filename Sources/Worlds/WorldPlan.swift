import Domain
import Simulation

/// What one seed draws: how many of everything, what goes wrong, and for how long.
///
/// Each kind of trouble is often off, since calm worlds find other bugs than wild ones.
struct WorldPlan: Sendable {
    /// What goes wrong with calls of the store.
    struct StoreTrouble: Sendable {
        /// Chances from 0 to 1 of each call.
        var failsBefore = 0.0
        var actsThenFails = 0.0
        var stalls = 0.0
        var stallMax: Duration = .zero
        /// When no space is left; empty for never.
        var full: Range<Duration> = .zero..<(.zero)

        func isFull(at time: Duration) -> Bool { full.contains(time) }
        var isCalm: Bool {
            failsBefore == 0 && actsThenFails == 0 && stalls == 0 && full.isEmpty
        }
    }

    /// Who looks after tasks that are `unresolved`.
    enum People: Sendable {
        case nobody
        /// They decide whenever they come by, also while everything goes wrong.
        case hasty
        /// They decide when everything else is at rest.
        case patient
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
    /// Seconds in `Retry-After` of a 429, and whether as a date; 0 for none.
    let retryAfter: Int64
    let isRetryAfterDate: Bool
    let repeats: Double
    /// Of those repeats, how many come with another body.
    let forgeries: Double
    /// The chance, at each step of the clock, of a jump of our wall clock and of a stall of all.
    let jumps: Double
    let stalls: Double
    let onUncertain: UncertainPolicy
    let usesBaseline: Bool
    let usesJWT: Bool
    let hasTwinRule: Bool
    let hasNamesakes: Bool
    let hasChat: Bool
    /// Of the rule that copies bots.
    let cooldown: Duration
    /// Until when nobody answers at an address; longer than any world for ever, zero for never.
    let opsDeadUntil: Duration
    let cozeDeadUntil: Duration
    let copyTime: Duration
    let people: People
    /// Whether they also cancel, retry, replay, send again and copy by hand.
    let peopleWish: Bool
    /// Copies that others made in the target before, and how often somebody is at work there.
    let strangers: Int
    let intrusions: Double
    let rate: Rate
    let concurrent: Int
    /// Whether every log line and all that is stored is searched for secrets, which costs time.
    let isSearched: Bool

    init(_ seed: UInt64) {
        var dice = Dice(seed: seed)
        eventCount = dice.number(2...8)
        workers = dice.number(1...2)
        lives = (0..<dice.pick([0, 0, 1, 2, 4])).map { _ in dice.number(20...3_000) }
        faultsEnd = .seconds(dice.number(20...150))
        var store = StoreTrouble(
            failsBefore: dice.pick([0, 0, 0.05, 0.2]),
            actsThenFails: dice.pick([0, 0, 0.05, 0.15]),
            stalls: dice.pick([0, 0, 0.02]),
            stallMax: .seconds(dice.pick([3, 30, 90])))
        let fullFrom = Duration.seconds(dice.number(0...60))
        if dice.happens(0.15) {
            store.full = fullFrom..<(fullFrom + .seconds(dice.number(1...120)))
        }
        self.store = store
        coze = Self.faults(&dice)
        keyue = Self.faults(&dice)
        endpoint = Self.faults(&dice)
        delayMax = Int64(dice.pick([10, 10, 2_000, 40_000]))
        retryAfter = dice.pick([0, 0, 7, 7, 90])
        isRetryAfterDate = dice.pick([false, true])
        repeats = dice.pick([0, 0.3, 0.7])
        forgeries = dice.pick([0, 0, 0.3])
        jumps = dice.pick([0, 0, 0.05])
        stalls = dice.pick([0, 0, 0.05])
        onUncertain = dice.pick([.hold, .hold, .hold, .reconcile, .retry])
        usesBaseline = dice.pick([true, true, true, false])
        usesJWT = dice.happens(0.25)
        hasTwinRule = dice.pick([true, false])
        hasNamesakes = dice.pick([true, false, false])
        hasChat = dice.pick([true, false, false])
        cooldown = dice.pick([.zero, .zero, .zero, .minutes(10)])
        opsDeadUntil = dice.pick([.zero, .zero, .zero, .zero, .minutes(30), .days(365)])
        cozeDeadUntil = dice.pick([.zero, .zero, .zero, .zero, .minutes(2), .hours(2)])
        let long = dice.happens(0.06)
        copyTime =
            long ? .minutes(90) : .milliseconds(dice.pick([300, 300, 300, 8_000, 90_000]))
        people = dice.pick([.nobody, .nobody, .hasty, .patient])
        strangers = dice.pick([0, 0, 2])
        intrusions = strangers > 0 ? dice.pick([0, 0.1]) : 0
        rate = Rate(dice.pick([5, 5, 2]), per: .seconds(1))
        concurrent = dice.pick([2, 2, 1])
        isSearched = dice.happens(0.25)
        peopleWish = dice.pick([true, true, false])
    }

    /// Whether time runs as it should and nothing of ours dies, so that tries can be timed.
    var isSteady: Bool { hasSteadyTime && lives.isEmpty && store.isCalm }
    var hasSteadyTime: Bool { jumps == 0 && stalls == 0 && store.stalls == 0 }

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
