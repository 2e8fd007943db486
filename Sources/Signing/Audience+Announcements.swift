package import Domain
import StrictJSON

extension Audience {
    /// What is written when a task ends or stalls: the notification, and a delivery for everybody
    /// who hears of it.
    ///
    /// Ids follow from task and sequence, so that writing it twice writes it once, and an endpoint
    /// sees one `webhook-id` however often the process dies.
    ///
    /// - Parameter task: As it stands after the signal, its sequence counted on.
    package func announcement(
        of task: CopyTask, as type: NotificationType, at now: Timestamp
    ) -> Announcement {
        var data = task.notificationData
        if type == .copyDuplicateSuspected, case .object(var object) = data {
            // The other ids, beside the task's own.
            object["suspects"] = task.candidatesJSON
            data = .object(object)
        }
        let notification = CompletionNotification(
            id: .announcing(task.id, as: type, sequence: task.sequence), type: type,
            taskID: task.id, eventID: task.plan.event.id, createdAt: now,
            payload: CompletionNotification.payload(type, at: now, data: data))
        return announcement(notification, to: listeners(of: type, notify: task.plan.notify))
    }

    /// What is written when a rule that only notifies matches.
    package func announcement(
        of event: Event, by rule: String, notify: [String]?, at now: Timestamp
    ) -> Announcement {
        let type = NotificationType.eventAnnounced
        var data: JSONObject = ["rule": .string(rule), "event": event.summary]
        if let entity = event.entity { data["entity"] = entity.json }
        let notification = CompletionNotification(
            id: .announcing(event, by: rule), type: type, taskID: nil, eventID: event.id,
            createdAt: now,
            payload: CompletionNotification.payload(type, at: now, data: .object(data)))
        return announcement(notification, to: listeners(of: type, notify: notify))
    }

    /// What is written when a connection broke, or works again.
    ///
    /// Its id follows from the connection and the revision that this makes, so that of two workers
    /// who saw the same one is heard.
    package func announcement(
        of connection: Connection, as type: NotificationType, before: DestinationHealth,
        after: DestinationHealth, at now: Timestamp
    ) -> Announcement {
        let since = after.failingSince ?? before.failingSince
        let data: JSONValue = [
            "connection": .string(connection.name),
            "provider": .string(connection.provider.rawValue),
            "failure": after.failure?.json ?? .null,
            "since": .text(since?.description),
        ]
        let parts = [after.destination.key, type.rawValue, "\(before.revision + 1)"]
        let notification = CompletionNotification(
            id: .derived("ntf_", from: parts), type: type, taskID: nil, eventID: nil,
            createdAt: now,
            payload: CompletionNotification.payload(type, at: now, data: data))
        return announcement(notification, to: listeners(of: type, notify: nil))
    }

    /// A notification with a delivery for each of these.
    func announcement(
        _ notification: CompletionNotification, to endpoints: [Endpoint]
    ) -> Announcement {
        Announcement(
            notification: notification,
            deliveries: endpoints.map { endpoint in
                Delivery(
                    id: .derived("msg_", from: [notification.id.rawValue, endpoint.name]),
                    notificationID: notification.id, type: notification.type,
                    endpoint: endpoint.name, createdAt: notification.createdAt)
            })
    }
}

extension Identifier where Subject == CompletionNotification {
    /// Under which a task's end, or what is told of it else, is announced.
    package static func announcing(
        _ task: CopyTask.ID, as type: NotificationType, sequence: Int
    ) -> Self {
        .derived("ntf_", from: [task.rawValue, type.rawValue, "\(sequence)"])
    }

    /// Under which a rule that only notifies tells of an event; each run tells anew.
    fileprivate static func announcing(_ event: Event, by rule: String) -> Self {
        let parts = [event.id.rawValue, rule, NotificationType.eventAnnounced.rawValue]
        return .derived("ntf_", from: parts + (event.run > 0 ? ["\(event.run)"] : []))
    }
}

extension Identifier where Subject == CopyTask {
    /// Follows from event, rule, action and run, so that what is planned twice is one task.
    package static func planned(by plan: CopyTask.Plan) -> Self {
        planned(for: plan.event.id, by: plan.rule, action: plan.action, run: plan.run)
    }

    /// As ``planned(by:)``.
    package static func planned(
        for event: Event.ID, by rule: String, action: Int, run: Int
    ) -> Self {
        .derived("tsk_", from: [event.rawValue, rule, String(action), String(run)])
    }
}
