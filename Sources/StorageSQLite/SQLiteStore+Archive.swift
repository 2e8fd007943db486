package import Domain
import GRDB
package import Storage

extension SQLiteStore: Archive {
    package func event(_ id: Event.ID) async throws(StorageError) -> EventRecord? {
        try await read { database in
            try database.row(
                """
                SELECT * FROM events JOIN event_bodies ON event = events.position WHERE id = ?
                """, [Exact(id)]
            ).map { try database.eventRecord($0) }
        }
    }

    package func task(_ id: CopyTask.ID) async throws(StorageError) -> TaskRecord? {
        try await read { database in
            let row = try database.row("SELECT task FROM tasks WHERE id = ?", [Exact(id)])
            guard let row else { return nil }
            let history = try database.rows(
                "SELECT state, at FROM task_history WHERE task_id = ? ORDER BY position",
                [Exact(id)])
            return TaskRecord(
                task: try row.decoded(CopyTask.self, "task"),
                history: try history.map { change in
                    TaskRecord.StateChange(
                        state: try change.word(CopyTask.State.Name.self, "state"),
                        at: try change.moment("at"))
                },
                attempts: try database.attempts(of: id.rawValue, of: .tasks))
        }
    }

    package func delivery(_ id: Delivery.ID) async throws(StorageError) -> DeliveryRecord? {
        try await read { database in
            let row = try database.row("SELECT * FROM deliveries WHERE id = ?", [Exact(id)])
            guard let due = try row.map({ try database.dueDelivery($0) }) else { return nil }
            return DeliveryRecord(
                delivery: due.delivery, notification: due.notification,
                attempts: try database.attempts(of: id.rawValue, of: .deliveries))
        }
    }

    package func census() async throws(StorageError) -> Census {
        try await read { database in
            Census(
                events: try database.census(.events), tasks: try database.census(.tasks),
                deliveries: try database.census(.deliveries))
        }
    }

    package func activity(
        hours: Int, at now: Timestamp
    ) async throws(StorageError) -> Activity {
        let windows = Activity.hours(hours, endingAt: now)
        return try await read { database in
            let whole = Period(since: windows.first?.since, until: windows.last?.until)
            var activity = Activity()
            activity.oldestEvents = try database.oldest(
                .events, EventState.allCases.filter { !$0.isEnd })
            activity.oldestTasks = try database.oldest(
                .tasks, CopyTask.State.Name.allCases.filter { !$0.isEnd })
            activity.oldestDeliveries = try database.oldest(
                .deliveries, Delivery.State.Name.allCases.filter { !$0.isEnd })
            activity.sources = try database.groups(.events, by: "source", in: whole)
            activity.rules = try database.groups(.tasks, by: "rule", in: whole)
            activity.endpoints = try database.groups(.deliveries, by: "endpoint", in: whole)
            activity.hours = try windows.map { window in
                Activity.Hour(
                    start: window.since ?? now,
                    events: try database.tally(.events, in: window),
                    tasks: try database.tally(.tasks, in: window),
                    deliveries: try database.tally(.deliveries, in: window))
            }
            return activity
        }
    }
}

extension Database {
    func eventRecord(_ row: Row) throws -> EventRecord {
        let conflicts = try rows(
            "SELECT received_at, body FROM event_conflicts WHERE event = ? ORDER BY position",
            [try row.decode(Int64.self, forColumn: "position")])
        return EventRecord(
            event: try Event(row: row), state: try row.word(EventState.self, "state"),
            verdicts: try row.decoded([RuleVerdict].self, "verdicts"),
            conflicts: try conflicts.map { conflict in
                EventRecord.Conflict(
                    receivedAt: try conflict.moment("received_at"),
                    body: try conflict.bytes("body"))
            })
    }

    /// How many rows stand in each state.
    ///
    /// Nearly all stand in one, and that one is not counted: SQLite knows how many rows there are
    /// far sooner than how many there are of something.
    fileprivate func census<State>(_ table: ListTable) throws -> [State: Int]
    where State: RawRepresentable<String> & CaseIterable & Hashable {
        var rest = try Int.fetchOne(cachedStatement(sql: "SELECT count(*) FROM \(table.name)")) ?? 0
        var counts: [State: Int] = [:]
        var open = Array(State.allCases)
        var bound = 10_000
        while open.count > 1 {
            for state in open {
                let count = try count(
                    "\(table.name) INDEXED BY \(table.name)_by_state WHERE state = ?",
                    [state.rawValue], upTo: bound)
                guard count < bound else { continue }
                counts[state] = count
                rest -= count
                open.removeAll { $0 == state }
                if open.count == 1 { break }
            }
            bound *= 8
        }
        if let last = open.first { counts[last] = rest }
        return counts.filter { $0.value > 0 }
    }

    /// When the oldest row in each of these states came.
    fileprivate func oldest<State: RawRepresentable<String> & Hashable>(
        _ table: ListTable, _ states: [State]
    ) throws -> [State: Timestamp] {
        var oldest: [State: Timestamp] = [:]
        for state in states {
            let row = try row(
                """
                SELECT \(table.time) AS at FROM \(table.name) INDEXED BY \(table.name)_by_state
                WHERE state = ? ORDER BY \(table.time) LIMIT 1
                """, [state.rawValue])
            oldest[state] = try row?.moment("at")
        }
        return oldest
    }

    /// How many rows of each name came in a while, names hopped to through their index.
    fileprivate func groups(
        _ table: ListTable, by column: String, in window: Period
    ) throws -> [Activity.Group] {
        let source = "\(table.name) INDEXED BY \(table.name)_by_\(column)"
        let condition = ListTable.Condition(all: table.isIn(window))
        var groups: [Activity.Group] = []
        var next = try row("SELECT min(\(column)) AS name FROM \(source)")
        while groups.count < Activity.groupsMax, let row = next, !row.hasNull("name") {
            let name = try row.text("name")
            let count = try count(
                "\(source) WHERE \(column) = ? AND \(condition.sql)",
                [Exact(name)] + condition.arguments, upTo: Activity.countMax + 1)
            if count > 0 {
                groups.append(
                    Activity.Group(name: name, tally: Tally(count, atMost: Activity.countMax)))
            }
            next = try self.row(
                "SELECT min(\(column)) AS name FROM \(source) WHERE \(column) > ?", [Exact(name)])
        }
        return groups
    }

    fileprivate func tally(_ table: ListTable, in window: Period) throws -> Tally {
        let condition = ListTable.Condition(all: table.isIn(window))
        let count = try count(
            "\(table.name) INDEXED BY \(table.inOrder) WHERE \(condition.sql)",
            condition.arguments, upTo: Activity.countMax + 1)
        return Tally(count, atMost: Activity.countMax)
    }

    private func count(
        _ source: String, _ arguments: [(any DatabaseValueConvertible)?], upTo bound: Int
    ) throws -> Int {
        try row(
            "SELECT count(*) AS count FROM (SELECT 1 FROM \(source) LIMIT ?)", arguments + [bound]
        )?.decode(Int.self, forColumn: "count") ?? 0
    }
}
