import Foundation
import Glibc

/// Ends every process that these tests started, should they themselves be killed.
///
/// A shell reads from a pipe which processes run; when the pipe ends, which it does however the
/// tests end, it kills those that are left.
final class Watchdog: Sendable {
    static let shared = Watchdog()

    private static let script = """
        alive=
        while read -r sign pid; do
            case $sign in
                +) alive="$alive $pid" ;;
                -)
                    rest=
                    for one in $alive; do [ "$one" = "$pid" ] || rest="$rest $one"; done
                    alive=$rest ;;
            esac
        done
        for one in $alive; do kill -9 "$one"; done
        """

    /// Absent where there is no shell: then the objects' own ends have to do.
    private let line: CInt?

    private init() {
        signal(SIGPIPE, SIG_IGN)
        guard let pipe = try? Pipe() else {
            line = nil
            return
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, pipe.reading, 0)
        for number in 1...2 {
            posix_spawn_file_actions_addopen(
                &actions, CInt(number), "/dev/null", CInt(O_WRONLY), 0)
        }
        actions.closeAll(from: 3)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // A group of its own: an interrupt typed at the tests must not end it first.
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
        let command = ["/bin/sh", "-c", Self.script]
        var arguments = command.map { strdup($0) } + [nil]
        defer { arguments.forEach { free($0) } }
        var pid: pid_t = 0
        let trouble = Pipe.lock.withLock {
            posix_spawn(&pid, "/bin/sh", &actions, &attributes, &arguments, environ)
        }
        close(pipe.reading)
        line = trouble == 0 ? pipe.writing : nil
    }

    func watch(_ pid: pid_t) { tell("+ \(pid)\n") }

    func forget(_ pid: pid_t) { tell("- \(pid)\n") }

    /// Short enough to be written whole, whoever else writes.
    private func tell(_ text: String) {
        guard let line else { return }
        _ = write(line, text, text.utf8.count)
    }
}
