/// What one event was found to hold, in memory that is used again for the next.
///
/// Plain pointers, since it is written at every step of a scan; ``MatchMemory`` owns it.
struct MatchScratch {
    /// A scalar at a path that some rule asks for.
    struct Occurrence {
        /// The innermost element of an array that it stands in; 0 for none.
        let element: Int32
        /// The tests that it passes, in ``hits``.
        let hits: EngineStretch
        /// The occurrence of the same field before this one, or -1.
        let previous: Int32
    }

    /// One test that one occurrence passes.
    struct Hit {
        let test: Int32
        let occurrence: Int32
        /// The hit of the same test before this one, or -1.
        let previous: Int32
    }

    /// What is known of a test, for the event of the stamp.
    struct TestState {
        var stamp: UInt32 = 0
        /// The last of its hits.
        var lastHit: Int32 = -1
        /// The number of the list of elements it holds in; none that is kept before somebody
        /// needed that.
        var holding: Int32 = -1
        /// How many values pass it, those beyond ``hitsMax`` included.
        var count: UInt32 = 0
    }

    /// What is known of a field, for the event of the stamp: that it is there.
    struct FieldState {
        var stamp: UInt32 = 0
        /// The last of its occurrences.
        var last: Int32 = -1
        /// The number of the list of elements it stands in.
        var holding: Int32 = -1
    }

    /// The same of a condition of several tests.
    struct ConditionState {
        var stamp: UInt32 = 0
        var holding: Int32 = -1
        var finding = Finding.fails
    }

    /// A part of a conjunction on its way through arrays, and the array it goes into next.
    struct Seeker {
        /// The elements it holds in; of an absence, those in which there is something.
        let holding: EngineStretch
        let isAbsence: Bool
        var array: Int32 = -1
    }

    /// An element of an array; number 0 is the event itself.
    struct Element {
        let parent: Int32
        let array: Int32
        /// The last element inside this one, or itself.
        var last: Int32
    }

    /// What is known of a condition.
    enum Finding: UInt8 {
        case fails
        /// Answered outside of arrays, so by nothing that another condition could disagree with.
        case holdsFreely
        case holdsInArrays
        /// Some value may, and not enough was kept to say so.
        case isOpen
    }

    /// The number of the event; see ``States``.
    var epoch: UInt32 = 0
    let tests: States<TestState>
    /// Each test that some occurrence passes, once.
    var passed = Stack<Int32>()
    var hits = Stack<Hit>()
    /// Beyond so many only the first hit of each test is kept.
    let hitsMax: Int
    /// Whether there were more.
    var hasOverflowed = false
    /// What then has to wait for another scan; see ``EngineVerdict/settlePostponed()``.
    var postponed = Stack<Int32>()
    /// In such a scan, the tests whose hits are kept.
    var wanted: WantedTests?
    var occurrences = Stack<Occurrence>()
    let fields: States<FieldState>
    var elements = Stack<Element>()
    var arrays: Int32 = 0
    /// By occurrence, the last mark it was given; see ``EngineVerdict/visitValues(of:beyond:_:)``.
    var marks = Stack<UInt32>()
    var mark: UInt32 = 0
    /// Whether a dotted key led into the tree of paths: one path may then have several ways.
    var hasDottedKeys = false
    /// What was looked at for rules that are nearly answered, and beyond the first scan: the work
    /// that could grow faster than an event does.
    var steps = 0
    /// Where ``steps`` end that the conjunction at hand may take.
    var stepsEnd = 0
    var isOutOfSteps: Bool { steps > stepsEnd }
    var isMalformed = false
    var depth = 0

    let conditions: States<ConditionState>
    let conjunctionStamps: States<UInt32>
    let ruleStamps: States<UInt32>
    /// The rules that match, once each, in any order.
    var rules = Stack<Int32>()
    /// The elements in which a condition holds, ascending; see ``EngineVerdict``.
    var holding = Stack<Int32>()
    var holdings = Stack<EngineStretch>()
    /// Lists that are kept for the whole event, and how long they are together, once there is no
    /// room for more.
    private var kept: (holdings: Int, holding: Int)?
    /// The number of the first of those that are not, which go with their conjunction.
    private var passingBase: Int32 = 0
    var seekers = Stack<Seeker>()
    let wildcardStamps: States<UInt32>
    var wildcardEpoch: UInt32 = 0
    /// For texts with escapes, and for folded ones.
    var text = Stack<UInt8>()
    var folded = Stack<UInt8>()

