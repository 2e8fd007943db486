import Domain
import Synchronization

/// How long tasks wait for another one of their key, a little longer each time.
///
/// A courtesy to the provider, whose target is listed anew before each try; forgotten at a restart.
final class LockWaits: Sendable {
    private static let countMax = 10_000
    private let first: Duration
    private let max: Duration
    private let waits = Mutex<[CopyTask.ID: Duration]>([:])

    init(first: Duration, max: Duration) {
        self.first = first
        self.max = max
    }

    func next(for task: CopyTask.ID) -> Duration {
        waits.withLock { waits in
            let wait = waits[task].map { Swift.min($0 * 2, max) } ?? first
            // A task that is cancelled while it waits never says so here.
            if waits.count >= Self.countMax { waits.removeAll() }
            waits[task] = wait
            return wait
        }
    }

    func forget(_ task: CopyTask.ID) { waits.withLock { $0[task] = nil } }
}
