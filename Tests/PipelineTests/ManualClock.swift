import Domain

/// Time that passes only when a test says so.
struct ManualClock: Sendable {
    struct State: Sendable {
        var elapsed: Duration = .zero
        /// How long each sleeper that is asleep wanted to sleep, by its number.
        var sleepers: [Int: Duration] = [:]
        var nextSleeper = 0
    }

    let state = Watched(State())

    var source: TimeSource {
        TimeSource(
            now: { Timestamp(milliseconds: 0) + state.value.elapsed },
            elapsed: { state.value.elapsed },
            sleep: { try await rest(for: $0) })
    }

    func advance(by duration: Duration) {
        state.change { $0.elapsed += duration }
    }

    /// Returns when somebody sleeps for exactly so long.
    func someoneSleeps(_ duration: Duration) async {
        await state.wait { $0.sleepers.values.contains(duration) }
    }

    /// Returns when somebody has gone to sleep for the `count`th time.
    func someoneSleeps(times count: Int) async {
        await state.wait { $0.nextSleeper >= count }
    }

    private func rest(for duration: Duration) async throws {
        let (id, deadline) = state.change { state in
            state.nextSleeper += 1
            state.sleepers[state.nextSleeper] = duration
            return (state.nextSleeper, state.elapsed + duration)
        }
        await state.wait { $0.elapsed >= deadline }
        state.change { $0.sleepers[id] = nil }
        try Task.checkCancellation()
    }
}
