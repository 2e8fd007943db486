extension Migration {
    /// The audit's anchor moves to where its newest entry says that retention came, and nowhere
    /// else.
    ///
    /// An anchor that moved before this stays where it is, and is told as a breach until the next
    /// pruning has noted its own: no entry says who took away what was before.
    static let auditPruning = """
        CREATE TRIGGER audit_anchor_is_noted BEFORE UPDATE ON audit_ends
        WHEN NEW.which = 'anchor' AND NOT EXISTS (
            SELECT 1 FROM audit
            WHERE number = (SELECT number FROM audit_ends WHERE which = 'head')
                AND verb = 'audit.pruned' AND object = CAST(NEW.number AS TEXT)
                AND json_extract(details, '$.hash') = lower(hex(NEW.hash)))
        BEGIN SELECT RAISE(ABORT, 'what goes from the audit is noted in it'); END;
        """
}
