package import Domain
import GRDB
package import Storage

extension SQLiteStore: WishLedger {
    package func planAgain(
        _ id: CopyTask.ID, at now: Timestamp,
        as make: @escaping @Sendable (_ old: CopyTask, _ run: Int) -> (CopyTask, AuditNote?)
    ) async throws(StorageError) -> PlannedAgain {
        try await write { database in
            guard let row = try database.row("SELECT task FROM tasks WHERE id = ?", [Exact(id)])
            else { throw StorageError(.notFound, detail: "tasks \(id)") }
            let old = try row.decoded(CopyTask.self, "task")
            guard old.mayBeRetried else {
                throw StorageError(.conflict, detail: "\(id) is \(old.state.name)")
            }
            if let next = try database.successor(of: old) {
                return PlannedAgain(task: next, isNew: false)
            }
            let (task, note) = make(old, try database.nextRun(of: old))
            try database.insert(task, at: now)
            try database.append(note)
            return PlannedAgain(task: task, isNew: true)
        }
    }

    package func admit(
        _ event: Event, settledAs outcome: MatchOutcome, noting note: AuditNote?, at now: Timestamp
    ) async throws(StorageError) -> Admission {
        if let refusal = room.refusal ?? writer.refusal { throw refusal }
        return try await writer.write(mayBeRefused: true) { database in
            let admission = try database.admit(event)
            if admission == .stored {
                try database.write(outcome, of: event.id, about: event.entity, at: now)
                try database.append(note)
            }
            return admission
        }
    }

    package func replay(
        _ id: Event.ID, noting note: AuditNote?, at now: Timestamp
    ) async throws(StorageError) -> Replay {
        try await write { database in
            guard
                let row = try database.row("SELECT * FROM events WHERE id = ?", [Exact(id)])
            else { throw StorageError(.notFound, detail: "events \(id)") }
            let place = try row.decode(Int64.self, forColumn: "position")
            let isNew = try row.word(EventState.self, "state") != .received
            if isNew {
                try database.replay(place, at: now)
                try database.append(note)
            }
            let met = try database.row("SELECT run FROM events WHERE position = ?", [place])
            return Replay(run: try met?.decode(Int.self, forColumn: "run") ?? 0, isNew: isNew)
        }
    }

    package func count(_ selection: EventSelection) async throws(StorageError) -> Int {
        try await read { database in
            let row = try database.row(
                "SELECT count(*) AS count FROM events WHERE \(selection.age) AND \(selection.rest)",
                selection.arguments)
            return try row?.decode(Int.self, forColumn: "count") ?? 0
        }
    }

    package func replay(
        _ selection: EventSelection, from cursor: String?, limit: Int,
        noting note: @escaping @Sendable (Int) -> AuditNote?, at now: Timestamp
    ) async throws(StorageError) -> Portion {
        let start = try cursor.map { text throws(StorageError) in try WishCursor(text) }
        // Looked for beside the writer, which then looks again at what was found.
        let (places, next) = try await read { database in
            try database.places(selection, from: start, limit: max(0, limit))
        }
        let count = try await write { database in
            let count = try places.count { place in
                let row = try database.row(
                    """
                    SELECT 1 FROM events WHERE position = ?8 AND \(selection.age)
                        AND \(selection.rest)
                    """, selection.arguments + [place])
                guard row != nil else { return false }
                try database.replay(place, at: now)
                return true
            }
            if count > 0 { try database.append(note(count)) }
            return count
        }
        return Portion(count: count, next: next?.text)
    }

    package func count(_ selection: DeliverySelection) async throws(StorageError) -> Int {
        try await read { database in
            let row = try database.row(
                "SELECT count(*) AS count FROM deliveries INDEXED BY deliveries_given_up "
                    + "WHERE \(DeliverySelection.meant)",
                selection.arguments)
            return try row?.decode(Int.self, forColumn: "count") ?? 0
        }
    }

    package func recover(
        _ selection: DeliverySelection, from cursor: String?, limit: Int,
        noting note: @escaping @Sendable (Int) -> AuditNote?, at now: Timestamp
    ) async throws(StorageError) -> Portion {
        let start = try cursor.map { text throws(StorageError) in try WishCursor(text) }
        let limit = max(0, limit)
        return try await write { database in
            let rows = try database.rows(
                """
                SELECT *, \(DeliverySelection.endedAt) AS ended_at
                FROM deliveries INDEXED BY deliveries_given_up
                WHERE \(DeliverySelection.meant) AND leased_until <= ?4
                    AND (\(DeliverySelection.endedAt), position) > (?5, ?6)
                ORDER BY ended_at, position LIMIT ?7
                """,
                selection.arguments + [now, start?.at ?? selection.since, start?.place ?? -1]
                    + [limit + 1])
            var last = start ?? WishCursor(number: 0, at: selection.since, place: -1)
            for row in rows.prefix(limit) {
                var delivery = try row.decoded(Delivery.self, "delivery")
                try delivery.apply(.sendAgain(at: selection.dueAt(last.number, at: now)))
                try database.store(delivery, over: row)
                last = WishCursor(
                    number: last.number + 1, at: try row.moment("ended_at"),
                    place: try row.decode(Int64.self, forColumn: "position"))
            }
            if !rows.isEmpty { try database.append(note(min(rows.count, limit))) }
            return Portion(
                count: min(rows.count, limit), next: rows.count > limit ? last.text : nil)
        }
    }
}

