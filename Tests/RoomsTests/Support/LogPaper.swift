import Logging
import Synchronization

/// Keeps what a room logs.
final class LogPaper: Sendable {
    struct Entry: Sendable {
        let level: Logger.Level
        let message: String
        let fields: [String: String]

        /// Everything that would be written, fields in the order of their names.
        var text: String {
            let fields = fields.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            return (["\(level)", message] + fields).joined(separator: " ")
        }
    }

    private let kept = Mutex<[Entry]>([])

    var entries: [Entry] { kept.withLock { $0 } }
    var lines: [String] { entries.map(\.text) }

    /// `level message` and perhaps the first fields.
    func lines(startingWith text: String) -> [String] { lines.filter { $0.hasPrefix(text) } }

    var logger: Logger {
        Logger(label: "test") { _ in Pen(paper: self) }
    }

    private func write(_ entry: Entry) { kept.withLock { $0.append(entry) } }

    private struct Pen: LogHandler {
        let paper: LogPaper
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            paper.write(
                Entry(
                    level: event.level, message: "\(event.message)",
                    fields: (event.metadata ?? [:]).mapValues { "\($0)" }))
        }
    }
}
