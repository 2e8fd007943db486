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
    /// Further from the truth than this our wall clock never is: signatures of senders and of ours
    /// are good for 300 s.
    private static let errorMax: Duration = .seconds(200)

    let clock = VirtualClock()
    private let jumped = Mutex(Duration.zero)

    /// By the clock of everybody else.
    var now: Timestamp { Self.start + clock.now.offset }

    /// By our wall clock.
    var ours: Timestamp { now + jumped.withLock { $0 } }

    /// Forward or back.
    func jump(by duration: Duration) {
        jumped.withLock { jumped in
            jumped = min(max(jumped + duration, .zero - Self.errorMax), Self.errorMax)
        }
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

/// The way out of one worker in one life.
struct LifeTransport: HTTPTransport {
    let life: Life
    let inner: SimulatedTransport
    let traffic: Traffic

    func send(_ request: HTTPRequest) async throws(TransportFailure) -> HTTPAnswer {
        guard life.isAlive else {
            throw TransportFailure(
                .cancelled, isSent: false, detail: "the process is gone", duration: .zero)
        }
        let host = Self.host(of: request.url)
        let isSubmission = request.headers.contains { $0.name == "Idempotency-Key" }
        life.count(1)
        traffic.begin(host, isSubmission: isSubmission)
        defer { life.count(-1) }
        do throws(TransportFailure) {
            let answer = try await inner.send(request)
            traffic.end(host, isSubmission: isSubmission, with: answer)
            return answer
        } catch {
            traffic.end(host, isSubmission: isSubmission, with: nil)
            throw error
        }
    }

    private static func host(of url: String) -> String {
        let rest = url.utf8.drop { $0 != UInt8(ascii: "/") }.dropFirst(2)
        return String(Substring(rest.prefix { $0 != UInt8(ascii: "/") }))
    }
}
