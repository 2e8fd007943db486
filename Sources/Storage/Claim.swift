package import Domain

/// How much of what waits for one destination a claim may take.
package struct ClaimShare: Hashable, Sendable {
    package var places: Int
    /// Only what was due at this moment or before; `nil` for everything that is due.
    package var dueBy: Timestamp?
    /// For a destination where several may go out as one; `nil` for all others.
    package var merging: Merging?

    package init(_ places: Int, dueBy: Timestamp? = nil, merging: Merging? = nil) {
        self.places = places
        self.dueBy = dueBy
        self.merging = merging
    }

    /// When more is taken than there are places, and how much.
    package struct Merging: Hashable, Sendable {
        /// Only where more than this many are due.
        package var above: Int
        /// How many one place may then stand for.
        package var perPlace: Int

        package init(above: Int, perPlace: Int) {
            self.above = above
            self.perPlace = perPlace
        }
    }

    /// How many of `due` rows may be taken.
    package func count(due: Int) -> Int {
        guard let merging, due > merging.above else { return places }
        return places * merging.perPlace
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
