package import Domain

/// What happened, in the order in which it was written down, from any place on.
///
/// The stream is the store: everything in it is on disk, and nothing is written for it that is not
/// kept anyway, but for when an event was settled and when a delivery ended.
package protocol HappeningLog: Sendable {
    /// A place: behind everything that there is, or before what happened at `moment` or later.
    ///
    /// Where the clock was put back meanwhile, `moment` may mean a place somewhat off.
    func streamMark(since moment: Timestamp?) async throws(StorageError) -> StreamMark

    /// What was written down behind a place.
    ///
    /// Whoever goes on from `next` is told everything once. What was pruned is left out.
    ///
    /// - Parameter limit: Things looked at, at most.
    /// - Throws: `.notFound` for a mark that is not one of this store.
    func happenings(
        after mark: StreamMark, limit: Int
    ) async throws(StorageError) -> Happenings
}

/// A stretch of the stream.
package struct Happenings: Hashable, Sendable {
    package let rows: [Happening]
    /// Behind everything that was looked at.
    package let next: StreamMark
    /// Whether there was more already.
    package let hasMore: Bool

    package init(rows: [Happening], next: StreamMark, hasMore: Bool) {
        self.rows = rows
        self.next = next
        self.hasMore = hasMore
    }
}

/// One thing that happened; no body of an event, nothing that is secret.
package struct Happening: Hashable, Sendable {
    /// The place behind it.
    package let mark: StreamMark
    package let at: Timestamp
    package let what: What
    package let about: About

    package init(mark: StreamMark, at: Timestamp, what: What, about: About) {
        self.mark = mark
        self.at = at
        self.what = what
        self.about = about
    }

    package enum What: Hashable, Sendable {
        /// `received` means that it was stored; the others what the rules made of it.
        case event(EventState)
        /// A task's state became this one.
        case task(CopyTask.State.Name)
        case taskAttempted(Attempt)
        case deliveryAttempted(Attempt)
        /// A delivery came to its end; `reason` as in ``Delivery/State``.
        case delivery(Delivery.State.Name, reason: String?)
        /// The audit has an entry of it.
        case noted(AuditEntry)
    }

    /// What it happened to, as far as there is such a thing; it tells how that is today.
    package struct About: Hashable, Sendable {
        package var event: Event.ID?
        package var source: String?
        /// The event's.
        package var type: String?
        package var entity: EntityReference?
        /// Those that made something of the event, or the one that the task is of.
        package var rules: [String] = []
        package var task: CopyTask.ID?
        package var connection: String?
        package var failure: Failure.Kind?
        package var delivery: Delivery.ID?
        package var endpoint: String?
        package var notification: NotificationType?

        package init() {}
    }
}

extension Happening {
    /// A word that never changes, as in `task.succeeded`: programs filter by it.
    package var kind: String {
        switch what {
        case .event(.received): "event.stored"
        case .event(let state): "event." + state.rawValue
        case .task(let state): "task." + state.rawValue
        case .taskAttempted: "task.attempted"
        case .deliveryAttempted: "delivery.attempted"
        case .delivery(let state, _): "delivery." + state.rawValue
        case .noted(let entry): "audit." + entry.verb
        }
    }

    /// Every kind there is, apart from those of a newer program's audit.
    package static let kinds =
        ["event.stored", "event.matched", "event.ignored"]
        + CopyTask.State.Name.allCases.map { "task." + $0.rawValue } + ["task.attempted"]
        + ["delivery.attempted"]
        + Delivery.State.Name.allCases.filter(\.isEnd).map { "delivery." + $0.rawValue }
        + AuditVerb.allCases.map { "audit." + $0.rawValue }
}

extension Happening.What {
    /// Which comes first of what happened in one millisecond.
    package var rank: Int {
        switch self {
        case .noted: 0
        case .event(.received): 1
        case .event: 2
        case .task(.queued), .task(.submitting): 3
        case .taskAttempted: 4
        case .task: 5
        case .deliveryAttempted: 6
        case .delivery: 7
        }
    }
}

extension Happening.About {
    package init(_ event: Event) {
        self.init()
        self.event = event.id
        source = event.identity.source
        type = event.type
        entity = event.entity
    }

    package init(_ task: CopyTask) {
        self.init()
        event = task.plan.event.id
        source = task.plan.event.source
        type = task.plan.event.type
        entity = task.plan.entity
        rules = [task.plan.rule]
        self.task = task.id
        connection = task.plan.connection
    }

    /// With what became of the task, where it is still in this state.
    package func ending(_ task: CopyTask, in state: CopyTask.State.Name) -> Self {
        guard state == .failed, case .failed(let failure) = task.state else { return self }
        var about = self
        about.failure = failure.kind
        return about
    }

    /// With the delivery of something about this.
    package func delivering(_ delivery: Delivery) -> Self {
        var about = self
        about.delivery = delivery.id
        about.endpoint = delivery.endpoint
        about.notification = delivery.type
        return about
    }
}
