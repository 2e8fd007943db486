package import Domain

/// Work on loan to one worker, until it is settled or its lease ends.
package struct Claim<Work: Sendable>: Sendable {
    package var work: Work
    /// Grows by one with each loan of the same row; an old token cannot settle.
    package let token: Int64
    package let leasedUntil: Timestamp

    package init(work: Work, token: Int64, leasedUntil: Timestamp) {
        self.work = work
        self.token = token
        self.leasedUntil = leasedUntil
    }
}
