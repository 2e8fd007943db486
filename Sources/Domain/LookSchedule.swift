/// When a copy whose answer was lost is looked for (reliability.md 1.5, decision 5).
///
/// Times count from the submission, so that a restart in between changes none of them.
package enum LookSchedule {
    private static let early: [Duration] = [.seconds(2), .seconds(10), .seconds(30), .seconds(60)]
    private static let pace: Duration = .minutes(2)
    private static let paceUnresolved: Duration = .minutes(2)
    private static let paceUnresolvedLate: Duration = .hours(1)
    private static let lateAfter: Duration = .hours(1)
    private static let unresolvedFor: Duration = .hours(24 * 7)

    /// The next look of a task that is `reconciling`, or `nil` when the window is over.
    ///
    /// The last one falls exactly at the end of the window, so that what shows itself at the last
    /// moment is still seen.
    package static func next(
        after now: Timestamp, dispatchedAt: Timestamp, window: Duration
    ) -> Timestamp? {
        let end = dispatchedAt + window
        guard now < end else { return nil }
        if let look = early.map({ dispatchedAt + $0 }).first(where: { $0 > now }) {
            return min(look, end)
        }
        return min(now + pace, end)
    }

    /// The next look of a task that is `unresolved`, or `nil` when it is not looked for any more.
    package static func nextUnresolved(
        after now: Timestamp, unresolvedSince: Timestamp
    ) -> Timestamp? {
        let age = now - unresolvedSince
        guard age < unresolvedFor else { return nil }
        return now + (age < lateAfter ? paceUnresolved : paceUnresolvedLate)
    }
}
