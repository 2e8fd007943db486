package import Domain
import StrictJSON
import Synchronization

/// How things stand with the directory of rule files: what was read, and what was refused since.
///
/// Whoever follows the directory writes it, and people read it over the API and in `/readyz`.
package final class RuleFilesState: Sendable {
    private struct State {
        var rules = 0
        var readAt: Timestamp?
        var refusal: Refusal?
    }

    /// A state of the files that was not put in force; the one before it stays.
    package struct Refusal: Hashable, Sendable {
        package let at: Timestamp
        /// What is wrong, where, and what would be accepted; several lines.
        package let detail: String
    }

    /// `nil` where the configuration names none.
    package let directory: String?
    private let state = Mutex(State())

    /// - Parameter rules: Rules of those files that are in force at the start.
    package init(directory: String?, rules: Int = 0, at now: Timestamp? = nil) {
        self.directory = directory
        state.withLock { $0 = State(rules: rules, readAt: directory == nil ? nil : now) }
    }

    package func accepted(rules: Int, at now: Timestamp) {
        state.withLock { $0 = State(rules: rules, readAt: now) }
    }

    /// - Returns: Whether this complaint is another than the one before.
    package func refused(_ detail: String, at now: Timestamp) -> Bool {
        state.withLock { state in
            guard state.refusal?.detail != detail else { return false }
            state.refusal = Refusal(at: now, detail: detail)
            return true
        }
    }

    package var refusal: Refusal? { state.withLock { $0.refusal } }

    /// `null` where there is no directory, else `{"directory", "rules", "read_at", "refused"}`.
    var json: JSONValue {
        guard let directory else { return .null }
        let state = state.withLock { $0 }
        return [
            "directory": .string(directory),
            "rules": .number(JSONNumber(Int64(state.rules))),
            "read_at": .text(state.readAt?.description),
            "refused": state.refusal.map {
                ["at": .string($0.at.description), "detail": .string($0.detail)]
            } ?? .null,
        ]
    }
}
