package import Domain
import Foundation
import GRDB
package import Storage

extension SQLiteStore: EventLog {
    package func admit(_ event: Event) async throws(StorageError) -> Admission {
        try await write { try $0.admit(event) }
    }

    package func claimEvents(
        limit: Int, at now: Timestamp, lease: Duration
    ) async throws(StorageError) -> [Claim<Event>] {
        try await write { database in
            let rows = try database.rows(
                """
                SELECT events.*, body FROM events JOIN event_bodies ON event = events.position
                WHERE state = 'received' AND leased_until <= ? ORDER BY events.position LIMIT ?
                """, [now, max(limit, 0)])
            return try rows.map { row in
                Claim(
                    work: try Event(row: row),
                    token: try Loans.events.lend(row, until: now + lease, database),
                    leasedUntil: now + lease)
            }
        }
    }

    package func settle(
        _ claim: Claim<Event>, as outcome: MatchOutcome, at now: Timestamp
    ) async throws(StorageError) {
        try await write { database in
            let id = claim.work.id
            guard let row = try Loans.events.held(id.rawValue, under: claim.token, database)
            else { throw StorageError.claimLost(id, claim.token) }
            for task in outcome.tasks { try database.insert(task, at: now) }
            for announcement in outcome.announcements { try database.insert(announcement) }
            for verdict in outcome.verdicts where verdict.isAnnouncement {
                try database.noteTrigger(of: verdict.rule, by: row, at: now)
            }
            try database.run(
                "UPDATE events SET state = ?, verdicts = ?, leased_until = 0 WHERE id = ?",
                [outcome.state.rawValue, try encoded(outcome.verdicts), Exact(id)])
        }
    }

    package func ownCopies(
        among ids: [String], of provider: Provider
    ) async throws(StorageError) -> Set<String> {
        try await read { database in
            let sql = "SELECT 1 FROM own_copies WHERE provider = ? AND id = ?"
            return Set(
                try ids.filter { try database.row(sql, [provider.rawValue, Exact($0)]) != nil })
        }
    }

    package func lastTrigger(
        rule: String, entity: EntityReference
    ) async throws(StorageError) -> Timestamp? {
        try await read { database in
            let row = try database.row(
                """
                SELECT max(at) AS at FROM (
                    SELECT max(created_at) AS at FROM tasks
                    WHERE entity_id = ?1 AND rule = ?2 AND entity_type = ?3
                    UNION ALL
                    SELECT max(at) FROM announced_triggers
                    WHERE entity_id = ?1 AND rule = ?2 AND entity_type = ?3)
                """, [Exact(entity.id), Exact(rule), Exact(entity.type)])
            return try row?.optionalMoment("at")
        }
    }
}

extension Database {
    /// Evidence kept of one event's other bodies.
    private static let conflictsMax = 10

    /// Remembers that a rule announced an event, by the entity that the event is about.
    ///
    /// - Parameter row: The event's. One without an entity is no trigger.
    fileprivate func noteTrigger(of rule: String, by row: Row, at now: Timestamp) throws {
        guard !row.hasNull("entity") else { return }
        let entity = try row.decoded(EntityReference.self, "entity")
        try run(
            """
            INSERT INTO announced_triggers (entity_id, rule, entity_type, at, event)
            VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
            """,
            [
                Exact(entity.id), Exact(rule), Exact(entity.type), now,
                try row.decode(Int64.self, forColumn: "position"),
            ])
    }

    fileprivate func admit(_ event: Event) throws -> Admission {
        let identity = event.identity
        try run(
            """
            INSERT INTO events (id, source, scope, key, type, time, received_at, entity)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (source, scope, key) DO NOTHING
            """,
            [
                Exact(event.id), Exact(identity.source), Exact(identity.scope),
                Exact(identity.key), Exact(event.type), event.time, event.receivedAt,
                try event.entity.map { try encoded($0) },
            ])
        guard changesCount == 0 else {
            try run(
                "INSERT INTO event_bodies (event, body) VALUES (?, ?)",
                [lastInsertedRowID, Data(event.body)])
            return .stored
        }
        let known = try row(
            """
            SELECT position, id, body FROM events JOIN event_bodies ON event = position
            WHERE source = ? AND scope = ? AND key = ?
            """, [Exact(identity.source), Exact(identity.scope), Exact(identity.key)])
        guard let known else {
            throw StorageError(.corrupt, detail: "event \(identity.key) has no body")
        }
        guard try known.bytes("body") != event.body else {
            return .repeated(of: try known.id("id"))
        }
        let position = try known.decode(Int64.self, forColumn: "position")
        try run(
            """
            INSERT INTO event_conflicts (event, received_at, body) SELECT ?, ?, ?
            WHERE (SELECT count(*) FROM event_conflicts WHERE event = ?) < ?
            """,
            [position, event.receivedAt, Data(event.body), position, Self.conflictsMax])
        return .conflict(with: try known.id("id"))
    }
}

extension Event {
    /// From a row of `events` joined with its body.
    init(row: Row) throws {
        self.init(
            id: try row.id("id"),
            identity: Identity(
                source: try row.text("source"), scope: try row.text("scope"),
                key: try row.text("key")),
            type: try row.text("type"),
            time: try row.optionalMoment("time"),
            receivedAt: try row.moment("received_at"),
            entity: row.hasNull("entity") ? nil : try row.decoded(EntityReference.self, "entity"),
            body: try row.bytes("body"))
    }
}
