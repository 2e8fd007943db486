import Domain
import Foundation
import Signing

/// The file beside the database that holds a master key which we made ourselves.
///
/// It is the only way into what the database keeps sealed, so it is never written over, and it
/// comes into being whole: written and synced under another name first, then given its own.
struct MasterKeyFile {
    /// The database's true path with `.key` behind it, so that two names of one database share it.
    let path: String

    init(besideDatabase database: String) {
        if let real = realpath(database, nil) {
            path = String(cString: real) + ".key"
            free(real)
        } else {
            path = database + ".key"
        }
    }

    /// The key in the file, or `nil` when there is no such file.
    func read() throws(ServiceError) -> MasterKey? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            if errno == ENOENT { return nil }
            throw trouble("cannot open")
        }
        defer { close(file) }
        var facts = stat()
        guard fstat(file, &facts) == 0 else { throw trouble("cannot look at") }
        guard facts.st_mode & 0o077 == 0 else {
            throw ServiceError(
                "others than its owner may use the master key \(path)",
                "Run chmod 0400 \(path), and change the key if others could read it for long: "
                    + "copyhook secrets rewrap --help says how.")
        }
        var bytes = [UInt8](repeating: 0, count: 4_096)
        let count = Foundation.read(file, &bytes, bytes.count)
        guard count >= 0 else { throw trouble("cannot read") }
        let text = String(decoding: bytes.prefix(count), as: UTF8.self)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        do throws(SigningError) {
            return try MasterKey(parsing: Secret(text))
        } catch {
            throw ServiceError(
                "the master key \(path) cannot be used: \(error.detail)",
                "Put the file back from a backup, as it was.")
        }
    }

    /// Makes the file, mode 0400, synced together with its directory.
    func make(using generator: inout some RandomNumberGenerator) throws(ServiceError) -> MasterKey {
        let secret = MasterKey.make(using: &generator)
        let draft = path + ".new"
        // What a crash left here was never the key.
        unlink(draft)
        let file = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o400)
        guard file >= 0 else { throw trouble("cannot make") }
        defer { unlink(draft) }
        let isWritten = StandardStream.write(secret.exposed + "\n", to: file) && fsync(file) == 0
        let code = errno
        close(file)
        errno = code
        guard isWritten else { throw trouble("cannot write") }
        // Fails where the name is taken: no key is ever written over.
        guard link(draft, path) == 0 else { throw trouble("cannot make") }
        try syncDirectory()
        do throws(SigningError) {
            return try MasterKey(parsing: secret)
        } catch {
            throw ServiceError(error.detail, "Set secrets.master_key.")
        }
    }

    private func syncDirectory() throws(ServiceError) {
        let name = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        let directory = open(name.isEmpty ? "/" : name, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw trouble("cannot sync the directory of") }
        defer { close(directory) }
        guard fsync(directory) == 0 else { throw trouble("cannot sync the directory of") }
    }

    /// What the last system call ran into, to be made before the next one.
    private func trouble(_ what: String) -> ServiceError {
        ServiceError(
            "\(what) the master key \(path): \(String(cString: strerror(errno)))",
            "Let the service write beside its database, or set secrets.master_key.")
    }
}
