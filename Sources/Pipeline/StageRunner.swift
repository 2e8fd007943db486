package import Domain
package import Logging
import Storage
import Synchronization

/// The one loop that every queued room runs: batches, limits, back-off and soft stop.
///
/// Work is taken as places become free, so that one slow piece never holds up the others.
package struct StageRunner<Room: Stage>: Sendable {
    private let room: Room
    private let time: TimeSource
    private let nudge: Nudge
    private let next: [Nudge]
    private let limits: StageLimits
    private let log: Logger
    private let inHand = InHand()

    /// - Parameters:
    ///   - nudge: Says that there may be work here; also signalled by this runner itself.
    ///   - next: Signalled whenever something was settled here.
    package init(
        _ room: Room, time: TimeSource, nudge: Nudge, next: [Nudge] = [],
        limits: StageLimits = StageLimits(), log: Logger
    ) {
        self.room = room
        self.time = time
        self.nudge = nudge
        self.next = next
        self.limits = limits
        self.log = log
    }

    /// Pieces of work that were claimed and are not settled.
    package var worksInHand: Int { inHand.count }

    /// Runs until the stop is asked for, then finishes the work in hand.
    ///
    /// Cancelling the surrounding task cuts that work short as well: each piece comes back soon
    /// and is settled as what it then is.
    package func run(until stop: StopSignal) async {
        await withDiscardingTaskGroup { group in
            var troubles = 0
            var gatherEnd: Duration?
            while !stop.isRaised, !Task.isCancelled {
                let free = limits.concurrent - inHand.count
                // A few places at a time, or every end would cost a transaction of its own; but
                // not for long, or slow work in most places would hold up what the others could do.
                if free * 4 < limits.concurrent {
                    let now = time.elapsed()
                    let end = gatherEnd ?? now + limits.gatherMax
                    gatherEnd = free > 0 ? end : nil
                    if free == 0 || end > now {
                        let pause = free == 0 ? limits.pauseMax : end - now
                        await stop.wait(atMost: pause, or: nudge, time: time)
                        continue
                    }
                }
                gatherEnd = nil
                do throws(StorageError) {
                    let taken = try await room.claim(limit: free, at: time.now())
                    troubles = 0
                    for work in taken {
                        inHand.add(1)
                        group.addTask { await carry(work) }
                    }
                    // All that was due, or all that may be taken before some of it has ended: asked
                    // again at once, the store would only be kept from others.
                    if taken.count < free {
                        await stop.wait(atMost: limits.pause, or: nudge, time: time)
                    }
                } catch {
                    troubles += 1
                    report("claim.failed", error)
                    // No nudge ends this: there may be work, but the store could not even be
                    // asked, and as many nudges come as there are senders. One is kept, and the
                    // next rest ends at once.
                    await stop.wait(atMost: pause(after: troubles), time: time)
                }
            }
        }
    }

    private func carry(_ work: Room.Work) async {
        let result = await room.perform(work)
        await settle(result)
        inHand.add(-1)
        nudge.signal()
        for nudge in next { nudge.signal() }
    }

    /// Writes the result, again and again while the store is away: the claim's token fences it, so
    /// a late write cannot undo what another worker did meanwhile.
    private func settle(_ result: Room.Result) async {
        for troubles in 1...limits.settleAttemptsMax {
            do throws(StorageError) {
                return try await room.settle(result)
            } catch {
                let isPassing = error.code == .unavailable || error.code == .full
                guard isPassing, troubles < limits.settleAttemptsMax else {
                    return report("settle.given_up", error)
                }
                report("settle.failed", error)
                try? await time.sleep(pause(after: troubles))
            }
        }
    }

    private func pause(after troubles: Int) -> Duration {
        var pause = limits.pause
        for _ in 1..<max(troubles, 1) where pause < limits.pauseMax { pause *= 2 }
        return min(pause, limits.pauseMax)
    }

    private func report(_ what: Logger.Message, _ error: StorageError) {
        log.warning(
            what,
            metadata: [
                "stage": "\(room.name)", "code": "\(error.code.rawValue)",
                "detail": "\(error.detail)",
            ])
    }
}

/// How much a room takes on, and how patiently it asks.
package struct StageLimits: Sendable {
    /// Pieces of work in hand at once.
    package var concurrent: Int
    /// How long to wait before the store is asked again when nothing was due.
    package var pause: Duration
    /// The longest wait after trouble with the store; waits double up to it.
    package var pauseMax: Duration
    /// How long a few free places wait for more before the store is asked.
    package var gatherMax: Duration = .milliseconds(50)
    /// How often a result is offered to a store that is away, before its lease is left to end.
    package var settleAttemptsMax: Int

    package init(
        concurrent: Int = 64,
        pause: Duration = .milliseconds(500),
        pauseMax: Duration = .seconds(15),
        settleAttemptsMax: Int = 10
    ) {
        precondition(concurrent > 0 && settleAttemptsMax > 0)
        self.concurrent = concurrent
        self.pause = pause
        self.pauseMax = pauseMax
        self.settleAttemptsMax = settleAttemptsMax
    }
}

/// Counts the work in hand; a class, since a group's child tasks count off what the loop counts on.
private final class InHand: Sendable {
    private let value = Mutex(0)

    var count: Int { value.withLock { $0 } }
    func add(_ change: Int) { value.withLock { $0 += change } }
}
