import Domain
import Storage

/// What holds a deed back although its rule matches: the loop guard, and the rule's cooldown.
struct Guards: Sendable {
    let events: any EventLog
    let triggers: TriggersInHand

    /// Sorts the intents into what happens and what does not, with a verdict for each.
    ///
    /// Asking again for the same event gives the same answer as long as nothing else happened.
    func outcome(
        of intents: [Intent], for event: Event.ID, at now: Timestamp
    ) async throws(StorageError) -> MatchOutcome {
        let own = try await ownCopies(among: intents)
        var outcome = MatchOutcome()
        for intent in intents {
            if case .impossible(let reason) = intent.deed {
                outcome.verdicts.append(intent.verdict(.impossible(reason)))
            } else if intent.suspects.contains(where: { own.contains($0) }) {
                outcome.verdicts.append(intent.verdict(.suppressed("own_copy")))
            } else if try await isQuiet(intent.trigger, for: event, at: now) {
                outcome.verdicts.append(intent.verdict(.suppressed("cooldown")))
            } else {
                outcome.add(intent)
            }
        }
        return outcome
    }

    private func ownCopies(among intents: [Intent]) async throws(StorageError) -> OwnCopies {
        let suspects = intents.flatMap(\.suspects)
        var own = OwnCopies()
        for provider in Provider.allCases {
            let ids = suspects.filter { $0.provider == provider }.map(\.id)
            guard !ids.isEmpty else { continue }
            let found = try await events.ownCopies(among: ids, of: provider)
            own.ids[provider] = Set(found.map { Identifier<Entity>(rawValue: $0) })
        }
        return own
    }

    private func isQuiet(
        _ trigger: Trigger?, for event: Event.ID, at now: Timestamp
    ) async throws(StorageError) -> Bool {
        guard let trigger else { return false }
        guard triggers.take(trigger, for: event, at: now) else { return true }
        let last = try await events.lastTrigger(rule: trigger.rule, entity: trigger.entity)
        guard let last, trigger.isQuiet(at: now, since: last) else { return false }
        triggers.giveBack(trigger, for: event)
        return true
    }
}

/// Copies that we made, by provider, as bytes.
private struct OwnCopies {
    var ids: [Provider: Set<Identifier<Entity>>] = [:]

    func contains(_ suspect: Intent.Suspect) -> Bool {
        ids[suspect.provider]?.contains(Identifier(rawValue: suspect.id)) ?? false
    }
}

extension MatchOutcome {
    /// Takes the deed in, with its verdict.
    fileprivate mutating func add(_ intent: Intent) {
        switch intent.deed {
        case .copy(let task):
            tasks.append(task)
            verdicts.append(intent.verdict(.planned(task.id)))
        case .announce(let announcement):
            announcements.append(announcement)
            verdicts.append(intent.verdict(.announced(announcement.notification.id)))
        case .impossible(let reason):
            verdicts.append(intent.verdict(.impossible(reason)))
        }
    }
}
