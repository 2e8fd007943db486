extension Migration {
    /// What each rule was and who made it so; no definition where it was deleted.
    ///
    /// Rules of before have been what they are since they were last put, by nobody who is known.
    static let versions = """
        CREATE TABLE rule_versions (
            rule ANY NOT NULL,
            number INTEGER NOT NULL,
            at INTEGER NOT NULL,
            who_id ANY NOT NULL,
            who_name ANY NOT NULL,
            definition BLOB,
            PRIMARY KEY (rule, number)
        ) STRICT, WITHOUT ROWID;
        INSERT INTO rule_versions
        SELECT name, 1, updated_at, 'system', 'system', definition FROM rules;
        """
}
