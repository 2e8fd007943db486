/// Where a room gets the time from, and how it waits: the real clocks in the composition root, a
/// virtual one in simulation.
package struct TimeSource: Sendable {
    /// The wall clock.
    ///
    /// May jump, so it dates things and never measures them.
    package let now: @Sendable () -> Timestamp
    /// Time since some fixed start, on a clock that never jumps back.
    ///
    /// For measuring.
    package let elapsed: @Sendable () -> Duration
    /// Returns after this long, or throws `CancellationError` as soon as the task is cancelled.
    package let sleep: @Sendable (Duration) async throws -> Void

    package init(
        now: @escaping @Sendable () -> Timestamp,
        elapsed: @escaping @Sendable () -> Duration,
        sleep: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.now = now
        self.elapsed = elapsed
        self.sleep = sleep
    }
}

/// Where chance comes from: the system in the composition root, a seed in simulation and tests.
package struct Chance: RandomNumberGenerator, Sendable {
    private let draw: @Sendable () -> UInt64

    package init(_ draw: @escaping @Sendable () -> UInt64) {
        self.draw = draw
    }

    package mutating func next() -> UInt64 { draw() }
}
