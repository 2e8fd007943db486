import Domain
import Simulation
import Storage
import StorageMemory
import Synchronization

/// The store as one life meets it: away at times, slow at times, full for a while, and at times it
/// acts and then says that it did not.
final class WorldStore: Sendable {
    private enum Trouble { case none, failsBefore, actsThenFails, stalls(Duration) }

    let inner: MemoryStore
    private let life: Life
    private let time: WorldTime
    private let chronicle: Chronicle
    private let plan: WorldPlan
    private let sabotage: Sabotage
    private let dice: Mutex<Dice>

    init(
        _ inner: MemoryStore, life: Life, time: WorldTime, chronicle: Chronicle, plan: WorldPlan,
        sabotage: Sabotage, seed: UInt64
    ) {
        self.inner = inner
        self.life = life
        self.time = time
        self.chronicle = chronicle
        self.plan = plan
        self.sabotage = sabotage
        dice = Mutex(Dice(seed: seed))
    }

    /// The token under which a task was last lent out.
    func newestToken(of task: CopyTask.ID) -> Int64? { chronicle.newestToken(of: task) }

    private func draw() -> Trouble {
        guard time.clock.now.offset < plan.faultsEnd else { return .none }
        return dice.withLock { dice in
            let failsBefore = dice.happens(plan.store.failsBefore)
            let actsThenFails = dice.happens(plan.store.actsThenFails)
            let stalls = dice.happens(plan.store.stalls)
            let share = dice.number(1...100)
            if failsBefore { return .failsBefore }
            if actsThenFails { return .actsThenFails }
            return stalls ? .stalls(plan.store.stallMax * share / 100) : .none
        }
    }

    /// One call, with what goes wrong around it.
    func pass<Value: Sendable>(
        _ name: String, writes: Bool = true, _ act: () async throws(StorageError) -> Value
    ) async throws(StorageError) -> Value {
        let trouble = draw()
        try checkLife()
        if writes, plan.store.isFull(at: time.clock.now.offset) {
            chronicle.count(\.faults)
            throw StorageError(.full, detail: "simulated")
        }
        switch trouble {
        case .none: return try await act()
        case .failsBefore:
            chronicle.count(\.faults)
            chronicle.note("store \(name) fails")
            throw StorageError(.unavailable, detail: "simulated, nothing done")
        case .actsThenFails:
            _ = try await act()
            chronicle.count(\.faults)
            chronicle.note("store \(name) acts and says that it failed")
            throw StorageError(.unavailable, detail: "simulated, done all the same")
        case .stalls(let duration):
            chronicle.count(\.faults)
            chronicle.note("store \(name) stalls for \(duration.text)")
            try? await time.source(for: life).sleep(duration)
            try checkLife()
            return try await act()
        }
    }

    /// Looks for secrets in what is stored with a task now and may be written over later.
    private func search(_ task: CopyTask, _ settlement: CopySettlement) {
        let texts =
            [task.evidence.lastTrouble?.message ?? ""] + settlement.attempts.map(\.detail)
            + settlement.attempts.compactMap(\.exchange)
            .flatMap { [$0.url, $0.requestBody, $0.answerBody ?? ""] }
            + task.evidence.candidates.compactMap(\.name)
        if texts.contains(where: \.holdsMarker) { chronicle.noteLeak(in: "a row of \(task.id)") }
    }

    private func checkLife() throws(StorageError) {
        guard life.isAlive else {
            throw StorageError(.claimLost, detail: "the process is gone")
        }
    }
}

extension WorldStore: EventLog {
    func admit(_ event: Event) async throws(StorageError) -> Admission {
        try await pass("admit") { () throws(StorageError) in try await inner.admit(event) }
    }

    func admit(_ events: [Event]) async throws(StorageError) -> [Admission] {
        try await pass("admit") { () throws(StorageError) in try await inner.admit(events) }
    }

    func claimEvents(
        limit: Int, at now: Timestamp, lease: Duration
    ) async throws(StorageError) -> [Claim<Event>] {
        try await pass("claimEvents") { () throws(StorageError) in
            try await inner.claimEvents(limit: limit, at: now, lease: lease)
        }
    }

    func settle(
        _ claim: Claim<Event>, as outcome: MatchOutcome, at now: Timestamp
    ) async throws(StorageError) {
        try await pass("settle event") { () throws(StorageError) in
            try await inner.settle(claim, as: outcome, at: now)
        }
    }

    func ownCopies(
        among ids: [String], of provider: Provider
    ) async throws(StorageError) -> Set<String> {
        try await pass("ownCopies", writes: false) { () throws(StorageError) in
            try await inner.ownCopies(among: ids, of: provider)
        }
    }

    func lastTrigger(
        rule: String, entity: EntityReference
    ) async throws(StorageError) -> Timestamp? {
        try await pass("lastTrigger", writes: false) { () throws(StorageError) in
            try await inner.lastTrigger(rule: rule, entity: entity)
        }
    }
}

extension WorldStore: CopyLedger {
    func claimTasks(
        limit: Int, perConnection: Int, skipping skipped: Set<String>,
        holding held: Set<String>, at now: Timestamp, lease: Duration
    ) async throws(StorageError) -> [ClaimedTask] {
        try await pass("claimTasks") { () throws(StorageError) in
            let claimed = try await inner.claimTasks(
                limit: limit, perConnection: perConnection, skipping: skipped, holding: held,
                at: now,
                lease: lease)
            for task in claimed {
                chronicle.noteLoan(
                    of: task.claim.work.id, token: task.claim.token, from: now,
                    until: task.claim.leasedUntil)
            }
            return claimed
        }
    }

