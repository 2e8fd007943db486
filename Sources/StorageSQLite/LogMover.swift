import Foundation
import GRDB
import GRDBSQLite
import Synchronization

/// Moves the write-ahead log into the database, for the most part beside the writer.
///
/// SQLite by itself does it inside the commit that fills the log, whose callers, and all behind
/// them, wait for a thousand pages and their sync. Here a connection of its own moves them while
/// the writer goes on, and the writer moves what was added meanwhile, between two batches: only a
/// log that is moved to its end begins anew, and while somebody writes, only the writer sees an
/// end. So nobody waits for more than the few pages of a few commits.
///
/// A move that fails counts nothing as moved, and is tried again by the next. Until then the log
/// grows, and the disk that has no room for it says so at a commit.
final class LogMover: Sendable {
    /// What is added to the log, in pages of 4 KiB, before it is moved; SQLite's own number.
    private static let pagesBetween = 1_000

    private let connection: DatabaseQueue
    private let state = Mutex(State())

    private struct State {
        /// Pages in the log, as of the last commit.
        var pages = 0
        /// Pages in it when it was last moved.
        var pagesMoved = 0
        /// Who moves it now; `nil` when it is not full.
        var mover: Mover?
    }

    private enum Mover {
        /// The connection of its own.
        case beside
        /// The writer, the rest.
        case writer
    }

    /// - Parameter path: The database, which is open and in write-ahead mode.
    init(path: String) throws {
        var configuration = Configuration()
        configuration.label = "copyhook-log"
        configuration.prepareDatabase { database in
            // Of the log before the pages, and of the pages before the log may begin anew.
            try database.execute(sql: "PRAGMA synchronous = FULL")
        }
        connection = try DatabaseQueue(path: path, configuration: configuration)
    }

    /// Hears of every commit of the writer's connection, in the place of SQLite's own move.
    ///
    /// The mover outlives that connection.
    func listen(to writer: Database) {
        sqlite3_wal_hook(
            writer.sqliteConnection,
            { mover, _, _, pages in
                guard let mover else { return SQLITE_OK }
                Unmanaged<LogMover>.fromOpaque(mover).takeUnretainedValue().note(Int(pages))
                return SQLITE_OK
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    private func note(_ pages: Int) {
        state.withLock { state in
            // It has begun anew.
            if pages < state.pages { state.pagesMoved = 0 }
            state.pages = pages
        }
    }

    /// Begins or ends a move when one is due; on the writer's queue, between two transactions.
    func turn(_ writer: Database) {
        let (isFull, isWriters) = state.withLock { state in
            let isFull =
                state.mover == nil && state.pages - state.pagesMoved >= Self.pagesBetween
            if isFull { state.mover = .beside }
            return (isFull, state.mover == .writer)
        }
        if isFull {
            connection.asyncWriteWithoutTransaction { [self] in
                _ = try? $0.checkpoint(.passive)
                state.withLock { $0.mover = .writer }
            }
        }
        if isWriters {
            _ = try? writer.checkpoint(.passive)
            state.withLock { state in
                state.mover = nil
                state.pagesMoved = state.pages
            }
        }
    }

    /// Moves all of it and empties its file, on the writer's queue.
    ///
    /// Waits for readers that are still in it, which are short, and first for its own move: two
    /// at once are refused, however patient the connection. Meanwhile no other begins, since all
    /// do on the writer's queue.
    func empty(_ writer: Database) throws {
        connection.writeWithoutTransaction { _ in }
        _ = try writer.checkpoint(.truncate)
    }

    /// Ends what it is at, and lets go of the database.
    func close() throws { try connection.close() }
}
