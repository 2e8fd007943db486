package import Domain
import StrictJSON

extension Audience {
    /// What is written together with an endpoint's new health: told to all who hear of it, except
    /// the endpoint that it is about.
    ///
    /// Ids follow from the endpoint, the moment its failures began, the type and the share, so that
    /// a change that is written twice is told once. What one endpoint is told of another is an
    /// ordinary delivery, and failing to deliver it says something about the one that is told, not
    /// about the other: so two dead endpoints tell each other of five things at most and then are
    /// silent.
    package func announcements(of change: HealthChange, at now: Timestamp) -> [Announcement] {
        let destination = change.health.destination
        return change.news.map { news in
            let parts = [
                destination.key, "\(news.since.milliseconds)", news.type.rawValue,
                news.percent.map { "\($0)" } ?? "",
            ]
            var data: JSONObject = ["endpoint": .string(destination.name)]
            data["percent"] = news.percent.map { .number(JSONNumber(Int64($0))) } ?? .null
            data["failing_since"] = .string(news.since.description)
            data["failure"] = news.failure?.json ?? .null
            let notification = CompletionNotification(
                id: .derived("ntf_", from: parts), type: news.type, taskID: nil, eventID: nil,
                createdAt: now,
                payload: CompletionNotification.payload(news.type, at: now, data: .object(data)))
            return announcement(
                notification,
                to: listeners(of: news.type, notify: nil, except: destination.name))
        }
    }
}
