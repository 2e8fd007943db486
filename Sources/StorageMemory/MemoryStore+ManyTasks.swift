package import Domain
package import Storage

/// Wishes about many tasks.
extension MemoryStore {
    package func count(_ selection: TaskSelection, at now: Timestamp) throws(StorageError) -> Int {
        meant(selection, at: now).count
    }

    package func planAgain(
        _ selection: TaskSelection, from cursor: String?, limit: Int, at now: Timestamp,
        as make: @escaping @Sendable (_ old: CopyTask, _ run: Int) -> CopyTask,
        noting note: @escaping @Sendable (Int) -> AuditNote?
    ) throws(StorageError) -> Portion {
        try inParts(selection, from: cursor, limit: limit, at: now, noting: note) {
            place throws(StorageError) in
            let old = tasks[at: place].value.task
            try insertAgain(make(old, lastRun(of: old.plan.event.id) + 1), at: now)
            return .done
        }
    }

    package func change(
        _ id: CopyTask.ID, at now: Timestamp,
        _ change: @escaping @Sendable (inout CopyTask, _ isOnLoan: Bool) -> CopySettlement?
    ) throws(StorageError) -> CopyTask {
        guard let place = tasks.place(of: id) else {
            throw StorageError(.notFound, detail: "\(id)")
        }
        _ = self.change(place, at: now, change)
        return tasks[at: place].value.task
    }

    package func change(
        _ selection: TaskSelection, from cursor: String?, limit: Int, at now: Timestamp,
        _ change: @escaping @Sendable (inout CopyTask, _ isOnLoan: Bool) -> CopySettlement?,
        noting note: @escaping @Sendable (Int) -> AuditNote?
    ) throws(StorageError) -> Portion {
        try inParts(selection, from: cursor, limit: limit, at: now, noting: note) {
            place throws(StorageError) in self.change(place, at: now, change)
        }
    }

    private func change(
        _ place: Int, at now: Timestamp,
        _ change: (inout CopyTask, _ isOnLoan: Bool) -> CopySettlement?
    ) -> Deed {
        var task = tasks[at: place].value.task
        let isOnLoan = tasks[at: place].isHeld(at: now)
        guard let settlement = change(&task, isOnLoan) else { return .none }
        store(task, in: place, with: settlement.attempts, at: now)
        // A worker whose lease is over hears that it is, should it come back.
        if !isOnLoan { tasks.endLoan(place) }
        insert(settlement.announcements)
        append(settlement.note)
        return isOnLoan ? .doneOnLoan : .done
    }

    private enum Deed { case none, done, doneOnLoan }

    private func inParts(
        _ selection: TaskSelection, from cursor: String?, limit: Int, at now: Timestamp,
        noting note: (Int) -> AuditNote?, _ work: (Int) throws(StorageError) -> Deed
    ) throws(StorageError) -> Portion {
        let mark = try cursor.map { text throws(StorageError) in
            try PageMark(text, of: .tasks)
        }
        let found = meant(selection, at: now).filter { mark?.isBefore($0.at, $0.position) ?? true }
        let taken = found.prefix(max(0, limit))
        let deeds = try taken.map { mark throws(StorageError) in
            try work(Int(mark.position))
        }
        let count = deeds.count { $0 != .none }
        if count > 0 { append(note(count)) }
        return Portion(
            count: count, onLoan: deeds.count { $0 == .doneOnLoan },
            next: found.count > taken.count ? taken.last?.text : nil)
    }

    /// As a list has them, newest first.
    private func meant(_ selection: TaskSelection, at now: Timestamp) -> [PageMark] {
        tasks.rows.filter { row in
            selection.list.accepts(row.value)
                && (!row.isHeld(at: now)
                    || selection.takesLoans && row.value.task.cancelAskedAt == nil)
                && (selection.takesDoneAgain || successor(of: row.value.task) == nil)
        }.map {
            PageMark(
                list: .tasks, at: $0.value.task.plan.createdAt, position: Int64($0.place))
        }.sorted { ($0.at, $0.position) > ($1.at, $1.position) }
    }
}
