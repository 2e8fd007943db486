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
package final class GroupCommit: Sendable {
    /// Bounds how long a batch makes its first caller wait.
    private static let batchMax = 512

    private let pool: DatabasePool
    private let queue = Mutex(Queue())

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
    }

    package init(_ pool: DatabasePool) {
        self.pool = pool
    }

    /// Does `work` in a savepoint of the next transaction, and returns once that is on disk.
    package func write<Value: Sendable>(
        _ work: @escaping @Sendable (Database) throws -> Value
    ) async throws(StorageError) -> Value {
        let result: Result<Value, StorageError> = await withCheckedContinuation { caller in
            enqueue(
                Job(
                    work: { database in
                        let value = try work(database)
                        return { caller.resume(returning: .success(value)) }
                    },
                    fail: { caller.resume(returning: .failure($0)) }))
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
            let hasMore = queue.withLock { queue in
                queue.isScheduled = !queue.waiting.isEmpty
                return queue.isScheduled
            }
            // A turn of its own for each batch, so that others get at the writer in between.
            if hasMore { scheduleTurn() }
        }
    }

    private func commit(_ batch: [Job], _ database: Database) {
        var endings: [@Sendable () -> Void] = []
        do {
            try database.beginTransaction(.immediate)
            for job in batch {
                try endings.append(run(job, database))
            }
            try database.commit()
        } catch {
            if database.isInsideTransaction { try? database.rollback() }
            let failure = StorageError(transaction: error)
            for job in batch { job.fail(failure) }
            return
        }
        for ending in endings { ending() }
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
            try database.cachedStatement(sql: "ROLLBACK TO job").execute()
            try database.cachedStatement(sql: "RELEASE job").execute()
            let failure = StorageError(database: error)
            return { job.fail(failure) }
        }
    }
}

extension StorageError {
    /// What a failed commit means to everybody in it: not the one row, but the database.
    fileprivate init(transaction error: any Error) {
        let error = StorageError(database: error)
        switch error.code {
        case .full, .corrupt: self = error
        case .unavailable, .notFound, .claimLost, .keyBusy, .conflict:
            self.init(.unavailable, detail: "not committed: \(error.detail)")
        }
    }
}
