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
        let parts = [task.id.rawValue, type.rawValue, "\(task.sequence)"]
        let notification = CompletionNotification(
            id: .derived("ntf_", from: parts), type: type, taskID: task.id,
            eventID: task.plan.event.id, createdAt: now,
            payload: CompletionNotification.payload(type, at: now, data: task.notificationData))
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
            id: .derived("ntf_", from: [event.id.rawValue, rule, type.rawValue]), type: type,
            taskID: nil, eventID: event.id, createdAt: now,
            payload: CompletionNotification.payload(type, at: now, data: .object(data)))
        return announcement(notification, to: listeners(of: type, notify: notify))
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
