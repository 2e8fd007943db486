package import Domain
package import Storage

extension MemoryStore: Housekeeping {
    /// The cursor is how many rows had to stay so far; they stand before all others.
    package func prune(
        _ keeping: Keeping, olderThan moment: Timestamp, from cursor: String?, limit: Int,
        at now: Timestamp
    ) throws(StorageError) -> Pruned {
        switch keeping {
        case .audit: return pruneAudit(olderThan: moment, limit: limit, at: now)
        case .turns: return pruneTurns(olderThan: moment, limit: limit)
        default: break
        }
        guard let kept = Int(cursor ?? "0"), kept >= 0 else {
            throw StorageError(.notFound, detail: "cursor \(cursor ?? "")")
        }
        // In the order of the rows where two are of one age, so that chance decides nothing.
        let old = rows(keeping).enumerated().filter { $0.element.at < moment }
            .sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }
            .map(\.element).dropFirst(kept)
        let taken = old.prefix(max(limit, 1))
        let removed = taken.filter { !isNeeded($0.row, at: moment) }
        // From behind, since removing an attempt moves those that follow it.
        for aged in removed.reversed() { remove(aged.row) }
        return Pruned(
            removed: removed.count,
            next: taken.count == old.count ? nil : String(kept + taken.count - removed.count))
    }

    /// There is no disk.
    package func giveBack() -> Bool { false }

    package func makeFindable() -> Bool { false }

    package func attend() -> StoreCondition { StoreCondition() }
}

extension MemoryStore {
    private enum Prunable {
        case taskAttempt(CopyTask.ID, Int)
        case deliveryAttempt(Delivery.ID, Int)
        case task(CopyTask.ID)
        case notification(CompletionNotification.ID)
        case event(Event.ID)
        case key(Event.Identity)
        case trigger(TriggerKey)
        case wish(KeyedWish)
    }

    private func rows(_ keeping: Keeping) -> [(at: Timestamp, row: Prunable)] {
        switch keeping {
        case .taskAttempts:
            tasks.rows.map(\.value).flatMap { task in
                task.attempts.enumerated().map {
                    ($0.element.at, .taskAttempt(task.task.id, $0.offset))
                }
            }
        case .deliveryAttempts:
            deliveries.rows.map(\.value).flatMap { delivery in
                delivery.attempts.enumerated().map {
                    ($0.element.at, .deliveryAttempt(delivery.delivery.id, $0.offset))
                }
            }
        case .tasks:
            tasks.rows.map(\.value).compactMap { task in
                task.endedAt.map { ($0, .task(task.task.id)) }
            }
        case .notifications:
            notifications.values.filter { $0.taskID == nil }
                .sorted { Bytes($0.id.rawValue) < Bytes($1.id.rawValue) }
                .map { ($0.createdAt, .notification($0.id)) }
        case .events:
            events.rows.map { ($0.value.event.receivedAt, .event($0.value.event.id)) }
        case .keys:
            keys.sorted { Bytes($0.value.id.rawValue) < Bytes($1.value.id.rawValue) }
                .map { ($0.value.seenAt, .key($0.key)) }
        case .triggers:
            triggers.sorted { $0.key.parts.lexicographicallyPrecedes($1.key.parts) }
                .map { ($0.value, .trigger($0.key)) }
        case .wishes:
            keyedWishes.map { ($0.wish.begunAt, .wish($0.wish)) }
        case .audit, .turns:
            preconditionFailure("these go in their own order")
        }
    }

    private func isNeeded(_ row: Prunable, at moment: Timestamp) -> Bool {
        switch row {
        case .taskAttempt(let id, _):
            return tasks[id]?.endedAt == nil
        case .deliveryAttempt(let id, _):
            return deliveries[id]?.delivery.state.isEnd == false
        case .task(let id):
            let isHeld = tasks.place(of: id).map { tasks[at: $0].isHeld(at: moment) } ?? false
            return isHeld || tasks[id]?.task.watchAt != nil || isKnownJob(id)
                || deliveries.rows.contains { $0.value.isOpen && $0.value.taskID == id }
        case .notification(let id):
            return deliveries.rows.contains {
                $0.value.isOpen && $0.value.delivery.notificationID == id
            }
        case .event(let id):
            return events[id]?.state == .received
                || tasks.rows.contains { $0.value.task.plan.event.id == id }
                || notifications.values.contains { $0.eventID == id && $0.taskID == nil }
        case .key, .trigger, .wish:
            return false
        }
    }

    /// Whether a task's job at the provider could still be taken for that of another, which looks
    /// for its own: forgotten here, it would be nobody's there (``Surroundings``).
    private func isKnownJob(_ id: CopyTask.ID) -> Bool {
        guard let ended = tasks[id], let end = ended.endedAt,
            ended.task.evidence.providerTask != nil
        else { return false }
        let connection = ended.task.plan.connection
        return tasks.rows.contains { row in
            let other = row.value.task
            let isLooking: Bool =
                switch other.state.name {
                case .submitting, .copying, .reconciling, .unresolved: other.dueAt != nil
                case .queued, .succeeded, .failed, .cancelled: false
                }
            return isLooking && other.plan.connection.utf8.elementsEqual(connection.utf8)
                && other.plan.createdAt <= end + Surroundings.margin
        }
    }

    private func remove(_ row: Prunable) {
        switch row {
        case .taskAttempt(let id, let index):
            if let place = tasks.place(of: id) {
                tasks.change(place) { _ = $0.attempts.remove(at: index) }
            }
        case .deliveryAttempt(let id, let index):
            if let place = deliveries.place(of: id) {
                deliveries.change(place) { _ = $0.attempts.remove(at: index) }
            }
        case .task(let id):
            for notification in notifications.values where notification.taskID == id {
                remove(.notification(notification.id))
            }
            tasks.remove(id)
        case .notification(let id):
            for delivery in deliveries.rows.map(\.value.delivery)
            where delivery.notificationID == id {
                deliveries.remove(delivery.id)
            }
            notifications[id] = nil
        case .event(let id):
            guard let event = events[id] else { return }
            keys[event.event.identity] = StoredKey(
                id: id, body: event.event.body, seenAt: event.seenAt)
            eventsByIdentity[event.event.identity] = nil
            events.remove(id)
        case .key(let identity):
            keys[identity] = nil
        case .trigger(let key):
            triggers[key] = nil
        case .wish(let wish):
            keyedWishes.removeAll { $0.wish == wish }
        }
    }
}

extension StoredDelivery {
    fileprivate var isOpen: Bool { !delivery.state.isEnd }
}
