import Domain
import Storage
import Synchronization

/// What people asked for, and what they were told had been done, for the checkers.
final class WishBook: Sendable {
    struct Entries: Sendable {
        /// How often a run of an event was asked for, by replays and retries, answered or not.
        var runsAsked: [Event.ID: Int] = [:]
        /// Runs that an event was said to meet the rules in.
        var replays: [(event: Event.ID, run: Int)] = []
        /// Tasks that were said to be done again.
        var retried: Set<CopyTask.ID> = []
        /// Tasks that were said to be cancelled, or that they will be, with how many of their
        /// submissions were stored before.
        var cancelled: [CopyTask.ID: Int] = [:]
        /// Those that were said to be cancelled once the worker that had them finds out.
        var cancelAsked: Set<CopyTask.ID> = []
        /// Deliveries that were to be sent again, and to be cancelled, answered or not.
        var sentAgain: Set<Delivery.ID> = []
        var deliveriesCancelled: Set<Delivery.ID> = []
        /// Keys of copies by hand that were asked for, and that were said to be planned.
        var keysAsked: Set<String> = []
        var keysPlanned: Set<String> = []
    }

    private let state = Mutex(Entries())

    var entries: Entries { state.withLock { $0 } }

    /// Before it is known what becomes of it.
    func noteAsked(_ wish: Wish) {
        state.withLock { entries in
            switch wish {
            case .retry(_, let event), .replay(let event):
                entries.runsAsked[event, default: 0] += 1
            case .sendAgain(let id): entries.sentAgain.insert(id)
            case .cancelDelivery(let id): entries.deliveriesCancelled.insert(id)
            case .copy(_, let key): entries.keysAsked.insert(key)
            case .decide, .cancel: break
            }
        }
    }

    func note(_ change: (inout Entries) -> Void) { state.withLock { change(&$0) } }
}
