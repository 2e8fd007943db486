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
            return .done
        }
    }

    package func change(
        _ id: CopyTask.ID, at now: Timestamp,
        _ change: @escaping @Sendable (inout CopyTask, _ isOnLoan: Bool) -> CopySettlement?
    ) async throws(StorageError) -> CopyTask {
        try await write { database in
            let row = try Loans.tasks.row(id.rawValue, database)
            _ = try database.change(row, at: now, change)
            return try Loans.tasks.row(id.rawValue, database).decoded(CopyTask.self, "task")
        }
    }

    package func change(
        _ selection: TaskSelection, from cursor: String?, limit: Int, at now: Timestamp,
        _ change: @escaping @Sendable (inout CopyTask, _ isOnLoan: Bool) -> CopySettlement?,
        noting note: @escaping @Sendable (Int) -> AuditNote?
    ) async throws(StorageError) -> Portion {
        try await inParts(selection, from: cursor, limit: limit, at: now, noting: note) {
            database, row in try database.change(row, at: now, change)
        }
    }

    /// - Parameter work: Does it to one row, and says whether it did.
    private func inParts(
        _ selection: TaskSelection, from cursor: String?, limit: Int, at now: Timestamp,
        noting note: @escaping @Sendable (Int) -> AuditNote?,
        _ work: @escaping @Sendable (Database, Row) throws -> Deed
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
        let deeds = try await write { database in
            let condition = selection.wish(at: now).condition
            let deeds = try places.map { place in
                let row = try database.row(
                    "SELECT * FROM tasks WHERE position = ? AND \(condition.sql)",
                    [place] + condition.arguments)
                return try row.map { try work(database, $0) } ?? .none
            }
            let count = deeds.count { $0 != .none }
            if count > 0 { try database.append(note(count)) }
            return deeds
        }
        return Portion(
            count: deeds.count { $0 != .none }, onLoan: deeds.count { $0 == .doneOnLoan },
            next: next?.text)
    }
}

/// What was done to one of many tasks.
private enum Deed { case none, done, doneOnLoan }

extension Database {
    fileprivate func change(
        _ row: Row, at now: Timestamp,
        _ change: (inout CopyTask, _ isOnLoan: Bool) -> CopySettlement?
    ) throws -> Deed {
        var task = try row.decoded(CopyTask.self, "task")
        let isOnLoan = try row.moment("leased_until") > now
        guard let settlement = change(&task, isOnLoan) else { return .none }
        try store(task, over: row, at: now)
        // A worker whose lease is over hears that it is, should it come back.
        if !isOnLoan {
            try run("UPDATE tasks SET leased_until = 0 WHERE id = ?", [Exact(task.id)])
        }
        try add(settlement.attempts, to: task.id.rawValue, of: .tasks)
        for announcement in settlement.announcements { try insert(announcement) }
        try append(settlement.note)
        return isOnLoan ? .doneOnLoan : .done
    }
}

extension TaskSelection {
    /// In the terms of the table: no worker has it, or that does not matter, and no later run does
    /// its work.
    fileprivate func wish(at now: Timestamp) -> ListWish {
        var wish = ListWish(list)
        // A row that is set aside cannot be read.
        wish.others = [
            takesLoans
                ? ListTable.Condition(
                    """
                    (leased_until <= ? OR (cancel_asked_at IS NULL AND leased_until < ?))
                    """, now, Loans.farOff)
                : ListTable.Condition("leased_until <= ?", now)
        ]
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
