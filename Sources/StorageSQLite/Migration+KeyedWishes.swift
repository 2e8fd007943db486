extension Migration {
    /// Wishes under keys of their senders' own, for a day; `number` counts those of one owner.
    static let keyedWishes = """
        CREATE TABLE keyed_wishes (
            position INTEGER PRIMARY KEY,
            owner ANY NOT NULL,
            key ANY NOT NULL,
            number INTEGER NOT NULL,
            digest TEXT NOT NULL CHECK (length(digest) = 64),
            begun_at INTEGER NOT NULL,
            leased_until INTEGER NOT NULL,
            seed BLOB NOT NULL,
            answer BLOB,
            UNIQUE (owner, key),
            UNIQUE (owner, number)
        ) STRICT;
        CREATE INDEX keyed_wishes_by_age ON keyed_wishes(begun_at);
        CREATE INDEX keyed_wishes_in_hand ON keyed_wishes(leased_until) WHERE answer IS NULL;
        """
}
