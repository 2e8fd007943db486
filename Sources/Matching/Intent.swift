import Domain
import Rules
import Storage

/// What one rule, or one of its actions, wants done, before the guards are asked.
struct Intent: Sendable {
    enum Deed: Sendable {
        case copy(CopyTask)
        case announce(Announcement)
        /// Cannot be done, with the reason in a word.
        case impossible(String)
    }

    /// Something that may be a copy of ours.
    struct Suspect: Sendable {
        let provider: Provider
        let id: String
    }

    let rule: String
    /// The place of the action in its rule; `nil` for a rule that only notifies.
    let action: Int?
    let deed: Deed
    /// What the rule's cooldown counts by, where it has one and there is something to count by.
    var trigger: Trigger?
    /// One of these being a copy of ours holds the deed back.
    var suspects: [Suspect] = []

    func verdict(_ effect: RuleVerdict.Effect) -> RuleVerdict {
        RuleVerdict(rule: rule, action: action, effect: effect)
    }
}

/// A rule that is to rest for a while after it did something for this entity.
struct Trigger: Sendable {
    let rule: String
    let entity: EntityReference
    let cooldown: Duration

    /// Whether what happened at `last` still keeps the rule quiet at `now`.
    ///
    /// On both sides of `last`: after a clock was set back the rule must neither fire twice nor
    /// be quiet for longer than its cooldown. At the very end of the cooldown it fires.
    func isQuiet(at now: Timestamp, since last: Timestamp) -> Bool {
        let age = now - last
        return age < cooldown && age > .zero - cooldown
    }
}
