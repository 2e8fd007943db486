import Domain
import Storage

/// What holds a deed back although its rule matches: the loop guard, and the rule's cooldown.
struct Guards: Sendable {
    let events: any EventLog
    private let triggers = TriggersInHand()

    init(events: any EventLog) { self.events = events }

    /// Sorts the intents into what happens and what does not, with a verdict for each, and has it
    /// written before another event is decided by the same cooldown.
    ///
    /// Nothing is kept where `write` fails: whoever comes next asks the store anew.
    func decide(
        _ intents: [Intent], at now: Timestamp,
        write: (MatchOutcome) async throws(StorageError) -> Void
    ) async throws(StorageError) -> MatchOutcome {
        let own = try await ownCopies(among: intents)
        let asked = intents.filter { $0.isPossible && !own.holdBack($0) }.compactMap(\.trigger)
        return try await triggers.holding(asked) { () throws(StorageError) in
            let quiet = try await quiet(among: asked, at: now)
            var outcome = MatchOutcome()
            for intent in intents { outcome.add(intent, own, quiet) }
            try await write(outcome)
            return outcome
        }
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

    /// Those whose rule did something for the entity not long ago.
    private func quiet(
        among triggers: [Trigger], at now: Timestamp
    ) async throws(StorageError) -> [Trigger] {
        var quiet: [Trigger] = []
        for trigger in triggers where !quiet.contains(where: { $0.isAbout(trigger) }) {
            let last = try await events.lastTrigger(rule: trigger.rule, entity: trigger.entity)
            if let last, trigger.isQuiet(at: now, since: last) { quiet.append(trigger) }
        }
        return quiet
    }
}

/// Copies that we made, by provider, as bytes.
private struct OwnCopies {
    var ids: [Provider: Set<Identifier<Entity>>] = [:]

    func holdBack(_ intent: Intent) -> Bool {
        intent.suspects.contains { suspect in
            ids[suspect.provider]?.contains(Identifier(rawValue: suspect.id)) ?? false
        }
    }
}

extension Intent {
    fileprivate var isPossible: Bool {
        if case .impossible = deed { false } else { true }
    }
}

extension MatchOutcome {
    /// Takes the deed in unless something holds it back, with its verdict.
    fileprivate mutating func add(_ intent: Intent, _ own: OwnCopies, _ quiet: [Trigger]) {
        let isResting = intent.trigger.map { trigger in quiet.contains { $0.isAbout(trigger) } }
        switch intent.deed {
        case .impossible(let reason): verdicts.append(intent.verdict(.impossible(reason)))
        case _ where own.holdBack(intent): verdicts.append(intent.verdict(.suppressed("own_copy")))
        case _ where isResting == true: verdicts.append(intent.verdict(.suppressed("cooldown")))
        case .copy(let task):
            tasks.append(task)
            verdicts.append(intent.verdict(.planned(task.id)))
        case .announce(let announcement):
            announcements.append(announcement)
            verdicts.append(intent.verdict(.announced(announcement.notification.id)))
        }
    }
}
