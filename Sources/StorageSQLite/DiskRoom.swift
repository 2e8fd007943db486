import Foundation
package import Storage
import Synchronization

/// The room on the disk that a database lies on: who may still use it, and what is kept back.
///
/// Two lines (reliability.md 2, "Ingest backpressure"; decisions.md 22). Below `freeMin` no event
/// is taken in, so that what was taken in can be worked on. Should the disk run full all the same,
/// since others write there too, a file of `reserve` bytes beside the database is given up, and
/// what is in hand is settled in its place. It is made again, and events are taken in again, once
/// there is room for both lines.
///
/// No more than 5 % of the file system is asked for, whatever is configured: on a small disk the
/// lines would leave nothing between them.
package final class DiskRoom: Sendable {
    /// What a file system says of itself, in bytes.
    package struct Space: Hashable, Sendable {
        /// Free for us, who may not be root.
        package let free: Int64
        package let total: Int64

        package init(free: Int64, total: Int64) {
            self.free = free
            self.total = total
        }
    }

    private struct State {
        var hasReserve = false
        /// Given up, and not to be made again before there is room.
        var isGivenUp = false
    }

    private let path: String
    private let lines: RoomLines
    private let measure: @Sendable () -> Space?
    private let state = Mutex(State())

    /// - Parameters:
    ///   - database: Beside it lies the reserve, with `.reserve` at the end of its name.
    ///   - measure: For tests; a file system that says nothing is taken for a roomy one.
    package init(
        database: String, lines: RoomLines, measure: (@Sendable () -> Space?)? = nil
    ) {
        path = Self.reserve(of: database)
        self.lines = lines
        let directory = URL(fileURLWithPath: database).deletingLastPathComponent().path
        self.measure = measure ?? { Self.space(of: directory) }
        makeReserve(leaving: 0)
    }

    /// Removes the reserve of a database that is not open yet; `false` where there is none.
    static func removeReserve(of database: String) -> Bool { unlink(reserve(of: database)) == 0 }

    private static func reserve(of database: String) -> String { database + ".reserve" }

    /// Why no event may be taken in now; `nil` when one may.
    package var refusal: StorageError? {
        guard let trouble = condition.trouble else { return nil }
        return StorageError(.full, detail: trouble.words)
    }

    /// How the disk stands at this moment.
    package var condition: StoreCondition {
        guard let space = measure() else { return StoreCondition() }
        let isGivenUp = state.withLock { $0.isGivenUp }
        return StoreCondition(
            trouble: isGivenUp
                ? .reserveGivenUp : space.free < freeMin(space) ? .lowOnSpace : nil,
            free: space.free, total: space.total)
    }

    /// Gives the reserve up; `false` when there was none left to give.
    package func giveUp() -> Bool {
        state.withLock { state in
            guard state.hasReserve else { return false }
            state.hasReserve = false
            state.isGivenUp = true
            return unlink(path) == 0
        }
    }

    /// Makes the reserve again where there is room for it and for events.
    package func restore() {
        guard let space = measure() else { return }
        makeReserve(leaving: freeMin(space))
    }

    private func makeReserve(leaving rest: Int64) {
        guard let space = measure() else { return }
        let size = min(lines.reserve, space.total / 20)
        state.withLock { state in
            guard !state.hasReserve, size > 0 else { return }
            let present = Self.allocated(path)
            guard present >= size || space.free + present >= rest + size,
                Self.allocate(size, at: path)
            else { return }
            state.hasReserve = true
            state.isGivenUp = false
        }
    }

    private func freeMin(_ space: Space) -> Int64 { min(lines.freeMin, space.total / 20) }

    /// Makes a file whose blocks are really taken, not one with a hole in it.
    private static func allocate(_ size: Int64, at path: String) -> Bool {
        let file = Foundation.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { return false }
        defer { Foundation.close(file) }
        guard posix_fallocate(file, 0, off_t(size)) == 0, ftruncate(file, off_t(size)) == 0 else {
            unlink(path)
            return false
        }
        return true
    }

    /// Bytes that the file really takes, 0 where there is none.
    private static func allocated(_ path: String) -> Int64 {
        var status = stat()
        return stat(path, &status) == 0 ? Int64(status.st_blocks) * 512 : 0
    }

    private static func space(of directory: String) -> Space? {
        var status = statvfs()
        guard statvfs(directory, &status) == 0, status.f_blocks > 0 else { return nil }
        let unit = Int64(status.f_frsize)
        return Space(free: Int64(status.f_bavail) * unit, total: Int64(status.f_blocks) * unit)
    }
}

/// What is asked of the disk, in bytes.
package struct RoomLines: Hashable, Sendable {
    /// `store.reserve`.
    package let reserve: Int64
    /// `store.free_min`.
    package let freeMin: Int64

    /// None by default, as tests want it.
    package init(reserve: Int64 = 0, freeMin: Int64 = 0) {
        self.reserve = reserve
        self.freeMin = freeMin
    }
}