extension Database {
    /// Rows that one call of a wish about many looks at, whether they are meant or not.
    private static let looksMax = 10_000

    /// SQL for the latest run that an event's row or a task of its has.
    fileprivate static let lastRun = """
        max(run, coalesce((
            SELECT max(json_extract(task, '$.plan.run')) FROM tasks WHERE event_id = events.id
        ), 0))
        """

    /// The task that does this one's work in the latest run after it.
    func successor(of task: CopyTask) throws -> CopyTask? {
        try row(
            """
            SELECT task FROM tasks INDEXED BY tasks_by_event
            WHERE event_id = ? AND rule = ? AND json_extract(task, '$.plan.action') = ?
                AND json_extract(task, '$.plan.run') > ?
            ORDER BY json_extract(task, '$.plan.run') DESC LIMIT 1
            """,
            [Exact(task.plan.event.id), Exact(task.plan.rule), task.plan.action, task.plan.run]
        )?.decoded(CopyTask.self, "task")
    }

    func nextRun(of task: CopyTask) throws -> Int {
        let last = try row(
            "SELECT \(Self.lastRun) AS run FROM events WHERE id = ?", [Exact(task.plan.event.id)])
        // An event stays as long as it has tasks.
        return try 1 + (last?.decode(Int.self, forColumn: "run") ?? task.plan.run)
    }

    fileprivate func replay(_ place: Int64, at now: Timestamp) throws {
        try run(
            """
            UPDATE events SET state = 'received', replayed_at = ?, run = 1 + \(Self.lastRun)
            WHERE position = ?
            """, [now, place])
    }

    /// The next events that are meant, and where to go on behind them.
    fileprivate func places(
        _ selection: EventSelection, from start: WishCursor?, limit: Int
    ) throws -> (places: [Int64], next: WishCursor?) {
        let rows = try rows(
            """
            SELECT position, received_at, \(selection.rest) AS is_meant FROM events
            WHERE \(selection.age) AND (received_at, position) > (?8, ?9)
            ORDER BY received_at, position LIMIT \(Self.looksMax)
            """,
            selection.arguments + [
                start?.at ?? Timestamp(milliseconds: .min), start?.place ?? Int64.min,
            ])
        var places: [Int64] = []
        var last: WishCursor?
        for row in rows {
            guard places.count < limit else { return (places, last) }
            let place = try row.decode(Int64.self, forColumn: "position")
            if try row.decode(Bool.self, forColumn: "is_meant") { places.append(place) }
            last = WishCursor(number: 0, at: try row.moment("received_at"), place: place)
        }
        return (places, rows.count == Self.looksMax ? last : nil)
    }
}

/// Where a wish about many goes on.
struct WishCursor: Sendable {
    /// How many were done before.
    let number: Int
    let at: Timestamp
    let place: Int64

    init(number: Int, at: Timestamp, place: Int64) {
        self.number = number
        self.at = at
        self.place = place
    }

    init(_ text: String) throws(StorageError) {
        let parts = text.split(separator: ".").map { Int64($0) }
        guard parts.count == 3, let count = parts[0], let at = parts[1], let place = parts[2],
            let number = Int(exactly: count)
        else { throw StorageError(.notFound, detail: "cursor \(text)") }
        self.init(number: number, at: Timestamp(milliseconds: at), place: place)
    }

    var text: String { "\(number).\(at.milliseconds).\(place)" }
}

extension EventSelection {
    /// SQL for what an index finds.
    fileprivate var age: String { "received_at >= ?1 AND received_at < ?2" }

    /// SQL for what is asked of each row.
    fileprivate var rest: String {
        """
        (state != 'received' AND NOT (source = '\(Event.Identity.sourceOfAPI)'
                AND scope = '\(CopyTask.Plan.ruleByHand)')
            AND coalesce(replayed_at < ?3, TRUE)
            AND (?4 IS NULL OR source = ?4) AND (?5 IS NULL OR type = ?5)
            AND (?6 IS NULL OR state = ?6)
            AND (?7 IS NULL OR coalesce(json_extract(entity, '$.id') = ?7, FALSE)))
        """
    }

    fileprivate var arguments: [(any DatabaseValueConvertible)?] {
        [
            since ?? Timestamp(milliseconds: .min), end, askedAt, Exact(source), Exact(type),
            state?.rawValue, Exact(entity),
        ]
    }
}

extension DeliverySelection {
    /// As the index has it.
    fileprivate static let endedAt = "json_extract(delivery, '$.endedAt')"

    /// SQL about a row.
    fileprivate static let meant = """
        endpoint = ?1 AND state IN ('exhausted', 'cancelled') AND \(endedAt) >= ?2
            AND \(endedAt) < ?3
        """

    fileprivate var arguments: [(any DatabaseValueConvertible)?] {
        [Exact(endpoint), since, askedAt]
    }
}
