package import Domain
package import Storage

extension MemoryStore: WishLedger {
    package func planAgain(
        _ id: CopyTask.ID, at now: Timestamp,
        as make: @escaping @Sendable (_ old: CopyTask, _ run: Int) -> (CopyTask, AuditNote?)
    ) throws(StorageError) -> PlannedAgain {
        guard let old = tasks[id]?.task else { throw StorageError(.notFound, detail: "\(id)") }
        guard old.mayBeRetried else {
            throw StorageError(.conflict, detail: "\(id) is \(old.state.name)")
        }
        if let next = successor(of: old) { return PlannedAgain(task: next, isNew: false) }
        let (task, note) = make(old, lastRun(of: old.plan.event.id) + 1)
        try insertAgain(task, at: now)
        append(note)
        return PlannedAgain(task: task, isNew: true)
    }

    /// The task that does this one's work in the latest run after it.
    func successor(of task: CopyTask) -> CopyTask? {
        tasks.rows.map(\.value.task).filter {
            $0.plan.event.id == task.plan.event.id
                && Bytes($0.plan.rule) == Bytes(task.plan.rule)
                && $0.plan.action == task.plan.action && $0.plan.run > task.plan.run
        }.max { $0.plan.run < $1.plan.run }
    }

    func insertAgain(_ task: CopyTask, at now: Timestamp) throws(StorageError) {
        try checkLock(of: task)
        plan(task, at: now)
    }

    package func admit(
        _ event: Event, settledAs outcome: MatchOutcome, noting note: AuditNote?, at now: Timestamp
    ) throws(StorageError) -> Admission {
        let before = (events, eventsByIdentity, happened, happenedLast)
        let admission = try admit(event)
        guard admission == .stored, let place = events.place(of: event.id) else {
            return admission
        }
        do throws(StorageError) {
            try write(outcome, of: event, in: place, at: now)
        } catch {
            (events, eventsByIdentity, happened, happenedLast) = before
            throw error
        }
        append(note)
        return .stored
    }

    package func replay(
        _ id: Event.ID, noting note: AuditNote?, at now: Timestamp
    ) throws(StorageError) -> Replay {
        guard let place = events.place(of: id) else {
            throw StorageError(.notFound, detail: "\(id)")
        }
        let row = events[at: place].value
        guard row.state != .received else { return Replay(run: row.event.run, isNew: false) }
        replay(place, at: now)
        append(note)
        return Replay(run: events[at: place].value.event.run, isNew: true)
    }

    /// The latest run that an event or a task of its has.
    func lastRun(of event: Event.ID) -> Int {
        let runs = tasks.rows.map(\.value.task.plan).filter { $0.event.id == event }.map(\.run)
        return max(events[event]?.event.run ?? 0, runs.max() ?? 0)
    }

    private func replay(_ place: Int, at now: Timestamp) {
        let run = lastRun(of: events[at: place].value.event.id) + 1
        events.change(place) { row in
            row.state = .received
            row.event.run = run
            row.replayedAt = now
        }
    }

    package func count(_ selection: EventSelection) throws(StorageError) -> Int {
        events.rows.count { selection.means($0.value) }
    }

    package func replay(
        _ selection: EventSelection, from cursor: String?, limit: Int,
        noting note: @escaping @Sendable (Int) -> AuditNote?, at now: Timestamp
    ) throws(StorageError) -> Portion {
        let start = try cursor.map { text throws(StorageError) in try Cursor(text) }
        let meant = events.rows.filter { selection.means($0.value) }
            .map { Cursor(number: 0, at: $0.value.event.receivedAt, place: $0.place) }
            .filter { one in start.map { $0 < one } ?? true }.sorted()
        let taken = meant.prefix(max(0, limit))
        for one in taken { replay(one.place, at: now) }
        if !taken.isEmpty { append(note(taken.count)) }
        return Portion(count: taken.count, next: meant.count > taken.count ? taken.last?.text : nil)
    }

    package func count(_ selection: DeliverySelection) throws(StorageError) -> Int {
        deliveries.rows.count { selection.means($0.value.delivery) }
    }

    package func recover(
        _ selection: DeliverySelection, from cursor: String?, limit: Int,
        noting note: @escaping @Sendable (Int) -> AuditNote?, at now: Timestamp
    ) throws(StorageError) -> Portion {
        let start = try cursor.map { text throws(StorageError) in try Cursor(text) }
        var number = start?.number ?? 0
        let meant = deliveries.rows
            .filter { selection.means($0.value.delivery) && !$0.isHeld(at: now) }
            .map { row in
                Cursor(number: 0, at: row.value.delivery.endedAt ?? now, place: row.place)
            }
            .filter { one in start.map { $0 < one } ?? true }.sorted()
        let taken = meant.prefix(max(0, limit))
        for one in taken {
            var delivery = deliveries[at: one.place].value.delivery
            guard (try? delivery.apply(.sendAgain(at: selection.dueAt(number, at: now)))) != nil
            else { continue }
            number += 1
            store(delivery, in: one.place)
        }
        if !taken.isEmpty { append(note(taken.count)) }
        var last = taken.last
        last?.number = number
        return Portion(count: taken.count, next: meant.count > taken.count ? last?.text : nil)
    }
}

/// Where a wish about many goes on.
private struct Cursor: Comparable {
    /// How many were done before.
    var number: Int
    let at: Timestamp
    let place: Int

    init(number: Int, at: Timestamp, place: Int) {
        self.number = number
        self.at = at
        self.place = place
    }

    init(_ text: String) throws(StorageError) {
        let parts = text.split(separator: ".").map { Int64($0) }
        guard parts.count == 3, let number = parts[0], let at = parts[1], let place = parts[2],
            let number = Int(exactly: number), let place = Int(exactly: place)
        else { throw StorageError(.notFound, detail: "cursor \(text)") }
        self.init(number: number, at: Timestamp(milliseconds: at), place: place)
    }

    var text: String { "\(number).\(at.milliseconds).\(place)" }

    static func < (one: Self, other: Self) -> Bool {
        (one.at, one.place) < (other.at, other.place)
    }
}

extension EventSelection {
    fileprivate func means(_ row: StoredEvent) -> Bool {
        let event = row.event
        return row.state != .received && !event.isByHand && event.receivedAt < end
            && event.receivedAt >= since ?? event.receivedAt
            && (row.replayedAt.map { $0 < askedAt } ?? true)
            && (source.map { Bytes($0) == Bytes(event.identity.source) } ?? true)
            && (type.map { Bytes($0) == Bytes(event.type) } ?? true)
            && (state.map { $0 == row.state } ?? true)
            && (entity.map { wanted in
                event.entity.map { Bytes($0.id) == Bytes(wanted) } ?? false
            } ?? true)
    }
}

extension DeliverySelection {
    fileprivate func means(_ delivery: Delivery) -> Bool {
        switch delivery.state {
        case .exhausted, .cancelled: break
        case .pending, .sending, .delivered: return false
        }
        guard let endedAt = delivery.endedAt else { return false }
        return Bytes(delivery.endpoint) == Bytes(endpoint) && endedAt >= since
            && endedAt < askedAt
    }
}
