/// What one test of a field asks, as the engine files it: by kind, and by the bytes that a value
/// is looked up with.
enum EngineTestKind: UInt8, CaseIterable {
    // Found by a look-up in one step.
    case exact, number, null, isTrue, isFalse
    /// Any scalar; any string.
    case exists, anyString
    // Found by a look-up for each length that occurs.
    case prefix, suffix
    // The same after letters were made small.
    case folded, foldedPrefix, foldedSuffix
    // Found by their rarest run of bytes, then tried.
    case wildcard
    // Found in a tree of intervals.
    case range
    // Found by a look-up for each width that occurs.
    case block
    /// Case folding of a letter whose cases do not lead to one another: tried one by one.
    case looselyFolded
    /// Not filed: decided from what else was found.
    case anythingBut
    // Runs of bytes by which wildcards are found.
    case run1, run2, run3, run4, run8

    /// Where tests of this kind on a field are looked up.
    @inline(__always)
    func scope(_ field: Int) -> UInt32 { UInt32(truncatingIfNeeded: field) << 5 | UInt32(rawValue) }

    /// Runs of so many bytes.
    @inline(__always)
    static var runs: [(length: Int, kind: EngineTestKind)] {
        [(8, .run8), (4, .run4), (3, .run3), (2, .run2), (1, .run1)]
    }
}
