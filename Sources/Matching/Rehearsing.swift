package import Domain
import Pipeline
package import Rules
package import Storage
import StrictJSON

/// Says what a rule would do with an event, by the planner and the guards that decide it in
/// earnest, and does nothing.
package struct Rehearsing: Sendable {
    private let planner: Planner
    private let guards: Guards
    private let time: TimeSource

    package init(
        events: any EventLog, connections: [Connection], audience: Audience, time: TimeSource
    ) {
        planner = Planner(connections: connections, audience: audience)
        guards = Guards(events: events)
        self.time = time
    }

    /// - Returns: What would be written; nothing where the rule does not match.
    package func outcome(
        of rule: Rule, for event: Event
    ) async throws(StorageError) -> MatchOutcome {
        let now = time.now()
        let intents =
            (try? planner.intents(for: event, in: RuleBook([rule]).current, at: now)) ?? []
        return try await guards.decide(intents, at: now) { _ throws(StorageError) in }
    }
}
