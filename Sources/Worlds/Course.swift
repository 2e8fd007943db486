import Administration
import Domain
import Logging
import Pipeline
import Simulation
import Storage
import StorageMemory
import Synchronization

/// The course of one world: lives, one after another, over one store.
struct Course: Sendable {
    let plan: WorldPlan
    let seed: UInt64
    let sabotage: Sabotage
    let time: WorldTime
    let chronicle: Chronicle
    let scenery: Scenery
    let senders: Senders
    let wishes = WishBook()
    let store = MemoryStore()

    func run(restMax: Duration, jobsMax: Int) async throws -> WorldReport {
        var drive = Drive(dice: Dice(seed: seed ^ 0xC0))
        var isAtRest = false
        for life in 0...plan.lives.count {
            let isLast = life == plan.lives.count
            let budget = isLast ? jobsMax : plan.lives[life]
            chronicle.note("the service starts")
            isAtRest = try await live(
                budget: budget, until: plan.faultsEnd + restMax, drive: &drive)
            senders.noteCrash()
            await store.endLoans()
            chronicle.noteRestart()
            if isAtRest { break }
            chronicle.count(\.crashes, isLast ? 0 : 1)
            chronicle.note("the service is cut off")
        }
        return try await report(drive, isAtRest: isAtRest)
    }

    /// One life, up to its crash or to rest.
    ///
    /// - Returns: Whether everything is at rest.
    private func live(
        budget: Int, until end: Duration, drive: inout Drive
    ) async throws -> Bool {
        let life = Life()
        let seed = drive.dice.generator.next()
        let executor = SeededExecutor(seed: seed)
        let processes = processes(of: life, seed: seed)
        return await withDiscardingTaskGroup { group in
            for process in processes {
                group.addTask(executorPreference: executor) { await process.run() }
            }
            var jobs = 0
            var isAtRest = false
            while !isAtRest {
                for due in senders.takeDue() {
                    let intake = drive.dice.pick(processes).intake
                    group.addTask(executorPreference: executor) { [senders] in
                        await senders.send(due, to: intake, of: life)
                    }
                }
                if let wish = drive.wish {
                    drive.wish = nil
                    let administrator = drive.dice.pick(processes).administrator
                    group.addTask(executorPreference: executor) {
                        await grant(wish, administrator)
                    }
                }
                jobs += executor.runUntilIdle(limit: budget - jobs)
                guard jobs < budget, time.clock.now.offset < end else { break }
                isAtRest = await step(life, &drive)
            }
            drive.jobs += jobs
            life.end()
            group.cancelAll()
            executor.runUntilIdle()
            return isAtRest
        }
    }

    private func processes(of life: Life, seed: UInt64) -> [Process] {
        let shelf = Shelf(seed: seed ^ 0xCA)
        let chance = Chance { shelf.next() }
        let log = Logger(label: "world") { [chronicle, plan] _ in
            Listener(chronicle, isSearching: plan.isSearched)
        }
        return (0..<plan.workers).map { worker in
            let store = WorldStore(
                store, life: life, time: time, chronicle: chronicle, plan: plan,
                sabotage: sabotage, seed: seed &+ UInt64(worker))
            let traffic = Traffic(
                scenery.bounds, isCounting: plan.hasSteadyTime, time: time, chronicle: chronicle)
            return Process(
                scenery, store: sabotage.store(store), desk: store,
                transport: sabotage.wayOut(
                    LifeTransport(life: life, inner: scenery.transport, traffic: traffic)),
                time: time.source(for: life), chance: chance, log: log)
        }
    }
}

/// Where the driver of a world stands.
struct Drive {
    var dice: Dice
    var jobs = 0
    var steps = 0
    var decisions = 0
    /// So often in a row nothing was in anybody's hand and something was due.
    var quietLooks = 0
    var wishes = 0
    /// What is to be asked for next.
    var wish: Wish?
}

// MARK: - The clock

extension Course {
    /// Moves the clock on; whether nothing is left to be done.
    private func step(_ life: Life, _ drive: inout Drive) async -> Bool {
        drive.steps += 1
        let clock = time.clock
        scenery.reach(at: clock.now.offset)
        guard clock.now.offset >= plan.faultsEnd else {
            await trouble(&drive)
            if clock.now.offset >= plan.faultsEnd {
                try? scenery.trouble(false, seed: seed)
                chronicle.note("nothing goes wrong any more")
            }
            return false
        }
        if drive.steps.isMultiple(of: 2), life.inFlight == 0, senders.isDone,
            let snapshot = try? await Snapshot(store)
        {
            check(snapshot)
            if snapshot.isAtRest { return plan.people == .nobody || !choose(snapshot, &drive) }
            // Whoever has something in hand may sleep for a moment that must not be passed over.
            if await store.isAnythingOnLoan(at: time.ours) {
                drive.quietLooks = 0
            } else if let pause = pause(before: snapshot, &drive) {
                clock.advance(by: pause)
                return false
            }
        }
        _ = clock.advanceToNextDeadline()
        return false
    }

