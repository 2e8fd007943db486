import Administration
import StrictJSON

/// What happened: events, tasks, deliveries, and how much of each there is.
extension APICall {
    static let events = [
        APICall(
            "listEvents", "GET", "/events", .read, parameters: ["state", "cursor", "limit"]
        ) { asked throws(AdministrationError) in
            Answer(json: try await asked.administration.events(asked.selection))
        },
        APICall("getEvent", "GET", "/events/{id}", .read) { asked throws(AdministrationError) in
            Answer(json: try await asked.administration.event(asked.names[0]))
        },
    ]

    static let tasks = [
        APICall(
            "listTasks", "GET", "/tasks", .read,
            parameters: ["state", "event", "cursor", "limit"]
        ) { asked throws(AdministrationError) in
            Answer(json: try await asked.administration.tasks(asked.selection))
        },
        APICall("getTask", "GET", "/tasks/{id}", .read) { asked throws(AdministrationError) in
            Answer(json: try await asked.administration.task(asked.names[0]))
        },
        APICall(
            "resolveTask", "POST", "/tasks/{id}/resolve", .write
        ) { asked throws(AdministrationError) in
            let decision = try Decision(parsing: asked.body)
            return Answer(
                json: try await asked.administration.resolve(
                    asked.names[0], decision, by: asked.who))
        },
    ]

    static let deliveries = [
        APICall(
            "listDeliveries", "GET", "/deliveries", .read,
            parameters: ["state", "task", "cursor", "limit"]
        ) { asked throws(AdministrationError) in
            Answer(json: try await asked.administration.deliveries(asked.selection))
        },
        APICall(
            "getDelivery", "GET", "/deliveries/{id}", .read
        ) { asked throws(AdministrationError) in
            Answer(json: try await asked.administration.delivery(asked.names[0]))
        },
    ]

    static let figures = [
        APICall("getStats", "GET", "/stats", .read) { asked throws(AdministrationError) in
            Answer(json: try await asked.administration.stats())
        }
    ]
}

extension APIRequest {
    fileprivate var selection: Selection {
        Selection(
            state: query["state"], parent: query["event"] ?? query["task"],
            cursor: query["cursor"], limit: query["limit"])
    }
}
