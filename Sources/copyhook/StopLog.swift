import App
import Logging
import Synchronization

/// Says in the log why the service stops, and with how much in hand.
///
/// `service.stopping` at the first request, `service.killed` at the second. `service.stopped` is
/// written by the service itself when it has come to rest.
final class StopLog: Sendable {
    private let log: Logger
    private let works = Mutex<@Sendable () -> [(room: String, count: Int)]>({ [] })

    init(_ log: Logger) {
        self.log = log
    }

    /// From now on there may be work in hand.
    func watch(_ started: Service.Started) {
        works.withLock { $0 = started.worksInHand }
    }

    func note(_ signal: String, isFirst: Bool) {
        var metadata: Logger.Metadata = ["reason": "\(signal)"]
        for (room, count) in works.withLock({ $0 })() { metadata["\(room)_in_hand"] = "\(count)" }
        if isFirst {
            log.notice("service.stopping", metadata: metadata)
        } else {
            log.warning("service.killed", metadata: metadata)
        }
    }
}
