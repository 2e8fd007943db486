import Domain
import Storage
import StorageMemory

/// What only people ask of the store.
///
/// Passed on as it is: what goes wrong is drawn where rooms and decisions write.
extension WorldStore: Registry {
    func rules() async throws(StorageError) -> [StoredRule] { try await inner.rules() }

    func change(_ changes: [RuleChange]) async throws(StorageError) {
        try await inner.change(changes)
    }

    func ruleVersions(_ name: String) async throws(StorageError) -> [RuleVersion] {
        try await inner.ruleVersions(name)
    }

    func setting(_ name: String) async throws(StorageError) -> String? {
        try await inner.setting(name)
    }

    func set(_ name: String, to value: String) async throws(StorageError) {
        try await inner.set(name, to: value)
    }
}

extension WorldStore: Archive {
    func events(_ query: Query<EventFilter>) async throws(StorageError) -> Page<EventRecord> {
        try await inner.events(query)
    }

    func event(_ id: Event.ID) async throws(StorageError) -> EventRecord? {
        try await inner.event(id)
    }

    func tasks(_ query: Query<TaskFilter>) async throws(StorageError) -> Page<CopyTask> {
        try await inner.tasks(query)
    }

    func task(_ id: CopyTask.ID) async throws(StorageError) -> TaskRecord? {
        try await inner.task(id)
    }

    func deliveries(
        _ query: Query<DeliveryFilter>
    ) async throws(StorageError) -> Page<Delivery> {
        try await inner.deliveries(query)
    }

    func delivery(_ id: Delivery.ID) async throws(StorageError) -> DeliveryRecord? {
        try await inner.delivery(id)
    }

    func count(_ filter: EventFilter, atMost bound: Int) async throws(StorageError) -> Tally {
        await inner.count(filter, atMost: bound)
    }

    func count(_ filter: TaskFilter, atMost bound: Int) async throws(StorageError) -> Tally {
        await inner.count(filter, atMost: bound)
    }

    func count(_ filter: DeliveryFilter, atMost bound: Int) async throws(StorageError) -> Tally {
        await inner.count(filter, atMost: bound)
    }

    func census() async throws(StorageError) -> Census { try await inner.census() }

    func activity(hours: Int, at now: Timestamp) async throws(StorageError) -> Activity {
        await inner.activity(hours: hours, at: now)
    }
}

extension WorldStore: AuditLog {
    func note(_ note: AuditNote) async throws(StorageError) { try await inner.note(note) }

    func auditEntries(_ query: AuditQuery) async throws(StorageError) -> Page<AuditEntry> {
        try await inner.auditEntries(query)
    }

    func auditStretch(
        after number: Int64?, limit: Int
    ) async throws(StorageError) -> AuditStretch {
        try await inner.auditStretch(after: number, limit: limit)
    }

    func auditGuards() async throws(StorageError) -> AuditGuards { await inner.auditGuards() }

    func auditIndexFlaw() async throws(StorageError) -> String? { await inner.auditIndexFlaw() }
}

extension WorldStore: History {
    func eventCount(in period: Period) async throws(StorageError) -> Int {
        try await inner.eventCount(in: period)
    }

    func events(
        in period: Period, after place: String?, limit: Int
    ) async throws(StorageError) -> Page<Event> {
        try await inner.events(in: period, after: place, limit: limit)
    }
}

extension WorldStore: Keyring {
    func apiKeys() async throws(StorageError) -> [KeyRecord] { try await inner.apiKeys() }

    func add(_ key: KeyRecord, noting note: AuditNote?) async throws(StorageError) {
        try await inner.add(key, noting: note)
    }

    func deleteKey(
        _ id: KeyRecord.ID, leaving scope: String?, at now: Timestamp, noting note: AuditNote?
    ) async throws(StorageError) {
        try await inner.deleteKey(id, leaving: scope, at: now, noting: note)
    }

    func noteUse(of keys: [KeyRecord.ID: Timestamp]) async throws(StorageError) {
        try await inner.noteUse(of: keys)
    }
}

extension WorldStore: HappeningLog {
    func streamMark(since moment: Timestamp?) async throws(StorageError) -> StreamMark {
        try await inner.streamMark(since: moment)
    }

    func happenings(
        after mark: StreamMark, limit: Int
    ) async throws(StorageError) -> Happenings {
        try await inner.happenings(after: mark, limit: limit)
    }
}
