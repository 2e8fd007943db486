package import Domain
import GRDB
package import Storage

extension SQLiteStore: Archive {
    package func events(
        _ query: Query<EventState>
    ) async throws(StorageError) -> Page<EventRecord> {
        try await read { database in
            try database.page(
                query, from: "events JOIN event_bodies ON event_bodies.event = events.position",
                table: "events", parent: nil
            ) { try database.eventRecord($0) }
        }
    }

    package func event(_ id: Event.ID) async throws(StorageError) -> EventRecord? {
        try await read { database in
            try database.row(
                """
                SELECT * FROM events JOIN event_bodies ON event = events.position WHERE id = ?
                """, [Exact(id)]
            ).map { try database.eventRecord($0) }
        }
    }

    package func tasks(
        _ query: Query<CopyTask.State.Name>
    ) async throws(StorageError) -> Page<CopyTask> {
        try await read { database in
            try database.page(query, from: "tasks", table: "tasks", parent: "event_id") {
                try $0.decoded(CopyTask.self, "task")
            }
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

    package func deliveries(
        _ query: Query<Delivery.State.Name>
    ) async throws(StorageError) -> Page<Delivery> {
        try await read { database in
            try database.page(query, from: "deliveries", table: "deliveries", parent: "task_id") {
                try $0.decoded(Delivery.self, "delivery")
            }
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
                events: try database.count("events"), tasks: try database.count("tasks"),
                deliveries: try database.count("deliveries"))
        }
    }
}

extension Database {
    /// Rows on one page, whatever is asked for.
    private static let pageMax = 200

    /// The rows that fit, newest first, from the query's cursor on.
    ///
    /// A cursor is the position of the last row shown, so rows that come later move nothing.
    fileprivate func page<State: RawRepresentable<String>, Shown>(
        _ query: Query<State>, from source: String, table: String, parent: String?,
        as shown: (Row) throws -> Shown
    ) throws -> Page<Shown> {
        var conditions: [String] = []
        var arguments: [(any DatabaseValueConvertible)?] = []
        if let state = query.state {
            conditions.append("\(table).state = ?")
            arguments.append(state.rawValue)
        }
        if let parent, let wanted = query.parent {
            conditions.append("\(table).\(parent) = ?")
            arguments.append(Exact(wanted))
        }
        if let cursor = query.cursor {
            guard let position = Int64(cursor) else {
                throw StorageError(.notFound, detail: "cursor \(cursor)")
            }
            conditions.append("\(table).position < ?")
            arguments.append(position)
        }
        let limit = min(max(query.limit, 1), Self.pageMax)
        let filter = conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
        let rows = try rows(
            "SELECT * FROM \(source) \(filter) ORDER BY \(table).position DESC LIMIT ?",
            arguments + [limit + 1])
        let taken = rows.prefix(limit)
        let last = rows.count > limit ? taken.last : nil
        return Page(
            rows: try taken.map(shown),
            next: try last.map { String(try $0.decode(Int64.self, forColumn: "position")) })
    }

    fileprivate func eventRecord(_ row: Row) throws -> EventRecord {
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

    fileprivate func count<State: RawRepresentable<String> & Hashable>(
        _ table: String
    ) throws -> [State: Int] {
        var counts: [State: Int] = [:]
        for row in try rows("SELECT state, count(*) AS rows FROM \(table) GROUP BY state") {
            counts[try row.word(State.self, "state")] = try row.decode(Int.self, forColumn: "rows")
        }
        return counts
    }
}
