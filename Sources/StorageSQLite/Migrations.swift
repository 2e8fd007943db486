import GRDB
import Storage

/// How the schema grew: numbered, forward only, one transaction each.
///
/// The number of the last that ran is the file's `user_version`. A migration that has been
/// released is never edited; what is to change gets a new one.
///
/// `position` is a row's place in the order in which rows came: lists, cursors and *older* mean it.
/// Columns of type `ANY` hold text from outside (see `Exact`). What no query asks for is in one
/// JSON column per row.
package struct Migration: Hashable, Sendable {
    /// The schema's number before and after.
    package let from: Int
    package let to: Int

    /// What this program knows of.
    package static let latest = all.count

    /// Brings the schema up to date.
    ///
    /// - Throws: `.conflict` for a file of a newer program, of another one altogether, or of one
    ///   that was never released.
    static func run(_ database: Database, upTo end: Int = latest) throws -> Migration {
        let version = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
        guard version <= latest else {
            throw StorageError(
                .conflict,
                detail:
                    "the database has schema \(version), and this program knows up to \(latest): "
                    + "it was written by a newer one. Use that, or restore a backup.")
        }
        let tables = try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_schema") ?? 0
        guard version > 0 || tables == 0 else {
            throw StorageError(
                .conflict,
                detail: "the file is a database of another program: it has no schema number")
        }
        if version > 0 { try checkShape(of: database, at: version) }
        try bring(database, from: version, to: max(version, end))
        return Migration(from: version, to: max(version, end))
    }

    private static func bring(_ database: Database, from version: Int, to end: Int) throws {
        for number in version..<end {
            try database.inTransaction(.immediate) {
                try database.execute(sql: all[number])
                try database.execute(sql: "PRAGMA user_version = \(number + 1)")
                return .commit
            }
        }
    }

    /// Refuses a file whose number is right and whose tables are not.
    ///
    /// Before the first release the first migration was edited, so that files of those days say the
    /// same number. Told by the text of each table and index, comments aside; what a file has
    /// beyond ours, such as the statistics of `ANALYZE`, does not matter.
    private static func checkShape(of database: Database, at version: Int) throws {
        let wanted = try shape(at: version)
        let found = try shape(of: database)
        guard let name = wanted.keys.sorted().first(where: { found[$0] != wanted[$0] }) else {
            return
        }
        throw StorageError(
            .conflict,
            detail:
                "the database was made by an earlier pre-release (\(name) is not as it is today)"
                + ", and nothing brings it up to date: move it away with its -wal and -shm, or name"
                + " another file in store.url")
    }

    /// What the migrations up to a number make.
    static func shape(at version: Int) throws -> [String: String] {
        try version == latest ? latestShape.get() : makeShape(at: version)
    }

    private static let latestShape = Result { try makeShape(at: latest) }

    private static func makeShape(at version: Int) throws -> [String: String] {
        try DatabaseQueue().inDatabase { model in
            try bring(model, from: 0, to: version)
            return try shape(of: model)
        }
    }

    /// The text of each table, index and trigger, by name.
    static func shape(of database: Database) throws -> [String: String] {
        let rows = try Row.fetchAll(
            database, sql: "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL")
        var shape: [String: String] = [:]
        for row in rows {
            let name: String = row["name"]
            let text: String = row["sql"]
            let lines: [Substring] = text.split(separator: "\n").map { line in
                line.firstRange(of: "--").map { line[..<$0.lowerBound] } ?? line
            }
            let words: [Substring] = lines.flatMap { $0.split(separator: " ") }
            shape[name] = words.joined(separator: " ")
        }
        return shape
    }

    /// The SQL of each, from the first on.
    package static let all = [
        first, audit, wishes, versions, keys, lists, keyedWishes, turns, auditPruning,
        cancelAsked,
    ]
    /// The first schema that has the audit.
    static var auditSince: Int { (all.firstIndex(of: audit) ?? all.count) + 1 }

    private static let first = """
        CREATE TABLE events (
            position INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            source TEXT NOT NULL,
            scope ANY NOT NULL,
            key ANY NOT NULL,
            type ANY NOT NULL,
            time INTEGER,
            received_at INTEGER NOT NULL,
            entity TEXT,
            state TEXT NOT NULL DEFAULT 'received'
                CHECK (state IN ('received', 'matched', 'ignored')),
            token INTEGER NOT NULL DEFAULT 0,
            leased_until INTEGER NOT NULL DEFAULT 0,
            verdicts TEXT NOT NULL DEFAULT '[]',
            seen_at INTEGER NOT NULL,
            UNIQUE (source, scope, key)
        ) STRICT;
        CREATE INDEX events_by_state ON events(state);
        CREATE INDEX events_by_age ON events(received_at);

        -- Apart from their events, so that a claim does not rewrite a megabyte.
        CREATE TABLE event_bodies (
            event INTEGER PRIMARY KEY REFERENCES events(position) ON DELETE CASCADE,
            body BLOB NOT NULL
        ) STRICT;

        CREATE TABLE event_conflicts (
            position INTEGER PRIMARY KEY,
            event INTEGER NOT NULL REFERENCES events(position) ON DELETE CASCADE,
            received_at INTEGER NOT NULL,
            body BLOB NOT NULL
        ) STRICT;
        CREATE INDEX event_conflicts_by_event ON event_conflicts(event);

        -- Identities of events that are gone, so that a repeat of one is still a repeat; the hash
        -- is SHA-256 of its body, so that another body is still a conflict.
        CREATE TABLE event_keys (
            position INTEGER PRIMARY KEY,
            source TEXT NOT NULL,
            scope ANY NOT NULL,
            key ANY NOT NULL,
            event_id TEXT NOT NULL,
            body_hash BLOB NOT NULL,
            seen_at INTEGER NOT NULL,
            UNIQUE (source, scope, key)
        ) STRICT;
        CREATE INDEX event_keys_by_age ON event_keys(seen_at);

        -- When a rule last did something for an entity: what cooldowns count by (decisions.md 12),
        -- whatever has become of the event and the task since.
        CREATE TABLE triggers (
            entity_id ANY NOT NULL,
            rule ANY NOT NULL,
            entity_type ANY NOT NULL,
            at INTEGER NOT NULL,
            PRIMARY KEY (entity_id, rule, entity_type)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX triggers_by_age ON triggers(at);

        CREATE TABLE tasks (
            position INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            event_id TEXT NOT NULL,
            rule TEXT NOT NULL,
            connection TEXT NOT NULL,
            entity_type ANY NOT NULL,
            entity_id ANY NOT NULL,
            entity_name ANY,
            lock_key ANY NOT NULL,
            created_at INTEGER NOT NULL,
            state TEXT NOT NULL CHECK (
                state IN (
                    'queued', 'submitting', 'copying', 'reconciling', 'unresolved', 'succeeded',
                    'failed', 'cancelled')),
            due_at INTEGER CHECK (
                CASE
                    WHEN state IN ('failed', 'cancelled') THEN due_at IS NULL
                    -- A success is looked at once more where it may have a double.
                    WHEN state IN ('unresolved', 'succeeded') THEN 1
                    ELSE due_at IS NOT NULL
                END),
            ended_at INTEGER CHECK (
                (ended_at IS NOT NULL) = (state IN ('succeeded', 'failed', 'cancelled'))),
            token INTEGER NOT NULL DEFAULT 0,
            leased_until INTEGER NOT NULL DEFAULT 0,
            provider_task ANY,
            task TEXT NOT NULL CHECK (json_valid(task))
        ) STRICT;
        -- One at a time between sent and ended (decisions.md 3).
        CREATE UNIQUE INDEX tasks_by_lock ON tasks(lock_key)
            WHERE state IN ('submitting', 'copying', 'reconciling');
        CREATE INDEX tasks_unresolved ON tasks(lock_key) WHERE state = 'unresolved';
        CREATE INDEX tasks_due ON tasks(connection, due_at) WHERE due_at IS NOT NULL;
        CREATE INDEX tasks_on_loan ON tasks(leased_until) WHERE leased_until > 0;
        CREATE INDEX tasks_by_state ON tasks(state);
        CREATE INDEX tasks_by_event ON tasks(event_id);
        CREATE INDEX tasks_by_age ON tasks(ended_at) WHERE ended_at IS NOT NULL;
        CREATE INDEX tasks_by_provider_task ON tasks(connection, ended_at)
            WHERE provider_task IS NOT NULL;
        CREATE INDEX tasks_open ON tasks(connection, entity_name)
            WHERE state IN ('submitting', 'copying', 'reconciling', 'unresolved');

        CREATE TABLE task_history (
            position INTEGER PRIMARY KEY,
            task_id TEXT NOT NULL REFERENCES tasks(id) ON DELETE CASCADE,
            state TEXT NOT NULL,
            at INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX task_history_by_task ON task_history(task_id);

        CREATE TABLE task_attempts (
            position INTEGER PRIMARY KEY,
            owner TEXT NOT NULL REFERENCES tasks(id) ON DELETE CASCADE,
            at INTEGER NOT NULL,
            attempt TEXT NOT NULL CHECK (json_valid(attempt))
        ) STRICT;
        CREATE INDEX task_attempts_by_owner ON task_attempts(owner);
        CREATE INDEX task_attempts_by_age ON task_attempts(at);

        CREATE TABLE notifications (
            position INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            type TEXT NOT NULL,
            task_id TEXT,
            event_id TEXT,
            created_at INTEGER NOT NULL,
            payload BLOB NOT NULL
        ) STRICT;
        CREATE INDEX notifications_by_task ON notifications(task_id) WHERE task_id IS NOT NULL;
        CREATE INDEX notifications_by_event ON notifications(event_id) WHERE task_id IS NULL;
        CREATE INDEX notifications_by_age ON notifications(created_at) WHERE task_id IS NULL;

        CREATE TABLE deliveries (
            position INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            notification_id TEXT NOT NULL REFERENCES notifications(id) ON DELETE CASCADE,
            task_id TEXT,
            endpoint TEXT NOT NULL,
            state TEXT NOT NULL CHECK (
                state IN ('pending', 'sending', 'delivered', 'exhausted', 'cancelled')),
            due_at INTEGER CHECK ((due_at IS NULL) = (state NOT IN ('pending', 'sending'))),
            token INTEGER NOT NULL DEFAULT 0,
            leased_until INTEGER NOT NULL DEFAULT 0,
            delivery TEXT NOT NULL CHECK (json_valid(delivery))
        ) STRICT;
        CREATE INDEX deliveries_due ON deliveries(endpoint, due_at) WHERE due_at IS NOT NULL;
        CREATE INDEX deliveries_on_loan ON deliveries(leased_until) WHERE leased_until > 0;
        CREATE INDEX deliveries_by_state ON deliveries(state);
        CREATE INDEX deliveries_by_task ON deliveries(task_id) WHERE task_id IS NOT NULL;
        CREATE INDEX deliveries_by_notification ON deliveries(notification_id);

        CREATE TABLE delivery_attempts (
            position INTEGER PRIMARY KEY,
            owner TEXT NOT NULL REFERENCES deliveries(id) ON DELETE CASCADE,
            at INTEGER NOT NULL,
            attempt TEXT NOT NULL CHECK (json_valid(attempt))
        ) STRICT;
        CREATE INDEX delivery_attempts_by_owner ON delivery_attempts(owner);
        CREATE INDEX delivery_attempts_by_age ON delivery_attempts(at);

        -- Never pruned: a copy of ours must be known as ours for ever (decisions.md 8).
        CREATE TABLE own_copies (
            provider TEXT NOT NULL,
            id ANY NOT NULL,
            task_id TEXT NOT NULL,
            list ANY NOT NULL,
            recorded_at INTEGER NOT NULL,
            PRIMARY KEY (provider, id)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX own_copies_by_list ON own_copies(provider, list, recorded_at);

        CREATE TABLE rules (
            name ANY NOT NULL PRIMARY KEY,
            definition BLOB NOT NULL,
            updated_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        -- Endpoints and connections that are, or once were, failing.
        CREATE TABLE destinations (
            key ANY NOT NULL PRIMARY KEY,
            health TEXT NOT NULL CHECK (json_valid(health))
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE settings (
            name ANY NOT NULL PRIMARY KEY,
            value ANY NOT NULL
        ) STRICT, WITHOUT ROWID;

        -- What must not be read from a stolen file: nothing here opens without the master key.
        CREATE TABLE sealed_secrets (
            id ANY NOT NULL PRIMARY KEY,
            sealed BLOB NOT NULL
        ) STRICT, WITHOUT ROWID;
        """
}
