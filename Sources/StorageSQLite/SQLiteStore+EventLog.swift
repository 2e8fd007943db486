import Crypto
package import Domain
import Foundation
import GRDB
package import Storage

extension SQLiteStore: EventLog {
    package func admit(_ event: Event) async throws(StorageError) -> Admission {
        // Asked first: what cannot be kept must not take a place before what is to be settled.
        if let refusal = room.refusal ?? writer.refusal { throw refusal }
        return try await writer.write(mayBeRefused: true) { try $0.admit(event) }
    }

    package func admit(_ events: [Event]) async throws(StorageError) -> [Admission] {
        if let refusal = room.refusal ?? writer.refusal { throw refusal }
        return try await writer.write(mayBeRefused: true) { database in
            try events.map { try database.admit($0) }
        }
    }

    package func claimEvents(
        limit: Int, at now: Timestamp, lease: Duration
    ) async throws(StorageError) -> [Claim<Event>] {
        try await write { [report] database in
            let rows = try database.rows(
                """
                SELECT events.*, body FROM events INDEXED BY events_waiting
                JOIN event_bodies ON event = events.position
                WHERE state = 'received' AND leased_until <= ?
                ORDER BY run, events.position LIMIT ?
                """, [now, max(limit, 0)])
            return try rows.compactMap { row in
                let read = try Loans.events.read(row, database, report) { try Event(row: row) }
                guard let event = read else { return nil }
                return Claim(
                    work: event,
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
            let entity = try row.entity("entity")
            try database.write(outcome, of: id, about: entity, at: now)
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
                "SELECT at FROM triggers WHERE entity_id = ? AND rule = ? AND entity_type = ?",
                [Exact(entity.id), Exact(rule), Exact(entity.type)])
            return try row?.moment("at")
        }
    }
}

extension Database {
    /// Evidence kept of one event's other bodies.
    private static let conflictsMax = 10

    /// Writes what came of an event, and ends its loan.
    func write(
        _ outcome: MatchOutcome, of id: Event.ID, about entity: EntityReference?, at now: Timestamp
    ) throws {
        for task in outcome.tasks { try insert(task, at: now) }
        for announcement in outcome.announcements { try insert(announcement) }
        if let entity {
            for verdict in outcome.verdicts where verdict.isAnnouncement {
                try noteTrigger(of: verdict.rule, for: entity, at: now)
            }
        }
        try run(
            "UPDATE events SET state = ?, verdicts = ?, leased_until = 0 WHERE id = ?",
            [outcome.state.rawValue, try encoded(outcome.verdicts), Exact(id)])
        try noteTurn(.event(outcome.state), of: .event(id), at: now)
    }

    func admit(_ event: Event) throws -> Admission {
        let identity = event.identity
        let names: [(any DatabaseValueConvertible)?] = [
            Exact(identity.source), Exact(identity.scope), Exact(identity.key),
        ]
        let gone = try row(
            """
            SELECT position, event_id, body_hash FROM event_keys
            WHERE source = ? AND scope = ? AND key = ?
            """, names)
        if let gone { return try admit(event, again: gone) }
        try run(
            """
            INSERT INTO events (
                id, source, scope, key, type, time, received_at, entity, entity_id, entity_name,
                seen_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (source, scope, key) DO NOTHING
            """,
            [Exact(event.id)] + names + [
                Exact(event.type), event.time, event.receivedAt,
                try event.entity.map { try encoded($0) }, Exact(event.entity?.id),
                Exact(event.entity?.name), event.receivedAt,
            ])
        guard changesCount == 0 else {
            try run(
                "INSERT INTO event_bodies (event, body) VALUES (?, ?)",
                [lastInsertedRowID, Data(event.body)])
            return .stored
        }
        return try admitRepeat(of: event, names)
    }

    private func admitRepeat(
        of event: Event, _ names: [(any DatabaseValueConvertible)?]
    ) throws -> Admission {
        let known = try row(
            """
            SELECT position, id, body FROM events JOIN event_bodies ON event = position
            WHERE source = ? AND scope = ? AND key = ?
            """, names)
        guard let known else {
            throw StorageError(.corrupt, detail: "event \(event.identity.key) has no body")
        }
        let position = try known.decode(Int64.self, forColumn: "position")
        try run(
            "UPDATE events SET seen_at = max(seen_at, ?) WHERE position = ?",
            [event.receivedAt, position])
        guard try known.bytes("body") != event.body else {
            return .repeated(of: try known.id("id"))
        }
        try run(
            """
            INSERT INTO event_conflicts (event, received_at, body) SELECT ?, ?, ?
            WHERE (SELECT count(*) FROM event_conflicts WHERE event = ?) < ?
            """,
            [position, event.receivedAt, Data(event.body), position, Self.conflictsMax])
        return .conflict(with: try known.id("id"))
    }

    /// An event whose first delivery was pruned: of that only the identity and a hash are left.
    private func admit(_ event: Event, again gone: Row) throws -> Admission {
        try run(
            "UPDATE event_keys SET seen_at = max(seen_at, ?) WHERE position = ?",
            [event.receivedAt, try gone.decode(Int64.self, forColumn: "position")])
        let first: Event.ID = try gone.id("event_id")
        return try gone.bytes("body_hash") == Array(SHA256.hash(data: event.body))
            ? .repeated(of: first) : .conflict(with: first)
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
            entity: try row.entity("entity"),
            body: try row.bytes("body"), run: try row.decode(Int.self, forColumn: "run"))
    }
}
