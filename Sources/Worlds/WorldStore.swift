import Domain
import Simulation
import Storage
import StorageMemory
import Synchronization

/// The store as one life meets it: away at times, slow at times, and at times it acts and then
/// says that it did not.
final class WorldStore: Sendable {
    enum Trouble { case none, failsBefore, actsThenFails, stalls(Duration) }

    let inner: MemoryStore
    let life: Life
    let time: WorldTime
    let ledger: Ledger
    let bug: PlantedBug?
    private let plan: WorldPlan
    private let dice: Mutex<Dice>
    /// The newest token of each row, for a store that has forgotten its fence.
    private let tokens = Mutex<[CopyTask.ID: Int64]>([:])

    init(
        _ inner: MemoryStore, life: Life, time: WorldTime, ledger: Ledger, plan: WorldPlan,
        seed: UInt64, bug: PlantedBug?
    ) {
        self.inner = inner
        self.life = life
        self.time = time
        self.ledger = ledger
        self.plan = plan
        self.bug = bug
        dice = Mutex(Dice(seed: seed))
    }

    private func draw() -> Trouble {
        dice.withLock { dice in
            let failsBefore = dice.happens(plan.store.failsBefore)
            let actsThenFails = dice.happens(plan.store.actsThenFails)
            let stalls = dice.happens(plan.store.stalls)
            let share = dice.number(1...100)
            guard time.clock.now.offset < plan.faultsEnd else { return .none }
            if failsBefore { return .failsBefore }
            if actsThenFails { return .actsThenFails }
            return stalls ? .stalls(plan.store.stallMax * share / 100) : .none
        }
    }

    /// One call, with what goes wrong around it.
    private func pass<Value: Sendable>(
        _ act: () async throws(StorageError) -> Value
    ) async throws(StorageError) -> Value {
        let trouble = draw()
        try checkLife()
        switch trouble {
        case .none: return try await act()
        case .failsBefore: throw StorageError(.unavailable, detail: "simulated, nothing done")
        case .actsThenFails:
            _ = try await act()
            throw StorageError(.unavailable, detail: "simulated, done all the same")
        case .stalls(let duration):
            try? await time.source(for: life).sleep(duration)
            try checkLife()
            return try await act()
        }
    }

    private func checkLife() throws(StorageError) {
        guard life.isAlive else {
            throw StorageError(.claimLost, detail: "the process is gone")
        }
    }

    private func newest(_ claim: Claim<CopyTask>) -> Claim<CopyTask> {
        guard bug == .fenceForgotten else { return claim }
        let token = tokens.withLock { $0[claim.work.id] } ?? claim.token
        return Claim(work: claim.work, token: token, leasedUntil: claim.leasedUntil)
    }
}

extension WorldStore: EventLog {
    func admit(_ event: Event) async throws(StorageError) -> Admission {
        var event = event
        if bug == .sourceForgotten, event.identity.source == "shop" {
            event = Event(
                id: event.id,
                identity: .init(
                    source: "desk", scope: event.identity.scope, key: event.identity.key),
                type: event.type, time: event.time, receivedAt: event.receivedAt,
                entity: event.entity, body: event.body)
        }
        do throws(StorageError) {
            return try await pass { () throws(StorageError) in try await inner.admit(event) }
        } catch {
            guard bug == .acknowledgedTooSoon, life.isAlive else { throw error }
            return .stored
        }
    }

    func claimEvents(
        limit: Int, at now: Timestamp, lease: Duration
    ) async throws(StorageError) -> [Claim<Event>] {
        try await pass { () throws(StorageError) in
            try await inner.claimEvents(limit: limit, at: now, lease: lease)
        }
    }

    func settle(
        _ claim: Claim<Event>, as outcome: MatchOutcome, at now: Timestamp
    ) async throws(StorageError) {
        try await pass { () throws(StorageError) in
            try await inner.settle(claim, as: outcome, at: now)
        }
    }

    func ownCopies(
        among ids: [String], of provider: Provider
    ) async throws(StorageError) -> Set<String> {
        try await pass { () throws(StorageError) in
            try await inner.ownCopies(among: ids, of: provider)
        }
    }

    func lastTrigger(
        rule: String, entity: EntityReference
    ) async throws(StorageError) -> Timestamp? {
        try await pass { () throws(StorageError) in
            try await inner.lastTrigger(rule: rule, entity: entity)
        }
    }
}

