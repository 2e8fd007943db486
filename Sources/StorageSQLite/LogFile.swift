import Foundation
import Storage

/// The write-ahead log as a file, before SQLite opens it.
enum LogFile {
    /// So much at once.
    private static let pieceMax = 1 << 20

    /// Writes the log onto itself and syncs it.
    ///
    /// Where a sync failed in the process before, the page cache may hold frames that are not on
    /// disk and that no sync would write any more, since the kernel takes their pages for clean.
    /// SQLite would read them, take them for committed, and put what is committed next behind
    /// them: after a power cut its log would end before what was acknowledged. Written once more
    /// the pages are dirty again, and the sync says whether they are on disk.
    ///
    /// - Parameter path: The database; a log that is not there needs nothing.
    static func makeSure(of path: String) throws(StorageError) {
        let path = path + "-wal"
        let file = Foundation.open(path, O_RDWR | O_CLOEXEC)
        guard file >= 0 else {
            if errno == ENOENT { return }
            throw .system("cannot open \(path)")
        }
        defer { Foundation.close(file) }
        var piece = [UInt8](repeating: 0, count: pieceMax)
        var place: off_t = 0
        while true {
            let count = pread(file, &piece, piece.count, place)
            guard count >= 0 else { throw .system("cannot read \(path)") }
            guard count > 0 else { break }
            guard pwrite(file, piece, count, place) == count else {
                throw .system("cannot write \(path)")
            }
            place += off_t(count)
        }
        guard place == 0 || fsync(file) == 0 else { throw .system("cannot sync \(path)") }
    }
}
