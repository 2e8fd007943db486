package import GRDB
package import Storage
import Synchronization

/// The one writer of a database: what waits together shares a transaction.
///
/// A commit in write-ahead mode costs one sync, whatever it holds, so callers that came while the
/// last commit was running become the next batch; there is no timer, and a lone caller never
/// waits. Inside, each has a savepoint of its own, so that one that fails fails alone. Nobody
/// hears anything before the batch is on disk: even a refusal may rest on a row of the same batch.
///
/// All of this runs on the writer's own queue, never on the threads of Swift concurrency. Work
/// that was handed in is done even when its caller is cancelled, for a caller could not tell the
/// difference between that and a lost answer.
///
/// **When the disk is full or a sync fails** nobody in that transaction is told that it is done.
/// What may be refused (events at the door) is; the rest (what is to be settled) is tried once more
/// where room could be made. From then on ``refusal`` keeps events out until a commit that wrote
/// something has succeeded again.
///
/// The connection stays open on purpose. After a failed sync the kernel may hold the pages that it
/// could not write as clean, so that no later sync writes them. SQLite has not moved the end of
/// its log, which it keeps in memory, behind the frames of that transaction: the next one writes
/// over them and syncs its own bytes, and nothing acknowledged lies behind a frame that is not on
/// disk. A connection opened anew would read the log through that same page cache, take the failed
/// transaction for a committed one, and put what is acknowledged later behind it. So where that
/// cannot be avoided, at a start, ``LogFile`` writes the log once more first. A failed sync of the
/// database itself is the same: SQLite then counts nothing as moved there, and moves it again.
package final class GroupCommit: Sendable {
    /// Bounds how long a batch makes its first caller wait.
    private static let batchMax = 512

    private let pool: DatabasePool
    private let makeRoom: @Sendable () -> Bool
    private let afterTurn: @Sendable (Database) -> Void
    private let queue = Mutex(Queue())
    private let failure = Mutex<StorageError?>(nil)

    private struct Queue {
        var waiting: [Job] = []
        /// Whether a turn on the writer's queue is already coming.
        var isScheduled = false
    }

    /// One caller's work, and how it hears of the end.
    private struct Job: Sendable {
        /// Answers with how to tell the caller that it is on disk.
        let work: @Sendable (Database) throws -> @Sendable () -> Void
        let fail: @Sendable (StorageError) -> Void
        /// Whether its caller can be told to come again later.
        let mayBeRefused: Bool
    }

    /// - Parameters:
    ///   - makeRoom: Asked when the disk is full; says whether there is more room now.
    ///   - afterTurn: Called between two batches, when the callers of the first have been told.
    package init(
        _ pool: DatabasePool, makeRoom: @escaping @Sendable () -> Bool = { false },
        afterTurn: @escaping @Sendable (Database) -> Void = { _ in }
    ) {
        self.pool = pool
        self.makeRoom = makeRoom
        self.afterTurn = afterTurn
    }

    /// Why nothing may be promised now: the last commit that had something to write failed.
    package var refusal: StorageError? { failure.withLock(\.self) }

    /// Does `work` in a savepoint of the next transaction, and returns once that is on disk.
    ///
    /// - Parameter mayBeRefused: Whether this gives way to others where room is scarce. What
    ///   gives no way may be done twice, the first time undone.
    package func write<Value: Sendable>(
        mayBeRefused: Bool = false,
        _ work: @escaping @Sendable (Database) throws -> Value
    ) async throws(StorageError) -> Value {
        let result: Result<Value, StorageError> = await withCheckedContinuation { caller in
            enqueue(
                Job(
                    work: { database in
                        let value = try work(database)
                        return { caller.resume(returning: .success(value)) }
                    },
                    fail: { caller.resume(returning: .failure($0)) },
                    mayBeRefused: mayBeRefused))
        }
        return try result.get()
    }

    /// Callers whose work has not begun.
    package var waitingCount: Int { queue.withLock { $0.waiting.count } }

    private func enqueue(_ job: Job) {
        let needsTurn = queue.withLock { queue in
            queue.waiting.append(job)
            defer { queue.isScheduled = true }
            return !queue.isScheduled
        }
        if needsTurn { scheduleTurn() }
    }

    private func scheduleTurn() {
        pool.asyncWriteWithoutTransaction { [self] database in
            let batch = queue.withLock { queue in
                let batch = Array(queue.waiting.prefix(Self.batchMax))
                queue.waiting.removeFirst(batch.count)
                return batch
            }
            commit(batch, database)
            afterTurn(database)
            let hasMore = queue.withLock { queue in
                queue.isScheduled = !queue.waiting.isEmpty
                return queue.isScheduled
            }
            // A turn of its own for each batch, so that others get at the writer in between.
            if hasMore { scheduleTurn() }
        }
    }

    private func commit(_ batch: [Job], _ database: Database) {
        do throws(Failure) {
            try transact(batch, database)
        } catch {
            // A sync that failed is no question of room, and is not asked for again at once.
            guard error.isOutOfSpace else { return fail(batch, error.meaning) }
            fail(batch.filter(\.mayBeRefused), error.meaning)
            let rest = batch.filter { !$0.mayBeRefused }
            guard makeRoom(), !rest.isEmpty else { return fail(rest, error.meaning) }
            do throws(Failure) {
                try transact(rest, database)
            } catch {
                fail(rest, error.meaning)
            }
        }
    }

    /// What ended a transaction.
    private struct Failure: Error {
        /// What it means to everybody in it: not the one row, but the database.
        let meaning: StorageError
        let isOutOfSpace: Bool

        init(_ error: any Error) {
            let said = StorageError(database: error)
            meaning =
                said.code == .full || said.code == .corrupt
                ? said : StorageError(.unavailable, detail: "not committed: \(said.detail)")
            // SQLite says FULL for ENOSPC alone; a quota that is used up is a failed write.
            let codes: [ResultCode] = [
                .SQLITE_FULL, .SQLITE_IOERR_WRITE, .SQLITE_IOERR_SHMSIZE,
            ]
            isOutOfSpace = codes.contains { code in
                (error as? DatabaseError).map { code ~= $0.extendedResultCode } ?? false
            }
        }
    }

    /// One transaction with everybody in it, who all hear of its end unless this throws.
    private func transact(_ batch: [Job], _ database: Database) throws(Failure) {
        var endings: [@Sendable () -> Void] = []
        do {
            try database.beginTransaction(.immediate)
            // Not before: of a connection that is closed this asks nobody.
            let changesBefore = database.totalChangesCount
            for job in batch {
                try endings.append(run(job, database))
            }
            try database.commit()
            // One that wrote nothing did not touch the disk.
            if database.totalChangesCount > changesBefore { failure.withLock { $0 = nil } }
        } catch {
            if database.isInsideTransaction { try? database.rollback() }
            let ended = Failure(error)
            if ended.meaning.code == .full { failure.withLock { $0 = ended.meaning } }
            throw ended
        }
        for ending in endings { ending() }
    }

    private func fail(_ batch: [Job], _ error: StorageError) {
        for job in batch { job.fail(error) }
    }

    /// How this job ended, to be said after the commit.
    ///
    /// - Throws: What ended the whole transaction, and not this job alone.
    private func run(_ job: Job, _ database: Database) throws -> @Sendable () -> Void {
        try database.cachedStatement(sql: "SAVEPOINT job").execute()
        do {
            let ending = try job.work(database)
            try database.cachedStatement(sql: "RELEASE job").execute()
            return ending
        } catch {
            // Some errors make SQLite roll back everything by itself.
            guard database.isInsideTransaction else { throw error }
            let failure = StorageError(database: error)
            // A disk that cannot hold this job will not hold the others for long either.
            guard failure.code != .full else { throw error }
            try database.cachedStatement(sql: "ROLLBACK TO job").execute()
            try database.cachedStatement(sql: "RELEASE job").execute()
            return { job.fail(failure) }
        }
    }
}
