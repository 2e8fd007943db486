#if DEBUG
    import Domain
    import Signing
    import Storage
    import StorageMemory
    import Synchronization

    /// The store, with a bug in it.
    final class BrokenStore: Sendable {
        private let inner: WorldStore
        private let bug: PlantedBug
        /// Tasks whose first loan the store did not remember.
        private let forgotten = Mutex<Set<CopyTask.ID>>([])
        /// What was lent out under another id, by that.
        private let renamed = Mutex<[Delivery.ID: Delivery]>([:])

        init(inner: WorldStore, bug: PlantedBug) {
            self.inner = inner
            self.bug = bug
        }

        private func newest(_ claim: Claim<CopyTask>) async -> Claim<CopyTask> {
            let token: Int64?
            switch bug {
            case .fenceForgotten: token = inner.newestToken(of: claim.work.id)
            case .claimNotStored where forgotten.withLock({ $0.contains(claim.work.id) }):
                token = try? await inner.inner.takeTask(
                    claim.work.id, at: claim.leasedUntil, lease: .seconds(1)
                ).token
            default: token = nil
            }
            return Claim(
                work: claim.work, token: token ?? claim.token, leasedUntil: claim.leasedUntil)
        }
    }

    extension BrokenStore: EventLog {
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
                return try await inner.admit(event)
            } catch {
                guard bug == .acknowledgedTooSoon, error.code != .claimLost else { throw error }
                return .stored
            }
        }

        func admit(_ events: [Event]) async throws(StorageError) -> [Admission] {
            try await inner.admit(events)
        }

        func claimEvents(
            limit: Int, at now: Timestamp, lease: Duration
        ) async throws(StorageError) -> [Claim<Event>] {
            if bug == .handCopyMatched { await showCopiesByHand(at: now) }
            let claims = try await inner.claimEvents(limit: limit, at: now, lease: lease)
            guard bug == .runForgotten else { return claims }
            return claims.map { claim in
                var claim = claim
                claim.work.run = 0
                return claim
            }
        }

        private func showCopiesByHand(at now: Timestamp) async {
            let rows =
                (try? await inner.inner.events(Query(state: .matched, limit: 200)).rows) ?? []
            for row in rows where row.event.type == "copy.requested" && row.event.run == 0 {
                _ = try? await inner.inner.replay(row.event.id, noting: nil, at: now)
            }
        }

        func settle(
            _ claim: Claim<Event>, as outcome: MatchOutcome, at now: Timestamp
        ) async throws(StorageError) {
            try await inner.settle(claim, as: outcome, at: now)
        }

        func ownCopies(
            among ids: [String], of provider: Provider
        ) async throws(StorageError) -> Set<String> {
            try await inner.ownCopies(among: ids, of: provider)
        }

        func lastTrigger(
            rule: String, entity: EntityReference
        ) async throws(StorageError) -> Timestamp? {
            try await inner.lastTrigger(rule: rule, entity: entity)
        }
    }

    extension BrokenStore: CopyLedger {
        func claimTasks(
            limit: Int, perConnection: Int, skipping skipped: Set<String>,
            holding held: Set<String>, at now: Timestamp, lease: Duration
        ) async throws(StorageError) -> [ClaimedTask] {
            if bug == .cancelledSent { await queueCancelled(at: now) }
            let claimed = try await inner.claimTasks(
                limit: limit, perConnection: perConnection, skipping: skipped, holding: held,
                at: now,
                lease: lease)
            switch bug {
            case .retryInSubmitting: return try await forgetSubmissions(claimed, now)
            case .claimNotStored:
                for task in claimed
                where forgotten.withLock({ $0.insert(task.claim.work.id).inserted }) {
                    // Past whoever watches: nobody was told that the loan has ended.
                    try? await inner.inner.settle(task.claim, with: CopySettlement(), at: now)
                }
                return claimed
            case .baselineIgnored:
                return claimed.map { task in
                    var task = task
                    if task.step == .look { task.claim.work.evidence.baseline = [] }
                    return task
                }
            default: return claimed
            }
        }

        private func queueCancelled(at now: Timestamp) async {
            let rows = (try? await inner.inner.tasks(Query(state: .cancelled)).rows) ?? []
            for task in rows {
                guard
                    var claim = try? await inner.inner.takeTask(
                        task.id, at: now, lease: .seconds(1))
                else { continue }
                claim.work = CopyTask(
                    id: task.id, plan: task.plan, state: .queued(notBefore: now))
                try? await inner.inner.settle(claim, with: CopySettlement(), at: now)
            }
        }

        /// Puts those that were just found in `submitting` back among those to be begun.
        private func forgetSubmissions(
            _ claimed: [ClaimedTask], _ now: Timestamp
        ) async throws(StorageError) -> [ClaimedTask] {
            var kept: [ClaimedTask] = []
            for task in claimed {
                let work = task.claim.work
                let history = try await inner.inner.task(work.id)?.history.map(\.state) ?? []
                guard history.suffix(2) == [.submitting, .reconciling], work.looks == 1 else {
                    kept.append(task)
                    continue
                }
                var claim = task.claim
                claim.work = CopyTask(
                    id: work.id, plan: work.plan, state: .queued(notBefore: now))
                try await inner.settle(claim, with: CopySettlement(), at: now)
            }
            return kept
        }

        func takeTask(
            _ id: CopyTask.ID, at now: Timestamp, lease: Duration
        ) async throws(StorageError) -> Claim<CopyTask> {
            try await inner.takeTask(id, at: now, lease: lease)
        }

        func dispatch(_ claim: Claim<CopyTask>, at now: Timestamp) async throws(StorageError) {
            guard bug != .dispatchNotStored else { return }
            if bug == .cancelWishForgotten {
                _ = try? await inner.inner.change(claim.work.id, at: now) { task, _ in
                    guard task.cancelAskedAt != nil else { return nil }
                    task = CopyTask(id: task.id, plan: task.plan, state: task.state)
                    return CopySettlement()
                }
            }
            try await inner.dispatch(await newest(claim), at: now)
        }

        func settle(
            _ claim: Claim<CopyTask>, with settlement: CopySettlement, at now: Timestamp
        ) async throws(StorageError) {
            var settlement = settlement
            var claim = await newest(claim)
            if bug == .notificationDropped, claim.work.looks > 0 { settlement.announcements = [] }
            if bug == .secretStored, claim.work.evidence.lastTrouble != nil {
                claim.work.evidence.lastTrouble = Failure(
                    .unavailable, message: "with \(Scenery.marker)")
            }
            try await inner.settle(claim, with: settlement, at: now)
            guard bug == .retriedByNobody, claim.work.mayBeRetried else { return }
            _ = try? await inner.inner.planAgain(claim.work.id, at: now) { old, run in
                (old.again(run: run, at: now) { .planned(by: $0) }, nil)
            }
        }

        func surroundings(of task: CopyTask) async throws(StorageError) -> Surroundings {
            if bug == .surroundingsIgnored { return Surroundings() }
            return try await inner.surroundings(of: task)
        }
    }

    extension BrokenStore: DeliveryLedger {
        func claimDeliveries(
            limit: Int, perEndpoint: Int, shares: [String: ClaimShare], at now: Timestamp,
            lease: Duration
        ) async throws(StorageError) -> [Claim<DueDelivery>] {
            let claims = try await inner.claimDeliveries(
                limit: limit, perEndpoint: perEndpoint, shares: shares, at: now, lease: lease)
            return bug == .sentAgainAnew ? claims.map(rename) : claims
        }

        private func rename(_ claim: Claim<DueDelivery>) -> Claim<DueDelivery> {
            let old = claim.work.delivery
            guard old.askedAgainAt != nil else { return claim }
            var new = Delivery(
                id: Delivery.ID(rawValue: old.id.rawValue + "-again"),
                notificationID: old.notificationID, type: old.type, endpoint: old.endpoint,
                createdAt: old.createdAt)
            try? new.apply(.claimed)
            renamed.withLock { $0[new.id] = old }
            var claim = claim
            claim.work.delivery = new
            return claim
        }

        /// What was renamed, with what has become of it.
        private func original(of delivery: Delivery, at now: Timestamp) -> Delivery {
            guard var old = renamed.withLock({ $0[delivery.id] }) else { return delivery }
            switch delivery.state {
            case .delivered: try? old.apply(.accepted(at: now))
            case .pending(let dueAt): try? old.apply(.failed(retryAt: dueAt))
            case .exhausted(let reason): try? old.apply(.exhausted(reason: reason, at: now))
            case .cancelled: try? old.apply(.cancelRequested(at: now))
            case .sending: break
            }
            return old
        }

        func takeDelivery(
            _ id: Delivery.ID, at now: Timestamp, lease: Duration
        ) async throws(StorageError) -> Claim<DueDelivery> {
            try await inner.takeDelivery(id, at: now, lease: lease)
        }

        func settle(
            _ claim: Claim<DueDelivery>, with attempts: [Attempt], noting note: AuditNote?,
            at now: Timestamp
        ) async throws(StorageError) {
            var claim = claim
            claim.work.delivery = original(of: claim.work.delivery, at: now)
            if bug == .backoffForgotten, case .pending = claim.work.delivery.state {
                // Claimed and given back costs no attempt, and leaves it due now.
                try? claim.work.delivery.apply(.claimed)
                try? claim.work.delivery.apply(.postponed(until: now))
            }
            try await inner.settle(claim, with: attempts, noting: note, at: now)
        }

        func announce(_ announcement: Announcement) async throws(StorageError) {
            try await inner.announce(announcement)
        }
    }

    extension BrokenStore: HealthLedger {
        func health() async throws(StorageError) -> [DestinationHealth] {
            try await inner.health()
        }

        func record(
            _ health: DestinationHealth, announcing announcements: [Announcement],
            noting note: AuditNote?
        ) async throws(StorageError) {
            try await inner.record(health, announcing: announcements, noting: note)
        }
    }
#endif
