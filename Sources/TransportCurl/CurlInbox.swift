import CCurl
import Synchronization
import Transport

typealias Outcome = Result<HTTPAnswer, TransportFailure>

/// Names one exchange, and remembers that its caller has gone.
///
/// The memory is needed because a caller may be cancelled before its request is in the inbox.
final class Ticket: Sendable {
    let number: UInt64
    private let cancelled = Atomic(false)

    init(_ number: UInt64) {
        self.number = number
    }

    var isCancelled: Bool { cancelled.load(ordering: .sequentiallyConsistent) }

    func cancel() { cancelled.store(true, ordering: .sequentiallyConsistent) }
}

/// A request on its way from the caller to the thread.
struct Arrival: Sendable {
    let ticket: Ticket
    let request: HTTPRequest
    let target: EgressTarget
    let grant: Grant
    let continuation: CheckedContinuation<Outcome, Never>
}

/// A policy and its number; a higher one was put in force later.
struct Grant: Sendable {
    var policy: EgressPolicy
    var generation: UInt64
}

/// Where callers leave what the thread is to do; the only state that both sides touch.
struct Inbox {
    struct Content {
        var arrivals: [Arrival] = []
        var cancellations: [UInt64] = []
        /// Of a policy that was put in force, so that the pools of the one before are closed.
        var generation: UInt64?
        var isStopping = false

        var isEmpty: Bool {
            arrivals.isEmpty && cancellations.isEmpty && generation == nil && !isStopping
        }
    }

    var content = Content()
    /// Refused from the moment that stopping was asked for.
    var isClosed = false
    /// The thread has ended and what it owned is gone.
    var hasEnded = false
    var waitingForEnd: [CheckedContinuation<Void, Never>] = []
}
