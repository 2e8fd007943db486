import Domain
import Simulation
import Synchronization

/// Stands before a platform and writes down who came, whatever became of it.
final class Witness: Simulator {
    struct Submission: Hashable, Sendable {
        let dispatch: String
        let at: Timestamp
    }

    private struct State {
        var submissions: [Submission] = []
        var lines: [String] = []
    }

    private let inner: any Simulator
    private let name: String
    private let state = Mutex(State())

    init(_ name: String, _ inner: any Simulator) {
        self.name = name
        self.inner = inner
    }

    /// Every request for a copy, in order.
    var submissions: [Submission] { state.withLock { $0.submissions } }
    /// A line for every request, in order.
    var lines: [String] { state.withLock { $0.lines } }

    func handle(_ request: SimulatedRequest, at now: Timestamp) -> SimulatedAnswer {
        let answer = inner.handle(request, at: now)
        state.withLock { state in
            let dispatch = request.header("Idempotency-Key")
            if let dispatch {
                state.submissions.append(Submission(dispatch: dispatch, at: now))
            }
            let words = [
                now.description, name, request.method, request.path, "\(answer.status)",
                "\(answer.cut)", dispatch ?? request.header("webhook-id") ?? "",
            ]
            state.lines.append(words.joined(separator: " "))
        }
        return answer
    }
}

/// What was promised to whom: written by the way in and by the store, read by the checkers.
final class Ledger: Sendable {
    private struct State {
        var stored: Set<Identifier<CopyTask.Dispatch>> = []
        var bugs: [String] = []
    }

    private let state = Mutex(State())

    /// Submissions that were on disk before they left.
    func isStored(_ dispatch: String) -> Bool {
        state.withLock { $0.stored.contains(Identifier(rawValue: dispatch)) }
    }

    /// Lines that the rooms log only when they contradict themselves.
    var bugs: [String] { state.withLock { $0.bugs } }

    func noteStored(_ dispatch: String) {
        state.withLock { _ = $0.stored.insert(Identifier(rawValue: dispatch)) }
    }

    func note(bug: String) { state.withLock { $0.bugs.append(bug) } }
}
