import Domain
import Simulation
import Synchronization

/// Stands before a platform and writes down who came, whatever became of it.
final class Witness: Simulator {
    struct Submission: Hashable, Sendable {
        let dispatch: String
        let at: Timestamp
    }

    /// One try at telling an endpoint something.
    struct Telling: Hashable, Sendable {
        /// The `webhook-id`; empty where the channel has none.
        let id: String
        let at: Timestamp
    }

    private struct State {
        var submissions: [Submission] = []
        var tellings: [Telling] = []
    }

    private let inner: any Simulator
    private let name: String
    private let chronicle: Chronicle
    private let state = Mutex(State())

    init(_ name: String, _ inner: any Simulator, chronicle: Chronicle) {
        self.name = name
        self.inner = inner
        self.chronicle = chronicle
    }

    /// Every request for a copy, in order.
    var submissions: [Submission] { state.withLock { $0.submissions } }
    /// Every notification, in order.
    var tellings: [Telling] { state.withLock { $0.tellings } }

    func handle(_ request: SimulatedRequest, at now: Timestamp) -> SimulatedAnswer {
        let answer = inner.handle(request, at: now)
        let dispatch = request.header("Idempotency-Key")
        let notification = request.header("webhook-id")
        state.withLock { state in
            if let dispatch {
                state.submissions.append(Submission(dispatch: dispatch, at: now))
            } else if name == "endpoint" {
                state.tellings.append(Telling(id: notification ?? "", at: now))
            }
        }
        if answer.cut != .none || answer.status >= 400 { chronicle.count(\.faults) }
        var words = [name, request.method, request.path, "\(answer.status)"]
        if answer.cut != .none { words.append("\(answer.cut)") }
        if answer.delay >= .seconds(1) { words.append("after \(answer.delay.text)") }
        if let id = dispatch ?? notification { words.append(id) }
        chronicle.note(words.joined(separator: " "))
        return answer
    }
}
