package import Domain
package import Storage

extension MemoryStore: EventLog {
    package func admit(_ event: Event) throws(StorageError) -> Admission {
        if let gone = keys[event.identity] {
            keys[event.identity]?.seenAt = max(gone.seenAt, event.receivedAt)
            return gone.body == event.body ? .repeated(of: gone.id) : .conflict(with: gone.id)
        }
        if let known = eventsByIdentity[event.identity], let place = events.place(of: known) {
            events.change(place) { $0.seenAt = max($0.seenAt, event.receivedAt) }
            guard events[at: place].value.event.body != event.body else {
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
        remember(.event(.received), of: .event(event.id), at: event.receivedAt)
        return .stored
    }

    package func admit(_ batch: [Event]) throws(StorageError) -> [Admission] {
        let before = (events, eventsByIdentity, keys, happened, happenedLast)
        do throws(StorageError) {
            var admissions: [Admission] = []
            for event in batch { admissions.append(try admit(event)) }
            return admissions
        } catch {
            (events, eventsByIdentity, keys, happened, happenedLast) = before
            throw error
        }
    }

    package func claimEvents(
        limit: Int, at now: Timestamp, lease: Duration
    ) throws(StorageError) -> [Claim<Event>] {
        let waiting = events.rows.filter { row in
            row.value.state == .received && !row.isHeld(at: now)
        }
        let places = waiting.sorted {
            ($0.value.event.run, $0.place) < ($1.value.event.run, $1.place)
        }.map(\.place)
        return places.prefix(max(limit, 0)).map { place in
            events.lend(place, until: now + lease) { $0.event }
        }
    }

    package func settle(
        _ claim: Claim<Event>, as outcome: MatchOutcome, at now: Timestamp
    ) throws(StorageError) {
        let place = try events.place(of: claim.work.id, onLoanUnder: claim.token)
        try write(outcome, of: claim.work, in: place, at: now)
        events.endLoan(place)
    }

    /// Writes what came of an event.
    func write(
        _ outcome: MatchOutcome, of event: Event, in place: Int, at now: Timestamp
    ) throws(StorageError) {
        for task in outcome.tasks where tasks[task.id] == nil {
            try checkLock(of: task)
        }
        events.change(place) { row in
            row.state = outcome.state
            row.verdicts = outcome.verdicts
        }
        remember(.event(outcome.state), of: .event(event.id), at: now)
        for task in outcome.tasks where tasks[task.id] == nil {
            plan(task, at: now)
        }
        if let entity = event.entity {
            for verdict in outcome.verdicts where verdict.isAnnouncement {
                noteTrigger(of: verdict.rule, for: entity, at: now)
            }
        }
        insert(outcome.announcements)
    }

    package func ownCopies(
        among ids: [String], of provider: Provider
    ) throws(StorageError) -> Set<String> {
        let own = ownCopies[provider] ?? [:]
        return Set(ids.filter { own[Bytes($0)] != nil })
    }

    package func lastTrigger(
        rule: String, entity: EntityReference
    ) throws(StorageError) -> Timestamp? {
        triggers[TriggerKey(rule: rule, entity: entity)]
    }
}
