package import Domain

/// How much of what waits for one destination a claim may take.
package struct ClaimShare: Hashable, Sendable {
    package var places: Int
    /// Only what was due at this moment or before; `nil` for everything that is due.
    package var dueBy: Timestamp?

    package init(_ places: Int, dueBy: Timestamp? = nil) {
        self.places = places
        self.dueBy = dueBy
    }

    /// Nothing is to be taken.
    package static let none = ClaimShare(0)
}

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
