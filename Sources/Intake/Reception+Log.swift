import Domain
import Logging
import Storage

/// One line a delivery: what it was, what became of it, how long it took. Never a body, a header
/// or a secret; what a stranger wrote is a field and cut to length.
extension Reception {
    /// - Parameter leftOut: How many lines about strangers were not written since the last one.
    func report(
        to log: Logger, source: String, bytes: Int, duration: Duration, leftOut: Int = 0
    ) {
        var metadata: Logger.Metadata = [
            "source": "\(source.prefix(64))", "bytes": "\(bytes)",
            "duration_ms": "\(duration.wholeMilliseconds)",
        ]
        if leftOut > 0 { metadata["left_out"] = "\(leftOut)" }
        let (level, message) = describe(into: &metadata)
        log.log(level: level, message, metadata: metadata)
    }

    /// Whether anybody could have sent it.
    var isUnproved: Bool {
        switch self {
        case .refused, .handshake: true
        case .admitted, .heldBack: false
        }
    }

    private func describe(
        into metadata: inout Logger.Metadata
    ) -> (Logger.Level, Logger.Message) {
        switch self {
        case .admitted(let event, let admission, _):
            Self.describe(event, into: &metadata)
            switch admission {
            case .stored:
                metadata["event"] = "\(event.id)"
                return (.info, "event.admitted")
            case .repeated(let first):
                metadata["event"] = "\(first)"
                return (.info, "event.repeated")
            case .conflict(let first):
                metadata["event"] = "\(first)"
                metadata["reason"] = "other_body"
                return (.warning, "event.conflict")
            }
        case .handshake:
            return (.info, "source.handshake")
        case .refused(let refusal):
            metadata["status"] = "\(refusal.status)"
            metadata["reason"] = "\(refusal.reason)"
            metadata["detail"] = "\(refusal.detail)"
            return (.notice, "event.refused")
        case .heldBack(let event, let trouble):
            // Without its id: nothing is stored under it, and a repeat comes under another.
            Self.describe(event, into: &metadata)
            metadata["status"] = "503"
            metadata["reason"] = "\(trouble.reason)"
            metadata["detail"] = "\(trouble.detail)"
            return (.warning, "event.refused")
        }
    }

    private static func describe(_ event: Event, into metadata: inout Logger.Metadata) {
        metadata["type"] = "\(event.type)"
        metadata["key"] = "\(event.identity.key)"
    }
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
