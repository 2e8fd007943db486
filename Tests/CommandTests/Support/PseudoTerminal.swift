import Foundation
import Glibc

/// A terminal that a test sits at: what a program draws on it, and the keys that it gets.
final class PseudoTerminal: Sendable {
    /// The end that a program takes for its terminal.
    let slave: CInt
    /// `TIOCSPTLCK` and `TIOCGPTN` of asm-generic/ioctls.h.
    private static let setLock: UInt = 0x4004_5431
    private static let getNumber: UInt = 0x8004_5430

    private let master: CInt
    private let drawn = Watched<[UInt8]>([])

    struct CannotOpen: Error { let number: CInt }

    init(rows: UInt16 = 24, columns: UInt16 = 120) throws {
        let flags = O_RDWR | O_NOCTTY | O_CLOEXEC
        let master = open("/dev/ptmx", flags)
        // As glibc's `unlockpt` and `ptsname` do, which the module that Swift sees lacks.
        var (lock, number) = (CInt(0), CInt(0))
        guard master >= 0, ioctl(master, Self.setLock, &lock) == 0,
            ioctl(master, Self.getNumber, &number) == 0
        else { throw CannotOpen(number: errno) }
        slave = open("/dev/pts/\(number)", flags)
        guard slave >= 0 else { throw CannotOpen(number: errno) }
        self.master = master
        resize(rows: rows, columns: columns)
        let drawn = drawn
        Thread.detachNewThread {
            var buffer = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = read(master, &buffer, buffer.count)
                if count < 0, errno == EINTR { continue }
                // EIO, once nobody has the other end open any more.
                guard count > 0 else { break }
                drawn.change { $0 += buffer[..<count] }
            }
            close(master)
        }
    }

    deinit { close(slave) }

    /// All that was written to it.
    var text: String { drawn.change { String(decoding: $0, as: UTF8.self) } }

    /// The settings, byte by byte.
    var settings: [UInt8] {
        var settings = termios()
        tcgetattr(slave, &settings)
        return withUnsafeBytes(of: settings) { Array($0) }
    }

    func resize(rows: UInt16, columns: UInt16) {
        var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
        _ = ioctl(master, UInt(TIOCSWINSZ), &size)
    }

    func press(_ keys: String) {
        let bytes = Array(keys.utf8)
        _ = write(master, bytes, bytes.count)
    }

    /// The screen as soon as some of its lines hold these words, a line for each; the bare end of
    /// it, or `nil`, when that does not come.
    func screen(
        _ words: String..., within limit: Duration = .seconds(20)
    ) async -> [String]? {
        await drawn.value(within: limit) { bytes in
            let lines = Self.lines(bytes)
            return words.allSatisfy { word in lines.contains { $0.contains(word) } } ? lines : nil
        }
    }

    /// What stands in each row, where every row is placed and cleared before it is written.
    private static func lines(_ bytes: [UInt8]) -> [String] {
        var lines: [Int: String] = [:]
        for piece in String(decoding: bytes, as: UTF8.self).components(separatedBy: "\u{1B}[") {
            // `12;1H`, then `2K` and the text.
            if piece.hasSuffix(";1H"), let row = Int(piece.dropLast(3)) {
                lines[row] = ""
                lines[0] = "\(row)"
            } else if let row = Int(lines[0] ?? ""), let end = piece.firstIndex(where: \.isLetter) {
                lines[row, default: ""] += piece[piece.index(after: end)...]
            }
        }
        lines[0] = nil
        return lines.sorted { $0.key < $1.key }.map(\.value)
    }
}
