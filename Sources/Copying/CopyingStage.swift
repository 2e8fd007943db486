package import Domain
package import Logging
import Pipeline
package import Providers
import Signing
package import Storage
import Synchronization
package import Transport

/// The room that makes copies: submits, polls, and looks for what it may have made.
///
/// What a task is to do next is said by its machine (``Domain/CopyTask``); this room does it, reads
/// the answer, and says to the machine what happened. Whatever must be true together is in the one
/// settlement that it hands back.
package struct CopyingStage: Stage {
    /// Makes what a connection speaks to; `nil` where it speaks to nothing.
    package typealias PlatformMaking =
        @Sendable (Connection) throws(ProviderError) -> (any CopyPlatform)?

    package let name = "copying"

    let ledger: any CopyLedger
    let destinations: DestinationBook
    let time: TimeSource
    let chance: Chance
    let limits: CopyingLimits
    let lease: Duration
    let log: Logger
    private let accounts: Accounts
    private let desk: ConnectionDesk
    let lockWaits: LockWaits

    /// - Parameters:
    ///   - health: Where it is written that a connection broke, or works again.
    ///   - platform: Makes one for each connection; `nil` for one over which nothing is copied.
    ///   - keeper: Where grants outlive this process; by default nowhere.
    ///   - lease: At least twice the longest time-out of a connection.
    package init(
        ledger: any CopyLedger,
        health: any HealthLedger,
        destinations: DestinationBook,
        platform: @escaping PlatformMaking,
        transport: any HTTPTransport,
        keeper: any GrantKeeper = NoGrantKeeper(),
        time: TimeSource,
        chance: Chance,
        limits: CopyingLimits = CopyingLimits(),
        lease: Duration = .seconds(60),
        log: Logger
    ) {
        self.ledger = ledger
        self.destinations = destinations
        self.time = time
        self.chance = chance
        self.limits = limits
        self.lease = lease
        self.log = log
        accounts = Accounts(destinations, log: log) { connection throws(ProviderError) in
            try platform(connection).map {
                Account(
                    connection, platform: $0, transport: transport, keeper: keeper, time: time,
                    chance: chance, limits: limits, lease: lease)
            }
        }
        desk = ConnectionDesk(
            ledger: health, destinations: destinations, time: time, limits: limits, log: log)
        lockWaits = LockWaits(first: limits.lockWait, max: limits.lockWaitMax)
    }

    package func claim(
        limit: Int, at now: Timestamp
    ) async throws(StorageError) -> [CopyWork] {
        let accounts = accounts.current
        await desk.tell(accounts.sorted)
        // Read first: what the store takes to answer counts against the lease.
        let claimedAt = time.elapsed()
        let (held, left) = self.accounts.switchedOff(at: claimedAt)
        let claimed = try await ledger.claimTasks(
            limit: limit, perConnection: accounts.perConnection,
            skipping: left.union(accounts.all.filter { $0.value.isToBeSkipped }.keys),
            holding: held, at: now, lease: lease)
        return claimed.map { task in
            let account = accounts.all[task.claim.work.plan.connection]
            account?.take()
            return CopyWork(task: task, claimedAt: claimedAt, account: account)
        }
    }

    package func perform(_ work: CopyWork) async -> CopyResult {
        let job = Job(work, at: time.now(), elapsed: time.elapsed(), lease: lease)
        let account = work.account ?? accounts.current.all[job.task.plan.connection]
        defer { account?.giveBack() }
        if work.task.step == .cancel { return cancel(job) }
        guard let account else { return strange(job) }
        return watching(
            await perform(work.task.step, job, account), from: job.task.state.name, account)
    }

    private func perform(
        _ step: CopyTask.Step, _ job: Job, _ account: Account
    ) async -> CopyResult {
        switch step {
        case .prepare: return await prepare(job, account)
        case .poll(let providerTask): return await poll(providerTask, job, account)
        case .look: return await look(job, account)
        case .submit, .wait, .cancel, .announce:
            logError("copy.step_unexpected", job.task, detail: "\(step)")
            return CopyResult(nil)
        }
    }

    package func settle(_ result: CopyResult) async throws(StorageError) {
        guard let (claim, settlement) = result.ending else { return }
        do throws(StorageError) {
            try await ledger.settle(claim, with: settlement, at: time.now())
        } catch {
            guard error.code == .keyBusy, let (claim, settlement) = result.otherwise else {
                throw error
            }
            try await ledger.settle(claim, with: settlement, at: time.now())
        }
        // Behind the settlement: a store that is slow with the news must not cost the claim.
        await desk.tell(accounts.current.sorted)
    }
}

/// A task on loan, and when the loan began.
package struct CopyWork: Sendable {
    package let task: ClaimedTask
    /// On the clock that never jumps: a lease is not trusted to the wall clock.
    package let claimedAt: Duration
    /// What it began with, whatever becomes of the connection meanwhile; `nil` for one of which
    /// nothing was known.
    let account: Account?

    package init(task: ClaimedTask, claimedAt: Duration) {
        self.init(task: task, claimedAt: claimedAt, account: nil)
    }

    init(task: ClaimedTask, claimedAt: Duration, account: Account?) {
        self.task = task
        self.claimedAt = claimedAt
        self.account = account
    }
}

/// What came of a task on loan.
package struct CopyResult: Sendable {
    /// Absent when the claim is somebody else's by now, or the row is to be left alone.
    package let ending: (claim: Claim<CopyTask>, settlement: CopySettlement)?
    /// What is true instead while another task of the same key is under way.
    var otherwise: (claim: Claim<CopyTask>, settlement: CopySettlement)?

    init(_ ending: (claim: Claim<CopyTask>, settlement: CopySettlement)?) {
        self.ending = ending
    }
}

/// One claimed task while it is in hand.
struct Job: Sendable {
    var claim: Claim<CopyTask>
    /// When work on it began, by our wall clock and by the one that never jumps.
    let beganAt: Timestamp
    let beganElapsed: Duration
    let leaseEnd: Duration

    init(_ work: CopyWork, at now: Timestamp, elapsed: Duration, lease: Duration) {
        claim = work.task.claim
        beganAt = now
        beganElapsed = elapsed
        leaseEnd = work.claimedAt + lease
    }

    var task: CopyTask {
        get { claim.work }
        set { claim.work = newValue }
    }

    var manner: Account.Manner { Account.Manner(leaseEnd: leaseEnd) }
}

extension CopyingStage {
    /// A task whose connection is gone: kept as it is, so that putting
    /// the connection back is all there is to do.
    private func strange(_ job: Job) -> CopyResult {
        var job = job
        let until = time.now() + limits.strangerPause
        job.task.evidence.lastTrouble = Failure(
            .invalid,
            message:
                "There is no connection named \(job.task.plan.connection): configure it again.")
        let now = time.now()
        let age = now - (job.task.dispatch?.at ?? job.task.plan.createdAt)
        switch job.task.state.name {
        case .queued:
            return end(job, .postponed(until: until))
        case .copying where age >= limits.strangerDeadline:
            return end(job, .deadlinePassed(lookAt: until, at: now))
        case .copying:
            return end(job, .stillCopying(pollAt: until))
        case .reconciling where age < limits.strangerWindow:
            return end(job, .foundNone(lookAt: until))
        case .succeeded:
            return end(job, .watched(next: nil))
        default:
            // Announced where it was not, and looked for as long as any other.
            let since = job.task.endedAt ?? now
            return end(
                job,
                .held(
                    lookAt: LookSchedule.nextUnresolved(after: now, unresolvedSince: since),
                    at: now))
        }
    }
}
