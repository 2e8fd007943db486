import Domain
import Logging
import Signing
import Storage
package import StrictJSON

/// A copy that a person asks for, without an event.
package struct CopyWish: Hashable, Sendable {
    let connection: String
    let toWorkspace: String?
    let entity: EntityReference
    let notify: [String]?
    /// The person's own id of the wish: the same one again is the same wish.
    let key: String?

    /// Reads `{"connection", "to_workspace"?, "entity_type"?, "entity_id", "name"?, "notify"?,
    /// "key"?}`.
    package init(parsing body: [UInt8]) throws(AdministrationError) {
        let body = try RequestBody(
            body,
            keys: [
                "connection", "to_workspace", "entity_type", "entity_id", "name", "notify", "key",
            ])
        guard let connection = try body.text("connection") else {
            throw body.refusal("this is missing", at: "connection")
        }
        guard let id = try body.id("entity_id") else {
            throw body.refusal("this is missing", at: "entity_id")
        }
        self.connection = connection
        toWorkspace = try body.id("to_workspace")
        entity = EntityReference(
            type: try body.text("entity_type") ?? "", id: id, name: try body.text("name"))
        notify = try body.words("notify", max: 64)
        key = try body.text("key")
    }
}

extension Administrator {
    package static let source = Event.Identity.sourceOfAPI
    /// The type of the event that a copy by hand comes from.
    static let typeByHand = "copy.requested"

    /// Plans a copy that no event asked for.
    ///
    /// An event of our own is stored with it, which says who asked; no rule sees that one.
    ///
    /// - Returns: The task, in the shape of ``task(_:)``, and whether it was planned just now: a
    ///   wish under a key that is known answers with the task of the first time.
    package func copyByHand(
        _ wish: CopyWish, by who: Principal
    ) async throws(AdministrationError) -> (task: JSONValue, isNew: Bool) {
        let connection = try connection(of: wish)
        let entity = try entity(of: wish, at: connection.provider)
        try refuseUnlessKnown(wish.notify ?? [])
        let now = now
        var chance = chance
        let id = Event.ID.make("evt_", at: now, using: &chance)
        let event = Event(
            id: id,
            identity: .init(
                source: Self.source, scope: CopyTask.Plan.ruleByHand,
                key: wish.key ?? id.rawValue),
            type: Self.typeByHand, time: nil, receivedAt: now, entity: entity,
            body: body(of: wish, entity, by: who).bytes())
        let plan = CopyTask.Plan(
            event: EventSummary(event), rule: CopyTask.Plan.ruleByHand, action: 0, run: 0,
            connection: connection.name, provider: connection.provider, entity: entity,
            toWorkspace: wish.toWorkspace, onUncertain: connection.onUncertain,
            notify: wish.notify, createdAt: now)
        let task = CopyTask(id: .planned(by: plan), plan: plan, state: .queued(notBefore: now))
        let outcome = MatchOutcome(
            verdicts: [RuleVerdict(rule: plan.rule, action: 0, effect: .planned(task.id))],
            tasks: [task])
        let note = note(
            .taskPlanned, of: task.id.rawValue, by: who, at: now,
            ["connection": .string(connection.name), "entity_id": .string(entity.id)])
        let admission = try await ask { () async throws(StorageError) in
            try await store.admit(event, settledAs: outcome, noting: note, at: now)
        }
        switch admission {
        case .stored:
            log.notice("task.planned", metadata: ["task": "\(task.id)", "by": "\(who.id)"])
            nudges.copying()
            return (try await self.task(task.id.rawValue), true)
        case .repeated(let first):
            let known = CopyTask.ID.planned(for: first, by: plan.rule, action: 0, run: 0)
            return (try await self.task(known.rawValue), false)
        case .conflict:
            throw AdministrationError(
                .keyTaken, "another copy was asked for under this key",
                pointer: JSONPointer(tokens: ["key"]),
                remedy: "Take a key of its own for each wish, or leave it out.")
        }
    }

    private func connection(of wish: CopyWish) throws(AdministrationError) -> Connection {
        let found = connections.first { $0.name.hasSameBytes(as: wish.connection) }
        guard let found else {
            throw .wishRefused(
                "there is no connection of this name", at: "connection",
                "Connections: " + connections.map(\.name).joined(separator: ", ") + ".")
        }
        return found
    }

    private func entity(
        of wish: CopyWish, at provider: Provider
    ) throws(AdministrationError) -> EntityReference {
        var entity = wish.entity
        let types = provider.entityTypes
        if entity.type.isEmpty, types.count == 1 { entity.type = types[0] }
        guard provider.copies(entity.type) else {
            throw .wishRefused(
                entity.type.isEmpty ? "this is missing" : "\(provider) copies nothing of this kind",
                at: "entity_type", "Kinds: " + types.joined(separator: ", ") + ".")
        }
        switch provider {
        case .coze where wish.toWorkspace == nil:
            throw .wishRefused(
                "this is missing", at: "to_workspace",
                "Name the workspace that the copy is to land in.")
        case .keyue where wish.toWorkspace != nil:
            throw .wishRefused(
                "Keyue copies inside its tenant and knows no workspaces", at: "to_workspace",
                "Leave it out.")
        case .coze, .keyue: return entity
        }
    }

    private func refuseUnlessKnown(_ endpoints: [String]) throws(AdministrationError) {
        let known = audience.endpoints.map(\.name)
        for name in endpoints where !known.contains(where: { $0.hasSameBytes(as: name) }) {
            throw .wishRefused(
                "there is no such endpoint", at: "notify",
                "Endpoints: " + known.joined(separator: ", ") + "; leave it out for all.")
        }
    }

    /// The wish as its event carries it.
    private func body(
        of wish: CopyWish, _ entity: EntityReference, by who: Principal
    ) -> JSONValue {
        var object: JSONObject = [
            "type": .string(Self.typeByHand),
            "by": ["id": .string(who.id), "name": .string(who.name)],
            "connection": .string(wish.connection), "entity": entity.json,
        ]
        if let workspace = wish.toWorkspace { object["to_workspace"] = .string(workspace) }
        if let notify = wish.notify { object["notify"] = .array(notify.map { .string($0) }) }
        return .object(object)
    }
}

extension AdministrationError {
    fileprivate static func wishRefused(
        _ detail: String, at key: String, _ remedy: String
    ) -> Self {
        AdministrationError(
            .requestInvalid, detail, pointer: JSONPointer(tokens: [key]), remedy: remedy)
    }
}
