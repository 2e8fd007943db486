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
            return true
        }
    }

    package func change(
        _ selection: TaskSelection, from cursor: String?, limit: Int, at now: Timestamp,
        _ change: @escaping @Sendable (inout CopyTask) -> CopySettlement?,
        noting note: @escaping @Sendable (Int) -> AuditNote?
    ) throws(StorageError) -> Portion {
        try inParts(selection, from: cursor, limit: limit, at: now, noting: note) {
            place throws(StorageError) in
            var task = tasks[at: place].value.task
            guard let settlement = change(&task) else { return false }
            store(task, in: place, with: settlement.attempts, at: now)
            tasks.endLoan(place)
            insert(settlement.announcements)
            return true
        }
    }

    private func inParts(
        _ selection: TaskSelection, from cursor: String?, limit: Int, at now: Timestamp,
        noting note: (Int) -> AuditNote?, _ work: (Int) throws(StorageError) -> Bool
    ) throws(StorageError) -> Portion {
        let mark = try cursor.map { text throws(StorageError) in
            try PageMark(text, of: .tasks)
        }
        let found = meant(selection, at: now).filter { mark?.isBefore($0.at, $0.position) ?? true }
        let taken = found.prefix(max(0, limit))
        var count = 0
        for mark in taken where try work(Int(mark.position)) { count += 1 }
        if count > 0 { append(note(count)) }
        return Portion(count: count, next: found.count > taken.count ? taken.last?.text : nil)
    }

    /// As a list has them, newest first.
    private func meant(_ selection: TaskSelection, at now: Timestamp) -> [PageMark] {
        tasks.rows.filter { row in
            selection.list.accepts(row.value) && !row.isHeld(at: now)
                && (selection.takesDoneAgain || successor(of: row.value.task) == nil)
        }.map {
            PageMark(
                list: .tasks, at: $0.value.task.plan.createdAt, position: Int64($0.place))
        }.sorted { ($0.at, $0.position) > ($1.at, $1.position) }
    }
}
