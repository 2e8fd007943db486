package import Domain

/// The part of the store that `Intake` and `Matching` need; each method is one transaction.
package protocol EventLog: Sendable {
    /// Stores an event once, and returns only after it is on disk.
    ///
    /// Calls that wait together may share one transaction; one that fails does not fail the others.
    func admit(_ event: Event) async throws(StorageError) -> Admission

    /// Stores several that came together, all of them or none, as if one after the other.
    ///
    /// - Returns: What became of each, in their order.
    func admit(_ events: [Event]) async throws(StorageError) -> [Admission]

    /// Lends out events that wait for the rules: fresh ones, oldest first, then those that a person
    /// has them see again.
    func claimEvents(
        limit: Int, at now: Timestamp, lease: Duration
    ) async throws(StorageError) -> [Claim<Event>]

    /// Writes what the rules made of an event, all of it or nothing, and ends the claim.
    ///
    /// Tasks and notifications that are already there are left alone.
    func settle(
        _ claim: Claim<Event>, as outcome: MatchOutcome, at now: Timestamp
    ) async throws(StorageError)

    /// Which of these ids, at this provider, are copies that we made.
    func ownCopies(among ids: [String], of provider: Provider) async throws(StorageError) -> Set<
        String
    >

    /// When `rule` last did something for this entity, on behalf of its cooldown.
    ///
    /// The later of: when it last planned a copy of the entity, and when an event about the entity
    /// was last settled with a verdict that `rule` announced it. Rule, type and id count, byte for
    /// byte.
    func lastTrigger(
        rule: String, entity: EntityReference
    ) async throws(StorageError) -> Timestamp?
}

/// What became of an event at the door.
package enum Admission: Hashable, Sendable {
    case stored
    /// Known already, byte for byte.
    case repeated(of: Event.ID)
    /// Known already with another body: the first stays, this one is kept as evidence.
    case conflict(with: Event.ID)
}

/// What the rules made of one event.
package struct MatchOutcome: Hashable, Sendable {
    package var verdicts: [RuleVerdict]
    package var tasks: [CopyTask]
    package var announcements: [Announcement]

    package init(
        verdicts: [RuleVerdict] = [], tasks: [CopyTask] = [], announcements: [Announcement] = []
    ) {
        self.verdicts = verdicts
        self.tasks = tasks
        self.announcements = announcements
    }

    package var state: EventState { verdicts.isEmpty ? .ignored : .matched }
}

/// What one rule that matched led to.
package struct RuleVerdict: Hashable, Sendable, Codable {
    package enum Effect: Hashable, Sendable, Codable {
        case planned(CopyTask.ID)
        case announced(CompletionNotification.ID)
        /// Held back, with the reason in a word: `own_copy`, `cooldown`.
        case suppressed(String)
        /// The action cannot be carried out, with what is missing: `no_entity`, `no_connection`.
        case impossible(String)
    }

    package let rule: String
    /// The place of the copy action in its rule; `nil` for a rule that only notifies.
    package let action: Int?
    package let effect: Effect

    package init(rule: String, action: Int?, effect: Effect) {
        self.rule = rule
        self.action = action
        self.effect = effect
    }

    /// Whether the event was announced, so that its entity counts for the rule's cooldown.
    package var isAnnouncement: Bool {
        if case .announced = effect { true } else { false }
    }
}
