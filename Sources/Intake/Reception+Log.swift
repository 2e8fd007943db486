import Domain
import Logging
import Signing
import Storage

/// One line an event, or a request that brought none: what it was, what became of it, how long it
/// took. Never a body, a header or a secret; what a stranger wrote is a field and cut to length.
extension Reception {
    private typealias Line = (Logger.Level, Logger.Message, Logger.Metadata)

    /// - Parameter leftOut: How many lines about strangers were not written since the last one.
    func report(
        to log: Logger, source: String, bytes: Int, duration: Duration, leftOut: Int = 0
    ) {
        var metadata: Logger.Metadata = [
            "source": "\(source.prefix(64))", "bytes": "\(bytes)",
            "duration_ms": "\(duration.wholeMilliseconds)",
        ]
        if leftOut > 0 { metadata["left_out"] = "\(leftOut)" }
        let lines = lines
        if lines.count > 1 { metadata["batch"] = "\(lines.count)" }
        for (level, message, details) in lines {
            log.log(level: level, message, metadata: metadata.merging(details) { $1 })
        }
    }

    private var lines: [Line] {
        switch self {
        case .admitted(let events, _) where events.isEmpty:
            return [(.info, "source.empty_batch", [:])]
        case .admitted(let events, _):
            return events.map { Self.line(about: $0, $1) }
        case .handshake(let answer):
            guard let note = answer.note else { return [(.info, "source.handshake", [:])] }
            return [(.info, "source.handshake", ["detail": "\(Self.short(note))"])]
        case .refused(let refusal):
            let details: Logger.Metadata = [
                "status": "\(refusal.status)", "reason": "\(refusal.reason)",
                "detail": "\(refusal.detail)",
            ]
            return [(.notice, "event.refused", details)]
        case .heldBack(let events, let trouble):
            // Without their ids: nothing is stored under them, and a repeat comes under others.
            return events.map { event in
                var details = Self.description(of: event)
                details["status"] = "503"
                details["reason"] = "\(trouble.reason)"
                details["detail"] = "\(trouble.detail)"
                return (.warning, "event.refused", details)
            }
        }
    }

    private static func line(about event: Event, _ admission: Admission) -> Line {
        var details = description(of: event)
        switch admission {
        case .stored:
            details["event"] = "\(event.id)"
            return (.info, "event.admitted", details)
        case .repeated(let first):
            details["event"] = "\(first)"
            return (.info, "event.repeated", details)
        case .conflict(let first):
            details["event"] = "\(first)"
            details["reason"] = "other_body"
            return (.warning, "event.conflict", details)
        }
    }

    private static func description(of event: Event) -> Logger.Metadata {
        ["type": "\(event.type)", "key": "\(event.identity.key)"]
    }

    /// What a stranger wrote, on one line and at most 200 characters of it.
    private static func short(_ text: String) -> String { String(text.prefix(200)).onOneLine }
}

extension WaitingLine.Trouble {
    /// A word that can be counted.
    var reason: String {
        switch self {
        case .full: "line_full"
        case .late: "store_slow"
        case .store(let error): "store_\(error.code.rawValue)"
        }
    }

    fileprivate var detail: String {
        switch self {
        case .full: ""
        case .late(let error), .store(let error): error.detail
        }
    }
}
