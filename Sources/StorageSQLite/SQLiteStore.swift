import Domain
import Foundation
import GRDB
package import Storage

/// A store in one SQLite file, for one process.
///
/// Write-ahead log, every commit synced (`synchronous=FULL`), one writer that commits what waits
/// together (``GroupCommit``), readers beside it, and a connection that moves the log into the
/// database meanwhile (``LogMover``). What a method promises is in `Storage`.
package final class SQLiteStore: Sendable {
    /// Hears of what no caller is to hear of: a row that was set aside.
    package typealias Report = @Sendable (StorageError) -> Void

    private let pool: DatabasePool
    package let writer: GroupCommit

    /// A few milliseconds to make, to look through when it is not full, and to read.
    package static let findSpanUsual = 8_192

    let room: DiskRoom
    let report: Report
    /// Rows in one segment of the index on text, see ``FindIndex``.
    let findSpan: Int
    private let lock: FileLock
    private let mover: LogMover

    private init(
        pool: DatabasePool, mover: LogMover, lock: FileLock, room: DiskRoom, findSpan: Int,
        report: @escaping Report
    ) {
        self.pool = pool
        self.mover = mover
        self.lock = lock
        self.room = room
        self.report = report
        self.findSpan = findSpan
        writer = GroupCommit(pool, makeRoom: room.giveUp, afterTurn: mover.turn)
    }

    /// Opens a database, making it where there is none, and brings its schema up to date.
    ///
    /// Every lease of the process before ends, since that process is gone: after a crash its work
    /// is due at once. Blocks while it reads and writes; call it before serving.
    ///
    /// - Parameters:
    ///   - path: The file, whose directory exists. Beside it come `-wal`, `-shm`, `.lock` and
    ///     `.reserve`.
    ///   - lines: What is asked of the disk.
    ///   - findSpan: For tests; a file keeps the one that it was made with.
    ///   - measure: For tests, in the place of the file system.
    /// - Throws: `.unavailable` when another process has it, or the disk does not let us in;
    ///   `.conflict` for a file of a newer program; `.corrupt`.
    package static func open(
        path: String, lines: RoomLines = RoomLines(), findSpan: Int = findSpanUsual,
        measure: (@Sendable () -> DiskRoom.Space?)? = nil, report: @escaping Report = { _ in }
    ) throws(StorageError) -> SQLiteStore {
        let (store, _) = try prepare(path: path, lines, findSpan, measure, report)
        do throws(StorageError) {
            try store.endLeases()
        } catch {
            guard error.code == .full, store.room.giveUp() else { throw error }
            try store.endLeases()
        }
        return store
    }

    private func endLeases() throws(StorageError) {
        try attempt {
            try pool.write { database in
                for (table, some) in [
                    // Only these are ever lent, and an index finds them.
                    ("events", "state = 'received' AND"), ("tasks", ""), ("deliveries", ""),
                    ("keyed_wishes", "answer IS NULL AND"),
                ] {
                    try database.execute(
                        sql: "UPDATE \(table) SET leased_until = 0 WHERE \(some) leased_until > 0")
                }
            }
        }
    }

    /// Brings a database's schema up to date and does nothing else.
    ///
    /// - Parameter end: For tests, where it stops.
    package static func migrate(
        path: String, upTo end: Int = Migration.latest
    ) throws(StorageError) -> Migration {
        let (store, migration) = try prepare(
            path: path, upTo: end, RoomLines(), findSpanUsual, nil, { _ in })
        try attempt {
            try store.pool.close()
            try store.mover.close()
        }
        store.lock.release()
        return migration
    }

    /// Empties the log into the database and lets go of it.
    ///
    /// What was handed in before is committed first; later calls fail with `.unavailable`.
    package func close() async throws(StorageError) {
        defer { lock.release() }
        // Takes its place behind everybody who waits.
        try await writer.write { _ in }
        try await blocking { [mover] pool in
            try pool.writeWithoutTransaction(mover.empty)
            try pool.close()
            try mover.close()
        }
    }

    /// Moves the log into the database and empties its file.
    func emptyLog() async throws(StorageError) {
        try await blocking { [mover] pool in try pool.writeWithoutTransaction(mover.empty) }
    }

    /// Bytes of the log's file.
    var logBytes: Int64 {
        var status = stat()
        return stat(pool.path + "-wal", &status) == 0 ? Int64(status.st_size) : 0
    }

    private func blocking(
        _ work: @escaping @Sendable (DatabasePool) throws -> Void
    ) async throws(StorageError) {
        let result: Result<Void, StorageError> = await withCheckedContinuation { caller in
            DispatchQueue.global().async { [pool] in
                do throws(StorageError) {
                    try attempt { try work(pool) }
                    caller.resume(returning: .success(()))
                } catch {
                    caller.resume(returning: .failure(error))
                }
            }
        }
        try result.get()
    }

    func write<Value: Sendable>(
        _ work: @escaping @Sendable (Database) throws -> Value
    ) async throws(StorageError) -> Value {
        try await writer.write(work)
    }

    /// Reads from one moment's state of the database, off the threads of Swift concurrency.
    ///
    /// Not GRDB's own `async` methods: those give up when their task is cancelled, and a stage that
    /// is being stopped still has to finish what it began.
    func read<Value: Sendable>(
        _ work: @escaping @Sendable (Database) throws -> Value
    ) async throws(StorageError) -> Value {
        let result: Result<Value, StorageError> = await withCheckedContinuation { caller in
            pool.asyncRead { access in
                do {
                    caller.resume(returning: .success(try work(try access.get())))
                } catch {
                    caller.resume(returning: .failure(StorageError(database: error)))
                }
            }
        }
        return try result.get()
    }
}