    /// How long nothing will happen, so that the time in between need not be lived through; `nil`
    /// when something may.
    private func pause(before snapshot: Snapshot, _ drive: inout Drive) -> Duration? {
        let now = time.ours
        if let due = snapshot.nextDue(after: now), due > now + .seconds(1) {
            drive.quietLooks = 0
            return due - now
        }
        // What is due and stays rests behind the breaker of somebody who is not there.
        drive.quietLooks += 1
        guard drive.quietLooks > 2 else { return nil }
        return snapshot.waitsForEndpointsOnly ? .minutes(5) : .minutes(1)
    }

    /// One step while things go wrong.
    private func trouble(_ drive: inout Drive) async {
        let clock = time.clock
        if drive.dice.happens(plan.jumps) {
            let jump = Duration.seconds(drive.dice.number(-100...100))
            time.jump(by: jump)
            chronicle.count(\.jolts)
            chronicle.note("our wall clock jumps by \(jump.components.seconds) s")
        }
        if drive.dice.happens(plan.intrusions) {
            var dice = drive.dice
            let now = time.now
            scenery.coze.change { coze in
                chronicle.note("a stranger \(Strangers.act(in: &coze.coze, at: now, dice: &dice))")
            }
            drive.dice = dice
            chronicle.count(\.intrusions)
        }
        if plan.people == .hasty, drive.dice.happens(0.05),
            let snapshot = try? await Snapshot(store)
        {
            check(snapshot)
            _ = choose(snapshot, &drive)
        }
        await callBack(&drive)
        if drive.dice.happens(plan.stalls) {
            let stall = Duration.seconds(drive.dice.number(1...100))
            chronicle.count(\.jolts)
            chronicle.note("everything stands still for \(stall.text)")
            clock.advance(by: stall)
        } else {
            _ = clock.advanceToNextDeadline()
        }
    }

    /// Has hasty people cancel what a worker has on loan and has not sent.
    ///
    /// It is seldom there to be seen, so they look for it at each step.
    private func callBack(_ drive: inout Drive) async {
        guard plan.people == .hasty, plan.peopleWish, drive.wish == nil,
            drive.wishes < People.wishesMax
        else { return }
        let tasks = await store.queuedOnLoan(at: time.ours)
        guard !tasks.isEmpty, drive.dice.happens(0.2) else { return }
        drive.wishes += 1
        drive.wish = .cancel(drive.dice.pick(tasks))
    }

    /// Has people decide or wish something, if they want to; whether there was something.
    private func choose(_ snapshot: Snapshot, _ drive: inout Drive) -> Bool {
        let people = People(scenery: scenery)
        if plan.peopleWish, drive.wishes < People.wishesMax, drive.dice.happens(0.6) {
            // Counted whether it is possible or not, so that an end comes.
            drive.wishes += 1
            drive.wish = people.wish(
                among: snapshot, number: drive.wishes, dice: &drive.dice)
            if drive.wish != nil { return true }
        }
        guard drive.decisions < People.decisionsMax,
            let (task, decision) = people.choice(
                among: snapshot, at: time.now, dice: &drive.dice)
        else { return false }
        drive.wish = .decide(task.id, decision)
        drive.decisions += 1
        return true
    }

    /// What must hold at every moment.
    private func check(_ snapshot: Snapshot) {
        for holders in snapshot.lockHolders.values where holders.count > 1 {
            chronicle.note(contradiction: "\(holders.sorted()) are under way at once")
        }
    }
}

// MARK: - The end

extension Course {
    private func report(_ drive: Drive, isAtRest: Bool) async throws -> WorldReport {
        let snapshot = try await Snapshot(store)
        var checkers = try await Checkers(course: self, snapshot: snapshot)
        var report = WorldReport(seed: seed, troubles: [])
        if !isAtRest {
            checkers.fail("does not come to rest: \(snapshot.unrest)")
        }
        checkers.check()
        report.troubles = checkers.troubles
        for line in snapshot.lines { chronicle.note("row \(line)") }
        report.moments = chronicle.moments
        report.counts = chronicle.counts
        report.counts.events = snapshot.events.count
        report.counts.tasks = snapshot.tasks.count
        report.counts.notifications = scenery.endpoint.deliveries.count
        report.counts.copies =
            scenery.coze.copies(at: time.now).count + scenery.keyue.copies(at: time.now).count
        report.jobs = drive.jobs
        report.duration = time.clock.now.offset
        var digest = Digest()
        for moment in report.moments where !moment.isAside { digest.add(moment) }
        report.digest = digest.value
        return report
    }
}

/// Chance that is drawn from one place by everybody.
private final class Shelf: Sendable {
    private let generator: Mutex<SeededGenerator>

    init(seed: UInt64) { generator = Mutex(SeededGenerator(seed: seed)) }

    func next() -> UInt64 { generator.withLock { $0.next() } }
}
