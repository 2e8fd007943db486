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
