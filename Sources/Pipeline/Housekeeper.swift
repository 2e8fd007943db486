package import Domain
package import Logging
package import Storage

/// Keeps a store from growing for ever.
///
/// A loop beside the rooms, and it yields to them: a batch is small, and after each it waits
/// (reliability.md 2, "Retention").
package struct Housekeeper: Sendable {
    private let store: any Housekeeping
    private let ages: Ages
    private let time: TimeSource
    private let limits: Limits
    private let log: Logger

    /// How old each kind may become, counted as ``Keeping`` says.
    package struct Ages: Hashable, Sendable {
        package var attempts: Duration
        package var tasks: Duration
        package var events: Duration
        package var keys: Duration
        /// No cooldown is longer.
        package var triggers: Duration
        package var audit: Duration
        /// As long as they are answered from memory.
        package var wishes: Duration

        package init(
            attempts: Duration = .days(30), tasks: Duration = .days(90),
            events: Duration = .days(30), keys: Duration = .days(90),
            triggers: Duration = .days(365), audit: Duration = .days(365),
            wishes: Duration = .hours(24)
        ) {
            self.attempts = attempts
            self.tasks = tasks
            self.events = events
            self.keys = keys
            self.triggers = triggers
            self.audit = audit
            self.wishes = wishes
        }

        func age(_ keeping: Keeping) -> Duration {
            switch keeping {
            case .taskAttempts, .deliveryAttempts: attempts
            case .tasks: tasks
            case .notifications, .events, .turns: events
            case .keys: keys
            case .triggers: triggers
            case .audit: audit
            case .wishes: wishes
            }
        }
    }

    package struct Limits: Hashable, Sendable {
        /// Rows looked at in one transaction, at most.
        package var batch: Int
        /// Rows looked at in one transaction however slow the store is.
        package var batchMin: Int
        /// How long a transaction may take; after one that took longer the next looks at half as
        /// many rows, since others wait for the store meanwhile.
        package var hold: Duration
        /// Between two transactions.
        package var pause: Duration
        /// Between two sweeps.
        package var rest: Duration
        /// Before the first.
        ///
        /// A clock that is wrong at the start, as those of machines without a battery are, makes
        /// everything look old; most are put right within minutes.
        package var patience: Duration
        /// What the wall clock may move by itself between two sweeps, as clocks that are put right
        /// do; after more than this a sweep is left out.
        package var drift: Duration

        package init(
            batch: Int = 500, batchMin: Int = 16, hold: Duration = .milliseconds(20),
            pause: Duration = .milliseconds(50), rest: Duration = .hours(1),
            patience: Duration = .minutes(10), drift: Duration = .hours(1)
        ) {
            precondition(batchMin > 0 && batch >= batchMin)
            self.batch = batch
            self.batchMin = batchMin
            self.hold = hold
            self.pause = pause
            self.rest = rest
            self.patience = patience
            self.drift = drift
        }
    }

    package init(
        _ store: any Housekeeping, ages: Ages, time: TimeSource, limits: Limits = Limits(),
        log: Logger
    ) {
        self.store = store
        self.ages = ages
        self.time = time
        self.limits = limits
        self.log = log
    }

    /// Runs until the stop is asked for; a batch that was begun is finished.
    package func run(until stop: StopSignal) async {
        var offset = clockOffset
        await stop.wait(atMost: limits.patience, time: time)
        while !stop.isRaised, !Task.isCancelled {
            let moved = clockOffset - offset
            offset += moved
            if max(moved, .zero - moved) < limits.drift {
                await sweep(until: stop)
            } else {
                log.warning(
                    "retention.put_off",
                    metadata: ["clock_moved_s": "\(moved.wholeMilliseconds / 1_000)"])
            }
            await stop.wait(atMost: limits.rest, time: time)
        }
    }

    /// The wall clock against the one that never jumps.
    private var clockOffset: Duration {
        time.now() - Timestamp(milliseconds: 0) - time.elapsed()
    }

    /// Prunes everything that is old enough, then gives back what came free.
    ///
    /// Trouble with the store ends it: the next one begins anew.
    package func sweep(until stop: StopSignal) async {
        var removed: Logger.Metadata = [:]
        do throws(StorageError) {
            for keeping in Keeping.allCases {
                let count = try await prune(keeping, until: stop)
                if count > 0 { removed[keeping.rawValue] = "\(count)" }
            }
            while !stop.isRaised, try await store.giveBack() {
                await stop.wait(atMost: limits.pause, time: time)
            }
        } catch {
            log.warning(
                "retention.failed",
                metadata: ["code": "\(error.code.rawValue)", "detail": "\(error.detail)"])
        }
        if !removed.isEmpty { log.info("retention.pruned", metadata: removed) }
    }

    private func prune(
        _ keeping: Keeping, until stop: StopSignal
    ) async throws(StorageError) -> Int {
        let now = time.now()
        let moment = now - ages.age(keeping)
        var removed = 0
        var batch = limits.batch
        var cursor: String?
        while !stop.isRaised, !Task.isCancelled {
            let began = time.elapsed()
            let pruned = try await store.prune(
                keeping, olderThan: moment, from: cursor, limit: batch, at: now)
            let isSlow = time.elapsed() - began > limits.hold
            batch = isSlow ? max(batch / 2, limits.batchMin) : min(batch * 2, limits.batch)
            removed += pruned.removed
            guard let next = pruned.next else { break }
            cursor = next
            await stop.wait(atMost: limits.pause, time: time)
        }
        return removed
    }
}