extension WorldStore: CopyLedger {
    func claimTasks(
        limit: Int, perConnection: Int, skipping skipped: Set<String>, at now: Timestamp,
        lease: Duration
    ) async throws(StorageError) -> [ClaimedTask] {
        try await pass { () throws(StorageError) in
            var claimed = try await inner.claimTasks(
                limit: limit, perConnection: perConnection, skipping: skipped, at: now,
                lease: lease)
            tokens.withLock { tokens in
                for task in claimed { tokens[task.claim.work.id] = task.claim.token }
            }
            if bug == .retryInSubmitting { claimed = try await forgetSubmissions(claimed, now) }
            return claimed
        }
    }

    /// Puts those that were just found in `submitting` back among those to be begun.
    private func forgetSubmissions(
        _ claimed: [ClaimedTask], _ now: Timestamp
    ) async throws(StorageError) -> [ClaimedTask] {
        var kept: [ClaimedTask] = []
        for task in claimed {
            let work = task.claim.work
            let history = try await inner.task(work.id)?.history.map(\.state) ?? []
            guard history.suffix(2) == [.submitting, .reconciling], work.looks == 1 else {
                kept.append(task)
                continue
            }
            var claim = task.claim
            claim.work = CopyTask(id: work.id, plan: work.plan, state: .queued(notBefore: now))
            try await inner.settle(claim, with: CopySettlement(), at: now)
        }
        return kept
    }

    func takeTask(
        _ id: CopyTask.ID, at now: Timestamp, lease: Duration
    ) async throws(StorageError) -> Claim<CopyTask> {
        try await pass { () throws(StorageError) in
            try await inner.takeTask(id, at: now, lease: lease)
        }
    }

    func dispatch(_ claim: Claim<CopyTask>, at now: Timestamp) async throws(StorageError) {
        let claim = newest(claim)
        guard bug != .dispatchNotStored else { return }
        try await pass { () throws(StorageError) in
            try await inner.dispatch(claim, at: now)
            if let dispatch = claim.work.dispatch { ledger.noteStored(dispatch.id) }
        }
    }

    func settle(
        _ claim: Claim<CopyTask>, with settlement: CopySettlement, at now: Timestamp
    ) async throws(StorageError) {
        var settlement = settlement
        if bug == .notificationDropped, claim.work.looks > 0 { settlement.announcements = [] }
        let claim = newest(claim)
        try await pass { [settlement] () throws(StorageError) in
            try await inner.settle(claim, with: settlement, at: now)
        }
    }

    func surroundings(of task: CopyTask) async throws(StorageError) -> Surroundings {
        if bug == .surroundingsIgnored { return Surroundings() }
        return try await pass { () throws(StorageError) in
            try await inner.surroundings(of: task)
        }
    }
}

extension WorldStore: DeliveryLedger {
    func claimDeliveries(
        limit: Int, perEndpoint: Int, shares: [String: ClaimShare], at now: Timestamp,
        lease: Duration
    ) async throws(StorageError) -> [Claim<DueDelivery>] {
        try await pass { () throws(StorageError) in
            try await inner.claimDeliveries(
                limit: limit, perEndpoint: perEndpoint, shares: shares, at: now, lease: lease)
        }
    }

    func takeDelivery(
        _ id: Delivery.ID, at now: Timestamp, lease: Duration
    ) async throws(StorageError) -> Claim<DueDelivery> {
        try await pass { () throws(StorageError) in
            try await inner.takeDelivery(id, at: now, lease: lease)
        }
    }

    func settle(
        _ claim: Claim<DueDelivery>, with attempts: [Attempt], at now: Timestamp
    ) async throws(StorageError) {
        try await pass { () throws(StorageError) in
            try await inner.settle(claim, with: attempts, at: now)
        }
    }

    func announce(_ announcement: Announcement) async throws(StorageError) {
        try await pass { () throws(StorageError) in try await inner.announce(announcement) }
    }
}

extension WorldStore: HealthLedger {
    func health() async throws(StorageError) -> [DestinationHealth] {
        try await pass { () throws(StorageError) in try await inner.health() }
    }

    func record(
        _ health: DestinationHealth, announcing announcements: [Announcement]
    ) async throws(StorageError) {
        try await pass { () throws(StorageError) in
            try await inner.record(health, announcing: announcements)
        }
    }
}
