package import Domain

extension Delivery {
    /// Whether nobody wants to read this any more; a person who asks for it again does.
    package func isStale(at now: Timestamp, after freshness: Duration?) -> Bool {
        freshness.map { now - (askedAgainAt ?? createdAt) > $0 } ?? false
    }

    /// When a retry goes that its endpoint has no budget for: by the delay that would have followed
    /// it, or the schedule's last.
    func nextStep(
        by schedule: RetrySchedule, at now: Timestamp,
        using chance: inout some RandomNumberGenerator
    ) -> Timestamp {
        let last = schedule.delays[schedule.delays.count - 1]
        return now
            + (schedule.delay(after: attempts, age: now - createdAt, using: &chance) ?? last)
    }
}
