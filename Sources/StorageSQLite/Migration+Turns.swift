extension Migration {
    /// When events were settled and when deliveries ended, for the stream of what happened.
    ///
    /// Everything else that it tells has rows that are appended anyway. These are apart from what
    /// they tell of: an index on a column would be written at the same time and be changed by a
    /// replay. By ids, since a position may be taken a second time. What was settled before is not
    /// told.
    static let turns = """
        CREATE TABLE turns (
            position INTEGER PRIMARY KEY,
            at INTEGER NOT NULL,
            event_id TEXT,
            delivery_id TEXT,
            state TEXT NOT NULL,
            reason TEXT,
            CHECK ((event_id IS NULL) != (delivery_id IS NULL))
        ) STRICT;

        -- Where the newest rows of a table were pruned: behind the floor positions were given
        -- away anew, and mean rows that nobody with an older mark was told of.
        CREATE TABLE stream_floors (
            number INTEGER PRIMARY KEY,
            list INTEGER NOT NULL,
            floor INTEGER NOT NULL
        ) STRICT;
        """
}
