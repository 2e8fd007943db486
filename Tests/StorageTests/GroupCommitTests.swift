import Foundation
import GRDB
import Storage
import StorageSQLite
import Synchronization
import Testing

/// A database with one table, whose rows may be required to be small or to have a parent.
private func withWriter(
    _ test: (DatabasePool, GroupCommit) async throws -> Void
) async throws {
    try await withDirectory { directory in
        let pool = try DatabasePool(path: directory + "/group.sqlite")
        try await pool.write { database in
            try database.execute(
                sql: """
                    CREATE TABLE parents (id INTEGER PRIMARY KEY);
                    CREATE TABLE rows (
                        id INTEGER PRIMARY KEY,
                        parent INTEGER REFERENCES parents(id) DEFERRABLE INITIALLY DEFERRED,
                        filling BLOB);
                    """)
        }
        try await test(pool, GroupCommit(pool))
        try pool.close()
    }
}

/// Keeps the writer's queue busy until all of `jobs` are waiting, so that they are one batch.
private func together(
    _ pool: DatabasePool, _ writer: GroupCommit,
    _ jobs: [@Sendable (Database) throws -> Void]
) async throws -> [StorageError.Code?] {
    let gate = DispatchSemaphore(value: 0)
    pool.asyncWriteWithoutTransaction { _ in gate.wait() }
    return try await withThrowingTaskGroup(of: (Int, StorageError.Code?).self) { group in
        for (place, job) in jobs.enumerated() {
            group.addTask { (place, try await code { try await writer.write(job) }) }
        }
        // Each hands its job in and suspends; the gate opens when the last one has.
        group.addTask {
            while writer.waitingCount < jobs.count { await Task.yield() }
            gate.signal()
            return (-1, nil)
        }
        let ended = try await group.reduce(into: [Int: StorageError.Code?]()) { $0[$1.0] = $1.1 }
        return jobs.indices.map { ended[$0] ?? nil }
    }
}

@Test func whatWaitsTogetherIsOneCommit() async throws {
    try await withWriter { pool, writer in
        let seen = Mutex<[Int]>([])
        let outside = try DatabaseQueue(path: pool.path)
        let jobs = (1...50).map { number in
            { @Sendable (database: Database) throws -> Void in
                try database.execute(sql: "INSERT INTO rows (id) VALUES (?)", arguments: [number])
                // What somebody else sees meanwhile: nothing of an unfinished batch.
                let count = try outside.read {
                    try Int.fetchOne($0, sql: "SELECT count(*) FROM rows")
                }
                seen.withLock { $0.append(count ?? -1) }
            }
        }
        let codes = try await together(pool, writer, jobs)
        #expect(codes == Array(repeating: nil, count: 50))
        #expect(seen.withLock { $0 } == Array(repeating: 0, count: 50))
        #expect(
            try await outside.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM rows") } == 50)
        try outside.close()
    }
}

@Test func aJobThatFailsIsUndoneAloneAndHearsWhy() async throws {
    try await withWriter { pool, writer in
        let codes = try await together(
            pool, writer,
            [
                { try $0.execute(sql: "INSERT INTO rows (id) VALUES (1)") },
                {
                    try $0.execute(sql: "INSERT INTO rows (id) VALUES (2)")
                    throw StorageError(.keyBusy, detail: "")
                },
                { try $0.execute(sql: "INSERT INTO rows (id) VALUES (1)") },
                { try $0.execute(sql: "INSERT INTO missing (id) VALUES (1)") },
                { try $0.execute(sql: "INSERT INTO rows (id) VALUES (3)") },
            ])
        #expect(codes[1] == .keyBusy)
        #expect([codes[0], codes[2]].contains(nil))
        #expect([codes[0], codes[2]].contains(.conflict))
        #expect(codes[3] == .unavailable)
        #expect(codes[4] == nil)
        let ids = try await pool.read {
            try Int.fetchAll($0, sql: "SELECT id FROM rows ORDER BY id")
        }
        #expect(ids == [1, 3])
    }
}

