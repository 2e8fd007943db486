/// When a failed attempt is made again: fixed delays, each drawn a little longer or shorter.
package struct RetrySchedule: Hashable, Sendable {
    /// The delay before each further attempt, in order.
    package let delays: [Duration]
    /// Repeats the last delay until this much time has passed since the first attempt.
    package let repeatsUntil: Duration?
    /// Factors of jitter, in percent of the delay.
    package let jitter: ClosedRange<Int>

    package init(
        _ delays: [Duration], repeatsUntil: Duration? = nil, jitter: ClosedRange<Int> = 85...125
    ) {
        precondition(!delays.isEmpty && jitter.lowerBound > 0)
        self.delays = delays
        self.repeatsUntil = repeatsUntil
        self.jitter = jitter
    }

    /// The delay before the attempt that follows `attempt`.
    ///
    /// - Parameters:
    ///   - attempt: The attempt that just failed, counted from 1.
    ///   - age: Time since the first attempt.
    ///   - generator: Where the jitter comes from; seeded in tests.
    /// - Returns: Whole milliseconds, or `nil` when no attempt is left.
    package func delay(
        after attempt: Int, age: Duration, using generator: inout some RandomNumberGenerator
    ) -> Duration? {
        precondition(attempt >= 1)
        let delay: Duration
        if attempt <= delays.count {
            delay = delays[attempt - 1]
        } else if let repeatsUntil, age < repeatsUntil {
            delay = delays[delays.count - 1]
        } else {
            return nil
        }
        return delay.jittered(jitter, using: &generator)
    }
}

extension RetrySchedule {
    /// How long after the first attempt the last one is made, without jitter.
    package var length: Duration { repeatsUntil ?? delays.reduce(.zero, +) }

    /// A signed webhook: twelve tries in about three days (reliability.md 2, "Notifications").
    package static let webhook = RetrySchedule([
        .seconds(5), .seconds(30), .minutes(2), .minutes(10), .minutes(30), .hours(2), .hours(5),
        .hours(10), .hours(14), .hours(20), .hours(24),
    ])

    /// A chat channel: five tries, then the message is no longer interesting.
    package static let chat = RetrySchedule(
        [.seconds(5), .seconds(30), .minutes(2), .minutes(10)], jitter: 80...120)

    /// A submission that certainly did not leave: up to a day (reliability.md 2, "Provider sends").
    package static let notSent = RetrySchedule(
        [
            .seconds(1), .seconds(5), .seconds(15), .seconds(60), .minutes(5), .minutes(15),
            .hours(1),
        ], repeatsUntil: .hours(24))
}
