extension Migration {
    /// Keys to the API; before this there was one, in the settings.
    ///
    /// When that one was made is not known, so the moment of the migration stands in its place.
    static let keys = """
        CREATE TABLE api_keys (
            position INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            name ANY NOT NULL,
            scopes TEXT NOT NULL CHECK (json_valid(scopes)),
            hash TEXT NOT NULL UNIQUE CHECK (length(hash) = 64),
            created_at INTEGER NOT NULL,
            expires_at INTEGER,
            used_at INTEGER
        ) STRICT;
        INSERT INTO api_keys (id, name, scopes, hash, created_at)
            SELECT 'key_first', 'first', '["admin"]', value, unixepoch() * 1000
            FROM settings WHERE name = 'admin_key_sha256';
        DELETE FROM settings WHERE name = 'admin_key_sha256';
        """
}
