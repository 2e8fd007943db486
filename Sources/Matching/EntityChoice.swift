import Domain
import Rules
import Signing
import StrictJSON

/// What a copy action copies: the event's own entity, or what the action names instead.
struct EntityChoice {
    enum Trouble: String, Error {
        /// The event has none, or nothing readable where the action points.
        case noEntity = "no_entity"
        /// The provider does not copy things of this kind.
        case entityType = "entity_type"
    }

    let event: Event
    /// As rules see it.
    let document: JSONValue

    /// The entity of `action` at `provider`.
    ///
    /// An action that names an id of its own and no type gets the provider's only kind where there
    /// is just one: with `entity_id: "31"` alone, a Coze bot's event leads to the copy of a Keyue
    /// agent. The bot's own id is never taken for an agent's.
    func entity(
        of action: CopyAction, at provider: Provider
    ) throws(Trouble) -> EntityReference {
        let own = event.entity
        guard let id = try text(action.entityID, else: own?.id) else { throw .noEntity }
        let type = try type(of: action, at: provider)
        guard provider.copies(type) else { throw .entityType }
        guard var entity = own, entity.id.hasSameBytes(as: id) else {
            return EntityReference(type: type, id: id)
        }
        entity.type = type
        return entity
    }

    private func type(of action: CopyAction, at provider: Provider) throws(Trouble) -> String {
        let own = event.entity?.type
        if action.entityType == nil, action.entityID != nil, provider.entityTypes.count == 1,
            let only = provider.entityTypes.first
        {
            return only
        }
        guard let type = try text(action.entityType, else: own) else { throw .noEntity }
        return type
    }

    /// What the source leads to, or `other` where there is none; `nil` only when that is `nil`.
    private func text(_ source: ValueSource?, else other: String?) throws(Trouble) -> String? {
        guard let source else { return other }
        // An id goes into keys, addresses and logs, so what was read gets the bounds of one.
        guard let text = source.text(in: document), let id = JSONValue.string(text).exactID else {
            throw .noEntity
        }
        return id
    }
}
