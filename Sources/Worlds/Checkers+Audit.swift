import Domain
import Storage

extension Checkers {
    /// What people did is noted once, in a chain that holds.
    ///
    /// An answer that was lost may hide a decision that was carried out; so those that were heard
    /// of are the least, and what the tasks' own attempts tell is the most.
    mutating func checkAudit() {
        if let breach = audit.breach {
            fail("the audit is broken at \(breach.number ?? 0): \(breach.kind.rawValue)")
        }
        if audit.holding != audit.head.number { fail("the audit has lost its beginning") }
        let made = records.map { record in record.attempts.count { $0.kind == .decide } }
        let most = made.reduce(0, +)
        let least = course.chronicle.counts.decisions
        if !(least...max(least, most)).contains(noted) {
            fail("\(noted) decisions are noted, of \(least) to \(most)")
        }
    }
}
