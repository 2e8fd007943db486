extension Migration {
    /// Who did what: a chain that is appended to.
    ///
    /// What the triggers refuse is refused to whoever opens the file, `sqlite3` included. The
    /// table has no row number beside its own, so every byte of a row is part of an entry.
    static let audit = """
        CREATE TABLE audit (
            number INTEGER NOT NULL PRIMARY KEY,
            at INTEGER NOT NULL,
            who_id ANY NOT NULL,
            who_name ANY NOT NULL,
            verb TEXT NOT NULL,
            object ANY NOT NULL,
            details TEXT NOT NULL CHECK (json_valid(details)),
            hash BLOB NOT NULL CHECK (length(hash) = 32)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX audit_by_object ON audit(object);

        -- The last entry that was pruned, and the newest.
        CREATE TABLE audit_ends (
            which TEXT NOT NULL PRIMARY KEY CHECK (which IN ('anchor', 'head')),
            number INTEGER NOT NULL,
            hash BLOB NOT NULL CHECK (length(hash) = 32)
        ) STRICT, WITHOUT ROWID;
        INSERT INTO audit_ends VALUES ('anchor', 0, zeroblob(32)), ('head', 0, zeroblob(32));

        CREATE TRIGGER audit_has_one_order BEFORE INSERT ON audit
        WHEN NEW.number != (SELECT number + 1 FROM audit_ends WHERE which = 'head')
        BEGIN SELECT RAISE(ABORT, 'the audit is appended to'); END;
        CREATE TRIGGER audit_moves_its_head AFTER INSERT ON audit
        BEGIN
            UPDATE audit_ends SET number = NEW.number, hash = NEW.hash WHERE which = 'head';
        END;
        CREATE TRIGGER audit_never_changes BEFORE UPDATE ON audit
        BEGIN SELECT RAISE(ABORT, 'the audit is never changed'); END;
        CREATE TRIGGER audit_is_pruned_behind_its_anchor BEFORE DELETE ON audit
        WHEN OLD.number > (SELECT number FROM audit_ends WHERE which = 'anchor')
        BEGIN SELECT RAISE(ABORT, 'the audit is never cut'); END;
        CREATE TRIGGER audit_ends_are_two BEFORE INSERT ON audit_ends
        BEGIN SELECT RAISE(ABORT, 'the audit has two ends'); END;
        CREATE TRIGGER audit_ends_stay BEFORE DELETE ON audit_ends
        BEGIN SELECT RAISE(ABORT, 'the audit has two ends'); END;
        CREATE TRIGGER audit_ends_move_forward BEFORE UPDATE ON audit_ends
        WHEN NEW.which != OLD.which OR NEW.number <= OLD.number OR NOT EXISTS (
            SELECT 1 FROM audit WHERE number = NEW.number AND hash = NEW.hash)
        BEGIN SELECT RAISE(ABORT, 'the ends of the audit only move forward'); END;
        """
}
