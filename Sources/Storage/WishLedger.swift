package import Domain

/// The part of the store that people's wishes need beside what rooms do; each method is one
/// transaction, and those about many are bounded.
///
/// A wish never settles what a worker has in hand, and never makes the same task twice: whatever
/// is planned because of it is the next *run* of its event.
package protocol WishLedger: Sendable {
    /// Plans what a task was to do once more, as its event's next run.
    ///
    /// A task has one successor: where its rule and action have a later run already, that is the
    /// answer, so that whoever did not hear of it may ask again.
    ///
    /// - Parameter make: Makes the new task of the old one, for this run, and what is noted.
    /// - Throws: `.notFound`; `.conflict` when the task is neither `failed` nor `cancelled`.
    func planAgain(
        _ id: CopyTask.ID, at now: Timestamp,
        as make: @escaping @Sendable (_ old: CopyTask, _ run: Int) -> (CopyTask, AuditNote?)
    ) async throws(StorageError) -> PlannedAgain

    /// Stores an event of our own together with what came of it, so that no rule is asked.
    ///
    /// - Returns: What became of it; only with `stored` was anything written.
    func admit(
        _ event: Event, settledAs outcome: MatchOutcome, noting note: AuditNote?, at now: Timestamp
    ) async throws(StorageError) -> Admission

    /// Has an event meet the rules again, as its next run.
    ///
    /// - Throws: `.notFound`.
    func replay(
        _ id: Event.ID, noting note: AuditNote?, at now: Timestamp
    ) async throws(StorageError) -> Replay

    /// How many events ``replay(_:from:limit:noting:at:)`` would still have meet the rules.
    func count(_ selection: EventSelection) async throws(StorageError) -> Int

    /// Has the next of many events meet the rules again, oldest first.
    ///
    /// An event that was replayed since the wish was made is left out, so that a call whose answer
    /// was lost may be made again.
    ///
    /// - Parameters:
    ///   - cursor: What the call before answered with, `nil` for the first.
    ///   - limit: Events that are replayed, at most.
    ///   - note: What is noted of so many, where there are any.
    /// - Returns: How many were; none does not mean that there is no next.
    func replay(
        _ selection: EventSelection, from cursor: String?, limit: Int,
        noting note: @escaping @Sendable (Int) -> AuditNote?, at now: Timestamp
    ) async throws(StorageError) -> Portion

    /// How many tasks a wish about many would still change.
    func count(_ selection: TaskSelection, at now: Timestamp) async throws(StorageError) -> Int

    /// Has the next of many tasks done again, each as ``planAgain(_:at:as:)`` does; newest first.
    ///
    /// A task that has a successor is left out, so that a call whose answer was lost may be made
    /// again.
    ///
    /// - Parameters:
    ///   - cursor: What the call before answered with, `nil` for the first.
    ///   - limit: Tasks that are done again, at most.
    ///   - make: Makes the new task of the old one, for this run.
    ///   - note: What is noted of so many, where there are any.
    func planAgain(
        _ selection: TaskSelection, from cursor: String?, limit: Int, at now: Timestamp,
        as make: @escaping @Sendable (_ old: CopyTask, _ run: Int) -> CopyTask,
        noting note: @escaping @Sendable (Int) -> AuditNote?
    ) async throws(StorageError) -> Portion

    /// Changes a task because a person wants it, also while a worker has it on loan.
    ///
    /// A loan goes on, and its settlement writes over what was changed, but for
    /// ``CopyTask/cancelAskedAt``.
    ///
    /// - Parameter change: Changes the task and says what became true with it; `nil` leaves it
    ///   alone.
    /// - Returns: The task afterwards, changed or not.
    /// - Throws: `.notFound`.
    func change(
        _ id: CopyTask.ID, at now: Timestamp,
        _ change: @escaping @Sendable (inout CopyTask, _ isOnLoan: Bool) -> CopySettlement?
    ) async throws(StorageError) -> CopyTask

    /// Changes the next of many tasks, each as ``change(_:at:_:)`` does; newest first.
    ///
    /// One on loan that is to be cancelled already is left alone.
    func change(
        _ selection: TaskSelection, from cursor: String?, limit: Int, at now: Timestamp,
        _ change: @escaping @Sendable (inout CopyTask, _ isOnLoan: Bool) -> CopySettlement?,
        noting note: @escaping @Sendable (Int) -> AuditNote?
    ) async throws(StorageError) -> Portion

    /// How many deliveries ``recover(_:from:limit:noting:at:)`` would still have sent again.
    func count(_ selection: DeliverySelection) async throws(StorageError) -> Int

    /// Has the next of an endpoint's lost deliveries sent again, in the order of their ends, each
    /// ``DeliverySelection/pace`` after the one before.
    func recover(
        _ selection: DeliverySelection, from cursor: String?, limit: Int,
        noting note: @escaping @Sendable (Int) -> AuditNote?, at now: Timestamp
    ) async throws(StorageError) -> Portion
}

