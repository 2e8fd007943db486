package import Domain
import Pipeline
package import Rules
package import Storage
import StrictJSON

/// Says what a rule would do with an event, by the planner and the guards that decide it in
/// earnest, and does nothing.
package struct Rehearsing: Sendable {
    private let destinations: DestinationBook
    private let guards: Guards
    private let time: TimeSource

    package init(
        events: any EventLog, destinations: DestinationBook, time: TimeSource
    ) {
        self.destinations = destinations
        guards = Guards(events: events)
        self.time = time
    }

    /// - Returns: What would be written; nothing where the rule does not match.
    package func outcome(
        of rule: Rule, for event: Event
    ) async throws(StorageError) -> MatchOutcome {
        let now = time.now()
        let planner = Planner(destinations.current)
        let intents =
            (try? planner.intents(for: event, in: RuleBook([rule]).current, at: now)) ?? []
        return try await guards.decide(intents, at: now) { _ throws(StorageError) in }
    }
}
