package import Domain
package import Logging

/// Logs for people and for programs: one line each, fields as `name=value`.
///
/// `2026-03-18T08:30:17.090Z notice copy.attempted task=tsk_4n… outcome=accepted duration_ms=312`.
/// Values with blanks or signs are written as JSON strings, so that what comes from outside can
/// neither break a line nor pass for another field.
package struct LineLog: LogHandler {
    package var metadata: Logger.Metadata = [:]
    package var logLevel: Logger.Level

    private let now: @Sendable () -> Timestamp
    private let write: @Sendable (String) -> Void

    package init(
        level: Logger.Level, now: @escaping @Sendable () -> Timestamp = TimeSource.system.now,
        write: @escaping @Sendable (String) -> Void = { StandardStream.error.write($0) }
    ) {
        logLevel = level
        self.now = now
        self.write = write
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        let fields = metadata.merging(event.metadata ?? [:]) { $1 }
        let text = fields.sorted { $0.key < $1.key }
            .map { " \($0.key)=\(Self.shown("\($0.value)"))" }.joined()
        write("\(now()) \(event.level) \(event.message)\(text)\n")
    }

    /// Bare where nothing can be mistaken, quoted otherwise.
    static func shown(_ text: String) -> String {
        let isBare =
            !text.isEmpty
            && text.utf8.allSatisfy { byte in
                (0x21...0x7E).contains(byte) && byte != UInt8(ascii: "\"")
                    && byte != UInt8(ascii: "=") && byte != UInt8(ascii: "\\")
            }
        if isBare { return text }
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case let scalar where scalar.steersText: quoted += scalar.escape
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
