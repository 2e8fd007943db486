import Administration
import StrictJSON

/// What happened: events, tasks, deliveries, and how much of each there is.
extension APICall {
    static let events = [
        APICall(
            "listEvents", "GET", "/events", .read,
            parameters: Selection.ofEvents + Selection.ofPage
        ) { asked throws(AdministrationError) in
            Answer(json: try await asked.administration.events(asked.selection))
        },
        APICall(
            "countEvents", "GET", "/events/count", .read, parameters: Selection.ofEvents
        ) { asked throws(AdministrationError) in
            Answer(json: try await asked.administration.countEvents(asked.selection))
        },
        APICall("getEvent", "GET", "/events/{id}", .read) { asked throws(AdministrationError) in
            Answer(json: try await asked.administration.event(asked.names[0]))
        },
    ]

    static let tasks = [
        APICall(
            "listTasks", "GET", "/tasks", .read,
            parameters: Selection.ofTasks + Selection.ofPage
        ) { asked throws(AdministrationError) in
            Answer(json: try await asked.administration.tasks(asked.selection))
        },
        APICall(
            "countTasks", "GET", "/tasks/count", .read, parameters: Selection.ofTasks
        ) { asked throws(AdministrationError) in
            Answer(json: try await asked.administration.countTasks(asked.selection))
        },
        APICall("getTask", "GET", "/tasks/{id}", .read) { asked throws(AdministrationError) in
            let task = try await asked.administration.task(asked.names[0])
            return Answer(json: task).tagged(task)
        },
        APICall(
            "resolveTask", "POST", "/tasks/{id}/resolve", .write,
            comingAgain: .findsItsEntry
        ) { asked throws(AdministrationError) in
            let decision = try Decision(parsing: asked.body)
            let task = try await asked.administration.resolve(
                asked.names[0], decision, if: asked.condition, by: asked.who)
            return Answer(json: task).tagged(task)
        },
    ]

    static let deliveries = [
        APICall(
            "listDeliveries", "GET", "/deliveries", .read,
            parameters: Selection.ofDeliveries + Selection.ofPage
        ) { asked throws(AdministrationError) in
            Answer(json: try await asked.administration.deliveries(asked.selection))
        },
        APICall(
            "countDeliveries", "GET", "/deliveries/count", .read,
            parameters: Selection.ofDeliveries
        ) { asked throws(AdministrationError) in
            Answer(json: try await asked.administration.countDeliveries(asked.selection))
        },
        APICall(
            "getDelivery", "GET", "/deliveries/{id}", .read
        ) { asked throws(AdministrationError) in
            Answer(json: try await asked.administration.delivery(asked.names[0]))
        },
    ]

    static let figures = [
        APICall(
            "getStats", "GET", "/stats", .read, parameters: ["hours"]
        ) { asked throws(AdministrationError) in
            Answer(json: try await asked.administration.stats(asked.selection))
        }
    ]
}

extension APIRequest {
    fileprivate var selection: Selection { Selection(query) }
}
