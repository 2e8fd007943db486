/// The tests of which a scan keeps the hits, where those of all would be too many.
///
/// What finds many tests by one value looks for these alone, so that a scan for a few rules costs
/// what they cost, however many others there are.
struct WantedTests {
    /// A bit for each test.
    private let bits: UnsafeMutableBufferPointer<UInt64>
    /// Intervals of wanted tests, as trees.
    private var intervals = Frozen<EngineInterval>([])
    /// By field, where they stand.
    private var stretches = Frozen<EngineStretch>([])

    /// - Parameter tests: How many an engine has; none of them is wanted yet.
    init(of tests: Int) {
        bits = .allocate(capacity: (tests + 63) / 64)
        bits.initialize(repeating: 0)
    }

    func free() {
        bits.deallocate()
        intervals.free()
        stretches.free()
    }

    @inline(__always)
    func contains(_ test: Int32) -> Bool {
        bits[Int(test >> 6)] & 1 << UInt64(test & 63) != 0
    }

    func insert(_ test: Int32) { bits[Int(test >> 6)] |= 1 << UInt64(test & 63) }

    /// Forgets all.
    func removeAll() { bits.update(repeating: 0) }

    /// Makes the trees of intervals, once all is in that is wanted.
    mutating func fillTrees(_ tables: UnsafePointer<EngineTables>) {
        var found: [EngineInterval] = []
        var ends: [EngineStretch] = []
        for field in 0..<tables.pointee.fields.count {
            let start = found.count
            for index in tables.pointee.fields[field].intervals.indices {
                let interval = tables.pointee.intervals[index]
                if contains(interval.test) { found.append(interval) }
            }
            IntervalTree.fill(&found, from: start)
            ends.append(EngineStretch(start, to: found))
        }
        intervals.free()
        stretches.free()
        intervals = Frozen(found)
        stretches = Frozen(ends)
    }

    func tree(of field: Int32) -> IntervalTree {
        IntervalTree(intervals: intervals, stretch: stretches[field])
    }
}
