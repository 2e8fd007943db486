package import Domain

/// The part of the store that `Copying` needs; each method is one transaction.
package protocol CopyLedger: Sendable {
    /// Lends out due tasks, earliest first, at most `perConnection` of each connection.
    ///
    /// A queued task stays where it is while another one holds its ``CopyTask/lockKey``: it could
    /// not be sent, and a copy may take an hour and a half. The end of the other frees it at once.
    ///
    /// One that is to be cancelled is lent out all the same, and at once.
    ///
    /// A task whose lease ended is due again. What a claim means for a task's state is said by
    /// ``CopyTask/apply(_:)`` with `claimed`; the store applies it and stores the result, so that a
    /// crash after this call can never be mistaken for a task not yet begun.
    ///
    /// - Parameters:
    ///   - skipped: Connections that are to be left alone for now.
    ///   - held: Connections over which nothing new is begun: what is queued for them stays.
    func claimTasks(
        limit: Int, perConnection: Int, skipping skipped: Set<String>, holding held: Set<String>,
        at now: Timestamp, lease: Duration
    ) async throws(StorageError) -> [ClaimedTask]

    /// Lends out one task on behalf of a person, due or not.
    ///
    /// - Throws: ``StorageError/Code/claimLost`` while a worker holds it, `.notFound`.
    func takeTask(
        _ id: CopyTask.ID, at now: Timestamp, lease: Duration
    ) async throws(StorageError) -> Claim<CopyTask>

    /// The point of no return: stores a task that has just become `submitting`, synced to disk
    /// before this returns. The claim stays, and its lease is what it was.
    ///
    /// - Throws: `.claimLost` when the lease is over or taken; `.keyBusy` when another task of the
    ///   same ``CopyTask/lockKey`` is between sent and ended; `.cancelAsked` when somebody asked to
    ///   have it cancelled since it was lent out. In all three cases nothing may be sent.
    func dispatch(_ claim: Claim<CopyTask>, at now: Timestamp) async throws(StorageError)

    /// Writes a claimed task back with all that became true with it, and ends the claim.
    ///
    /// A task that is still queued keeps its ``CopyTask/cancelAskedAt``, of which the claim may not
    /// know.
    ///
    /// - Throws: `.claimLost` when the lease ran out and someone else took it; the attempts are
    ///   kept as evidence all the same.
    func settle(
        _ claim: Claim<CopyTask>, with settlement: CopySettlement, at now: Timestamp
    ) async throws(StorageError)

    /// What adoption has to know before it may take a found copy for this task's.
    func surroundings(of task: CopyTask) async throws(StorageError) -> Surroundings
}

/// A task on loan and what its machine says is to be done.
package struct ClaimedTask: Sendable {
    package var claim: Claim<CopyTask>
    package let step: CopyTask.Step

    package init(claim: Claim<CopyTask>, step: CopyTask.Step) {
        self.claim = claim
        self.step = step
    }
}

/// What is written together with a task's new state.
package struct CopySettlement: Hashable, Sendable {
    package var attempts: [Attempt]
    package var announcements: [Announcement]
    /// The copy, to be known as ours for ever.
    package var ownCopy: Identifier<Entity>?
    /// Where a person decided.
    package var note: AuditNote?

    package init(
        attempts: [Attempt] = [], announcements: [Announcement] = [],
        ownCopy: Identifier<Entity>? = nil, note: AuditNote? = nil
    ) {
        self.attempts = attempts
        self.announcements = announcements
        self.ownCopy = ownCopy
        self.note = note
    }
}

extension CopyLedger {
    package func claimTasks(
        limit: Int, perConnection: Int, skipping skipped: Set<String>, at now: Timestamp,
        lease: Duration
    ) async throws(StorageError) -> [ClaimedTask] {
        try await claimTasks(
            limit: limit, perConnection: perConnection, skipping: skipped, holding: [], at: now,
            lease: lease)
    }
}
