import Domain
import Simulation
import Synchronization
import Transport

/// One life of the service, from its start to the crash.
///
/// What a dead life still does reaches nothing: its store and its way out are closed, its sleeps
/// end at once. So a crash may come between any two steps, and nothing is left over from it.
final class Life: Sendable {
    private struct State {
        var isAlive = true
        var inFlight = 0
    }

    private let state = Mutex(State())

    var isAlive: Bool { state.withLock { $0.isAlive } }
    /// Requests that have left and whose answers have not come.
    var inFlight: Int { state.withLock { $0.inFlight } }

    func end() { state.withLock { $0.isAlive = false } }
    func count(_ change: Int) { state.withLock { $0.inFlight += change } }
}

/// Both clocks of a world: the one that only the driver moves, and a wall clock that jumps.
final class WorldTime: Sendable {
    static let start = Timestamp(milliseconds: 1_773_822_600_000)

    let clock = VirtualClock()
    private let jumped = Mutex(Duration.zero)

    /// By the clock of everybody else.
    var now: Timestamp { Self.start + clock.now.offset }

    /// By our wall clock.
    var ours: Timestamp { now + jumped.withLock { $0 } }

    /// Together never more than a sender's signature may be old.
    func jump(by duration: Duration) {
        jumped.withLock { $0 = min($0 + duration, .seconds(200)) }
    }

    func source(for life: Life) -> TimeSource {
        TimeSource(
            now: { self.ours }, elapsed: { self.clock.now.offset },
            sleep: { duration in
                guard life.isAlive else { throw CancellationError() }
                try await self.clock.sleep(for: duration)
            })
    }

    var theirs: TimeSource { clock.timeSource(start: Self.start) }
}

/// The way out of one life.
struct LifeTransport: HTTPTransport {
    let life: Life
    let inner: SimulatedTransport
    let bug: PlantedBug?

    func send(_ request: HTTPRequest) async throws(TransportFailure) -> HTTPAnswer {
        do throws(TransportFailure) {
            return try await sendOnce(request)
        } catch {
            let isCopy = request.headers.contains { $0.name == "Idempotency-Key" }
            guard bug == .retryAfterLostAnswer, isCopy, error.isSent, life.isAlive else {
                throw error
            }
            return try await sendOnce(request)
        }
    }

    private func sendOnce(_ request: HTTPRequest) async throws(TransportFailure) -> HTTPAnswer {
        guard life.isAlive else {
            throw TransportFailure(
                .cancelled, isSent: false, detail: "the process is gone", duration: .zero)
        }
        life.count(1)
        defer { life.count(-1) }
        return try await inner.send(request)
    }
}
