import Domain
import Storage
package import StrictJSON

extension Administrator {
    /// The hours that figures are for.
    package static let hoursByDefault = 24

    /// How much of everything there is, what waits, and what happened in the last hours.
    ///
    /// `{"events": {…}, "tasks": {…}, "deliveries": {…}, "waiting", "window"}`: the first three
    /// say how many rows stand in each state.
    ///
    /// - Parameter selection: `hours`, from 1 to 168.
    package func stats(
        _ selection: Selection = Selection()
    ) async throws(AdministrationError) -> JSONValue {
        let asked = try selection.number(
            "hours", 1...Activity.hoursMax, "hours", Self.hoursByDefault)
        let hours = asked ?? Self.hoursByDefault
        let now = time.now()
        let census = try await ask { () async throws(StorageError) in try await store.census() }
        let activity = try await ask { () async throws(StorageError) in
            try await store.activity(hours: hours, at: now)
        }
        return [
            "events": counts(census.events), "tasks": counts(census.tasks),
            "deliveries": counts(census.deliveries),
            "waiting": [
                "events": waiting(activity.oldestEvents, at: now),
                "tasks": waiting(activity.oldestTasks, at: now),
                "deliveries": waiting(activity.oldestDeliveries, at: now),
            ],
            "window": [
                "since": .text(activity.hours.first?.start.description),
                "hours": .array(activity.hours.map(\.json)),
                "sources": .array(activity.sources.map(\.json)),
                "rules": .array(activity.rules.map(\.json)),
                "endpoints": .array(activity.endpoints.map(\.json)),
            ],
        ]
    }

    /// Every state, in the order of its life; those that nothing stands in with 0.
    private func counts<State: CaseIterable & RawRepresentable<String> & Hashable>(
        _ census: [State: Int]
    ) -> JSONValue {
        .object(
            JSONObject(
                State.allCases.map {
                    ($0.rawValue, JSONValue.number(JSONNumber(Int64(census[$0] ?? 0))))
                }))
    }

    /// Of the states that something waits in, in the same order, since when the oldest does.
    private func waiting<State: CaseIterable & RawRepresentable<String> & Hashable>(
        _ oldest: [State: Timestamp], at now: Timestamp
    ) -> JSONValue {
        .object(
            JSONObject(
                State.allCases.compactMap { state in
                    oldest[state].map { since in
                        let age = max(0, (now - since).wholeMilliseconds)
                        let value: JSONValue = [
                            "oldest_at": .string(since.description),
                            "age_ms": .number(JSONNumber(age)),
                        ]
                        return (state.rawValue, value)
                    }
                }))
    }
}

extension Tally {
    /// `{"count", "more"}`: there are as many, or more than that.
    var json: JSONValue { .object(members) }

    var members: JSONObject {
        ["count": .number(JSONNumber(Int64(count))), "more": .bool(hasMore)]
    }
}

extension Activity.Group {
    fileprivate var json: JSONValue {
        [
            "name": .string(name), "count": .number(JSONNumber(Int64(tally.count))),
            "more": .bool(tally.hasMore),
        ]
    }
}

extension Activity.Hour {
    fileprivate var json: JSONValue {
        [
            "start": .string(start.description), "events": events.json, "tasks": tasks.json,
            "deliveries": deliveries.json,
        ]
    }
}
