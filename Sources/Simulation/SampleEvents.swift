package import Domain
import Signing
import StrictJSON

/// Callbacks as Coze would send them, for the demonstration and for tests.
///
/// contracts/coze.md sections 3 and 4. The same arguments give the same bytes.
package struct SampleEvents: Sendable {
    private let world: CozeWorld

    package init(_ world: CozeWorld = .standard) {
        self.world = world
    }

    /// A signed callback: headers and exactly the bytes of its body.
    package struct Callback: Sendable {
        package let eventID: String
        package let headers: [(name: String, value: String)]
        package let body: [UInt8]
    }

    /// Which change of a bot is told.
    package enum Change: String, Hashable, Sendable, CaseIterable {
        case published = "bot.published"
        case unpublished = "bot.unpublished"
        case deleted = "bot.deleted"
    }

    /// What happened to a bot, told to a callback app.
    ///
    /// - Parameters:
    ///   - change: What happened.
    ///   - bot: To which bot.
    ///   - app: Who is told; a connector app gets the form of its channel, without the workspace.
    ///   - number: Makes the event's id; two calls with one number and one time tell one event.
    ///   - now: When it happened and when it is signed.
    package func callback(
        _ change: Change, of bot: CozeWorld.Entity, to app: CozeWorld.CallbackApp,
        number: Int, at now: Timestamp
    ) -> Callback {
        let eventID = MintedID.uuid(number, at: now) + "-" + app.apiAppID
        var header = header(change.rawValue, eventID, at: now)
        header["coze_account_id"] = "4189602994000001"
        header["api_app_id"] = .string(app.apiAppID)
        let channel = app.kind == .connector ? app.connectorID : nil
        header["connector_id"] = channel.map(JSONValue.string)
        var event = JSONObject()
        switch change {
        case .published:
            let user = world.users.first
            event["user_id_str"] = .string(bot.details.ownerID ?? user?.id ?? "")
            event["user_name"] = .string(user?.name ?? "")
            event["bot_id_str"] = .string(bot.id)
            event["version"] = .string(bot.details.version)
        case .unpublished, .deleted:
            event["bot_id"] = .string(bot.id)
            if change == .unpublished { event["connector_id"] = .string(channel ?? "1024") }
        }
        if channel == nil { event["space_id"] = .string(bot.workspaceID) }
        event["bot_name"] = .string(bot.name)
        event["description"] = .string(bot.details.description)
        let body = JSONValue.object(["header": .object(header), "event": .object(event)]).bytes()
        return signed(body, eventID, app.verifyToken, number, at: now)
    }

    /// The check of an address: whoever holds it answers with the challenge.
    package func handshake(
        _ challenge: String, to app: CozeWorld.CallbackApp, number: Int, at now: Timestamp
    ) -> Callback {
        let eventID = MintedID.uuid(number, at: now)
        let body = JSONValue.object([
            "header": .object(header("url_verification", eventID, at: now)),
            "event": ["challenge": .string(challenge)],
        ]).bytes()
        return signed(body, eventID, app.verifyToken, number, at: now)
    }

    /// `bot.published` of the world's first bot to its first normal app; `nil` in a world without.
    package func published(number: Int, at now: Timestamp) -> Callback? {
        guard let bot = world.bots.first,
            let app = world.callbackApps.first(where: { $0.kind == .normal })
        else { return nil }
        return callback(.published, of: bot, to: app, number: number, at: now)
    }

    private func header(_ type: String, _ eventID: String, at now: Timestamp) -> JSONObject {
        [
            "event_type": .string(type), "event_id": .string(eventID),
            "created_at": .number(JSONNumber(now.milliseconds)),
        ]
    }

    private func signed(
        _ body: [UInt8], _ eventID: String, _ token: Secret, _ number: Int, at now: Timestamp
    ) -> Callback {
        var chance = SeededGenerator(seed: UInt64(bitPattern: now.milliseconds) ^ UInt64(number))
        let nonce = CozeSigner.nonce(using: &chance)
        return Callback(
            eventID: eventID,
            headers: [("Content-Type", "application/json")]
                + CozeSigner.headers(token: token, timestamp: now, nonce: nonce, body: body),
            body: body)
    }
}
