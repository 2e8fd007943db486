import Foundation
import Glibc
import Synchronization

/// The terminal that a person sits at, while a program draws on all of it and takes single keys.
///
/// Its settings come back and the lines that stood there before come back when ``restore()`` is
/// called, from whichever thread, once.
final class RawTerminal: Sendable {
    private static let enter = "\u{1B}[?1049h\u{1B}[?25l\u{1B}[?7l\u{1B}[2J"
    private static let leave = "\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l"

    private let before: termios
    private let isRaw = Mutex(true)

    /// Whether a person sits there who can press keys.
    ///
    /// Not in the background, where taking the terminal would stop the process; a terminal that is
    /// nobody's has no foreground.
    static var isThere: Bool {
        let name = ProcessEnvironment.current["TERM"] ?? ""
        guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1, !["", "dumb"].contains(name)
        else { return false }
        let foreground = tcgetpgrp(STDIN_FILENO)
        return foreground < 0 || foreground == getpgrp()
    }

    /// Takes the terminal; `nil` when it cannot be had.
    init?() {
        var settings = termios()
        guard tcgetattr(STDIN_FILENO, &settings) == 0 else { return nil }
        before = settings
        // Ctrl-C, Ctrl-Z and Ctrl-S are bytes from now on.
        cfmakeraw(&settings)
        guard tcsetattr(STDIN_FILENO, TCSAFLUSH, &settings) == 0 else { return nil }
        write(Self.enter)
    }

    deinit { restore() }

    func restore() {
        isRaw.withLock { isRaw in
            guard isRaw else { return }
            isRaw = false
            Self.write(all: Self.leave)
            var settings = before
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &settings)
        }
    }

    /// Writes a screen over the one before, in one go; nothing once it was given back.
    func show(_ lines: [String]) {
        write(
            lines.enumerated().map { row, line in "\u{1B}[\(row + 1);1H\u{1B}[2K\(line)" }.joined())
    }

    /// How large it is now; what says nothing about that is taken for the usual one.
    static var size: TailBoard.Size {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 0, size.ws_col > 0
        else { return TailBoard.Size(rows: 24, columns: 80) }
        return TailBoard.Size(rows: Int(size.ws_row), columns: Int(size.ws_col))
    }

    private func write(_ text: String) {
        isRaw.withLock { isRaw in
            if isRaw { Self.write(all: text) }
        }
    }

    private static func write(all text: String) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}

/// Hears what comes from the terminal and about it, on a queue of its own.
///
/// Unchecked: `reader` is touched on that queue alone.
final class TerminalEars: @unchecked Sendable {
    /// How long the rest of a sequence may be on its way before ESC is taken for the key.
    private static let sequenceTime: CInt = 50

    private let queue = DispatchQueue(label: "copyhook.keys")
    private let tell: @Sendable (TailBoard.Signal) -> Void
    private var reader = KeyReader()
    private var sources: [any DispatchSourceProtocol] = []

    init(_ tell: @escaping @Sendable (TailBoard.Signal) -> Void) {
        self.tell = tell
        let keys = DispatchSource.makeReadSource(fileDescriptor: STDIN_FILENO, queue: queue)
        keys.setEventHandler { [weak self] in self?.read() }
        let resizes = DispatchSource.makeSignalSource(signal: SIGWINCH, queue: queue)
        resizes.setEventHandler { tell(.resized(RawTerminal.size)) }
        signal(SIGHUP, SIG_IGN)
        let hangUps = DispatchSource.makeSignalSource(signal: SIGHUP, queue: queue)
        hangUps.setEventHandler { tell(.ended) }
        // Stopped from outside, the terminal would be left raw.
        signal(SIGTSTP, SIG_IGN)
        sources = [keys, resizes, hangUps]
        for source in sources { source.resume() }
    }

    func close() {
        for source in sources { source.cancel() }
    }

    private func read() {
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let count = Glibc.read(STDIN_FILENO, &buffer, buffer.count)
        if count < 0, errno == EINTR || errno == EAGAIN { return }
        guard count > 0 else {
            close()
            return tell(.ended)
        }
        for key in reader.keys(buffer[..<count]) { tell(.key(key)) }
        guard reader.isInside else { return }
        var waiting = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
        guard poll(&waiting, 1, Self.sequenceTime) == 0 else { return }
        for key in reader.nothingFollows() { tell(.key(key)) }
    }
}
