/// How many tries after the first a destination is worth, so that retries never become the load.
///
/// A bucket that starts full at ten: each first try adds a fifth, each retry takes one. An empty
/// one moves a retry to its next step and never removes it (decisions.md 11). One is also earned by
/// every ten seconds that pass, so that retries come to their end where nothing new is sent.
/// Source of that: Finagle, `RetryBudget`, which grants a minimum per second for clients with
/// little traffic.
package struct RetryBudget: Hashable, Sendable {
    /// In fifths of a retry, so that the sum is exact.
    private static let fullAt = 50
    private static let retryCost = 5
    /// How long one retry takes to be earned by time alone.
    package static let retryTime: Duration = .seconds(10)

    private var fifths = Self.fullAt
    /// Up to when time was paid out.
    private var paidUntil: Duration?

    package init() {}

    package mutating func noteFirstTry() { fifths = min(Self.fullAt, fifths + 1) }

    /// Pays out what time has earned, on a clock that never jumps.
    package mutating func noteTime(_ now: Duration) {
        guard let paid = paidUntil else {
            paidUntil = now
            return
        }
        let earned = Int((now - paid) / Self.retryTime)
        guard earned > 0 else { return }
        paidUntil = paid + Self.retryTime * earned
        fifths = min(Self.fullAt, fifths + min(earned, Self.fullAt) * Self.retryCost)
    }

    /// Gives back what a retry cost that was taken: it was no load on somebody in trouble, and what
    /// waits for a destination that is well again need not wait for time to pay for it.
    package mutating func giveBackRetry() { fifths = min(Self.fullAt, fifths + Self.retryCost) }

    /// Pays for a retry; `false` when there is nothing left to pay with.
    package mutating func takeRetry() -> Bool {
        guard fifths >= Self.retryCost else { return false }
        fifths -= Self.retryCost
        return true
    }
}
