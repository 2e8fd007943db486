import Domain
import GRDB
import Storage

/// The tables whose rows are lent out; all have the same columns for it.
enum Loans: String {
    case events, tasks, deliveries

    /// The token that the row's next loan has, which this takes.
    ///
    /// The caller has made sure in the same transaction that nobody holds the row.
    func lend(_ row: Row, until end: Timestamp, _ database: Database) throws -> Int64 {
        let token = try row.decode(Int64.self, forColumn: "token") + 1
        try database.run(
            "UPDATE \(rawValue) SET token = ?, leased_until = ? WHERE position = ?",
            [token, end, try row.decode(Int64.self, forColumn: "position")])
        return token
    }

    /// What stands in a row that is about to be lent; `nil` sets the row aside.
    ///
    /// A row that cannot be read must not keep all others from being worked on, and must not be
    /// lost either: it stays as it is, on loan to nobody for as long as this process lives. The
    /// next one, which may know how to read it, tries again.
    func read<Work>(
        _ row: Row, _ database: Database, _ report: SQLiteStore.Report, _ work: () throws -> Work
    ) throws -> Work? {
        do {
            return try work()
        } catch let error as DatabaseError {
            // Not this row, but the database.
            throw error
        } catch {
            _ = try lend(row, until: Self.farOff, database)
            let id = (try? row.text("id")) ?? "?"
            let detail = StorageError(database: error).detail
            report(StorageError(.corrupt, detail: "\(rawValue) \(id) is set aside: \(detail)"))
            return nil
        }
    }

    /// Later than any lease, in the year 9999.
    static let farOff = Timestamp(milliseconds: 253_370_764_800_000)

    /// A row that nobody holds; at the very end of a lease nobody does.
    func free(_ id: String, at now: Timestamp, _ database: Database) throws -> Row {
        let row = try self.row(id, database)
        guard try row.moment("leased_until") <= now else {
            throw StorageError(.claimLost, detail: "\(id) is held")
        }
        return row
    }

    /// The row of a claim, so that it may be written; `nil` when it was lent out again, or the loan
    /// is settled already.
    func held(_ id: String, under token: Int64, _ database: Database) throws -> Row? {
        let row = try self.row(id, database)
        let isCurrent = try row.decode(Int64.self, forColumn: "token") == token
        return try isCurrent && row.moment("leased_until").milliseconds != 0 ? row : nil
    }

    func row(_ id: String, _ database: Database) throws -> Row {
        let sql = "SELECT * FROM \(rawValue) WHERE id = ?"
        guard let row = try database.row(sql, [Exact(id)]) else {
            throw StorageError(.notFound, detail: "\(rawValue) \(id)")
        }
        return row
    }

    /// Free rows that are due, earliest first, no more of each group than its share.
    ///
    /// Asked group by group, so that a connection with a hundred thousand waiting tasks does not
    /// hide the one task of another, and of each through the index, so that the hundred thousand
    /// are not read either; the groups are few and found by hopping through the index. Where there
    /// are more than `limit`, every group gets one before any gets a second.
    ///
    /// SQLite keeps no figures of its own here, and might take an index of a list instead.
    ///
    /// - Parameter isFree: SQL about a row of the group, for what is not to be lent although it is
    ///   due.
    func due(
        in group: String, limit: Int, at now: Timestamp,
        where isFree: (String) -> String = { _ in "TRUE" }, share: (String) -> ClaimShare,
        _ database: Database
    ) throws -> [Row] {
        guard limit > 0 else { return [] }
        let groups = try database.rows(
            """
            WITH RECURSIVE groups(name) AS (
                SELECT min(\(group)) FROM \(rawValue) INDEXED BY \(rawValue)_due
                WHERE due_at IS NOT NULL
                UNION ALL
                SELECT (
                    SELECT min(\(group)) FROM \(rawValue) INDEXED BY \(rawValue)_due
                    WHERE due_at IS NOT NULL AND \(group) > groups.name)
                FROM groups WHERE groups.name IS NOT NULL
            )
            SELECT name FROM groups WHERE name IS NOT NULL
            """
        ).map { try $0.text("name") }
        var due: [(rank: Int, dueAt: Timestamp, position: Int64, row: Row)] = []
        for name in groups {
            let share = share(name)
            guard share.places > 0 else { continue }
            let isDue = """
                \(rawValue) INDEXED BY \(rawValue)_due
                WHERE \(group) = ? AND due_at <= ? AND leased_until <= ? AND \(isFree(name))
                """
            let dueBy = min(now, share.dueBy ?? now)
            var places = share.places
            if let merging = share.merging {
                // Not counted further than it matters.
                let count = try database.row(
                    """
                    SELECT count(*) AS count
                    FROM (SELECT 1 FROM \(isDue) LIMIT ?)
                    """, [Exact(name), dueBy, now, merging.above + 1])
                places = share.count(due: try count?.decode(Int.self, forColumn: "count") ?? 0)
            }
            let rows = try database.rows(
                "SELECT * FROM \(isDue) ORDER BY due_at, position LIMIT ?",
                [Exact(name), dueBy, now, min(limit, places)])
            for (rank, row) in rows.enumerated() {
                let position = try row.decode(Int64.self, forColumn: "position")
                due.append((rank, try row.moment("due_at"), position, row))
            }
        }
        due.sort { ($0.rank, $0.dueAt, $0.position) < ($1.rank, $1.dueAt, $1.position) }
        return due.prefix(limit).sorted { ($0.dueAt, $0.position) < ($1.dueAt, $1.position) }
            .map(\.row)
    }
}

extension StorageError {
    static func claimLost(_ id: Identifier<some Any>, _ token: Int64) -> StorageError {
        StorageError(.claimLost, detail: "\(id), token \(token)")
    }
}
