/// One interval of numbers, in a tree that is asked for those that hold a point.
///
/// Half a line of a cache: of a hundred thousand of them most that are looked at have to be waited
/// for.
struct EngineInterval {
    private let lowValue: Double
    private let highValue: Double
    /// The highest upper bound among those that come before this one in the half-open stretch of
    /// which it is the middle.
    fileprivate var highestBefore: Double = -.infinity
    let test: Int32
    private let isLowIncluded: Bool
    private let isLowWhole: Bool
    private let isHighIncluded: Bool
    private let isHighWhole: Bool

    /// A bound as the double nearest to it.
    struct Bound {
        let value: Double
        let isIncluded: Bool
        /// Whether it is a whole number that the double is exactly.
        let isWhole: Bool
    }

    init(test: Int32, low: Bound, high: Bound) {
        self.test = test
        lowValue = low.value
        isLowIncluded = low.isIncluded
        isLowWhole = low.isWhole
        highValue = high.value
        isHighIncluded = high.isIncluded
        isHighWhole = high.isWhole
    }

    @inline(__always)
    var low: Bound {
        Bound(value: lowValue, isIncluded: isLowIncluded, isWhole: isLowWhole)
    }
    @inline(__always)
    var high: Bound {
        Bound(value: highValue, isIncluded: isHighIncluded, isWhole: isHighWhole)
    }

    /// Whether a value lies inside.
    ///
    /// The nearest double of a larger decimal is never smaller. So where two doubles differ their
    /// order is that of the decimals, and where they are the same that is known of whole numbers.
    ///
    /// - Parameter isWhole: Whether `value` is exactly what stands in the event.
    /// - Returns: `nil` where only the decimals themselves can tell.
    func contains(_ value: Double, isWhole: Bool) -> Bool? {
        if value < lowValue || value > highValue { return false }
        if lowValue == value {
            guard isWhole, isLowWhole else { return nil }
            if !isLowIncluded { return false }
        }
        if highValue == value {
            guard isWhole, isHighWhole else { return nil }
            if !isHighIncluded { return false }
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
        fill(&intervals, from: 0)
        return intervals
    }

    /// Makes a tree of the intervals from a place on, which are in order.
    static func fill(_ intervals: inout [EngineInterval], from start: Int) {
        _ = fill(&intervals, start, intervals.count)
    }

    /// - Returns: The highest upper bound.
    private static func fill(
        _ intervals: inout [EngineInterval], _ start: Int, _ end: Int
    ) -> Double {
        guard start < end else { return -.infinity }
        let middle = (start + end) / 2
        let before = fill(&intervals, start, middle)
        intervals[middle].highestBefore = before
        let behind = fill(&intervals, middle + 1, end)
        return max(before, intervals[middle].high.value, behind)
    }

    /// Calls `take` with each interval whose doubles hold `value`.
    func visit(_ value: Double, _ take: (EngineInterval) -> Void) {
        visit(value, Int(stretch.start), Int(stretch.end), take)
    }

    private func visit(
        _ value: Double, _ start: Int, _ end: Int, _ take: (EngineInterval) -> Void
    ) {
        var (start, end) = (start, end)
        while start < end {
            let middle = (start + end) / 2
            let interval = intervals[middle]
            if value < interval.low.value {
                guard interval.highestBefore >= value else { return }
                end = middle
                continue
            }
            // Everything before begins lower still, so that something there holds the value.
            if interval.highestBefore >= value { visit(value, start, middle, take) }
            if value <= interval.high.value { take(interval) }
            start = middle + 1
        }
    }
}
