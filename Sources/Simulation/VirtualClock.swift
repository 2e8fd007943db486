package import Domain
import Synchronization

/// A clock that moves only when told to.
///
/// Whoever sleeps on it is woken by ``advanceToNextDeadline()`` or ``advance(by:)``, so hours pass
/// in no time and always in the same order.
package final class VirtualClock: Clock {
    package struct Instant: InstantProtocol {
        /// Since the clock was made.
        package var offset: Duration

        package init(offset: Duration = .zero) {
            self.offset = offset
        }

        package func advanced(by duration: Duration) -> Instant {
            Instant(offset: offset + duration)
        }

        package func duration(to other: Instant) -> Duration { other.offset - offset }

        package static func < (left: Instant, right: Instant) -> Bool {
            left.offset < right.offset
        }
    }

    private typealias Continuation = UnsafeContinuation<Void, any Error>

    private struct Sleeper {
        let id: Int
        let deadline: Instant
        let continuation: Continuation
    }

    private struct State {
        var now = Instant()
        var idLast = 0
        /// In the order in which they went to sleep.
        var sleepers: [Sleeper] = []
        /// Sleeps that were cancelled before they began to wait; each leaves when its call ends.
        var cancelled: Set<Int> = []
    }

    private let state = Mutex(State())

    package init() {}

    package var now: Instant { state.withLock { $0.now } }

    package var minimumResolution: Duration { .nanoseconds(1) }

    /// How many are asleep.
    package var sleeperCount: Int { state.withLock { $0.sleepers.count } }

    /// What is kept of calls that were cancelled and have not returned; 0 when nobody sleeps.
    package var cancelledCount: Int { state.withLock { $0.cancelled.count } }

    package func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        let id = state.withLock { state in
            state.idLast += 1
            return state.idLast
        }
        // A cancellation may arrive after the waking and before the return; what it left behind
        // goes with the call. The handler never runs after `withTaskCancellationHandler` returns.
        defer { state.withLock { _ = $0.cancelled.remove(id) } }
        try await withTaskCancellationHandler {
            try await withUnsafeThrowingContinuation { continuation in
                wait(id, until: deadline, continuation)
            }
        } onCancel: {
            cancel(id)
        }
    }

    /// Moves to the earliest deadline and wakes everyone due then; `false` when nobody sleeps.
    package func advanceToNextDeadline() -> Bool {
        let due = state.withLock { state -> [Sleeper] in
            guard let deadline = state.sleepers.map(\.deadline).min() else { return [] }
            return Self.move(&state, to: deadline)
        }
        due.forEach { $0.continuation.resume() }
        return !due.isEmpty
    }

    /// Moves on by so much and wakes everyone whose deadline has come, earliest first.
    package func advance(by duration: Duration) {
        let due = state.withLock { state in
            Self.move(&state, to: state.now.advanced(by: duration))
        }
        due.forEach { $0.continuation.resume() }
    }

    private static func move(_ state: inout State, to instant: Instant) -> [Sleeper] {
        state.now = max(state.now, instant)
        let now = state.now
        let due = state.sleepers.filter { $0.deadline <= now }
        state.sleepers.removeAll { $0.deadline <= now }
        return due.sorted { ($0.deadline, $0.id) < ($1.deadline, $1.id) }
    }

    private func wait(_ id: Int, until deadline: Instant, _ continuation: Continuation) {
        enum Answer { case wait, wake, cancel }
        let answer: Answer = state.withLock { state in
            if state.cancelled.contains(id) { return .cancel }
            if state.now >= deadline { return .wake }
            state.sleepers.append(
                Sleeper(id: id, deadline: deadline, continuation: continuation))
            return .wait
        }
        switch answer {
        case .wait: break
        case .wake: continuation.resume()
        case .cancel: continuation.resume(throwing: CancellationError())
        }
    }

    private func cancel(_ id: Int) {
        let continuation = state.withLock { state -> Continuation? in
            guard let index = state.sleepers.firstIndex(where: { $0.id == id }) else {
                state.cancelled.insert(id)
                return nil
            }
            return state.sleepers.remove(at: index).continuation
        }
        continuation?.resume(throwing: CancellationError())
    }
}

extension VirtualClock {
    /// This clock as the rooms take it.
    ///
    /// - Parameter start: What the wall clock showed when this clock was made.
    package func timeSource(start: Timestamp) -> TimeSource {
        TimeSource(
            now: { start + self.now.offset },
            elapsed: { self.now.offset },
            sleep: { duration in try await self.sleep(for: duration) })
    }
}