/// The task that does the work of another one again.
package struct PlannedAgain: Hashable, Sendable {
    package let task: CopyTask
    /// Whether it was planned just now.
    package let isNew: Bool

    package init(task: CopyTask, isNew: Bool) {
        self.task = task
        self.isNew = isNew
    }
}

/// What a replay made of an event.
package struct Replay: Hashable, Sendable {
    /// Which time round it meets the rules now.
    package let run: Int
    /// Whether that is because of this wish; it waited for the rules already where not.
    package let isNew: Bool

    package init(run: Int, isNew: Bool) {
        self.run = run
        self.isNew = isNew
    }
}

/// What one call did of a wish about many.
package struct Portion: Hashable, Sendable {
    package let count: Int
    /// Those among them that a worker had on loan.
    package let onLoan: Int
    /// Where the next call goes on; `nil` when nothing is left.
    package let next: String?

    package init(count: Int, onLoan: Int = 0, next: String?) {
        self.count = count
        self.onLoan = onLoan
        self.next = next
    }
}

/// Which events are to meet the rules again; what is `nil` leaves none out.
///
/// One that still waits for the rules is never meant, and neither is one of a copy by hand, which
/// no rule sees.
package struct EventSelection: Hashable, Sendable {
    package var source: String?
    package var type: String?
    package var state: EventState?
    /// The entity's id.
    package var entity: String?
    /// Received then or later.
    package var since: Timestamp?
    /// Received before.
    package var until: Timestamp?
    /// When the wish was made: what came later, or was replayed since, is not meant.
    package var askedAt: Timestamp

    package init(askedAt: Timestamp) { self.askedAt = askedAt }

    /// The first moment that is not meant any more.
    package var end: Timestamp { min(until ?? askedAt, askedAt) }
}

/// Which tasks a wish is about.
package struct TaskSelection: Hashable, Sendable {
    /// As a list has them; its state says what the wish is about.
    package var filter: TaskFilter
    /// When the wish was made: what was planned since is not meant.
    package var askedAt: Timestamp
    /// Whether a task that was done again already is meant as well.
    package var takesDoneAgain: Bool
    /// Whether a task that a worker has on loan is meant as well, unless it is to be cancelled.
    package var takesLoans: Bool

    package init(
        _ filter: TaskFilter, askedAt: Timestamp, takesDoneAgain: Bool, takesLoans: Bool
    ) {
        self.filter = filter
        self.askedAt = askedAt
        self.takesDoneAgain = takesDoneAgain
        self.takesLoans = takesLoans
    }

    /// The filter of all that was planned before.
    package var list: TaskFilter {
        var list = filter
        list.window.until = min(filter.window.until ?? askedAt, askedAt)
        return list
    }
}

/// Which of an endpoint's deliveries are to be sent again: those that were given up or cancelled.
package struct DeliverySelection: Hashable, Sendable {
    package var endpoint: String
    /// Ended then or later.
    package var since: Timestamp
    /// When the wish was made: what ended later is not meant.
    package var askedAt: Timestamp
    /// How long after the one before each of them is due.
    package var pace: Duration

    package init(endpoint: String, since: Timestamp, askedAt: Timestamp, pace: Duration) {
        self.endpoint = endpoint
        self.since = since
        self.askedAt = askedAt
        self.pace = pace
    }

    /// When the delivery of this number, from 0, is due.
    ///
    /// Counted from the wish, over all of its calls.
    package func dueAt(_ number: Int, at now: Timestamp) -> Timestamp {
        max(now, askedAt + pace * number)
    }
}
