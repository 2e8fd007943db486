/// A stretch of one of the tables; half a `Range<Int>`.
struct EngineStretch {
    let start: Int32
    let end: Int32

    static let empty = EngineStretch(start: 0, end: 0)

    init(start: Int32, end: Int32) {
        self.start = start
        self.end = end
    }

    /// From `start` to all that is there.
    init(_ start: Int, to table: [some Any]) {
        self.init(start: Int32(start), end: Int32(table.count))
    }

    @inline(__always)
    var indices: Range<Int32> { Range(uncheckedBounds: (start, end)) }
    var count: Int { Int(end - start) }
}
