package import Domain

/// Counts what happened within the last so long, so that no stretch of it holds more than so many.
///
/// Exact for every stretch, not only on the average, since that is how platforms count. Moments are
/// those of the clock that never jumps.
package struct RateWindow: Sendable {
    /// Above this many per stretch the stretch is cut instead, to bound what is remembered.
    private static let countMax = 1_000

    private let count: Int
    private let length: Duration
    private var times: [Duration] = []

    package init(_ rate: Rate) {
        count = min(rate.count, Self.countMax)
        length = max(rate.per * count / rate.count, .nanoseconds(1))
    }

    /// How many more may happen now; 0 too where more happened than there was room for.
    package mutating func free(at now: Duration) -> Int {
        times.removeAll { $0 + length <= now }
        return max(0, count - times.count)
    }

    /// Notes that it happened, whether there was room or not.
    package mutating func note(at now: Duration) { times.append(now) }
}
