extension Migration {
    /// Whether somebody asked to have a task cancelled that a worker has on loan.
    ///
    /// It stands in the task as well, which that worker's settlement writes over.
    static let cancelAsked = """
        ALTER TABLE tasks ADD COLUMN cancel_asked_at INTEGER
            CHECK (cancel_asked_at IS NULL OR state = 'queued');
        """
}
