import Foundation
import GRDB
package import Storage

extension FindIndex {
    /// A full segment as it is to be stored.
    struct Draft {
        let number: Int64
        let firstAt: Int64?
        let lastAt: Int64?
        let blocks: [(place: Int64, bytes: [UInt8])]
    }

    /// The newest full segment that is not closed; `nil` when all are.
    func draft(_ database: Database) throws -> Draft? {
        guard let (first, last) = try bounds(database) else { return nil }
        let numbers = first / Int64(span)..<max(first / Int64(span), (last + 1) / Int64(span))
        let closed = Set(
            try database.rows("SELECT segment FROM find_segments WHERE list = ?", [table.number])
                .map { $0["segment"] as Int64 })
        guard let number = numbers.reversed().first(where: { !closed.contains($0) }) else {
            return nil
        }
        let start = number * Int64(span)
        let columns = table.texts.joined(separator: ", ")
        let rows = try Row.fetchCursor(
            database.cachedStatement(
                sql: """
                    SELECT position, \(table.time), \(columns) FROM \(table.name) NOT INDEXED
                    WHERE position BETWEEN ? AND ?
                    """), arguments: [start, start + Int64(span) - 1])
        var maker = FindBlockMaker(span: span)
        var times: [Int64] = []
        while let row = try rows.next() {
            let offset = Int((row[0] as Int64) - start)
            times.append(row[1])
            for column in table.texts.indices {
                guard let text = row[column + 2] as Exact? else { continue }
                maker.add(Needle.folded(text.text), at: offset)
            }
        }
        return Draft(
            number: number, firstAt: times.min(), lastAt: times.max(),
            blocks: maker.blocks().map { (place(number, $0.pair), $0.bytes) })
    }

    /// Closes a segment whose blocks are all stored.
    ///
    /// Does nothing when its newest rows are gone meanwhile, so that it is not full any more.
    func close(_ draft: Draft, _ database: Database) throws {
        guard let last = try bounds(database)?.last,
            last >= (draft.number + 1) * Int64(span) - 1
        else { return try remove(draft.number...draft.number, database) }
        try database.run(
            "INSERT OR REPLACE INTO find_segments VALUES (?, ?, ?, ?)",
            [table.number, draft.number, draft.firstAt, draft.lastAt])
    }

    /// Opens the segments that are not full any more, since the newest rows are gone: the next
    /// rows take their positions.
    func reopen(_ database: Database) throws {
        let last = try bounds(database)?.last ?? 0
        let row = try database.row(
            "SELECT max(segment) AS newest FROM find_segments WHERE list = ?", [table.number])
        guard let newest = row?["newest"] as Int64? else { return }
        let firstOpen = (last + 1) / Int64(span)
        if newest >= firstOpen { try remove(firstOpen...newest, database) }
    }

    /// A closed segment whose rows are all gone, and which still says something.
    func forgettable(_ database: Database) throws -> Int64? {
        try database.row(
            """
            SELECT segment FROM find_segments WHERE list = ?1 AND first_at IS NOT NULL
                AND NOT EXISTS (
                    SELECT 1 FROM \(table.name)
                    WHERE position BETWEEN segment * ?2 AND segment * ?2 + ?2 - 1)
            LIMIT 1
            """, [table.number, span])?["segment"]
    }

    /// Takes away what such a segment says.
    ///
    /// - Returns: Whether there was one.
    func forgetOne(_ database: Database) throws -> Bool {
        guard let number = try forgettable(database) else { return false }
        try removeBlocks(number...number, database)
        try database.run(
            """
            UPDATE find_segments SET first_at = NULL, last_at = NULL
            WHERE list = ? AND segment = ?
            """, [table.number, number])
        return true
    }

    private func remove(_ segments: ClosedRange<Int64>, _ database: Database) throws {
        try removeBlocks(segments, database)
        try database.run(
            "DELETE FROM find_segments WHERE list = ? AND segment BETWEEN ? AND ?",
            [table.number, segments.lowerBound, segments.upperBound])
    }

    private func removeBlocks(_ segments: ClosedRange<Int64>, _ database: Database) throws {
        try database.run(
            "DELETE FROM find_blocks WHERE place BETWEEN ? AND ?",
            [place(segments.lowerBound, 0), place(segments.upperBound, .max)])
    }
}

extension SQLiteStore {
    /// Blocks stored in one transaction, so that nobody waits long for the writer.
    private static let blocksPerStep = 256

    package func makeFindable() async throws(StorageError) -> Bool {
        guard room.refusal == nil else { return false }
        for table in ListTable.all {
            let index = FindIndex(table: table, span: findSpan)
            guard let draft = try await read({ try index.draft($0) }) else { continue }
            for start in stride(from: 0, to: draft.blocks.count, by: Self.blocksPerStep) {
                let some = draft.blocks[start...].prefix(Self.blocksPerStep)
                try await write { database in
                    for block in some {
                        try database.run(
                            "INSERT OR REPLACE INTO find_blocks VALUES (?, ?)",
                            [block.place, Data(block.bytes)])
                    }
                }
            }
            try await write { try index.close(draft, $0) }
            return true
        }
        for table in ListTable.all {
            let index = FindIndex(table: table, span: findSpan)
            guard try await read({ try index.forgettable($0) }) != nil else { continue }
            return try await write { try index.forgetOne($0) }
        }
        return false
    }
}
