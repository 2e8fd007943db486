import Foundation
import Storage
import Synchronization

/// Keeps a second process away from a database, for as long as this object lives.
///
/// An advisory lock of the kernel (`flock(2)`) on a file beside the database: it ends with its
/// process however that ends, so nothing is ever left locked. The process id in the file is only
/// for the message. The file stays, since removing it would let two processes lock two files.
final class FileLock: Sendable {
    private let descriptor: Mutex<CInt?>

    /// - Throws: `.unavailable`, saying who holds it.
    init(path: String) throws(StorageError) {
        let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw .system("cannot open the lock file \(path)") }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            let isHeld = errno == EWOULDBLOCK
            let trouble = StorageError.system("cannot lock \(path)")
            let holder = Self.holder(file)
            Foundation.close(file)
            guard isHeld else { throw trouble }
            throw StorageError(
                .unavailable,
                detail: "the database is in use by process \(holder): \(path) is locked. Stop that "
                    + "process, or give this one another store.url.")
        }
        let text = Array("\(getpid())\n".utf8)
        // Written before it is cut: on a full disk the room that was cut off might be gone.
        guard pwrite(file, text, text.count, 0) == text.count,
            ftruncate(file, off_t(text.count)) == 0
        else {
            let trouble = StorageError.system("cannot write the lock file \(path)")
            Foundation.close(file)
            throw trouble
        }
        descriptor = Mutex(file)
    }

    deinit {
        release()
    }

    /// Lets others in; does nothing the second time.
    func release() {
        descriptor.withLock { file in
            if let open = file { Foundation.close(open) }
            file = nil
        }
    }

    /// The process id in the file, or a question mark where there is none (yet).
    private static func holder(_ file: CInt) -> String {
        var bytes = [UInt8](repeating: 0, count: 32)
        let count = pread(file, &bytes, bytes.count, 0)
        let digits = bytes.prefix(max(count, 0)).prefix { (0x30...0x39).contains($0) }
        return digits.isEmpty ? "?" : String(decoding: digits, as: UTF8.self)
    }
}

extension StorageError {
    /// What the last system call ran into, to be made before the next one.
    static func system(_ what: String) -> StorageError {
        let code = errno
        return StorageError(
            code == ENOSPC || code == EDQUOT || code == EIO ? .full : .unavailable,
            detail: "\(what): \(String(cString: strerror(code)))")
    }
}