@Test func aCommitThatFailsFailsEverybodyInIt() async throws {
    try await withWriter { pool, writer in
        let codes = try await together(
            pool, writer,
            [
                { try $0.execute(sql: "INSERT INTO rows (id) VALUES (1)") },
                // Not missed before the commit.
                { try $0.execute(sql: "INSERT INTO rows (id, parent) VALUES (2, 99)") },
                { _ in throw StorageError(.keyBusy, detail: "") },
            ])
        #expect(codes == [.unavailable, .unavailable, .unavailable])
        let count = try await pool.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM rows") }
        #expect(count == 0)
        // And the next one is well again.
        try await writer.write { try $0.execute(sql: "INSERT INTO rows (id) VALUES (1)") }
    }
}

@Test func aFullDiskIsSaidToBeFull() async throws {
    try await withWriter { pool, writer in
        let pages = try await writer.write { database in
            let pages = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
            return try Int.fetchOne(database, sql: "PRAGMA max_page_count = \(pages + 8)")
        }
        #expect(pages != nil)
        let large = try await code {
            try await writer.write {
                try $0.execute(sql: "INSERT INTO rows (id, filling) VALUES (1, zeroblob(1000000))")
            }
        }
        #expect(large == .full)
        try await writer.write { try $0.execute(sql: "INSERT INTO rows (id) VALUES (2)") }
        let ids = try await pool.read { try Int.fetchAll($0, sql: "SELECT id FROM rows") }
        #expect(ids == [2])
    }
}

@Test func onAFullDiskEventsGiveWayAndTheRestIsTriedOnceMore() async throws {
    try await withWriter { pool, _ in
        let tries = Mutex(0)
        let isFull = Mutex(true)
        let writer = GroupCommit(pool) {
            isFull.withLock { $0 = false }
            return true
        }
        #expect(writer.refusal == nil)
        let full: @Sendable (Database) throws -> Void = { database in
            tries.withLock { $0 += 1 }
            try database.execute(sql: "INSERT INTO rows (filling) VALUES (NULL)")
            if isFull.withLock({ $0 }) { throw DatabaseError(resultCode: .SQLITE_FULL) }
        }
        async let refused = code { try await writer.write(mayBeRefused: true, full) }
        async let settled = code { try await writer.write(full) }
        let codes = try await [refused, settled]
        // Together or one after the other: the first to come finds the disk full.
        #expect(codes.contains(nil))
        let count = try await pool.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM rows") }
        #expect(count == codes.count { $0 == nil })
        #expect(writer.refusal == nil, "the last commit was well")
    }
}

@Test(arguments: [
    (ResultCode.SQLITE_FULL, tries: 2), (.SQLITE_IOERR_WRITE, 2), (.SQLITE_IOERR_FSYNC, 1),
    (.SQLITE_IOERR_DIR_FSYNC, 1),
])
func whatFailsForGoodIsSaidToHaveFailed(_ code: ResultCode, _ expected: Int) async throws {
    try await withWriter { pool, _ in
        let rooms = Mutex(0)
        let tries = Mutex(0)
        let writer = GroupCommit(pool) {
            rooms.withLock { $0 += 1 }
            return true
        }
        let said = try await StorageTests.code {
            try await writer.write { database in
                tries.withLock { $0 += 1 }
                try database.execute(sql: "INSERT INTO rows (id) VALUES (1)")
                throw DatabaseError(resultCode: code)
            }
        }
        #expect(said == .full)
        #expect(tries.withLock { $0 } == expected)
        #expect(rooms.withLock { $0 } == expected - 1)
        #expect(writer.refusal?.code == .full)
        try await writer.write { try $0.execute(sql: "INSERT INTO rows (id) VALUES (2)") }
        #expect(writer.refusal == nil)
        let ids = try await pool.read { try Int.fetchAll($0, sql: "SELECT id FROM rows") }
        #expect(ids == [2])
    }
}
