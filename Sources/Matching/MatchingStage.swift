package import Domain
package import Logging
import Pipeline
package import Rules
package import Storage
import StrictJSON

/// The second room: holds each stored event against the rules and writes what they want.
///
/// An event meets one edition of the rules, the one in force when it is performed; that a rule
/// changes before the result is written changes nothing for it.
package struct MatchingStage: Stage {
    package let name = "matching"

    private let events: any EventLog
    private let book: RuleBook
    private let destinations: DestinationBook
    private let guards: Guards
    private let time: TimeSource
    private let lease: Duration
    private let log: Logger

    /// - Parameters:
    ///   - destinations: The connections, of which an action that names another is impossible, and
    ///     who is told of events that are only announced.
    ///   - lease: How long a claim holds, 60 s by default.
    package init(
        events: any EventLog, book: RuleBook, destinations: DestinationBook, time: TimeSource,
        lease: Duration = .seconds(60), log: Logger
    ) {
        self.events = events
        self.book = book
        self.destinations = destinations
        guards = Guards(events: events)
        self.time = time
        self.lease = lease
        self.log = log
    }

    package func claim(
        limit: Int, at now: Timestamp
    ) async throws(StorageError) -> [Claim<Event>] {
        try await events.claimEvents(limit: limit, at: now, lease: lease)
    }

    package func perform(_ claim: Claim<Event>) async -> MatchedEvent {
        let began = time.elapsed()
        let intents = intents(for: claim.work)
        return MatchedEvent(claim: claim, intents: intents, duration: time.elapsed() - began)
    }

    package func settle(_ matched: MatchedEvent) async throws(StorageError) {
        let now = time.now()
        let outcome = try await guards.decide(matched.intents, at: now) {
            outcome throws(StorageError) in
            try await events.settle(matched.claim, as: outcome, at: now)
        }
        report(matched.claim.work, outcome, matched.duration)
    }

    private func intents(for event: Event) -> [Intent] {
        do throws(JSONRefusal) {
            return try Planner(destinations.current).intents(
                for: event, in: book.current, at: time.now())
        } catch {
            // Intake parsed this body, so the stored bytes are not those. Kept and ignored:
            // claiming it again would bring up the same for ever.
            log.error(
                "event.unreadable",
                metadata: ["event": "\(event.id)", "detail": "\(error)"])
            return []
        }
    }

    private func report(_ event: Event, _ outcome: MatchOutcome, _ duration: Duration) {
        let rules = Set(outcome.verdicts.map { Identifier<Rule>(rawValue: $0.rule) })
        log.info(
            "event.matched",
            metadata: [
                "event": "\(event.id)", "source": "\(event.identity.source)",
                "type": "\(event.type)", "state": "\(outcome.state.rawValue)",
                "rules": "\(rules.count)", "tasks": "\(outcome.tasks.count)",
                "announced": "\(outcome.announcements.count)",
                "suppressed": "\(outcome.verdicts.count(where: \.isSuppressed))",
                "impossible": "\(outcome.verdicts.count(where: \.isImpossible))",
                "duration_ms": "\(duration.wholeMilliseconds)",
            ])
        for verdict in outcome.verdicts {
            guard case .impossible(let reason) = verdict.effect else { continue }
            // Nobody is told by a notification, so that the log has to say it loudly.
            log.warning(
                "action.impossible",
                metadata: [
                    "event": "\(event.id)", "rule": "\(verdict.rule)",
                    "action": "\(verdict.action ?? 0)", "reason": "\(reason)",
                ])
        }
    }
}

/// An event and what the rules want of it, before the guards are asked.
package struct MatchedEvent: Sendable {
    let claim: Claim<Event>
    let intents: [Intent]
    /// What matching and planning took; the store's time is not in it.
    let duration: Duration
}

extension RuleVerdict {
    fileprivate var isSuppressed: Bool {
        if case .suppressed = effect { true } else { false }
    }

    fileprivate var isImpossible: Bool {
        if case .impossible = effect { true } else { false }
    }
}
