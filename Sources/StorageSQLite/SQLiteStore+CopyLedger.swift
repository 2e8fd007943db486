package import Domain
import GRDB
package import Storage

extension SQLiteStore: CopyLedger {
    package func claimTasks(
        limit: Int, perConnection: Int, skipping skipped: Set<String>,
        holding held: Set<String>, at now: Timestamp, lease: Duration
    ) async throws(StorageError) -> [ClaimedTask] {
        try await write { [report] database in
            let rows = try Loans.tasks.due(
                in: "connection", limit: limit, at: now,
                where: { name in
                    held.contains(name)
                        ? "(state != 'queued' OR cancel_asked_at IS NOT NULL)"
                        : """
                        (state != 'queued' OR cancel_asked_at IS NOT NULL OR NOT EXISTS (
                            SELECT 1 FROM tasks AS other WHERE other.lock_key = tasks.lock_key
                                AND other.state IN ('submitting', 'copying', 'reconciling')))
                        """
                },
                share: { skipped.contains($0) ? .none : ClaimShare(perConnection) }, database)
            return try rows.compactMap { row in
                let read = try Loans.tasks.read(row, database, report) {
                    var task = try row.decoded(CopyTask.self, "task")
                    return (step: try task.apply(.claimed(at: now)), task: task)
                }
                guard let (step, task) = read else { return nil }
                try database.store(task, over: row, at: now)
                let token = try Loans.tasks.lend(row, until: now + lease, database)
                return ClaimedTask(
                    claim: Claim(work: task, token: token, leasedUntil: now + lease), step: step)
            }
        }
    }

    package func takeTask(
        _ id: CopyTask.ID, at now: Timestamp, lease: Duration
    ) async throws(StorageError) -> Claim<CopyTask> {
        try await write { database in
            let row = try Loans.tasks.free(id.rawValue, at: now, database)
            return Claim(
                work: try row.decoded(CopyTask.self, "task"),
                token: try Loans.tasks.lend(row, until: now + lease, database),
                leasedUntil: now + lease)
        }
    }

    package func dispatch(
        _ claim: Claim<CopyTask>, at now: Timestamp
    ) async throws(StorageError) {
        try await write { database in
            let task = claim.work
            guard let row = try Loans.tasks.held(task.id.rawValue, under: claim.token, database),
                try row.moment("leased_until") > now
            else { throw StorageError.claimLost(task.id, claim.token) }
            let before = try row.word(CopyTask.State.Name.self, "state")
            guard task.state.name == .submitting, before == .queued else {
                throw StorageError(
                    .conflict, detail: "\(task.id) cannot go from \(before) to \(task.state.name)")
            }
            guard try row.optionalMoment("cancel_asked_at") == nil else {
                throw StorageError(.cancelAsked, detail: "\(task.id)")
            }
            try database.store(task, over: row, at: now)
        }
    }

    package func settle(
        _ claim: Claim<CopyTask>, with settlement: CopySettlement, at now: Timestamp
    ) async throws(StorageError) {
        let task = claim.work
        let isCurrent = try await write { database in
            guard let row = try Loans.tasks.held(task.id.rawValue, under: claim.token, database)
            else {
                // Not thrown in here: that would undo what this writes.
                try database.keepAsEvidence(
                    settlement.attempts, of: task.id.rawValue, of: .tasks)
                return false
            }
            var task = task
            task.keep(cancelAskedAt: try row.optionalMoment("cancel_asked_at"))
            try database.store(task, over: row, at: now)
            try database.run("UPDATE tasks SET leased_until = 0 WHERE id = ?", [Exact(task.id)])
            try database.add(settlement.attempts, to: task.id.rawValue, of: .tasks)
            if let copy = settlement.ownCopy {
                try database.run(
                    """
                    INSERT INTO own_copies (provider, id, task_id, list, recorded_at)
                    VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
                    """,
                    [
                        task.plan.provider.rawValue, Exact(copy), Exact(task.id),
                        Exact(task.plan.list), now,
                    ])
            }
            for announcement in settlement.announcements { try database.insert(announcement) }
            try database.append(settlement.note)
            return true
        }
        guard isCurrent else { throw StorageError.claimLost(task.id, claim.token) }
    }

    package func surroundings(of task: CopyTask) async throws(StorageError) -> Surroundings {
        try await read { try $0.surroundings(of: task) }
    }
}

extension Database {
    fileprivate func surroundings(of task: CopyTask) throws -> Surroundings {
        let connection = Exact(task.plan.connection)
        let start = Surroundings.start(for: task)
        let open = """
            FROM tasks INDEXED BY tasks_open
            WHERE state IN ('submitting', 'copying', 'reconciling', 'unresolved')
                AND connection = ? AND id != ?
            """
        let names = try rows(
            "SELECT entity_name \(open) AND entity_name IS NOT NULL ORDER BY position",
            [connection, Exact(task.id)])
        let namesakes = try rows(
            "SELECT task \(open) AND entity_name = ? ORDER BY position",
            [connection, Exact(task.id), Exact(task.plan.entity.name)])
        // Two questions, since an index answers each and neither answers both.
        let jobs = try rows(
            """
            SELECT provider_task FROM tasks INDEXED BY tasks_by_provider_task
            WHERE connection = ?1 AND provider_task IS NOT NULL AND ended_at IS NULL AND id != ?2
            UNION ALL SELECT provider_task FROM tasks INDEXED BY tasks_by_provider_task
            WHERE connection = ?1 AND provider_task IS NOT NULL AND ended_at >= ?3 AND id != ?2
            """, [connection, Exact(task.id), start])
        let older = try row(
            """
            SELECT 1 FROM tasks INDEXED BY tasks_unresolved
            WHERE lock_key = ? AND state = 'unresolved'
                AND position < coalesce(
                    (SELECT position FROM tasks WHERE id = ?), 9223372036854775807)
            LIMIT 1
            """, [Exact(task.lockKey), Exact(task.id)])
        return Surroundings(
            ownCopies: try ownCopies(in: task.plan, since: start),
            openNames: try [task.plan.entity.name].compactMap { $0 }
                + names.map { try $0.text("entity_name") },
            ownProviderTasks: Set(try jobs.map { try $0.text("provider_task") }),
            hasOlderUnresolved: older != nil,
            namesakes: try namesakes.map { try $0.decoded(CopyTask.self, "task") }
                .filter { $0.isNamesake(of: task) })
    }

    private func ownCopies(in plan: CopyTask.Plan, since start: Timestamp) throws -> Set<String> {
        let own = "FROM own_copies WHERE provider = ?1 AND list = ?2"
        let rows = try rows(
            """
            SELECT id \(own) AND recorded_at >= ?3
            UNION SELECT id FROM (
                SELECT id \(own) ORDER BY recorded_at DESC LIMIT \(Surroundings.ownCopiesKept))
            """, [plan.provider.rawValue, Exact(plan.list), start])
        return Set(try rows.map { try $0.text("id") })
    }
}
