extension Duration {
    /// This duration, a little longer or shorter, so that what began together does not come back
    /// together.
    ///
    /// - Parameters:
    ///   - percent: What is drawn from, evenly: so much of this duration, 100 being all of it.
    ///   - generator: Where the chance comes from; seeded in tests. One draw.
    /// - Returns: Whole milliseconds, rounded down.
    package func jittered(
        _ percent: ClosedRange<Int>, using generator: inout some RandomNumberGenerator
    ) -> Duration {
        .milliseconds(wholeMilliseconds * Int64(Int.random(in: percent, using: &generator)) / 100)
    }
}
