package import Domain
package import Logging
package import Storage

/// Keeps what was stored quick to find, beside those who store it.
///
/// What has not been made so yet is found as well, only by looking at each row. So this waits
/// between two steps, and a step that fails is simply tried again.
package struct FindKeeper: Sendable {
    private let store: any Housekeeping
    private let time: TimeSource
    private let pauses: Pauses
    private let log: Logger

    package struct Pauses: Hashable, Sendable {
        /// While there is more to be done.
        package var busy: Duration
        /// Otherwise, and after trouble.
        package var idle: Duration

        package init(busy: Duration = .milliseconds(50), idle: Duration = .seconds(2)) {
            self.busy = busy
            self.idle = idle
        }
    }

    package init(
        _ store: any Housekeeping, time: TimeSource, pauses: Pauses = Pauses(), log: Logger
    ) {
        self.store = store
        self.time = time
        self.pauses = pauses
        self.log = log
    }

    /// Runs until the stop is asked for; a step that was begun is finished.
    package func run(until stop: StopSignal) async {
        var hasTrouble = false
        while !stop.isRaised, !Task.isCancelled {
            var hasMore = false
            do throws(StorageError) {
                hasMore = try await store.makeFindable()
                hasTrouble = false
            } catch {
                // Once, not every two seconds for as long as a disk is full.
                if !hasTrouble {
                    log.warning(
                        "find.failed",
                        metadata: ["code": "\(error.code.rawValue)", "detail": "\(error.detail)"])
                }
                hasTrouble = true
            }
            await stop.wait(atMost: hasMore ? pauses.busy : pauses.idle, time: time)
        }
    }
}
