import Domain
import Foundation
import Signing
import Simulation
import StrictJSON

/// An event as its sender signs it: exactly the bytes that go out, however often.
struct SignedEvent: Sendable {
    /// Of the source `partner`, whose scheme is Standard Webhooks.
    static let partnerSecret = Secret("whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=")

    let source: String
    /// What the service knows it by.
    let key: String
    let headers: [(name: String, value: String)]
    let body: [UInt8]

    /// A callback of Coze, to the source `coze-main`.
    init(_ callback: SampleEvents.Callback) {
        source = "coze-main"
        key = callback.eventID
        headers = callback.headers
        body = callback.body
    }

    /// An event of our own making, to the source `partner`, signed now.
    init(partner type: String, key: String, entity: JSONValue) throws {
        let now = Timestamp.wall
        let body: JSONValue = [
            "type": .string(type), "timestamp": .string(now.description),
            "data": ["entity": entity],
        ]
        source = "partner"
        self.key = key
        self.body = body.bytes()
        headers =
            try [("Content-Type", "application/json")]
            + StandardWebhooksSigner(secrets: [Self.partnerSecret])
            .headers(id: key, at: now, body: self.body).map { ($0.name, $0.value) }
    }
}

extension Timestamp {
    /// By the clock of this machine.
    static var wall: Timestamp {
        Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000))
    }
}

/// A signed `bot.published` about a bot of the usual world, made now.
func sampleCallback(_ number: Int = 1) throws -> SampleEvents.Callback {
    guard let callback = SampleEvents().published(number: number, at: .wall) else {
        throw ServiceProcess.CannotStart(description: "the usual world has no bot")
    }
    return callback
}
