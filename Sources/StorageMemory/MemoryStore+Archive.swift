package import Domain
package import Storage

extension MemoryStore: Archive {
    package func events(
        _ query: Query<EventState>
    ) throws(StorageError) -> Page<EventRecord> {
        try events.page(
            query, where: { query.state == nil || $0.state == query.state }, as: { $0.record })
    }

    package func event(_ id: Event.ID) throws(StorageError) -> EventRecord? {
        events[id]?.record
    }

    package func tasks(
        _ query: Query<CopyTask.State.Name>
    ) throws(StorageError) -> Page<CopyTask> {
        let event = query.parent.map { Event.ID(rawValue: $0) }
        return try tasks.page(
            query,
            where: { row in
                (query.state == nil || row.task.state.name == query.state)
                    && (event == nil || row.task.plan.event.id == event)
            }, as: { $0.task })
    }

    package func task(_ id: CopyTask.ID) throws(StorageError) -> TaskRecord? {
        tasks[id].map { TaskRecord(task: $0.task, history: $0.history, attempts: $0.attempts) }
    }

    package func deliveries(
        _ query: Query<Delivery.State.Name>
    ) throws(StorageError) -> Page<Delivery> {
        let task = query.parent.map { CopyTask.ID(rawValue: $0) }
        return try deliveries.page(
            query,
            where: { row in
                (query.state == nil || row.delivery.state.name == query.state)
                    && (task == nil || row.taskID == task)
            }, as: { $0.delivery })
    }

    package func delivery(_ id: Delivery.ID) throws(StorageError) -> DeliveryRecord? {
        guard let row = deliveries[id] else { return nil }
        return DeliveryRecord(
            delivery: row.delivery, notification: try notification(of: row.delivery),
            attempts: row.attempts)
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
}

extension StoredEvent {
    fileprivate var record: EventRecord {
        EventRecord(event: event, state: state, verdicts: verdicts, conflicts: conflicts)
    }
}
