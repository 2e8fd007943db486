package import Domain
package import Storage

/// What happened, as it is remembered: what it happened to is looked up when it is told.
struct Remembered: Sendable {
    enum Subject: Hashable, Sendable {
        case event(Event.ID)
        case task(CopyTask.ID)
        case delivery(Delivery.ID)
        case audit
    }

    /// From 1, without a gap.
    let number: Int64
    let at: Timestamp
    let what: Happening.What
    let subject: Subject

    /// Whether it is written down nowhere else.
    var isTurn: Bool {
        switch what {
        case .event(let state): state != .received
        case .delivery: true
        case .task, .taskAttempted, .deliveryAttempted, .noted: false
        }
    }
}

extension MemoryStore: HappeningLog {
    package func streamMark(since moment: Timestamp?) throws(StorageError) -> StreamMark {
        guard let moment, let first = happened.first(where: { $0.at >= moment }) else {
            return StreamMark([happenedLast])
        }
        return StreamMark([first.number - 1])
    }

    package func happenings(
        after mark: StreamMark, limit: Int
    ) throws(StorageError) -> Happenings {
        guard mark.numbers.count == 1, mark.numbers[0] <= happenedLast else {
            throw StorageError(.notFound, detail: "mark \(mark.text)")
        }
        let later = happened.drop { $0.number <= mark.numbers[0] }
        let taken = later.prefix(max(limit, 1))
        return Happenings(
            rows: taken.compactMap(told), next: taken.last.map { StreamMark([$0.number]) } ?? mark,
            hasMore: later.count > taken.count)
    }

    /// `nil` when its row was pruned.
    private func told(_ one: Remembered) -> Happening? {
        guard let about = about(one) else { return nil }
        return Happening(
            mark: StreamMark([one.number]), at: one.at, what: one.what, about: about)
    }

    private func about(_ one: Remembered) -> Happening.About? {
        switch one.subject {
        case .event(let id):
            guard let row = events[id] else { return nil }
            var about = Happening.About(row.event)
            if one.what == .event(.matched) { about.rules = row.verdicts.ruleNames }
            return about
        case .task(let id):
            guard let row = tasks[id] else { return nil }
            switch one.what {
            case .task(let state):
                return Happening.About(row.task).ending(row.task, in: state)
            case .taskAttempted(let attempt):
                return row.attempts.contains(attempt) ? Happening.About(row.task) : nil
            case .event, .deliveryAttempted, .delivery, .noted:
                return nil
            }
        case .delivery(let id):
            guard let row = deliveries[id] else { return nil }
            if case .deliveryAttempted(let attempt) = one.what, !row.attempts.contains(attempt) {
                return nil
            }
            let task = row.taskID.flatMap { tasks[$0]?.task }
            let event = row.eventID.flatMap { events[$0]?.event }
            let about = task.map { Happening.About($0) } ?? event.map { Happening.About($0) }
            return (about ?? Happening.About()).delivering(row.delivery)
        case .audit:
            guard case .noted(let entry) = one.what, entry.number > auditAnchor.number else {
                return nil
            }
            return Happening.About()
        }
    }
}

extension MemoryStore {
    func remember(_ what: Happening.What, of subject: Remembered.Subject, at now: Timestamp) {
        happenedLast += 1
        happened.append(
            Remembered(number: happenedLast, at: now, what: what, subject: subject))
    }

    /// Takes a task's new form and what was tried.
    func store(
        _ task: CopyTask, in place: Int, with attempts: [Attempt] = [], at now: Timestamp
    ) {
        let before = tasks[at: place].value.task.state.name
        tasks.change(place) { row in
            row.store(task, at: now)
            row.attempts += attempts
        }
        for attempt in attempts {
            remember(.taskAttempted(attempt), of: .task(task.id), at: attempt.at)
        }
        if before != task.state.name {
            remember(.task(task.state.name), of: .task(task.id), at: now)
        }
    }

    func plan(_ task: CopyTask, at now: Timestamp) {
        tasks.insert(StoredTask(task, at: now), as: task.id)
        remember(.task(task.state.name), of: .task(task.id), at: now)
        noteTrigger(of: task.plan.rule, for: task.plan.entity, at: task.plan.createdAt)
    }

    func store(_ delivery: Delivery, in place: Int, with attempts: [Attempt] = []) {
        let before = deliveries[at: place].value.delivery.state.name
        deliveries.change(place) { row in
            row.delivery = delivery
            row.attempts += attempts
        }
        for attempt in attempts {
            remember(.deliveryAttempted(attempt), of: .delivery(delivery.id), at: attempt.at)
        }
        guard let turn = delivery.turn, before != delivery.state.name else { return }
        remember(turn.what, of: .delivery(delivery.id), at: turn.at)
    }

    /// Takes away the oldest of what is written down nowhere else, but for the newest.
    func pruneTurns(olderThan moment: Timestamp, limit: Int) -> Pruned {
        let turns = happened.filter(\.isTurn)
        let taken = turns.dropLast().prefix(max(limit, 1)).prefix { $0.at < moment }
        let numbers = Set(taken.map(\.number))
        happened.removeAll { numbers.contains($0.number) }
        return Pruned(removed: taken.count, next: taken.count < max(limit, 1) ? nil : "0")
    }
}
