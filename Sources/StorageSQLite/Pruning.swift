import Crypto
import Domain
import Foundation
import GRDB
import Storage

/// How far a sweep has come: the time and the position of the last row looked at.
struct PrunePlace {
    let at: Int64
    let position: Int64

    init(at: Int64, position: Int64) {
        self.at = at
        self.position = position
    }

    init(parsing text: String) throws(StorageError) {
        let parts = text.split(separator: ".").compactMap { Int64($0) }
        guard parts.count == 2 else {
            throw StorageError(.notFound, detail: "cursor \(text)")
        }
        self.init(at: parts[0], position: parts[1])
    }

    var text: String { "\(at).\(position)" }
}

/// Where the rows of a kind are, which column is their age, and what keeps one of them.
private struct PruneTable {
    let name: String
    let age: String
    /// SQL that is true for a row that has to stay.
    let isNeeded: String
    /// SQL for the bytes that removing a row has to walk through.
    var bytes = "0"

    private static let open = "due_at IS NOT NULL"
    /// Whether the provider's job of an ended task could still be taken for that of another, which
    /// looks for its own: forgotten here, it would be nobody's there (``Surroundings``).
    private static let isKnownJob = """
        (provider_task IS NOT NULL AND EXISTS (
            SELECT 1 FROM tasks AS other INDEXED BY tasks_open
            WHERE other.connection = tasks.connection
                AND other.state IN ('submitting', 'copying', 'reconciling', 'unresolved')
                AND other.due_at IS NOT NULL
                AND other.created_at <= tasks.ended_at
                    + \(Surroundings.margin.wholeMilliseconds)))
        """

    init(_ keeping: Keeping) {
        switch keeping {
        case .taskAttempts:
            self.init(
                "task_attempts", "at",
                "EXISTS (SELECT 1 FROM tasks WHERE id = owner AND ended_at IS NULL)")
        case .deliveryAttempts:
            self.init(
                "delivery_attempts", "at",
                "EXISTS (SELECT 1 FROM deliveries WHERE id = owner AND \(Self.open))")
        case .tasks:
            // One that somebody holds is left to him, and a success that is to be looked at once
            // more to that look.
            self.init(
                "tasks", "ended_at",
                """
                leased_until > ?1 OR due_at IS NOT NULL
                OR EXISTS (SELECT 1 FROM deliveries WHERE task_id = tasks.id AND \(Self.open))
                OR \(Self.isKnownJob)
                """)
        case .notifications:
            self.init(
                "notifications", "created_at",
                """
                EXISTS (
                    SELECT 1 FROM deliveries
                    WHERE notification_id = notifications.id AND \(Self.open))
                """)
        case .events:
            self.init(
                "events", "received_at",
                """
                state = 'received'
                OR EXISTS (SELECT 1 FROM tasks WHERE event_id = events.id)
                OR EXISTS (
                    SELECT 1 FROM notifications WHERE event_id = events.id AND task_id IS NULL)
                """)
            bytes = """
                (SELECT coalesce(sum(length(body)), 0) FROM event_bodies
                WHERE event = events.position)
                + (SELECT coalesce(sum(length(body)), 0) FROM event_conflicts
                WHERE event = events.position)
                """
        case .keys:
            self.init("event_keys", "seen_at", "0")
        case .wishes:
            self.init("keyed_wishes", "begun_at", "0")
        case .triggers, .audit, .turns:
            preconditionFailure("these have no position")
        }
    }

    private init(_ name: String, _ age: String, _ isNeeded: String) {
        self.name = name
        self.age = age
        self.isNeeded = isNeeded
    }

    /// Only notifications have rows that are another kind's: those of tasks go with their tasks.
    var condition: String { name == "notifications" ? "task_id IS NULL AND" : "" }
}

extension Database {
    /// Bodies that one call removes, so that a few large ones do not hold the writer for long.
    private static let bodyBytesMax: Int64 = 2 << 20

    func prune(
        _ keeping: Keeping, olderThan moment: Timestamp, from place: PrunePlace?, limit: Int
    ) throws -> Pruned {
        let table = PruneTable(keeping)
        let rows = try rows(
            """
            SELECT position, \(table.age) AS age, \(table.isNeeded) AS is_needed,
                \(table.bytes) AS bytes
            FROM \(table.name)
            WHERE \(table.condition) \(table.age) < ?1 AND \(table.age) >= ?2
                AND (\(table.age) > ?2 OR position > ?3)
            ORDER BY \(table.age), position LIMIT ?4
            """, [moment, place?.at ?? Int64.min, place?.position ?? Int64.min, max(limit, 1)])
        var removed = 0
        var bytes: Int64 = 0
        var last: PrunePlace?
        for row in rows where bytes <= Self.bodyBytesMax {
            let position = try row.decode(Int64.self, forColumn: "position")
            last = PrunePlace(at: try row.moment("age").milliseconds, position: position)
            guard try !row.decode(Bool.self, forColumn: "is_needed") else { continue }
            try remove(keeping, table, at: position)
            removed += 1
            bytes += try row.decode(Int64.self, forColumn: "bytes")
        }
        let isOver = rows.count < max(limit, 1) && bytes <= Self.bodyBytesMax
        return Pruned(removed: removed, next: isOver ? nil : last?.text)
    }

    private func remove(_ keeping: Keeping, _ table: PruneTable, at position: Int64) throws {
        switch keeping {
        case .tasks:
            try run(
                """
                DELETE FROM notifications
                WHERE task_id = (SELECT id FROM tasks WHERE position = ?)
                """, [position])
        case .events:
            try rememberKey(ofEventAt: position)
        case .taskAttempts, .deliveryAttempts, .notifications, .keys, .wishes, .triggers, .audit,
            .turns:
            break
        }
        try run("DELETE FROM \(table.name) WHERE position = ?", [position])
    }

    private func rememberKey(ofEventAt position: Int64) throws {
        let body = try row("SELECT body FROM event_bodies WHERE event = ?", [position])
        // An event without a body is a damaged one; a repeat of it counts as a conflict.
        let hash = SHA256.hash(data: try body?.bytes("body") ?? [])
        try run(
            """
            INSERT INTO event_keys (source, scope, key, event_id, body_hash, seen_at)
            SELECT source, scope, key, id, ?, seen_at FROM events WHERE position = ?
            """, [Data(hash), position])
    }

    func pruneTriggers(olderThan moment: Timestamp, limit: Int) throws -> Pruned {
        try run(
            """
            DELETE FROM triggers WHERE (entity_id, rule, entity_type) IN (
                SELECT entity_id, rule, entity_type FROM triggers WHERE at < ? LIMIT ?)
            """, [moment, max(limit, 1)])
        return Pruned(
            removed: changesCount, next: changesCount < max(limit, 1) ? nil : "0.0")
    }
}
