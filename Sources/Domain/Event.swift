package import StrictJSON

/// Something that a sender told us, verified and stored once.
package struct Event: Identifiable, Hashable, Sendable {
    package typealias ID = Identifier<Event>

    /// `evt_` and 26 characters, ours.
    package let id: ID
    package let identity: Identity
    /// As the sender names it: `bot.published`.
    package let type: String
    /// When it happened by the sender's clock, absent where the sender does not say.
    package let time: Timestamp?
    package let receivedAt: Timestamp
    /// What it is about, absent where the event has none.
    package let entity: EntityReference?
    /// What was delivered: one strict JSON object in UTF-8, exactly the bytes on the wire wherever
    /// these were one, at most 1 MiB there.
    package let body: [UInt8]
    /// Which time round it meets the rules, 0 the first time.
    ///
    /// A replay takes the run behind all that the event and its tasks have; so does a task that is
    /// retried, without the event's meeting the rules.
    package var run: Int

    package init(
        id: ID,
        identity: Identity,
        type: String,
        time: Timestamp?,
        receivedAt: Timestamp,
        entity: EntityReference?,
        body: [UInt8],
        run: Int = 0
    ) {
        self.id = id
        self.identity = identity
        self.type = type
        self.time = time
        self.receivedAt = receivedAt
        self.entity = entity
        self.body = body
        self.run = run
    }

    /// What makes a repeat a repeat.
    package struct Identity: Hashable, Sendable {
        /// The source's name in the configuration.
        package let source: String
        /// Narrows the key inside a source; for Coze the `api_app_id`, or empty.
        package let scope: String
        /// The sender's own id of the event, opaque.
        package let key: String

        package init(source: String, scope: String = "", key: String) {
            self.source = source
            self.scope = scope
            self.key = key
        }

        package static func == (lhs: Self, rhs: Self) -> Bool { lhs.parts == rhs.parts }
        package func hash(into hasher: inout Hasher) { hasher.combine(parts) }

        /// Bytes, since equal text may differ on the wire.
        private var parts: [[UInt8]] { [Array(source.utf8), Array(scope.utf8), Array(key.utf8)] }
    }
}

extension Event.Identity {
    /// What stands in the place of a source for what people ask for over the API.
    package static let sourceOfAPI = "api"
}

extension Event {
    /// Whether it only tells of a copy that a person asked for.
    ///
    /// No rule sees it, whoever asks and whenever: the copy is made already.
    package var isByHand: Bool {
        identity.source == Identity.sourceOfAPI && identity.scope == CopyTask.Plan.ruleByHand
    }

    /// The event as rules and people see it (one JSON object), `data` being the body untouched.
    package var document: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writeMembers(to: &writer)
        writer.key("data")
        writer.raw(body)
        writer.endObject()
        return writer.bytes
    }

    /// The event without its body, as notifications carry it.
    package var summary: JSONValue {
        [
            "id": .string(id.rawValue), "source": .string(identity.source), "type": .string(type),
            "key": .string(identity.key), "time": .string((time ?? receivedAt).description),
        ]
    }

    private func writeMembers(to writer: inout JSONWriter) {
        for member in summary.object?.members ?? [] {
            writer.key(member.key)
            writer.value(member.value)
        }
        writer.key("received_at")
        writer.value(.string(receivedAt.description))
        guard let entity else { return }
        writer.key("entity")
        writer.value(entity.json)
    }
}

/// A bot, app, workflow or agent on a platform, as far as a sender told us about it.
package struct EntityReference: Hashable, Sendable, Codable {
    /// `bot`, `app`, `workflow`, `agent`, or a sender's own word.
    package var type: String
    package var id: String
    package var name: String?
    package var workspaceID: String?
    package var version: String?

    package init(
        type: String,
        id: String,
        name: String? = nil,
        workspaceID: String? = nil,
        version: String? = nil
    ) {
        self.type = type
        self.id = id
        self.name = name
        self.workspaceID = workspaceID
        self.version = version
    }

    /// `{"type", "id"}` and what else is known, in the order of the event's documentation.
    package var json: JSONValue {
        var object: JSONObject = ["type": .string(type), "id": .string(id)]
        if let name { object["name"] = .string(name) }
        if let workspaceID { object["workspace_id"] = .string(workspaceID) }
        if let version { object["version"] = .string(version) }
        return .object(object)
    }
}

/// What became of an event, beside having been stored.
package enum EventState: String, Hashable, Sendable, Codable, CaseIterable {
    /// Stored and waiting for the rules.
    case received
    /// At least one rule planned a copy, announced it, or was held back by a guard.
    case matched
    /// No rule asked for it.
    case ignored

    package var isEnd: Bool { self != .received }
}
