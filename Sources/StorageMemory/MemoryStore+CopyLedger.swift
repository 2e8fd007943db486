package import Domain
package import Storage

extension MemoryStore: CopyLedger {
    package func claimTasks(
        limit: Int, perConnection: Int, skipping skipped: Set<String>,
        holding held: Set<String>, at now: Timestamp, lease: Duration
    ) throws(StorageError) -> [ClaimedTask] {
        let busy = Set(
            tasks.rows.filter { $0.value.task.state.holdsLock }.map {
                Bytes($0.value.task.lockKey)
            })
        let due = tasks.due(
            limit: limit, at: now,
            dueAt: { row in
                let waits = row.task.state.name == .queued && row.task.cancelAskedAt == nil
                let isBlocked =
                    waits && !busy.isEmpty && busy.contains(Bytes(row.task.lockKey))
                let isHeld =
                    waits && !held.isEmpty && held.contains(row.task.plan.connection)
                return isBlocked || isHeld ? nil : row.task.dueAt
            }, group: { $0.task.plan.connection },
            share: { skipped.contains($0) ? .none : ClaimShare(perConnection) })
        var claims: [ClaimedTask] = []
        for place in due {
            var task = tasks[at: place].value.task
            // Every state that is ever due takes a claim; a row that refuses stays where it is.
            guard let step = try? task.apply(.claimed(at: now)) else { continue }
            store(task, in: place, at: now)
            let claim = tasks.lend(place, until: now + lease) { $0.task }
            claims.append(ClaimedTask(claim: claim, step: step))
        }
        return claims
    }

    package func takeTask(
        _ id: CopyTask.ID, at now: Timestamp, lease: Duration
    ) throws(StorageError) -> Claim<CopyTask> {
        let place = try tasks.freePlace(of: id, at: now)
        return tasks.lend(place, until: now + lease) { $0.task }
    }

    package func dispatch(_ claim: Claim<CopyTask>, at now: Timestamp) throws(StorageError) {
        let task = claim.work
        let place = try tasks.place(of: task.id, onLoanUnder: claim.token)
        guard tasks[at: place].isHeld(at: now) else {
            throw StorageError(.claimLost, detail: "the lease of \(task.id) is over")
        }
        let before = tasks[at: place].value.task.state.name
        guard task.state.name == .submitting, before == .queued else {
            throw StorageError(
                .conflict, detail: "\(task.id) cannot go from \(before) to \(task.state.name)")
        }
        guard tasks[at: place].value.task.cancelAskedAt == nil else {
            throw StorageError(.cancelAsked, detail: "\(task.id)")
        }
        try checkLock(of: task)
        store(task, in: place, at: now)
    }

    package func settle(
        _ claim: Claim<CopyTask>, with settlement: CopySettlement, at now: Timestamp
    ) throws(StorageError) {
        var task = claim.work
        let place: Int
        do {
            place = try tasks.place(of: task.id, onLoanUnder: claim.token)
        } catch {
            if let place = tasks.place(of: task.id) {
                let late = settlement.attempts.filter {
                    !tasks[at: place].value.attempts.contains($0)
                }
                store(tasks[at: place].value.task, in: place, with: late, at: now)
            }
            throw error
        }
        try checkLock(of: task)
        task.keep(cancelAskedAt: tasks[at: place].value.task.cancelAskedAt)
        store(task, in: place, with: settlement.attempts, at: now)
        tasks.endLoan(place)
        if let copy = settlement.ownCopy {
            ownCopies[task.plan.provider, default: [:]][Bytes(copy.rawValue)] =
                ownCopies[task.plan.provider]?[Bytes(copy.rawValue)]
                ?? OwnCopy(list: Bytes(task.plan.list), recordedAt: now)
        }
        insert(settlement.announcements)
        append(settlement.note)
    }

    package func surroundings(of task: CopyTask) throws(StorageError) -> Surroundings {
        let place = tasks.place(of: task.id) ?? tasks.end
        let start = Surroundings.start(for: task)
        let key = Bytes(task.lockKey)
        let connection = Bytes(task.plan.connection)
        var surroundings = Surroundings(
            ownCopies: ownCopies(in: task.plan, since: start),
            openNames: [task.plan.entity.name].compactMap { $0 })
        for row in tasks.rows where row.place != place {
            let other = row.value.task
            guard Bytes(other.plan.connection) == connection else { continue }
            if other.state.name.holdsLock || other.state.name == .unresolved,
                let name = other.plan.entity.name
            {
                surroundings.openNames.append(name)
                if other.isNamesake(of: task) { surroundings.namesakes.append(other) }
            }
            if let job = other.evidence.providerTask,
                row.value.endedAt.map({ $0 >= start }) ?? true
            {
                surroundings.ownProviderTasks.insert(job.rawValue)
            }
            if row.place < place, other.state.name == .unresolved, Bytes(other.lockKey) == key {
                surroundings.hasOlderUnresolved = true
            }
        }
        return surroundings
    }

    private func ownCopies(in plan: CopyTask.Plan, since start: Timestamp) -> Set<String> {
        let list = Bytes(plan.list)
        let own = (ownCopies[plan.provider] ?? [:]).filter { $0.value.list == list }
            .sorted { ($1.value.recordedAt, $1.key) < ($0.value.recordedAt, $0.key) }
        let kept = own.enumerated().filter { place, copy in
            place < Surroundings.ownCopiesKept || copy.value.recordedAt >= start
        }
        return Set(kept.map(\.element.key.text))
    }

    /// Refuses a task that would hold a lock which another one holds.
    func checkLock(of task: CopyTask) throws(StorageError) {
        guard task.state.holdsLock else { return }
        let key = Bytes(task.lockKey)
        let holder = tasks.rows.first { row in
            let other = row.value.task
            return other.state.holdsLock && other.id != task.id && Bytes(other.lockKey) == key
        }
        if let holder {
            throw StorageError(
                .keyBusy, detail: "\(task.id) waits for \(holder.value.task.id)")
        }
    }
}

extension Bytes {
    var text: String { String(decoding: utf8, as: UTF8.self) }
}
