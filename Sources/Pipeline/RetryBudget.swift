/// How many tries after the first a destination is worth, so that retries never become the load.
///
/// A bucket that starts full at ten: each first try adds a fifth, each retry takes one. An empty
/// one moves a retry to its next step and never removes it (decisions.md 11).
package struct RetryBudget: Hashable, Sendable {
    /// In fifths of a retry, so that the sum is exact.
    private static let fullAt = 50
    private static let retryCost = 5

    private var fifths = Self.fullAt

    package init() {}

    package mutating func noteFirstTry() { fifths = min(Self.fullAt, fifths + 1) }

    /// Pays for a retry; `false` when there is nothing left to pay with.
    package mutating func takeRetry() -> Bool {
        guard fifths >= Self.retryCost else { return false }
        fifths -= Self.retryCost
        return true
    }
}
