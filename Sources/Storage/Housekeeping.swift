package import Domain

/// What a store needs done from time to time so that it neither grows for ever nor runs into a
/// full disk; each method is short, and may run beside all others.
package protocol Housekeeping: Sendable {
    /// Takes away rows that are kept no longer, at most `limit` looked at, oldest first.
    ///
    /// What is not at its end stays, and so does what it needs: an event that is not matched, or
    /// that still has a task or a notification; a task that is not at its end (`unresolved` is
    /// none), owes a delivery, is to be looked at once more, or has a job at the provider that an
    /// older one might still take for its own; a notification that is still being delivered;
    /// attempts of both.
    /// Copies of ours are remembered for ever, and are nothing that can be asked for here.
    ///
    /// - Parameters:
    ///   - moment: What is younger stays.
    ///   - cursor: What the call before answered with, `nil` for the first; a call goes on where
    ///     that one ended, so that rows that must stay are not looked at again and again.
    func prune(
        _ keeping: Keeping, olderThan moment: Timestamp, from cursor: String?, limit: Int,
        at now: Timestamp
    ) async throws(StorageError) -> Pruned

    /// Gives some of the space that is free inside the store back to the disk.
    ///
    /// - Returns: Whether there is more to give back.
    func giveBack() async throws(StorageError) -> Bool

    /// Makes some of what was added quick to find by a piece of its text.
    ///
    /// Everything is found without, too; this only keeps it quick.
    ///
    /// - Returns: Whether there is more to be done.
    func makeFindable() async throws(StorageError) -> Bool

    /// Tries again what failed, and says how things stand.
    func attend() async -> StoreCondition
}

/// What is pruned, each kind by an age of its own, in the order in which that makes sense: what
/// goes first no longer keeps the next.
package enum Keeping: String, Hashable, Sendable, CaseIterable {
    /// Attempts at tasks, by when they were made.
    case taskAttempts = "task_attempts"
    case deliveryAttempts = "delivery_attempts"
    /// Tasks by when they ended, with their notifications and the deliveries of those.
    case tasks
    /// Notifications without a task, by when they were made, with their deliveries.
    case notifications
    /// Events by when they came in.
    ///
    /// Of each its identity and a hash of its body stay behind, so that a repeat is still a repeat.
    case events
    /// Those identities, by when the event was last sent to us.
    case keys
    /// Wishes under keys of their senders' own, by when they were begun.
    case wishes
    /// When a rule last did something for an entity; older than any cooldown they mean nothing.
    case triggers
    /// Entries of the audit, the oldest without a gap; the anchor keeps the last one's hash, and
    /// an entry says so.
    case audit
    /// When events were settled and deliveries ended, the oldest without a gap, for the stream.
    case turns
}

/// What one call took away.
package struct Pruned: Hashable, Sendable {
    package let removed: Int
    /// Where the next call goes on; `nil` when everything of that age was looked at.
    package let next: String?

    package init(removed: Int, next: String?) {
        self.removed = removed
        self.next = next
    }
}

/// How a store stands with its disk.
package struct StoreCondition: Hashable, Sendable {
    /// Why no event can be taken in.
    package enum Trouble: String, Hashable, Sendable {
        case lowOnSpace = "low_on_space"
        case reserveGivenUp = "out_of_space"
        /// The last commit failed.
        case failing

        /// For people, and without a secret.
        package var words: String {
            switch self {
            case .lowOnSpace: "less space is free than store.free_min"
            case .reserveGivenUp: "the disk is full, and the reserve is given up"
            case .failing: "the last commit failed"
            }
        }
    }

    package var trouble: Trouble?
    /// Bytes, 0 of 0 where there is no disk.
    package let free: Int64
    package let total: Int64

    package init(trouble: Trouble? = nil, free: Int64 = 0, total: Int64 = 0) {
        self.trouble = trouble
        self.free = free
        self.total = total
    }

    /// Whether less than a tenth of the disk is left.
    package var isScarce: Bool { free < total / 10 }
}
