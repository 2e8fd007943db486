import Foundation
import Glibc

/// A process that these tests started: what it writes, how it ends, and that it does end.
final class ChildProcess: Sendable {
    let pid: pid_t
    let output: LineLedger
    let errors: LineLedger
    private let ending: Ending

    struct CannotStart: Error, CustomStringConvertible {
        let description: String
    }

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - command: The program's path, then its arguments.
    ///   - environment: All that the process gets, beside `PATH`, `HOME` and `TMPDIR` of ours.
    ///   - input: What it reads on its standard input before the end of that.
    ///   - terminal: What it reads from and writes to instead.
    init(
        _ command: [String], environment: [String: String] = [:], input: [UInt8] = [],
        directory: String? = nil, terminal: PseudoTerminal? = nil
    ) throws {
        let (stdin, stdout, stderr) = (try Pipe(), try Pipe(), try Pipe())
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let ends = [
            (terminal?.slave ?? stdin.reading, 0), (terminal?.slave ?? stdout.writing, 1),
            (stderr.writing, 2),
        ]
        for (end, number) in ends {
            posix_spawn_file_actions_adddup2(&actions, end, CInt(number))
        }
        // Sockets of other tests would stay open in there, and their ports with them.
        actions.closeAll(from: 3)
        var attributes = Self.cleanSignals()
        defer { posix_spawnattr_destroy(&attributes) }

        var variables = environment
        for name in ["PATH", "HOME", "TMPDIR"] where variables[name] == nil {
            variables[name] = ProcessInfo.processInfo.environment[name]
        }
        let command = (directory.map { ["/usr/bin/env", "-C", $0] } ?? []) + command
        var arguments = command.map { strdup($0) } + [nil]
        var settings = variables.sorted { $0.key < $1.key }.map { strdup("\($0)=\($1)") } + [nil]
        defer { (arguments + settings).forEach { free($0) } }

        var pid: pid_t = 0
        let trouble = Pipe.lock.withLock {
            posix_spawnp(&pid, command[0], &actions, &attributes, &arguments, &settings)
        }
        for end in [stdin.reading, stdout.writing, stderr.writing] { close(end) }
        guard trouble == 0 else {
            for end in [stdin.writing, stdout.reading, stderr.reading] { close(end) }
            throw CannotStart(
                description: "\(command[0]): \(String(cString: strerror(trouble)))")
        }
        self.pid = pid
        Watchdog.shared.watch(pid)
        output = LineLedger(reading: stdout.reading)
        errors = LineLedger(reading: stderr.reading)
        ending = Ending(of: pid)
        Self.feed(input, to: stdin.writing)
    }

    /// With nobody left to ask for it, the process has no business any more.
    deinit { ending.signal(SIGKILL) }

    /// Does nothing once the process has ended.
    func signal(_ number: Int32) { ending.signal(number) }

    /// SIGKILL, and the end waited for.
    func kill() async {
        signal(SIGKILL)
        _ = await exit(within: .seconds(10))
    }

    /// How the process ended, or `nil` when it still runs after `limit`.
    ///
    /// - Returns: Its exit code, or 128 and the number of the signal that ended it.
    @discardableResult
    func exit(within limit: Duration) async -> Int32? {
        await ending.status.value(within: limit) { $0 }
    }

    /// The first line of standard error that holds all these words, or `nil` when none comes.
    func errorLine(_ words: String..., within limit: Duration = .seconds(20)) async -> String? {
        await errors.line(holding: words, within: limit)
    }

    /// The first line of standard output that holds all these words, or `nil` when none comes.
    func outputLine(_ words: String..., within limit: Duration = .seconds(20)) async -> String? {
        await output.line(holding: words, within: limit)
    }

    /// No signal blocked or ignored.
    ///
    /// Threads of Swift concurrency block signals, and children inherit that: SIGTERM would never
    /// arrive.
    private static func cleanSignals() -> posix_spawnattr_t {
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        var common = sigset_t()
        sigemptyset(&common)
        for number in [SIGTERM, SIGINT, SIGHUP, SIGPIPE, SIGQUIT] { sigaddset(&common, number) }
        posix_spawnattr_setsigdefault(&attributes, &common)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        return attributes
    }

    /// On a thread of its own: a child that does not read must not hold us up.
    private static func feed(_ input: [UInt8], to descriptor: CInt) {
        guard !input.isEmpty else {
            close(descriptor)
            return
        }
        Thread.detachNewThread {
            Glibc.signal(SIGPIPE, SIG_IGN)
            var rest = input[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
                if count <= 0 { break }
                rest = rest.dropFirst(count)
            }
            close(descriptor)
        }
    }
}

/// Waits for one process, so that its number stays its own until we know of its end.
private final class Ending: Sendable {
    /// `nil` while the process runs.
    let status: Watched<Int32?>
    private let pid: pid_t

    init(of pid: pid_t) {
        self.pid = pid
        let status = Watched<Int32?>(nil)
        self.status = status
        Thread.detachNewThread {
            // Looked at first and reaped inside the lock: a signal sent meanwhile cannot hit
            // another process that was given the number.
            var information = siginfo_t()
            while waitid(P_PID, id_t(pid), &information, WEXITED | WNOWAIT) != 0, errno == EINTR {}
            status.change { ended in
                var raw: Int32 = 0
                while waitpid(pid, &raw, 0) < 0, errno == EINTR {}
                let signal = raw & 0x7F
                ended = signal == 0 ? (raw >> 8) & 0xFF : 128 + signal
            }
            Watchdog.shared.forget(pid)
        }
    }

    func signal(_ number: Int32) {
        status.change { ended in
            if ended == nil { Glibc.kill(pid, number) }
        }
    }
}

/// Two ends that no child inherits by accident.
struct Pipe {
    /// Held while a pipe or a process is made: a process made between a pipe's two steps would
    /// inherit it, and its end would never be seen.
    static let lock = NSLock()

    let reading: CInt
    let writing: CInt

    init() throws {
        var ends: [CInt] = [0, 0]
        let isMade = Self.lock.withLock {
            pipe(&ends) == 0 && ends.allSatisfy { fcntl($0, F_SETFD, FD_CLOEXEC) == 0 }
        }
        guard isMade else {
            throw ChildProcess.CannotStart(description: "no pipe: errno \(errno)")
        }
        (reading, writing) = (ends[0], ends[1])
    }
}
