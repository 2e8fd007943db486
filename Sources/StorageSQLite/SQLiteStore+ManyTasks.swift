package import Domain
import GRDB
package import Storage

/// Wishes about many tasks: found as a list is, beside the writer, which then looks again at what
/// was found.
extension SQLiteStore {
    package func count(
        _ selection: TaskSelection, at now: Timestamp
    ) async throws(StorageError) -> Int {
        try await read { [findSpan] database in
            var search = ListSearch(database, selection.wish(at: now), span: findSpan)
            return try search.count(upTo: Int(Int32.max))
        }
    }

    package func planAgain(
        _ selection: TaskSelection, from cursor: String?, limit: Int, at now: Timestamp,
        as make: @escaping @Sendable (_ old: CopyTask, _ run: Int) -> CopyTask,
        noting note: @escaping @Sendable (Int) -> AuditNote?
    ) async throws(StorageError) -> Portion {
        try await inParts(selection, from: cursor, limit: limit, at: now, noting: note) {
            database, row in
            let old = try row.decoded(CopyTask.self, "task")
            try database.insert(make(old, try database.nextRun(of: old)), at: now)
            return true
        }
    }

    package func change(
        _ selection: TaskSelection, from cursor: String?, limit: Int, at now: Timestamp,
        _ change: @escaping @Sendable (inout CopyTask) -> CopySettlement?,
        noting note: @escaping @Sendable (Int) -> AuditNote?
    ) async throws(StorageError) -> Portion {
        try await inParts(selection, from: cursor, limit: limit, at: now, noting: note) {
            database, row in
            var task = try row.decoded(CopyTask.self, "task")
            guard let settlement = change(&task) else { return false }
            try database.store(task, over: row, at: now)
            // A worker whose lease is over hears that it is, should it come back.
            try database.run("UPDATE tasks SET leased_until = 0 WHERE id = ?", [Exact(task.id)])
            try database.add(settlement.attempts, to: task.id.rawValue, of: .tasks)
            for announcement in settlement.announcements { try database.insert(announcement) }
            return true
        }
    }

    /// - Parameter work: Does it to one row, and says whether it did.
    private func inParts(
        _ selection: TaskSelection, from cursor: String?, limit: Int, at now: Timestamp,
        noting note: @escaping @Sendable (Int) -> AuditNote?,
        _ work: @escaping @Sendable (Database, Row) throws -> Bool
    ) async throws(StorageError) -> Portion {
        let (places, next) = try await read { [findSpan] database in
            let mark = try cursor.map { try PageMark($0, of: .tasks) }
            var search = ListSearch(database, selection.wish(at: now), span: findSpan)
            let found = try search.places(behind: mark, limit: max(0, limit) + 1)
            let taken = found.prefix(max(0, limit))
            let last = found.count > taken.count ? taken.last : nil
            let next = last.map {
                PageMark(
                    list: .tasks, at: Timestamp(milliseconds: $0.at), position: $0.position)
            }
            return (taken.map(\.position), next)
        }
        guard !places.isEmpty else { return Portion(count: 0, next: nil) }
        let count = try await write { database in
            let condition = selection.wish(at: now).condition
            let count = try places.count { place in
                let row = try database.row(
                    "SELECT * FROM tasks WHERE position = ? AND \(condition.sql)",
                    [place] + condition.arguments)
                return try row.map { try work(database, $0) } ?? false
            }
            if count > 0 { try database.append(note(count)) }
            return count
        }
        return Portion(count: count, next: next?.text)
    }
}

extension TaskSelection {
    /// In the terms of the table: no worker has it, and no later run does its work.
    fileprivate func wish(at now: Timestamp) -> ListWish {
        var wish = ListWish(list)
        wish.others = [ListTable.Condition("leased_until <= ?", now)]
        if !takesDoneAgain {
            wish.others.append(
                ListTable.Condition(
                    """
                    NOT EXISTS (
                        SELECT 1 FROM tasks AS later INDEXED BY tasks_by_event
                        WHERE later.event_id = tasks.event_id AND later.rule = tasks.rule
                            AND json_extract(later.task, '$.plan.action')
                                = json_extract(tasks.task, '$.plan.action')
                            AND json_extract(later.task, '$.plan.run')
                                > json_extract(tasks.task, '$.plan.run'))
                    """))
        }
        return wish
    }
}