extension SQLiteStore {
    /// How surely a commit is on disk when it returns, as SQLite numbers it.
    private static let full = 2

    private static func prepare(
        path: String, upTo end: Int = Migration.latest, _ lines: RoomLines, _ findSpan: Int,
        _ measure: (@Sendable () -> DiskRoom.Space?)?, _ report: @escaping Report
    ) throws(StorageError) -> (SQLiteStore, Migration) {
        let path = try makeFile(path)
        let lock = try FileLock(path: path + ".lock")
        try LogFile.makeSure(of: path)
        do {
            let (pool, migration) = try connectInAnyRoom(path, upTo: end)
            // After the schema: where there is hardly any room that needs it more.
            let room = DiskRoom(database: path, lines: lines, measure: measure)
            let mover = try LogMover(path: path)
            pool.writeWithoutTransaction(mover.listen)
            return (
                SQLiteStore(
                    pool: pool, mover: mover, lock: lock, room: room, findSpan: findSpan,
                    report: report),
                migration
            )
        } catch {
            let error = StorageError(database: error)
            throw StorageError(error.code, detail: "\(path): \(error.detail)")
        }
    }

    /// Connects, where the disk is full in the place of the reserve.
    ///
    /// Who starts on a full disk may have work in hand, and it is for that work that the reserve is
    /// kept; ``DiskRoom`` makes it again when there is room.
    private static func connectInAnyRoom(
        _ path: String, upTo end: Int
    ) throws -> (DatabasePool, Migration) {
        do {
            return try connect(path, upTo: end)
        } catch let error as DatabaseError where error.resultCode == .SQLITE_FULL {
            guard DiskRoom.removeReserve(of: path) else { throw error }
            return try connect(path, upTo: end)
        }
    }

    private static func connect(
        _ path: String, upTo end: Int
    ) throws -> (DatabasePool, Migration) {
        let pool = try DatabasePool(path: path, configuration: configuration)
        let migration = try pool.writeWithoutTransaction { database in
            // The pool itself sets NORMAL, which may lose the last commits with the power.
            try database.execute(sql: "PRAGMA synchronous = FULL")
            try check(database)
            return try Migration.run(database, upTo: end)
        }
        return (pool, migration)
    }

    private static var configuration: Configuration {
        var configuration = Configuration()
        configuration.label = "copyhook"
        // People's tools may hold a lock for a moment: a backup, a look from the shell.
        configuration.busyMode = .timeout(5)
        configuration.maximumReaderCount = 4
        configuration.prepareDatabase { database in
            // What sorts and savepoints spill must not depend on the room in another directory.
            try database.execute(sql: "PRAGMA temp_store = MEMORY")
            guard !database.configuration.readonly else { return }
            // Only counts before there is a table; lets space be given back later.
            try database.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL")
            // What was pruned, or sealed anew under another key, is not to be found in free pages.
            // Debian's library does so anyway.
            try database.execute(sql: "PRAGMA secure_delete = ON")
            // A log that a rush has made large shrinks to this when it begins anew.
            try database.execute(sql: "PRAGMA journal_size_limit = \(logBytesKept)")
        }
        return configuration
    }

    /// Twice what the log holds when SQLite moves it into the database by itself.
    private static let logBytesKept = 8 << 20

    /// Refuses to run where a commit would not be what we say it is.
    private static func check(_ database: Database) throws {
        let durability = try durability(database)
        guard durability.journal == "wal", durability.synchronous == full else {
            throw StorageError(
                .unavailable,
                detail: "journal_mode is \(durability.journal) and synchronous is "
                    + "\(durability.synchronous), where wal and \(full) were asked for")
        }
    }

    private static func durability(
        _ database: Database
    ) throws -> (journal: String, synchronous: Int) {
        (
            try String.fetchOne(database, sql: "PRAGMA journal_mode") ?? "",
            try Int.fetchOne(database, sql: "PRAGMA synchronous") ?? -1
        )
    }

    /// What the writer's connection says of itself: `wal`, and 2 for `FULL`.
    package func durability() async throws(StorageError) -> (journal: String, synchronous: Int) {
        try await write { try Self.durability($0) }
    }

    /// Makes the file for its owner alone, and answers with its true path.
    ///
    /// The true path, so that two names of one file share one lock. SQLite gives its log the same
    /// mode.
    private static func makeFile(_ path: String) throws(StorageError) -> String {
        let file = Foundation.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw .system("cannot open the database \(path)") }
        defer { Foundation.close(file) }
        guard fchmod(file, 0o600) == 0 else { throw .system("cannot set the mode of \(path)") }
        guard let real = realpath(path, nil) else { throw .system("cannot resolve \(path)") }
        defer { free(real) }
        return String(cString: real)
    }
}
