import Domain
import Rules
import Signing
import StrictJSON

/// Turns an event into what the rules want of it.
///
/// Pure: the same event, edition and time give the same intents, ids included.
struct Planner: Sendable {
    private let connections: [Connection]
    private let audience: Audience

    init(_ destinations: Destinations) {
        connections = destinations.connections
        audience = destinations.audience
    }

    /// What the matching rules want, in the order of the rules and of their actions.
    ///
    /// - Throws: When the event is no JSON object, which intake does not let in.
    func intents(
        for event: Event, in edition: RuleEdition, at now: Timestamp
    ) throws(JSONRefusal) -> [Intent] {
        let bytes = event.document
        guard let rules = edition.matches(checked: bytes) else {
            _ = try JSONValue(eventParsing: bytes)
            return []
        }
        guard !rules.isEmpty else { return [] }
        let choice = EntityChoice(event: event, document: try JSONValue(eventParsing: bytes))
        return rules.flatMap { rule in
            guard !rule.copies.isEmpty else { return [announce(rule, choice, at: now)] }
            return rule.copies.indices.map { copy(rule, $0, choice, at: now) }
        }
    }

    private func announce(_ rule: Rule, _ choice: EntityChoice, at now: Timestamp) -> Intent {
        let announcement = audience.announcement(
            of: choice.event, by: rule.name, notify: rule.notify, at: now)
        return Intent(
            rule: rule.name, action: nil, deed: .announce(announcement),
            trigger: trigger(of: rule, for: choice.event.entity))
    }

    private func copy(
        _ rule: Rule, _ place: Int, _ choice: EntityChoice, at now: Timestamp
    ) -> Intent {
        let action = rule.copies[place]
        guard
            let connection = connections.first(where: {
                $0.name.hasSameBytes(as: action.connection)
            })
        else {
            return Intent(rule: rule.name, action: place, deed: .impossible("no_connection"))
        }
        let entity: EntityReference
        do throws(EntityChoice.Trouble) {
            entity = try choice.entity(of: action, at: connection.provider)
        } catch {
            return Intent(rule: rule.name, action: place, deed: .impossible(error.rawValue))
        }
        let plan = CopyTask.Plan(
            event: EventSummary(choice.event), rule: rule.name, action: place,
            run: choice.event.run, connection: connection.name, provider: connection.provider,
            entity: entity,
            toWorkspace: action.toWorkspace,
            onUncertain: action.onUncertain ?? connection.onUncertain, notify: rule.notify,
            createdAt: now)
        return Intent(
            rule: rule.name, action: place,
            deed: .copy(
                CopyTask(id: .planned(by: plan), plan: plan, state: .queued(notBefore: now))),
            trigger: trigger(of: rule, for: entity),
            suspects: action.onOwnCopies ? [] : suspects(choice.event.entity, entity, connection))
    }

    private func trigger(of rule: Rule, for entity: EntityReference?) -> Trigger? {
        guard rule.cooldown > .zero, let entity else { return nil }
        return Trigger(rule: rule.name, entity: entity, cooldown: rule.cooldown)
    }

    /// What must not be a copy of ours: the thing to copy, and the thing that the event is about.
    ///
    /// The second matters where the action names what to copy: publishing each copy would raise
    /// the event that makes the next.
    private func suspects(
        _ cause: EntityReference?, _ entity: EntityReference, _ connection: Connection
    ) -> [Intent.Suspect] {
        let target = Intent.Suspect(provider: connection.provider, id: entity.id)
        guard let cause else { return [target] }
        let causes = Provider.owners(of: cause.type).map {
            Intent.Suspect(provider: $0, id: cause.id)
        }
        return [target] + causes
    }
}
