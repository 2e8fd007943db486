import Domain
import Synchronization

/// A clock that moves when a test moves it, also back; whoever sleeps on it has slept at once.
///
/// For tests of one step at a time. Where several tasks sleep beside one another, their order
/// matters and `VirtualClock` keeps it.
final class ManualClock: Sendable {
    private let start: Timestamp
    private let passed = Mutex(Duration.zero)

    init(_ start: Timestamp) { self.start = start }

    var now: Timestamp { start + elapsed }
    var elapsed: Duration { passed.withLock { $0 } }

    func advance(by duration: Duration) { passed.withLock { $0 += duration } }

    /// Never back.
    func advance(to time: Timestamp) { passed.withLock { $0 = max($0, time - start) } }

    var source: TimeSource {
        TimeSource(
            now: { self.now }, elapsed: { self.elapsed },
            sleep: { duration in
                try Task.checkCancellation()
                self.advance(by: duration)
            })
    }
}
