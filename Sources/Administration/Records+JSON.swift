package import Domain
import Signing
import Storage
package import StrictJSON

extension EventRecord {
    /// The event without its body, as lists show it.
    var listing: JSONValue {
        guard case .object(var object) = event.head else { return event.head }
        object["state"] = .string(state.rawValue)
        return .object(object)
    }

    /// - Throws: `unexpected` when the stored body is no JSON, which intake never lets in.
    func json(tasks: [CopyTask]) throws(AdministrationError) -> JSONValue {
        let document: JSONValue
        do {
            document = try JSONValue(parsing: event.document, limits: .match)
        } catch {
            throw AdministrationError(
                .unexpected, "the stored body cannot be read",
                remedy: "The database is damaged; the log of its last start may say more.")
        }
        return [
            "event": document, "state": .string(state.rawValue),
            "run": .number(JSONNumber(Int64(event.run))),
            "verdicts": .array(verdicts.map(\.json)), "conflicts": .array(conflicts.map(\.json)),
            "tasks": .array(tasks.map(\.json)),
        ]
    }
}

extension EventRecord.Conflict {
    /// `body` as text: what is kept as evidence need not be JSON that we would take.
    var json: JSONValue {
        [
            "received_at": .string(receivedAt.description),
            "body": .string(String(decoding: body, as: UTF8.self)),
        ]
    }
}

extension RuleVerdict {
    var json: JSONValue {
        var object: JSONObject = ["rule": .string(rule)]
        object["action"] = action.map { .number(JSONNumber(Int64($0))) } ?? .null
        switch effect {
        case .planned(let task):
            object["effect"] = "planned"
            object["task_id"] = .string(task.rawValue)
        case .announced(let notification):
            object["effect"] = "announced"
            object["notification_id"] = .string(notification.rawValue)
        case .suppressed(let reason):
            object["effect"] = "suppressed"
            object["reason"] = .string(reason)
        case .impossible(let reason):
            object["effect"] = "impossible"
            object["reason"] = .string(reason)
        }
        return .object(object)
    }
}

extension TaskRecord {
    func json(deliveries: [Delivery]) -> JSONValue {
        guard case .object(var object) = task.notificationData else { return task.notificationData }
        object["history"] = .array(
            history.map {
                ["state": .string($0.state.rawValue), "at": .string($0.at.description)]
            })
        object["attempts"] = .array(attempts.map(\.json))
        object["evidence"] = task.evidenceJSON
        object["deliveries"] = .array(deliveries.map(\.json))
        object["etag"] = .string(task.tag)
        return .object(object)
    }
}

extension CopyTask {
    /// Stands for what a decision about it goes by: its state, and the copies that may be its own.
    ///
    /// Another look that found the same leaves it as it is.
    var tag: String {
        let candidates = String(decoding: candidatesJSON.bytes(), as: UTF8.self)
        let parts = [id.rawValue, state.name.rawValue, String(attempts), candidates]
        return "\"" + derivedText(parts) + "\""
    }

    /// What a person needs to decide: when it is looked at again, what was seen, what may be ours.
    fileprivate var evidenceJSON: JSONValue {
        var object: JSONObject = ["due_at": .text(dueAt.flatMap(\.shown))]
        object["dispatch_id"] = .text(dispatch?.id)
        object["dispatched_at"] = .text(dispatch?.at.description)
        object["polls"] = .number(JSONNumber(Int64(polls)))
        object["looks"] = .number(JSONNumber(Int64(looks)))
        object["has_baseline"] = .bool(evidence.baseline != nil)
        object["candidates"] = candidatesJSON
        object["adopted_because"] = .array(evidence.adoptedBecause.map { .string($0) })
        object["duplicate_suspected_at"] = .text(evidence.suspectedAt?.description)
        object["provider_status"] = .text(evidence.providerStatus)
        object["last_trouble"] = evidence.lastTrouble?.json ?? .null
        return .object(object)
    }
}

extension Timestamp {
    /// `nil` for the start of time, which stands for "at once".
    fileprivate var shown: String? { milliseconds == 0 ? nil : description }
}

extension Delivery {
    /// The delivery as the API shows it.
    package var json: JSONValue {
        var object: JSONObject = [
            "id": .string(id.rawValue), "notification_id": .string(notificationID.rawValue),
            "type": .string(type.rawValue), "endpoint": .string(endpoint),
            "state": .string(state.name.rawValue),
        ]
        if case .exhausted(let reason) = state { object["reason"] = .string(reason) }
        object["attempts"] = .number(JSONNumber(Int64(attempts)))
        object["due_at"] = .text(state.dueAt.flatMap(\.shown))
        object["created_at"] = .string(createdAt.description)
        object["ended_at"] = .text(endedAt?.description)
        return .object(object)
    }
}

extension DeliveryRecord {
    var json: JSONValue {
        var told: JSONObject = [
            "id": .string(notification.id.rawValue), "type": .string(notification.type.rawValue),
            "task_id": .text(notification.taskID?.rawValue),
            "event_id": .text(notification.eventID?.rawValue),
            "created_at": .string(notification.createdAt.description),
        ]
        // What we wrote ourselves is JSON; were it not, the rest is still worth showing.
        told["payload"] =
            (try? JSONValue(parsing: notification.payload, limits: .match)) ?? .null
        return [
            "delivery": delivery.json, "notification": .object(told),
            "attempts": .array(attempts.map(\.json)),
        ]
    }
}

extension Attempt {
    var json: JSONValue {
        [
            "kind": .string(kind.rawValue), "at": .string(at.description),
            "duration_ms": .number(JSONNumber(duration.wholeMilliseconds)),
            "outcome": .string(outcome),
            "status": status.map { .number(JSONNumber(Int64($0))) } ?? .null,
            "code": .text(code), "detail": .string(detail), "log_id": .text(logID),
            "exchange": exchange?.json ?? .null,
        ]
    }
}

extension Exchange {
    fileprivate var json: JSONValue {
        [
            "method": .string(method), "url": .string(url), "request_body": .string(requestBody),
            "status": status.map { .number(JSONNumber(Int64($0))) } ?? .null,
            "content_type": .text(contentType), "answer_body": .text(answerBody),
        ]
    }
}
