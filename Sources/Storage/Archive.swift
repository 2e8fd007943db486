package import Domain

/// What people look at.
///
/// Lists are newest first, by ``PageMark``'s order, and come in pages of at most 200 rows.
package protocol Archive: Sendable {
    func events(_ query: Query<EventFilter>) async throws(StorageError) -> Page<EventRecord>
    func event(_ id: Event.ID) async throws(StorageError) -> EventRecord?
    func tasks(_ query: Query<TaskFilter>) async throws(StorageError) -> Page<CopyTask>
    func task(_ id: CopyTask.ID) async throws(StorageError) -> TaskRecord?
    func deliveries(_ query: Query<DeliveryFilter>) async throws(StorageError) -> Page<Delivery>
    func delivery(_ id: Delivery.ID) async throws(StorageError) -> DeliveryRecord?

    /// How many rows a list has, counted no further than `bound`.
    func count(_ filter: EventFilter, atMost bound: Int) async throws(StorageError) -> Tally
    func count(_ filter: TaskFilter, atMost bound: Int) async throws(StorageError) -> Tally
    func count(_ filter: DeliveryFilter, atMost bound: Int) async throws(StorageError) -> Tally

    /// How many rows stand in each state, by the state's word.
    func census() async throws(StorageError) -> Census
    /// What waits, and what happened in the last `hours` full hours, the one of `now` included.
    func activity(hours: Int, at now: Timestamp) async throws(StorageError) -> Activity
}

/// Which rows, and where the page starts.
package struct Query<Filter: Hashable & Sendable>: Hashable, Sendable {
    /// Rows on one page, whatever is asked for.
    package static var limitMax: Int { 200 }

    package var filter: Filter
    /// What the page before ended with; `nil` for the first page.
    package var cursor: String?
    package var limit: Int

    package init(_ filter: Filter, cursor: String? = nil, limit: Int = 50) {
        self.filter = filter
        self.cursor = cursor
        self.limit = limit
    }

    /// Rows on the page, at least one.
    package var rowsMax: Int { min(max(limit, 1), Self.limitMax) }
}

extension Query<EventFilter> {
    package init(state: EventState? = nil, cursor: String? = nil, limit: Int = 50) {
        self.init(EventFilter(state: state), cursor: cursor, limit: limit)
    }
}

extension Query<TaskFilter> {
    package init(
        state: CopyTask.State.Name? = nil, event: Event.ID? = nil, cursor: String? = nil,
        limit: Int = 50
    ) {
        self.init(TaskFilter(state: state, event: event), cursor: cursor, limit: limit)
    }
}

extension Query<DeliveryFilter> {
    package init(
        state: Delivery.State.Name? = nil, task: CopyTask.ID? = nil, cursor: String? = nil,
        limit: Int = 50
    ) {
        self.init(DeliveryFilter(state: state, task: task), cursor: cursor, limit: limit)
    }
}

/// A page of a list.
package struct Page<Row: Hashable & Sendable>: Hashable, Sendable {
    package let rows: [Row]
    /// Where the next page starts, opaque; `nil` on the last.
    package let next: String?

    package init(rows: [Row], next: String?) {
        self.rows = rows
        self.next = next
    }
}

/// An event and what it led to.
package struct EventRecord: Hashable, Sendable {
    package let event: Event
    package let state: EventState
    package let verdicts: [RuleVerdict]
    /// Deliveries of the same event with another body, oldest first, at most ten kept.
    package let conflicts: [Conflict]

    package init(event: Event, state: EventState, verdicts: [RuleVerdict], conflicts: [Conflict]) {
        self.event = event
        self.state = state
        self.verdicts = verdicts
        self.conflicts = conflicts
    }

    package struct Conflict: Hashable, Sendable {
        package let receivedAt: Timestamp
        package let body: [UInt8]

        package init(receivedAt: Timestamp, body: [UInt8]) {
            self.receivedAt = receivedAt
            self.body = body
        }
    }
}

/// A task with every state it was stored in and every attempt, oldest first.
package struct TaskRecord: Hashable, Sendable {
    package let task: CopyTask
    package let history: [StateChange]
    package let attempts: [Attempt]

    package init(task: CopyTask, history: [StateChange], attempts: [Attempt]) {
        self.task = task
        self.history = history
        self.attempts = attempts
    }

    package struct StateChange: Hashable, Sendable {
        package let state: CopyTask.State.Name
        package let at: Timestamp

        package init(state: CopyTask.State.Name, at: Timestamp) {
            self.state = state
            self.at = at
        }
    }
}

/// A delivery with what it delivers and every attempt, oldest first.
package struct DeliveryRecord: Hashable, Sendable {
    package let delivery: Delivery
    package let notification: CompletionNotification
    package let attempts: [Attempt]

    package init(
        delivery: Delivery, notification: CompletionNotification, attempts: [Attempt]
    ) {
        self.delivery = delivery
        self.notification = notification
        self.attempts = attempts
    }
}

/// How much of everything there is.
package struct Census: Hashable, Sendable {
    package var events: [EventState: Int]
    package var tasks: [CopyTask.State.Name: Int]
    package var deliveries: [Delivery.State.Name: Int]

    package init(
        events: [EventState: Int] = [:], tasks: [CopyTask.State.Name: Int] = [:],
        deliveries: [Delivery.State.Name: Int] = [:]
    ) {
        self.events = events
        self.tasks = tasks
        self.deliveries = deliveries
    }
}

/// All roles together, for the composition root and for people's verbs.
package typealias Store = EventLog & CopyLedger & DeliveryLedger & HealthLedger & Registry
    & Archive & History & Vault & AuditLog & WishLedger & Keyring & KeyedWishes
    & HappeningLog
