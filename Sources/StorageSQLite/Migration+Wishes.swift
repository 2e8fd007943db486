extension Migration {
    /// What people wish for: events meet the rules again, and endpoints hear what they missed.
    static let wishes = """
        ALTER TABLE events ADD COLUMN run INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE events ADD COLUMN replayed_at INTEGER;
        -- Fresh ones first: a hundred thousand that are replayed hold up none of them.
        CREATE INDEX events_waiting ON events(run) WHERE state = 'received';

        CREATE INDEX deliveries_given_up ON deliveries(
            endpoint, json_extract(delivery, '$.endedAt'))
            WHERE state IN ('exhausted', 'cancelled');
        """
}
