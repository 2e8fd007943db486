package import Domain
package import StrictJSON

/// What is to happen when an event matches: copies, and who hears of them.
///
/// One reference: lists of a hundred thousand rules are compared, copied and dropped whenever one
/// of them changes.
package struct Rule: Hashable, Sendable {
    private var content: Content

    private final class Content: Sendable {
        let fields: Fields

        init(_ fields: Fields) { self.fields = fields }
    }

    private struct Fields: Hashable {
        let name: String
        var match: Pattern
        var copies: [CopyAction]
        var notify: [String]?
        var cooldown: Duration
        var isEnabled: Bool
        var template: MessageTemplate?
        var origin: Origin
    }

    /// Where a rule comes from; those from files are read-only in the API.
    package enum Origin: Hashable, Sendable {
        case file(String)
        case api
    }

    package init(
        name: String, match: Pattern, copies: [CopyAction] = [], notify: [String]? = nil,
        cooldown: Duration = .zero, isEnabled: Bool = true, template: MessageTemplate? = nil,
        origin: Origin = .api
    ) {
        content = Content(
            Fields(
                name: name, match: match, copies: copies, notify: notify, cooldown: cooldown,
                isEnabled: isEnabled, template: template, origin: origin))
    }

    private var fields: Fields {
        get { content.fields }
        set { content = Content(newValue) }
    }

    /// Whether two are one, and so say the same.
    func isSame(as other: Rule) -> Bool { content === other.content }

    package static func == (left: Rule, right: Rule) -> Bool {
        left.isSame(as: right) || left.fields == right.fields
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(fields) }
}

extension Rule {
    /// At most 128 bytes; unique among all rules.
    package var name: String { content.fields.name }

    package var match: Pattern {
        get { content.fields.match }
        set { fields.match = newValue }
    }

    /// In the order of the definition; a copy task is known by its place in here.
    package var copies: [CopyAction] {
        get { content.fields.copies }
        set { fields.copies = newValue }
    }

    /// The endpoints that hear of this rule's copies, or of the event where there is no copy:
    /// `nil` is all of them, an empty list none.
    package var notify: [String]? {
        get { content.fields.notify }
        set { fields.notify = newValue }
    }

    /// A further event about the same entity within this time triggers nothing; default 0.
    package var cooldown: Duration {
        get { content.fields.cooldown }
        set { fields.cooldown = newValue }
    }

    package var isEnabled: Bool {
        get { content.fields.isEnabled }
        set { fields.isEnabled = newValue }
    }

    /// Own words for what chats are told of this rule's copies and events; goes before that of an
    /// endpoint.
    package var template: MessageTemplate? {
        get { content.fields.template }
        set { fields.template = newValue }
    }

    package var origin: Origin {
        get { content.fields.origin }
        set { fields.origin = newValue }
    }
}

/// One copy that a rule asks for.
package struct CopyAction: Hashable, Sendable {
    /// The name of a connection in the configuration.
    package var connection: String
    /// `nil` for the workspace where the entity is.
    package var toWorkspace: String?
    /// `nil` for the event's own entity.
    package var entityID: ValueSource?
    /// `nil` for the event's own.
    package var entityType: ValueSource?
    /// `nil` for the connection's policy.
    package var onUncertain: UncertainPolicy?
    /// Whether an entity that is itself a copy of ours is copied too.
    ///
    /// Default no, since publishing a copy raises the very event that made it.
    package var onOwnCopies: Bool

    package init(
        connection: String, toWorkspace: String? = nil, entityID: ValueSource? = nil,
        entityType: ValueSource? = nil, onUncertain: UncertainPolicy? = nil,
        onOwnCopies: Bool = false
    ) {
        self.connection = connection
        self.toWorkspace = toWorkspace
        self.entityID = entityID
        self.entityType = entityType
        self.onUncertain = onUncertain
        self.onOwnCopies = onOwnCopies
    }
}

/// Where a text comes from: the rule itself, or a place in the event.
package enum ValueSource: Hashable, Sendable {
    case literal(String)
    /// `{from: /data/event/bot_id}`; a string or a number is read there.
    case from(JSONPointer)

    /// The text, or `nil` when the event has neither a string nor a number at the place.
    package func text(in event: JSONValue) -> String? {
        switch self {
        case .literal(let text): text
        case .from(let pointer): event.value(at: pointer)?.text
        }
    }
}

// MARK: - As JSON

extension Rule {
    /// The definition as it could be put again; what has its default is left out, `origin` too.
    package var json: JSONValue {
        var object: JSONObject = ["name": .string(name), "match": match.source]
        if !copies.isEmpty { object["copy"] = .array(copies.map(\.json)) }
        if let notify { object["notify"] = .array(notify.map { .string($0) }) }
        if cooldown != .zero { object["cooldown"] = .string(cooldown.text) }
        if !isEnabled { object["enabled"] = false }
        if let template { object["template"] = .string(template.source) }
        return .object(object)
    }
}

extension CopyAction {
    package var json: JSONValue {
        var object: JSONObject = ["connection": .string(connection)]
        if let toWorkspace { object["to_workspace"] = .string(toWorkspace) }
        if let entityID { object["entity_id"] = entityID.json }
        if let entityType { object["entity_type"] = entityType.json }
        if let onUncertain { object["on_uncertain"] = .string(onUncertain.rawValue) }
        if onOwnCopies { object["on_own_copies"] = true }
        return .object(object)
    }
}

extension ValueSource {
    package var json: JSONValue {
        switch self {
        case .literal(let text): .string(text)
        case .from(let pointer): ["from": .string(pointer.description)]
        }
    }
}
