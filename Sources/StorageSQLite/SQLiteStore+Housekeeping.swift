package import Domain
import Foundation
import GRDB
package import Storage

extension SQLiteStore: Housekeeping {
    package func prune(
        _ keeping: Keeping, olderThan moment: Timestamp, from cursor: String?, limit: Int,
        at now: Timestamp
    ) async throws(StorageError) -> Pruned {
        let place = try cursor.map { text throws(StorageError) in try PrunePlace(parsing: text) }
        return try await write { [findSpan] database in
            switch keeping {
            case .triggers: return try database.pruneTriggers(olderThan: moment, limit: limit)
            case .audit: return try database.pruneAudit(olderThan: moment, limit: limit, at: now)
            case .turns: return try database.pruneTurns(olderThan: moment, limit: limit)
            default:
                let pruned = try database.keepingMarks {
                    try database.prune(keeping, olderThan: moment, from: place, limit: limit)
                }
                if pruned.removed > 0 {
                    for table in ListTable.all {
                        try FindIndex(table: table, span: findSpan).reopen(database)
                    }
                }
                return pruned
            }
        }
    }

    /// Pages given back at once, 4 KiB each: moved from the end of the file into its holes.
    private static let pagesPerStep = 256
    /// So many free pages stay in the file, as does an eighth of it: the next rows take them, and
    /// moving pages for those to come back would be work for nothing.
    private static let pagesKept = 1_024
    /// A log that has grown so large has had no moment without a reader; it is emptied by waiting
    /// for one.
    private static let logBytesMax: Int64 = 64 << 20

    /// `incremental_vacuum`, since pages that are free inside the file are not room on the disk:
    /// a service whose own database had filled it would never see ``DiskRoom`` open again.
    package func giveBack() async throws(StorageError) -> Bool {
        let isRoomy = room.condition.trouble == nil
        let (moved, hasMore) = try await write { database in
            let free = try Int.fetchOne(database, sql: "PRAGMA freelist_count") ?? 0
            let pages = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
            let spare = free - (isRoomy ? max(Self.pagesKept, pages / 8) : 0)
            guard spare > 0 else { return (0, false) }
            let step = min(spare, Self.pagesPerStep)
            try database.execute(sql: "PRAGMA incremental_vacuum(\(step))")
            return (step, spare > step)
        }
        if !hasMore, moved > 0 || logBytes > Self.logBytesMax {
            try await emptyLog()
        }
        return hasMore
    }

    package func attend() async -> StoreCondition {
        room.restore()
        if writer.refusal != nil {
            // Somebody has to try, or a service that takes nothing in would never hear that it
            // can again.
            _ = try? await set("store.probe", to: "written after a commit had failed")
        }
        return condition
    }

    /// How things stand at this moment.
    package var condition: StoreCondition {
        var condition = room.condition
        if condition.trouble == nil, writer.refusal != nil { condition.trouble = .failing }
        return condition
    }
}
