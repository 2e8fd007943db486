import Synchronization

/// Lets so many in at a time who only look, in the order of arrival, and so many wait.
///
/// A page of a list is read, built and written by the threads that take events in. Were every page
/// begun as soon as it is asked for, an event would stand behind all of them at each of its steps,
/// and whoever has the key and asks without end would keep the house from its work.
package final class ReadingRoom: Sendable {
    private struct State {
        /// Seats that are taken, among them those that are being handed on.
        var taken = 0
        /// Told whether they have a seat.
        var waiters: [CheckedContinuation<Bool, Never>] = []
    }

    private let seats: Int
    private let waitersMax: Int
    private let state = Mutex(State())

    /// - Parameters:
    ///   - seats: How many look at a time.
    ///   - waitersMax: How many may wait for a seat.
    package init(seats: Int, waitersMax: Int) {
        self.seats = seats
        self.waitersMax = waitersMax
    }

    /// Runs `work` once there is a seat; `nil` at once where too many wait for one already.
    ///
    /// Waiting is not cut short by cancellation: those in front are done in a moment.
    package func read<Value, Failure: Error>(
        _ work: () async throws(Failure) -> Value
    ) async throws(Failure) -> Value? {
        guard await enter() else { return nil }
        defer { leave() }
        return try await work()
    }

    private func enter() async -> Bool {
        await withCheckedContinuation { continuation in
            let hasSeat: Bool? = state.withLock { state in
                if state.taken < seats {
                    state.taken += 1
                    return true
                }
                guard state.waiters.count < waitersMax else { return false }
                state.waiters.append(continuation)
                return nil
            }
            if let hasSeat { continuation.resume(returning: hasSeat) }
        }
    }

    private func leave() {
        let next = state.withLock { state -> CheckedContinuation<Bool, Never>? in
            if state.waiters.isEmpty {
                state.taken -= 1
                return nil
            }
            return state.waiters.removeFirst()
        }
        next?.resume(returning: true)
    }
}
