package import Domain
package import Logging
package import Storage

/// Looks after the disk that a store lies on.
///
/// Each look also lets the store try again what failed; see ``Housekeeping/attend()``.
package struct DiskWatch: Sendable {
    private let store: any Housekeeping
    private let time: TimeSource
    private let pause: Duration
    private let log: Logger

    /// - Parameter pause: Between two looks.
    package init(
        _ store: any Housekeeping, time: TimeSource, pause: Duration = .seconds(1), log: Logger
    ) {
        self.store = store
        self.time = time
        self.pause = pause
        self.log = log
    }

    /// Says when events are no longer, or again, taken in, and when the disk is getting full.
    package func run(until stop: StopSignal) async {
        var known = StoreCondition()
        while !stop.isRaised, !Task.isCancelled {
            let condition = await store.attend()
            report(condition, after: known)
            known = condition
            await stop.wait(atMost: pause, time: time)
        }
    }

    private func report(_ condition: StoreCondition, after known: StoreCondition) {
        let space: Logger.Metadata = [
            "free_bytes": "\(condition.free)", "total_bytes": "\(condition.total)",
        ]
        if condition.trouble != known.trouble {
            if let trouble = condition.trouble {
                log.error(
                    "store.closed",
                    metadata: space.merging(
                        ["reason": "\(trouble.rawValue)", "detail": "\(trouble.words)"]
                    ) { $1 })
            } else {
                log.notice("store.open_again", metadata: space)
            }
        }
        if condition.isScarce != known.isScarce {
            log.log(
                level: condition.isScarce ? .warning : .notice,
                condition.isScarce ? "disk.scarce" : "disk.roomy", metadata: space)
        }
    }
}