    /// - Parameter hitsMax: Of twelve bytes each.
    init(for engine: EngineTables, rules: Int, hitsMax: Int) {
        self.hitsMax = hitsMax
        tests = States(count: engine.tests.count, each: TestState())
        fields = States(count: engine.fields.count, each: FieldState())
        conditions = States(count: engine.conditions.count, each: ConditionState())
        conjunctionStamps = States(count: engine.conjunctions.count, each: 0)
        ruleStamps = States(count: rules, each: 0)
        wildcardStamps = States(count: engine.wildcards.count, each: 0)
    }

    func free() {
        tests.free()
        fields.free()
        conditions.free()
        conjunctionStamps.free()
        ruleStamps.free()
        wildcardStamps.free()
        passed.free()
        hits.free()
        postponed.free()
        wanted?.free()
        occurrences.free()
        elements.free()
        marks.free()
        rules.free()
        holding.free()
        holdings.free()
        seekers.free()
        text.free()
        folded.free()
    }

    /// Bytes of what grows with an event.
    var size: Int {
        passed.size + hits.size + postponed.size + occurrences.size + elements.size + marks.size
            + rules.size + holding.size + holdings.size + seekers.size + text.size + folded.size
    }

    mutating func begin() {
        epoch &+= 1
        if epoch == 0 {
            // After four thousand million events a stamp could be taken for an old one.
            tests.reset(to: TestState())
            fields.reset(to: FieldState())
            conditions.reset(to: ConditionState())
            conjunctionStamps.reset(to: 0)
            ruleStamps.reset(to: 0)
            epoch = 1
        }
        passed.removeAll()
        hits.removeAll()
        hasOverflowed = false
        postponed.removeAll()
        occurrences.removeAll()
        elements.removeAll()
        // Everything is inside the event.
        elements.append(Element(parent: -1, array: -1, last: .max - 1))
        arrays = 0
        marks.removeAll()
        mark = 0
        hasDottedKeys = false
        steps = 0
        isMalformed = false
        depth = 0
        rules.removeAll()
        holding.removeAll()
        holdings.removeAll()
        kept = nil
    }

    /// Notes that the value at hand, the next occurrence, passes a test.
    @inline(__always)
    mutating func hit(_ test: Int32) {
        if !isWanted(test) {
            steps += 1
            return
        }
        var state = tests[test]
        let isFirst = state.stamp != epoch
        if isFirst {
            state = TestState(stamp: epoch)
            passed.append(test)
        }
        state.count &+= 1
        if isFirst || hits.count < hitsMax {
            let number = Int32(truncatingIfNeeded: hits.count)
            hits.append(
                Hit(
                    test: test, occurrence: Int32(truncatingIfNeeded: occurrences.count),
                    previous: state.lastHit))
            state.lastHit = number
        } else {
            hasOverflowed = true
        }
        tests[test] = state
    }

    /// Whether hits of a test are kept; those of all tests, in most scans.
    @inline(__always)
    func isWanted(_ test: Int32) -> Bool { wanted?.contains(test) ?? true }

    /// The list of elements under a number, while it is kept.
    func holding(_ number: Int32) -> EngineStretch? {
        guard number >= 0 else { return nil }
        guard let kept, number >= kept.holdings else { return holdings[number] }
        return number < passingBase ? nil : holdings[number - passingBase + Int32(kept.holdings)]
    }

    /// The number of a list of elements that is kept from here on.
    mutating func keepHolding(from start: Int) -> Int32 {
        holdings.append(EngineStretch(start: Int32(start), end: Int32(holding.count)))
        let place = Int32(holdings.count - 1)
        return kept.map { passingBase + place - Int32($0.holdings) } ?? place
    }

    /// Elements in all lists that are kept for other conjunctions: 16 MiB, where a million hits
    /// are kept.
    private var holdingMax: Int { hitsMax * 4 }

    /// Gives lists back that many rules on one large array would otherwise pile up.
    ///
    /// The first ones stay: of lists that are needed in turn, to keep the last would be to make
    /// every one of them anew.
    mutating func forgetHoldings() {
        if let kept {
            passingBase += Int32(holdings.count - kept.holdings)
            holdings.truncate(to: kept.holdings)
            holding.truncate(to: kept.holding)
        } else if holding.count > holdingMax {
            kept = (holdings.count, holding.count)
            passingBase = Int32(holdings.count)
        }
    }

    /// Whether some value of the event passes a test.
    @inline(__always)
    func isPassed(_ test: Int32) -> Bool { tests[test].stamp == epoch }

    /// The number of another text that wildcards are tried on.
    mutating func nextWildcardEpoch() {
        wildcardEpoch &+= 1
        if wildcardEpoch == 0 {
            wildcardStamps.reset(to: 0)
            wildcardEpoch = 1
        }
    }
}
