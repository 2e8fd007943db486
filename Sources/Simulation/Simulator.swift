package import Domain
package import StrictJSON

/// Somebody whom requests can be sent to, over a socket or in process.
package protocol Simulator: Sendable {
    /// Judges one request and does what it asks for, at once.
    ///
    /// - Parameter now: By the clock of whoever runs the simulator; never read elsewhere.
    func handle(_ request: SimulatedRequest, at now: Timestamp) -> SimulatedAnswer
}

/// What one platform does, as a value: the lock, the faults and the control routes around it are
/// ``PlatformSimulator``'s.
package protocol SimulatedPlatform: Sendable {
    /// What exists there, as `GET /_sim/world` shows it and `PUT` takes it.
    var world: JSONObject { get }

    /// Takes the members that are given; those that are absent stay as they are.
    ///
    /// - Throws: Where and why; nothing has changed then.
    mutating func changeWorld(_ object: JSONObject) throws(ControlRefusal)

    /// The names under which a fault plan may mean this request, such as `copy`.
    func routes(of request: SimulatedRequest) -> [String]

    /// Finishes what was due by now, such as copies that take their time.
    mutating func settle(at now: Timestamp)

    /// Does what the request asks for and answers.
    mutating func answer(
        _ request: SimulatedRequest, under circumstances: Circumstances
    ) -> SimulatedAnswer

    /// The refusal that this platform documents for such a request; nothing is done.
    func refusal(
        of request: SimulatedRequest, under circumstances: Circumstances
    ) -> SimulatedAnswer

    /// Learns what became of a request, `nil` when its sender hears nothing.
    mutating func note(_ request: SimulatedRequest, answered status: Int?, at now: Timestamp)

    /// Every copy really made, in the order of their making.
    var copies: [SimulatedCopy] { get }
    /// Every notification received, in order.
    var deliveries: [SimulatedDelivery] { get }
}

extension SimulatedPlatform {
    package mutating func settle(at now: Timestamp) {}
    package mutating func note(
        _ request: SimulatedRequest, answered status: Int?, at now: Timestamp
    ) {}
    package var copies: [SimulatedCopy] { [] }
    package var deliveries: [SimulatedDelivery] { [] }
}

/// What a platform needs to know beside the request.
package struct Circumstances: Hashable, Sendable {
    package var now: Timestamp
    /// Which request this is, counted from 1 since the start; what ids are made of.
    package var number: Int
    /// A copy that is begun now ends as failed.
    package var failsLater = false
    /// How errors travel, where a fault plan says so; else the world does.
    package var errorStatus: ErrorStatus?
}

/// Under which HTTP status a platform reports an error of its own.
package enum ErrorStatus: String, Hashable, Sendable {
    /// Always 200; only the code in the body tells.
    case ok = "200"
    /// The status that fits the code.
    case match
}

/// A copy that was really made.
package struct SimulatedCopy: Hashable, Sendable {
    package let entityID: String
    package let entityType: String
    package let toWorkspaceID: String?
    package let copiedEntityID: String
    /// Absent where the platform copies at once.
    package let taskID: String?
    /// The `Idempotency-Key` of the request that made it, which the platforms do not read.
    package var dispatch: String?
    package let at: Timestamp

    var json: JSONValue {
        [
            "entity_id": .string(entityID), "entity_type": .string(entityType),
            "to_workspace_id": toWorkspaceID.map(JSONValue.string) ?? .null,
            "copied_entity_id": .string(copiedEntityID),
            "task_id": taskID.map(JSONValue.string) ?? .null, "at": .string(at.description),
        ]
    }
}

/// A notification that was received, whatever was answered.
package struct SimulatedDelivery: Sendable {
    package let at: Timestamp
    package let method: String
    package let path: String
    /// As on the wire, without the question mark.
    package let query: String
    package let headers: [(name: String, value: String)]
    package let body: [UInt8]
    /// What the hook's scheme says of the signature; `nil` where it knows none.
    package let isVerified: Bool?
    /// `nil` when the sender heard nothing.
    package let status: Int?
}
