package import Domain
package import Storage

extension MemoryStore: EventLog {
    package func admit(_ event: Event) throws(StorageError) -> Admission {
        if let known = eventsByIdentity[event.identity], let place = events.place(of: known) {
            guard events.rows[place].value.event.body != event.body else {
                return .repeated(of: known)
            }
            events.change(place) { row in
                guard row.conflicts.count < 10 else { return }
                row.conflicts.append(
                    EventRecord.Conflict(receivedAt: event.receivedAt, body: event.body))
            }
            return .conflict(with: known)
        }
        guard events[event.id] == nil else {
            throw StorageError(.conflict, detail: "events.id \(event.id) is taken")
        }
        events.insert(StoredEvent(event: event), as: event.id)
        eventsByIdentity[event.identity] = event.id
        return .stored
    }

    package func claimEvents(
        limit: Int, at now: Timestamp, lease: Duration
    ) throws(StorageError) -> [Claim<Event>] {
        let places = events.rows.indices.filter { place in
            let row = events.rows[place]
            return row.value.state == .received && !row.isHeld(at: now)
        }
        return places.prefix(max(limit, 0)).map { place in
            events.lend(place, until: now + lease) { $0.event }
        }
    }

    package func settle(
        _ claim: Claim<Event>, as outcome: MatchOutcome, at now: Timestamp
    ) throws(StorageError) {
        let place = try events.place(of: claim.work.id, onLoanUnder: claim.token)
        for task in outcome.tasks where tasks[task.id] == nil {
            try checkLock(of: task)
        }
        events.change(place) { row in
            row.state = outcome.state
            row.verdicts = outcome.verdicts
            row.settledAt = now
        }
        for task in outcome.tasks { tasks.insert(StoredTask(task, at: now), as: task.id) }
        insert(outcome.announcements)
        events.endLoan(place)
    }

    package func ownCopies(
        among ids: [String], of provider: Provider
    ) throws(StorageError) -> Set<String> {
        let own = ownCopies[provider] ?? []
        return Set(ids.filter { own.contains(Bytes($0)) })
    }

    package func lastTrigger(
        rule: String, entity: EntityReference
    ) throws(StorageError) -> Timestamp? {
        let wanted = [rule, entity.type, entity.id].map { Bytes($0) }
        func isWanted(_ rule: String, _ entity: EntityReference) -> Bool {
            [rule, entity.type, entity.id].map { Bytes($0) } == wanted
        }
        let planned = tasks.rows.map(\.value.task.plan).filter { isWanted($0.rule, $0.entity) }
            .map(\.createdAt)
        let announced = events.rows.map(\.value).filter { row in
            guard let entity = row.event.entity else { return false }
            return row.verdicts.contains { $0.isAnnouncement && isWanted($0.rule, entity) }
        }
        return (planned + announced.compactMap(\.settledAt)).max()
    }
}
