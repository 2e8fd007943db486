import Domain
import Logging
import Pipeline
import Simulation
import Storage
import StorageMemory
import Synchronization

/// The whole service in a world that follows from a seed.
///
/// The real rooms on a store in memory, a virtual clock and a seeded executor, with the simulators
/// for everybody outside. ``run()`` lets it live through what its seed draws, waits until
/// everything is at rest, and has the outcome checked by somebody who was not part of it.
package struct World: Sendable {
    /// How much of virtual time may pass after the last fault.
    ///
    /// The schedule of webhooks alone takes three days and a half, and an endpoint that is never
    /// there is given up after five.
    private static let restMax: Duration = .hours(132)
    /// How many jobs a world may run.
    private static let jobsMax = 400_000

    package let seed: UInt64
    private let plan: WorldPlan
    private let bug: PlantedBug?

    /// - Parameter bug: What is broken on purpose; `nil` for the service as it is.
    package init(seed: UInt64, bug: PlantedBug? = nil) {
        self.seed = seed
        self.bug = bug
        plan = WorldPlan(seed)
    }

    /// Runs from the first event to rest, and says what was wrong.
    package func run() async -> WorldReport {
        let time = WorldTime()
        do {
            let scenery = try Scenery(plan, time: time)
            try scenery.trouble(true, seed: seed)
            let course = Course(
                plan: plan, seed: seed, bug: bug, time: time, scenery: scenery,
                senders: Senders(scenery, time: time, seed: seed ^ 0x5E))
            return try await course.run(restMax: Self.restMax, jobsMax: Self.jobsMax)
        } catch {
            return WorldReport(seed: seed, troubles: ["the world cannot be built: \(error)"])
        }
    }
}

/// What became of a world.
package struct WorldReport: Hashable, Sendable {
    package let seed: UInt64
    /// What was wrong, a line each; empty when every promise was kept.
    package var troubles: [String]
    /// What happened, a line each, in its order.
    package var story: [String] = []
    /// How many jobs were run.
    package var jobs = 0
    /// How much virtual time passed.
    package var duration: Duration = .zero

    /// A number that two runs of one seed share, and hardly any two seeds.
    ///
    /// Source: FNV-1a, 64 bits.
    package var digest: UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for line in story {
            for byte in line.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
            hash = (hash ^ 10) &* 0x100_0000_01B3
        }
        return hash
    }
}

/// The course of one world: lives, one after another, over one store.
struct Course: Sendable {
    let plan: WorldPlan
    let seed: UInt64
    let bug: PlantedBug?
    let time: WorldTime
    let scenery: Scenery
    let senders: Senders
    let store = MemoryStore()
    let ledger = Ledger()

    func run(restMax: Duration, jobsMax: Int) async throws -> WorldReport {
        var dice = Dice(seed: seed ^ 0xC0)
        var jobs = 0
        var isAtRest = false
        for life in 0...plan.lives.count {
            let isLast = life == plan.lives.count
            let budget = isLast ? jobsMax : plan.lives[life]
            let ended = try await live(
                Int.random(in: 0...Int.max, using: &dice.generator), budget: budget,
                until: plan.faultsEnd + restMax, dice: &dice)
            jobs += ended.jobs
            isAtRest = ended.isAtRest
            senders.noteCrash()
            await store.endLoans()
            if isAtRest { break }
        }
        let snapshot = try await Snapshot(store)
        var checkers = Checkers(course: self, snapshot: snapshot)
        var report = WorldReport(seed: seed, troubles: [])
        if !isAtRest { checkers.fail("does not come to rest: \(snapshot.unrest)") }
        checkers.check()
        report.troubles = checkers.troubles
        report.story =
            scenery.witness.coze.lines + scenery.witness.keyue.lines
            + scenery.witness.endpoint.lines + snapshot.lines
        report.jobs = jobs
        report.duration = time.clock.now.offset
        return report
    }

    /// One life, up to its crash or to rest.
    private func live(
        _ number: Int, budget: Int, until end: Duration, dice: inout Dice
    ) async throws -> (jobs: Int, isAtRest: Bool) {
        let life = Life()
        let seed = UInt64(number)
        let executor = SeededExecutor(seed: seed)
        let shelf = Shelf(seed: seed ^ 0xCA)
        let chance = Chance { shelf.next() }
        let log = Logger(label: "world") { _ in BugListener(ledger: ledger) }
        let processes = (0..<plan.workers).map { worker in
            Process(
                scenery,
                store: WorldStore(
                    store, life: life, time: time, ledger: ledger, plan: plan,
                    seed: seed &+ UInt64(worker), bug: bug),
                transport: LifeTransport(life: life, inner: scenery.transport, bug: bug),
                time: time.source(for: life), chance: chance, log: log)
        }
        return await withDiscardingTaskGroup { group in
            for process in processes {
                group.addTask(executorPreference: executor) { await process.run() }
            }
            var jobs = 0
            var steps = 0
            var isAtRest = false
            while !isAtRest {
                for index in senders.takeDue() {
                    let intake = dice.pick(processes).intake
                    group.addTask(executorPreference: executor) { [senders] in
                        await senders.send(index, to: intake, of: life)
                    }
                }
                jobs += executor.runUntilIdle(limit: budget - jobs)
                guard jobs < budget, time.clock.now.offset < end else { break }
                steps += 1
                isAtRest = await step(steps, life, &dice)
            }
            life.end()
            group.cancelAll()
            executor.runUntilIdle()
            return (jobs, isAtRest)
        }
    }

    /// Moves the clock on; whether nothing is left to be done.
    private func step(_ number: Int, _ life: Life, _ dice: inout Dice) async -> Bool {
        let clock = time.clock
        if clock.now.offset < plan.faultsEnd {
            if dice.happens(plan.jumps) { time.jump(by: .seconds(dice.number(1...100))) }
            if dice.happens(plan.stalls) {
                clock.advance(by: .seconds(dice.number(1...100)))
            } else {
                _ = clock.advanceToNextDeadline()
            }
            if clock.now.offset >= plan.faultsEnd { try? scenery.trouble(false, seed: seed) }
            return false
        }
        if number.isMultiple(of: 4), life.inFlight == 0, senders.isDone,
            let snapshot = try? await Snapshot(store)
        {
            if snapshot.isAtRest { return true }
            // Nothing happens before then, so the time in between is not lived through.
            if let due = snapshot.nextDue, due > time.ours + .seconds(30) {
                clock.advance(by: due - time.ours)
                return false
            }
            // What is due and stays rests behind the breaker of an endpoint that is not there.
            if snapshot.waitsForEndpointsOnly {
                clock.advance(by: .seconds(30))
                return false
            }
        }
        _ = clock.advanceToNextDeadline()
        return false
    }
}

/// Chance that is drawn from one place by everybody.
private final class Shelf: Sendable {
    private let generator: Mutex<SeededGenerator>

    init(seed: UInt64) { generator = Mutex(SeededGenerator(seed: seed)) }

    func next() -> UInt64 { generator.withLock { $0.next() } }
}
