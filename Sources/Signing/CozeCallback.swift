package import Domain
package import StrictJSON

/// A Coze callback as section 4 of contracts/coze.md describes it, read with every documented
/// spelling.
///
/// Only `event_type` and `event_id` are mandatory. Whatever else is missing, or is not of the
/// documented type, is absent here; the event keeps its bytes, so nothing is lost.
package struct CozeCallback: Hashable, Sendable {
    package let header: Header
    package let payload: Payload

    package struct Header: Hashable, Sendable {
        package let eventType: String
        /// Opaque; a UUID, a UUID and digits, or short text.
        package let eventID: String
        /// Trigger time; milliseconds on the wire.
        package let createdAt: Timestamp?
        /// Owner of the workspace; absent in the billing example, empty in the plugin examples.
        package let accountID: String?
        /// The callback app; absent in the handshake and in the oldest sample.
        package let apiAppID: String?
        /// Only on channel delivery: this is what tells the two kinds of delivery apart.
        package let connectorID: String?
    }

    package enum Payload: Hashable, Sendable {
        /// The address check, with the challenge to be echoed; absent when it is not text.
        case handshake(challenge: String?)
        case botPublished(CozeBotChange)
        case botUnpublished(CozeBotChange)
        case botDeleted(CozeBotChange)
        case benefitUsage(CozeBenefitUsage)
        case pluginScaleRequested(CozePluginScale)
        case pluginScaleExpired(CozePluginScale)
        /// A type that is not documented today; stored and acknowledged like the others.
        case other
    }

    /// Reads a body that is one strict JSON value.
    ///
    /// - Throws: `malformedBody` unless it is an object whose `header` names a type and an id.
    package init(_ body: JSONValue) throws(VerificationRefusal) {
        guard body.object != nil else {
            throw VerificationRefusal(.malformedBody, "the body is \(body.kind), not an object")
        }
        guard let header = body["header"], header.object != nil else {
            throw VerificationRefusal(.malformedBody, "header is missing or no object")
        }
        self.header = try Header(header)
        payload = Payload(type: self.header.eventType, event: body["event"] ?? .null)
    }

    /// The app id of a body that nobody has verified yet: good for choosing a token, no more.
    static func claimedApp(_ body: JSONValue) -> String? {
        body["header"]?["api_app_id"]?.exactID
    }
}

extension CozeCallback {
    /// Whether this came from a channel app, which decides what `bot.published` is answered.
    package var isChannelDelivery: Bool { header.connectorID != nil }

    /// The bot that a `bot.…` event is about.
    ///
    /// Bills and plugin quotas name entities, too, but are not about a change of one: a rule that
    /// matches on the workspace alone must not copy a bot for each bill of that workspace.
    package var entity: EntityReference? {
        switch payload {
        case .botPublished(let change), .botUnpublished(let change), .botDeleted(let change):
            guard let id = change.botID else { return nil }
            return EntityReference(
                type: "bot", id: id, name: change.botName, workspaceID: change.workspaceID,
                version: change.version)
        case .handshake, .benefitUsage, .pluginScaleRequested, .pluginScaleExpired, .other:
            return nil
        }
    }
}

extension CozeCallback.Header {
    fileprivate init(_ header: JSONValue) throws(VerificationRefusal) {
        guard let type = header["event_type"]?.string, header["event_type"]?.exactID != nil,
            let id = header["event_id"]?.string, header["event_id"]?.exactID != nil
        else {
            throw VerificationRefusal(
                .malformedBody,
                "header.event_type and header.event_id must be text of 1 to \(keyBytesMax) bytes")
        }
        eventType = type
        eventID = id
        createdAt = header["created_at"]?.milliseconds
        accountID = header["coze_account_id"]?.exactID
        apiAppID = try Self.optionalID(header, "api_app_id")
        connectorID = try Self.optionalID(header, "connector_id")
    }

    /// An id that decides something: absent, `null` and `""` are the same, a riddle is refused.
    private static func optionalID(
        _ header: JSONValue, _ key: String
    ) throws(VerificationRefusal) -> String? {
        guard let value = header[key]?.present, value.string?.isEmpty != true else { return nil }
        guard let id = value.exactID else {
            throw VerificationRefusal(.malformedBody, "header.\(key) is no id")
        }
        return id
    }
}

extension CozeCallback.Payload {
    fileprivate init(type: String, event: JSONValue) {
        // Swift compares text by canonical equivalence, but nothing beside themselves is
        // equivalent to lower-case letters, dots and underscores.
        switch type {
        case "url_verification": self = .handshake(challenge: event["challenge"]?.string)
        case "bot.published": self = .botPublished(CozeBotChange(event))
        case "bot.unpublished": self = .botUnpublished(CozeBotChange(event))
        case "bot.deleted": self = .botDeleted(CozeBotChange(event))
        case "benefit.usage": self = .benefitUsage(CozeBenefitUsage(event))
        case "benefit.plugin.scale.requested":
            self = .pluginScaleRequested(CozePluginScale(event))
        case "benefit.plugin.scale.expired": self = .pluginScaleExpired(CozePluginScale(event))
        default: self = .other
        }
    }
}
