package import Domain
package import Storage

extension MemoryStore: Archive {
    package func events(
        _ query: Query<EventFilter>
    ) throws(StorageError) -> Page<EventRecord> {
        try events.page(
            query, of: .events, at: \.event.receivedAt, where: query.filter.accepts,
            as: { $0.record })
    }

    package func event(_ id: Event.ID) throws(StorageError) -> EventRecord? {
        events[id]?.record
    }

    package func tasks(_ query: Query<TaskFilter>) throws(StorageError) -> Page<CopyTask> {
        try tasks.page(
            query, of: .tasks, at: \.task.plan.createdAt, where: query.filter.accepts,
            as: { $0.task })
    }

    package func task(_ id: CopyTask.ID) throws(StorageError) -> TaskRecord? {
        tasks[id].map { TaskRecord(task: $0.task, history: $0.history, attempts: $0.attempts) }
    }

    package func deliveries(
        _ query: Query<DeliveryFilter>
    ) throws(StorageError) -> Page<Delivery> {
        try deliveries.page(
            query, of: .deliveries, at: \.delivery.createdAt, where: query.filter.accepts,
            as: { $0.delivery })
    }

    package func delivery(_ id: Delivery.ID) throws(StorageError) -> DeliveryRecord? {
        guard let row = deliveries[id] else { return nil }
        return DeliveryRecord(
            delivery: row.delivery, notification: try notification(of: row.delivery),
            attempts: row.attempts)
    }

    package func count(_ filter: EventFilter, atMost bound: Int) -> Tally {
        events.count(atMost: bound, where: filter.accepts)
    }

    package func count(_ filter: TaskFilter, atMost bound: Int) -> Tally {
        tasks.count(atMost: bound, where: filter.accepts)
    }

    package func count(_ filter: DeliveryFilter, atMost bound: Int) -> Tally {
        deliveries.count(atMost: bound, where: filter.accepts)
    }

    package func census() throws(StorageError) -> Census {
        var census = Census()
        for row in events.rows { census.events[row.value.state, default: 0] += 1 }
        for row in tasks.rows { census.tasks[row.value.task.state.name, default: 0] += 1 }
        for row in deliveries.rows {
            census.deliveries[row.value.delivery.state.name, default: 0] += 1
        }
        return census
    }

    package func activity(hours: Int, at now: Timestamp) -> Activity {
        let windows = Activity.hours(hours, endingAt: now)
        let whole = Period(since: windows.first?.since, until: windows.last?.until)
        var activity = Activity()
        activity.oldestEvents = events.oldest(
            by: { $0.state.isEnd ? nil : $0.state }, at: \.event.receivedAt)
        activity.oldestTasks = tasks.oldest(
            by: { $0.task.state.isEnd ? nil : $0.task.state.name }, at: \.task.plan.createdAt)
        activity.oldestDeliveries = deliveries.oldest(
            by: { $0.delivery.state.isEnd ? nil : $0.delivery.state.name },
            at: \.delivery.createdAt)
        activity.sources = events.tallies(
            by: \.event.identity.source, where: EventFilter(window: whole).accepts)
        activity.rules = tasks.tallies(
            by: \.task.plan.rule, where: TaskFilter(window: whole).accepts)
        activity.endpoints = deliveries.tallies(
            by: \.delivery.endpoint, where: DeliveryFilter(window: whole).accepts)
        activity.hours = windows.map { window in
            Activity.Hour(
                start: window.since ?? now,
                events: count(EventFilter(window: window), atMost: Activity.countMax),
                tasks: count(TaskFilter(window: window), atMost: Activity.countMax),
                deliveries: count(DeliveryFilter(window: window), atMost: Activity.countMax))
        }
        return activity
    }
}

extension StoredEvent {
    fileprivate var record: EventRecord {
        EventRecord(event: event, state: state, verdicts: verdicts, conflicts: conflicts)
    }
}

extension EventFilter {
    fileprivate func accepts(_ row: StoredEvent) -> Bool {
        let event = row.event
        return state.accepts(row.state) && source.accepts(event.identity.source)
            && type.accepts(event.type) && entity.accepts(event.entity?.id)
            && window.contains(event.receivedAt)
            && text?.isIn(
                event.id.rawValue, event.identity.key, event.type, event.identity.source,
                event.entity?.id, event.entity?.name) ?? true
    }
}

extension TaskFilter {
    func accepts(_ row: StoredTask) -> Bool {
        let plan = row.task.plan
        return state.accepts(row.task.state.name) && event.accepts(plan.event.id)
            && rule.accepts(plan.rule) && connection.accepts(plan.connection)
            && entity.accepts(plan.entity.id) && workspace.accepts(plan.target)
            && window.contains(plan.createdAt)
            && text?.isIn(
                row.task.id.rawValue, plan.event.id.rawValue, plan.rule, plan.connection,
                plan.target, plan.entity.id, plan.entity.name) ?? true
    }
}

extension DeliveryFilter {
    fileprivate func accepts(_ row: StoredDelivery) -> Bool {
        let delivery = row.delivery
        return state.accepts(delivery.state.name) && task.accepts(row.taskID)
            && event.accepts(row.eventID) && endpoint.accepts(delivery.endpoint)
            && type.accepts(delivery.type) && window.contains(delivery.createdAt)
            && text?.isIn(
                delivery.id.rawValue, row.taskID?.rawValue, row.eventID?.rawValue,
                delivery.endpoint, delivery.type.rawValue) ?? true
    }
}

extension Optional where Wrapped: Equatable {
    /// Whether this is what is wanted, or nothing in particular is.
    fileprivate func accepts(_ value: Wrapped?) -> Bool { self == nil || self == value }
}

extension Optional<String> {
    /// The same, byte for byte.
    fileprivate func accepts(_ value: String?) -> Bool {
        guard let self else { return true }
        return value.map { self.utf8.elementsEqual($0.utf8) } ?? false
    }
}
