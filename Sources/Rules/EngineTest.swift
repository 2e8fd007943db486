/// What one test of a field asks, as the engine files it: by kind, and by the bytes that a value
/// is looked up with.
enum EngineTestKind: UInt8, CaseIterable {
    // Found by a look-up in one step.
    case exact, number, null, isTrue, isFalse
    /// Any scalar; any string.
    case exists, anyString
    // Found by a look-up for each length that occurs.
    case prefix, suffix
    // The same after ASCII letters were made small.
    case folded, foldedPrefix, foldedSuffix
    // Found by their rarest run of bytes, then tried.
    case wildcard
    // Found in a tree of intervals.
    case range
    // Found by a look-up for each width that occurs.
    case block
    /// Case folding with spellings beyond ASCII: tried one by one.
    case looselyFolded
    /// Not filed: decided from what else was found.
    case anythingBut
    // Runs of bytes by which wildcards are found.
    case run1, run2, run3, run4

    /// Where tests of this kind on a field are looked up.
    @inline(__always)
    func scope(_ field: Int) -> UInt32 { UInt32(truncatingIfNeeded: field) << 5 | UInt32(rawValue) }

    static func run(_ length: Int) -> EngineTestKind {
        EngineTestKind(rawValue: EngineTestKind.run1.rawValue + UInt8(length - 1)) ?? .run4
    }
}

/// What the engine knows of one field that some rule asks for, as far as every value needs it.
struct EngineField {
    /// By kind, whether anything is asked so.
    private(set) var kinds: UInt32 = 0
    /// The numbers of tests without an operand.
    var null: Int32 = -1
    var isTrue: Int32 = -1
    var isFalse: Int32 = -1
    var exists: Int32 = -1
    var anyString: Int32 = -1
    /// Stretches of the tables of the same names; the first four of ``EngineTables/lengths``.
    var prefixLengths = EngineStretch.empty
    var suffixLengths = EngineStretch.empty
    var foldedPrefixLengths = EngineStretch.empty
    var foldedSuffixLengths = EngineStretch.empty
    var blockWidths = EngineStretch.empty
    var intervals = EngineStretch.empty
    var loose = EngineStretch.empty

    mutating func note(_ kind: EngineTestKind) { kinds |= 1 << UInt32(kind.rawValue) }

    @inline(__always)
    func has(_ kind: EngineTestKind) -> Bool { kinds & (1 << UInt32(kind.rawValue)) != 0 }

    /// Whether a string must be looked at by more than one look-up.
    @inline(__always)
    var hasOnlyExactStrings: Bool {
        let plain: [EngineTestKind] = [.exact, .number, .null, .isTrue, .isFalse, .exists]
        return kinds & ~plain.reduce(0) { $0 | 1 << UInt32($1.rawValue) } == 0
    }
}

/// What is looked up in a field's values beyond one look-up, while rules are added.
struct EngineFieldLists {
    /// Lengths that occur, ascending once all are known.
    var prefixLengths: [Int32] = []
    var suffixLengths: [Int32] = []
    var foldedPrefixLengths: [Int32] = []
    var foldedSuffixLengths: [Int32] = []
    /// Widths of blocks that occur: four-byte addresses first, each with its number of bits.
    var blockWidths: [AddressBlock.Width] = []
    var intervals: [EngineInterval] = []
    /// Tests that are tried one by one.
    var loose: [Int32] = []
}

/// The lists of all fields, one behind the other.
struct FlatLists {
    private(set) var lengths: [Int32] = []
    private(set) var blockWidths: [AddressBlock.Width] = []
    private(set) var intervals: [EngineInterval] = []
    private(set) var loose: [Int32] = []

    mutating func take(_ field: EngineField, _ lists: EngineFieldLists) -> EngineField {
        var field = field
        field.prefixLengths = append(lists.prefixLengths.sorted(), to: &lengths)
        field.suffixLengths = append(lists.suffixLengths.sorted(), to: &lengths)
        field.foldedPrefixLengths = append(lists.foldedPrefixLengths.sorted(), to: &lengths)
        field.foldedSuffixLengths = append(lists.foldedSuffixLengths.sorted(), to: &lengths)
        field.blockWidths = append(lists.blockWidths.sorted(), to: &blockWidths)
        field.intervals = append(IntervalTree.order(lists.intervals), to: &intervals)
        field.loose = append(lists.loose, to: &loose)
        return field
    }

    private func append<Element>(
        _ elements: [Element], to all: inout [Element]
    ) -> EngineStretch {
        let start = all.count
        all += elements
        return EngineStretch(start, to: all)
    }
}

/// One interval of numbers, in a tree that is asked for those that hold a point.
struct EngineInterval {
    let test: Int32
    let low: Bound
    let high: Bound
    /// The highest upper bound in the half-open stretch of which this is the middle.
    var highest: Double = -.infinity

    /// A bound as the double nearest to it.
    struct Bound {
        let value: Double
        let isIncluded: Bool
        /// Whether it is a whole number that the double is exactly.
        let isWhole: Bool
    }

    /// Whether a value lies inside.
    ///
    /// The nearest double of a larger decimal is never smaller. So where two doubles differ their
    /// order is that of the decimals, and where they are the same that is known of whole numbers.
    ///
    /// - Parameter isWhole: Whether `value` is exactly what stands in the event.
    /// - Returns: `nil` where only the decimals themselves can tell.
    func contains(_ value: Double, isWhole: Bool) -> Bool? {
        if value < low.value || value > high.value { return false }
        for bound in [low, high] where bound.value == value {
            guard isWhole, bound.isWhole else { return nil }
            if !bound.isIncluded { return false }
        }
        return true
    }
}

/// A tree of intervals in a flat stretch: each middle stands above what is on both sides of it.
struct IntervalTree {
    let intervals: Frozen<EngineInterval>
    let stretch: EngineStretch

    /// The intervals as a tree.
    static func order(_ intervals: [EngineInterval]) -> [EngineInterval] {
        var intervals = intervals.sorted {
            ($0.low.value, $0.test) < ($1.low.value, $1.test)
        }
        _ = fill(&intervals, 0, intervals.count)
        return intervals
    }

    private static func fill(
        _ intervals: inout [EngineInterval], _ start: Int, _ end: Int
    ) -> Double {
        guard start < end else { return -.infinity }
        let middle = (start + end) / 2
        let sides = max(fill(&intervals, start, middle), fill(&intervals, middle + 1, end))
        intervals[middle].highest = max(sides, intervals[middle].high.value)
        return intervals[middle].highest
    }

    /// Calls `take` with each interval whose doubles hold `value`.
    func visit(_ value: Double, _ take: (EngineInterval) -> Void) {
        visit(value, 0, stretch.count, take)
    }

    private func visit(
        _ value: Double, _ start: Int, _ end: Int, _ take: (EngineInterval) -> Void
    ) {
        guard start < end else { return }
        let middle = (start + end) / 2
        let interval = intervals[Int(stretch.start) + middle]
        if interval.highest < value { return }
        visit(value, start, middle, take)
        if value < interval.low.value { return }
        if value <= interval.high.value { take(interval) }
        visit(value, middle + 1, end, take)
    }
}