    func takeTask(
        _ id: CopyTask.ID, at now: Timestamp, lease: Duration
    ) async throws(StorageError) -> Claim<CopyTask> {
        try await pass("takeTask") { () throws(StorageError) in
            let claim = try await inner.takeTask(id, at: now, lease: lease)
            chronicle.noteLoan(of: id, token: claim.token, from: now, until: claim.leasedUntil)
            return claim
        }
    }

    func dispatch(_ claim: Claim<CopyTask>, at now: Timestamp) async throws(StorageError) {
        try await pass("dispatch") { () throws(StorageError) in
            let newest = chronicle.newestToken(of: claim.work.id)
            try await inner.dispatch(claim, at: now)
            chronicle.noteWrite(to: claim.work.id, token: claim.token, newest: newest)
            if let dispatch = claim.work.dispatch {
                chronicle.noteStored(dispatch.id, of: claim.work.id)
            }
        }
    }

    func settle(
        _ claim: Claim<CopyTask>, with settlement: CopySettlement, at now: Timestamp
    ) async throws(StorageError) {
        try await pass("settle task") { () throws(StorageError) in
            let newest = chronicle.newestToken(of: claim.work.id)
            chronicle.noteSettling(claim.work.id, token: claim.token)
            try await inner.settle(claim, with: sabotage.settlement(settlement), at: now)
            chronicle.noteWrite(to: claim.work.id, token: claim.token, newest: newest)
            chronicle.note("task \(claim.work.id) \(claim.work.state.name.rawValue)")
            if plan.isSearched { search(claim.work, settlement) }
        }
    }

    func surroundings(of task: CopyTask) async throws(StorageError) -> Surroundings {
        try await pass("surroundings", writes: false) { () throws(StorageError) in
            try await inner.surroundings(of: task)
        }
    }
}

extension WorldStore: DeliveryLedger {
    func claimDeliveries(
        limit: Int, perEndpoint: Int, shares: [String: ClaimShare], at now: Timestamp,
        lease: Duration
    ) async throws(StorageError) -> [Claim<DueDelivery>] {
        try await pass("claimDeliveries") { () throws(StorageError) in
            try await inner.claimDeliveries(
                limit: limit, perEndpoint: perEndpoint, shares: shares, at: now, lease: lease)
        }
    }

    func takeDelivery(
        _ id: Delivery.ID, at now: Timestamp, lease: Duration
    ) async throws(StorageError) -> Claim<DueDelivery> {
        try await pass("takeDelivery") { () throws(StorageError) in
            try await inner.takeDelivery(id, at: now, lease: lease)
        }
    }

    func settle(
        _ claim: Claim<DueDelivery>, with attempts: [Attempt], noting note: AuditNote?,
        at now: Timestamp
    ) async throws(StorageError) {
        try await pass("settle delivery") { () throws(StorageError) in
            try await inner.settle(claim, with: attempts, noting: note, at: now)
        }
    }

    func announce(_ announcement: Announcement) async throws(StorageError) {
        try await pass("announce") { () throws(StorageError) in
            try await inner.announce(announcement)
        }
    }
}

extension WorldStore: HealthLedger {
    func health() async throws(StorageError) -> [DestinationHealth] {
        try await pass("health", writes: false) { () throws(StorageError) in
            try await inner.health()
        }
    }

    func record(
        _ health: DestinationHealth, announcing announcements: [Announcement],
        noting note: AuditNote?
    ) async throws(StorageError) {
        try await pass("record health") { () throws(StorageError) in
            try await inner.record(health, announcing: announcements, noting: note)
        }
    }
}

extension WorldStore: Vault {
    func put(_ record: SealedRecord, noting note: AuditNote?) async throws(StorageError) {
        try await pass("put sealed") { () throws(StorageError) in
            try await inner.put(record, noting: note)
        }
    }

    func add(
        _ record: SealedRecord, noting note: AuditNote?
    ) async throws(StorageError) -> Bool {
        try await pass("add sealed") { () throws(StorageError) in
            try await inner.add(record, noting: note)
        }
    }

    func sealedRecord(_ id: String) async throws(StorageError) -> SealedRecord? {
        try await pass("sealed record", writes: false) { () throws(StorageError) in
            try await inner.sealedRecord(id)
        }
    }

    func sealedIDs() async throws(StorageError) -> [String] {
        try await pass("sealed ids", writes: false) { () throws(StorageError) in
            try await inner.sealedIDs()
        }
    }

    func replace(
        _ old: SealedRecord, with record: SealedRecord, noting note: AuditNote?
    ) async throws(StorageError) -> Bool {
        try await pass("replace sealed") { () throws(StorageError) in
            try await inner.replace(old, with: record, noting: note)
        }
    }

    func delete(
        _ record: SealedRecord, noting note: AuditNote?
    ) async throws(StorageError) -> Bool {
        try await pass("delete sealed") { () throws(StorageError) in
            try await inner.delete(record, noting: note)
        }
    }
}
