extension Migration {
    /// Lists by every filter, newest first, and text that is found by a piece of it.
    ///
    /// Each index of a list has the row's time behind the filter's column, and SQLite adds the
    /// position to both: so a page is one stretch of it, and nothing is sorted. An entity has no
    /// such index: its ids come in no order, each would dirty a page of its own at admission, and
    /// ``FindBlock`` finds them as well.
    static let lists = """
        ALTER TABLE events ADD COLUMN entity_id ANY;
        ALTER TABLE events ADD COLUMN entity_name ANY;
        UPDATE events SET
            entity_id = \(text("entity", "$.id")), entity_name = \(text("entity", "$.name"))
        WHERE entity IS NOT NULL;
        DROP INDEX events_by_state;
        CREATE INDEX events_by_state ON events(state, received_at);
        CREATE INDEX events_by_source ON events(source, received_at);
        CREATE INDEX events_by_type ON events(type, received_at);

        ALTER TABLE tasks ADD COLUMN workspace ANY;
        UPDATE tasks SET workspace = coalesce(
            \(text("task", "$.plan.toWorkspace")),
            \(text("task", "$.plan.entity.workspaceID")));
        DROP INDEX tasks_by_state;
        DROP INDEX tasks_by_event;
        CREATE INDEX tasks_by_creation ON tasks(created_at);
        CREATE INDEX tasks_by_state ON tasks(state, created_at);
        CREATE INDEX tasks_by_event ON tasks(event_id, created_at);
        CREATE INDEX tasks_by_rule ON tasks(rule, created_at);
        CREATE INDEX tasks_by_connection ON tasks(connection, created_at);
        CREATE INDEX tasks_by_workspace ON tasks(workspace, created_at)
            WHERE workspace IS NOT NULL;

        ALTER TABLE deliveries ADD COLUMN event_id TEXT;
        ALTER TABLE deliveries ADD COLUMN type TEXT NOT NULL DEFAULT '';
        ALTER TABLE deliveries ADD COLUMN created_at INTEGER NOT NULL DEFAULT 0;
        UPDATE deliveries SET
            event_id = (SELECT event_id FROM notifications WHERE id = notification_id),
            type = json_extract(delivery, '$.type'),
            created_at = json_extract(delivery, '$.createdAt');
        DROP INDEX deliveries_by_state;
        DROP INDEX deliveries_by_task;
        CREATE INDEX deliveries_by_creation ON deliveries(created_at);
        CREATE INDEX deliveries_by_state ON deliveries(state, created_at);
        CREATE INDEX deliveries_by_task ON deliveries(task_id, created_at)
            WHERE task_id IS NOT NULL;
        CREATE INDEX deliveries_by_event ON deliveries(event_id, created_at)
            WHERE event_id IS NOT NULL;
        CREATE INDEX deliveries_by_endpoint ON deliveries(endpoint, created_at);
        CREATE INDEX deliveries_by_type ON deliveries(type, created_at);

        -- What may be found in which stretch of a list; see FindBlock and FindIndex.
        CREATE TABLE find_segments (
            list INTEGER NOT NULL,
            segment INTEGER NOT NULL,
            -- Of the stretch's rows; NULL when they are all gone.
            first_at INTEGER,
            last_at INTEGER,
            PRIMARY KEY (list, segment)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE find_blocks (
            place INTEGER PRIMARY KEY,
            block BLOB NOT NULL
        ) STRICT;
        """

    /// Text out of JSON as ``Exact`` stores it.
    ///
    /// What SQLite takes out of JSON ends at the first NUL, so another character stands in for it
    /// on the way, one that is in no text.
    private static func text(_ json: String, _ path: String) -> String {
        let escaped = "'\\u0000'"
        let found = "json_extract(replace(\(json), \(escaped), '\\ufffe'), '\(path)')"
        return """
            CASE WHEN instr(\(json), \(escaped)) = 0 THEN json_extract(\(json), '\(path)')
                WHEN instr(\(found), char(0xfffe)) = 0 THEN \(found)
                ELSE CAST(replace(\(found), char(0xfffe), char(0)) AS BLOB) END
            """
    }
}
