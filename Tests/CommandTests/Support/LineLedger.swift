import Foundation
import Glibc

/// Everything that a process wrote to one of its outputs, line by line.
final class LineLedger: Sendable {
    fileprivate struct Written {
        var lines: [String] = []
        var rest: [UInt8] = []
        var isOver = false
    }

    private let written = Watched(Written())

    /// Reads until the other end is closed, and closes this one.
    init(reading descriptor: CInt) {
        let written = written
        Thread.detachNewThread {
            var buffer = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = read(descriptor, &buffer, buffer.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { break }
                written.change { $0.add(buffer[..<count]) }
            }
            close(descriptor)
            written.change { $0.end() }
        }
    }

    /// Complete lines, without their ends.
    var lines: [String] { written.change { $0.lines } }

    var text: String { lines.map { $0 + "\n" }.joined() }

    /// The first line that holds all the words; `nil` when the output ends or time is over first.
    func line(holding words: [String], within limit: Duration) async -> String? {
        // Twofold: the outer one is absent while there is nothing to say yet.
        let found: String?? = await written.value(within: limit) { written -> String?? in
            if let line = written.lines.first(where: { line in words.allSatisfy(line.contains) }) {
                return .some(line)
            }
            return written.isOver ? .some(nil) : nil
        }
        return found ?? nil
    }

    /// Waits until everything was read.
    func end(within limit: Duration = .seconds(10)) async {
        _ = await written.value(within: limit) { $0.isOver ? true : nil }
    }
}

extension LineLedger.Written {
    fileprivate mutating func add(_ bytes: ArraySlice<UInt8>) {
        for byte in bytes {
            if byte == UInt8(ascii: "\n") { endLine() } else { rest.append(byte) }
        }
    }

    fileprivate mutating func end() {
        if !rest.isEmpty { endLine() }
        isOver = true
    }

    private mutating func endLine() {
        lines.append(String(decoding: rest, as: UTF8.self))
        rest = []
    }
}
