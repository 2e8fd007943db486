import Foundation
import Glibc

/// A file system of its own for one service, small enough to be filled.
///
/// A tmpfs in a user and mount namespace that begins with the service and ends with it: nothing is
/// left mounted, and no privilege is needed where the kernel allows user namespaces at all. From
/// outside it is reached through the process that lives in it.
struct SmallDisk {
    static let megabytes = 64

    /// Where the service finds it.
    let path: String

    init(in scratch: ScratchDirectory) throws {
        path = scratch.path("disk")
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true)
    }

    /// What the service has to be started by.
    var wrapper: [String] {
        let mount = "mount -t tmpfs -o size=\(Self.megabytes)m,mode=0700 none \"$1\""
        return ["unshare", "-Urm", "sh", "-c", "\(mount) && shift && exec \"$@\"", "_", path]
    }

    /// Whether this machine lets us have one.
    func isToBeHad() async throws -> Bool {
        let trial = try ChildProcess(wrapper + ["true"])
        return await trial.exit(within: .seconds(10)) == 0
    }

    /// The same files, seen from outside.
    func seen(through pid: pid_t) -> SmallDiskView {
        SmallDiskView(root: "/proc/\(pid)/root" + path)
    }
}

/// A small disk as the tests reach it, and a file in it that takes room from the service.
struct SmallDiskView {
    let root: String

    struct CannotFill: Error { let errno: Int32 }

    var free: Int64 {
        var status = statvfs()
        guard statvfs(root, &status) == 0 else { return -1 }
        return Int64(status.f_bavail) * Int64(status.f_frsize)
    }

    func has(_ name: String) -> Bool { access(root + "/" + name, F_OK) == 0 }

    /// Makes the filler larger until no more than `rest` bytes are free.
    func fill(leaving rest: Int64) throws {
        let file = open(root + "/filler", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw CannotFill(errno: errno) }
        defer { close(file) }
        let piece = [UInt8](repeating: 0x41, count: 65_536)
        while free > rest {
            let size = Int(min(Int64(piece.count), max(free - rest, 1)))
            guard write(file, piece, size) > 0 else {
                guard errno == ENOSPC else { throw CannotFill(errno: errno) }
                return
            }
        }
    }

    func clear() { unlink(root + "/filler") }
}
