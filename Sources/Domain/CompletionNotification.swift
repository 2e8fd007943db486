package import StrictJSON

/// What a completion notification can be about.
package enum NotificationType: String, Hashable, Sendable, Codable, CaseIterable {
    case copySucceeded = "copy.succeeded"
    case copyFailed = "copy.failed"
    case copyUnresolved = "copy.unresolved"
    case copyCancelled = "copy.cancelled"
    case copyStalled = "copy.stalled"
    case copyDuplicateSuspected = "copy.duplicate_suspected"
    case eventAnnounced = "event.announced"
    case endpointWarning = "endpoint.warning"
    case endpointDisabled = "endpoint.disabled"
    case endpointRecovered = "endpoint.recovered"
    case connectionBroken = "connection.broken"
    case connectionRecovered = "connection.recovered"
    case ping
}

/// One thing to tell, written in the same transaction as what it tells of.
package struct CompletionNotification: Identifiable, Hashable, Sendable {
    package typealias ID = Identifier<CompletionNotification>

    /// `ntf_…`, derived from what it is about, so that writing it twice writes it once.
    package let id: ID
    package let type: NotificationType
    package let taskID: CopyTask.ID?
    package let eventID: Event.ID?
    package let createdAt: Timestamp
    /// Exactly the bytes that a generic webhook gets: `{"type", "timestamp", "data"}`.
    package let payload: [UInt8]

    package init(
        id: ID,
        type: NotificationType,
        taskID: CopyTask.ID?,
        eventID: Event.ID?,
        createdAt: Timestamp,
        payload: [UInt8]
    ) {
        self.id = id
        self.type = type
        self.taskID = taskID
        self.eventID = eventID
        self.createdAt = createdAt
        self.payload = payload
    }

    /// The envelope of design.md 3.6 around `data`.
    package static func payload(
        _ type: NotificationType, at timestamp: Timestamp, data: JSONValue
    ) -> [UInt8] {
        let value: JSONValue = [
            "type": .string(type.rawValue), "timestamp": .string(timestamp.description),
            "data": data,
        ]
        return value.bytes()
    }
}

/// A notification together with everybody it goes to.
package struct Announcement: Hashable, Sendable {
    package let notification: CompletionNotification
    package let deliveries: [Delivery]

    package init(notification: CompletionNotification, deliveries: [Delivery]) {
        self.notification = notification
        self.deliveries = deliveries
    }
}

extension CopyTask {
    /// The `data` of this task's notifications.
    package var notificationData: JSONValue {
        [
            "task": json,
            "event": [
                "id": .string(plan.event.id.rawValue), "source": .string(plan.event.source),
                "type": .string(plan.event.type), "key": .string(plan.event.key),
                "time": .string(plan.event.time.description),
            ],
        ]
    }

    /// The task as notifications and the API show it.
    package var json: JSONValue {
        var object: JSONObject = [
            "id": .string(id.rawValue), "state": .string(state.name.rawValue),
            "rule": .string(plan.rule), "connection": .string(plan.connection),
            "provider": .string(plan.provider.rawValue), "entity": plan.entity.json,
            "to_workspace": .text(plan.toWorkspace),
        ]
        object["copy_id"] = .text(copyID?.rawValue)
        object["provider_task_id"] = .text(evidence.providerTask?.rawValue)
        object["log_id"] = .text(evidence.logID)
        object["attempts"] = .number(JSONNumber(Int64(attempts)))
        object["failure"] = failure?.json ?? .null
        object["sequence"] = .number(JSONNumber(Int64(sequence)))
        object["possible_duplicate"] = .bool(isPossibleDuplicate)
        if let verified = evidence.statusVerified { object["status_verified"] = .bool(verified) }
        if plan.run > 0 { object["run"] = .number(JSONNumber(Int64(plan.run))) }
        if let asked = cancelAskedAt { object["cancel_asked_at"] = .string(asked.description) }
        object["created_at"] = .string(plan.createdAt.description)
        object["ended_at"] = .text(endedAt?.description)
        object["duration_ms"] =
            endedAt.map { .number(JSONNumber(($0 - plan.createdAt).wholeMilliseconds)) } ?? .null
        return .object(object)
    }

    /// What may be a copy of this task's, as notifications and the API show it.
    package var candidatesJSON: JSONValue {
        .array(
            evidence.candidates.map {
                [
                    "id": .string($0.id), "name": .text($0.name),
                    "updated_at": .text($0.updatedAt?.description),
                ]
            })
    }

    /// The id of the copy, where there is one and the provider tells it.
    package var copyID: Identifier<Entity>? {
        if case .succeeded(let copy) = state { copy } else { nil }
    }

    package var failure: Failure? {
        if case .failed(let failure) = state { failure } else { nil }
    }
}

extension Failure {
    package var json: JSONValue {
        [
            "kind": .string(kind.rawValue), "code": .text(code), "message": .string(message),
            "log_id": .text(logID),
        ]
    }
}

extension JSONValue {
    /// A string, or `null` for what is absent.
    package static func text(_ text: String?) -> JSONValue {
        text.map { .string($0) } ?? .null
    }
}
