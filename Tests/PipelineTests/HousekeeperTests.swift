import Domain
import Logging
import Pipeline
import Storage
import Synchronization
import Testing

/// A store of which so many rows of each kind are old.
private final class FakeHouse: Housekeeping {
    struct Asked: Hashable {
        let keeping: Keeping
        let moment: Timestamp
        let cursor: String?
        let limit: Int
    }

    let asked = Watched<[Asked]>([])
    let attended = Watched(0)
    let givenBack = Watched(0)
    let madeFindable = Watched(0)
    private let old: [Keeping: Int]
    private let conditions: [StoreCondition]
    private let trouble: StorageError?
    private let gives: Int
    private let onPrune: @Sendable (Int) -> Void

    init(
        old: [Keeping: Int] = [:], gives: Int = 0, conditions: [StoreCondition] = [],
        trouble: StorageError? = nil, onPrune: @escaping @Sendable (Int) -> Void = { _ in }
    ) {
        self.old = old
        self.gives = gives
        self.onPrune = onPrune
        self.conditions = conditions
        self.trouble = trouble
    }

    func prune(
        _ keeping: Keeping, olderThan moment: Timestamp, from cursor: String?, limit: Int,
        at now: Timestamp
    ) async throws(StorageError) -> Pruned {
        asked.change {
            $0.append(Asked(keeping: keeping, moment: moment, cursor: cursor, limit: limit))
        }
        if let trouble { throw trouble }
        onPrune(limit)
        let done = cursor.flatMap { Int($0) } ?? 0
        let rest = (old[keeping] ?? 0) - done
        let removed = min(rest, limit)
        return Pruned(removed: removed, next: rest > limit ? "\(done + removed)" : nil)
    }

    func giveBack() async throws(StorageError) -> Bool {
        givenBack.change { count in
            count += 1
            return count <= gives
        }
    }

    func makeFindable() async throws(StorageError) -> Bool {
        let count = madeFindable.change { count in
            count += 1
            return count
        }
        if let trouble { throw trouble }
        return count < gives
    }

    func attend() async -> StoreCondition {
        let place = attended.change { count in
            defer { count += 1 }
            return count
        }
        return conditions.isEmpty
            ? StoreCondition() : conditions[min(place, conditions.count - 1)]
    }
}

/// Lines as they would stand in a log, fields in the order of their names.
private final class Paper: Sendable {
    private let kept = Mutex<[String]>([])
    var lines: [String] { kept.withLock(\.self) }

    var logger: Logger { Logger(label: "test") { _ in Pen(paper: self) } }

    private struct Pen: LogHandler {
        let paper: Paper
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let fields = (event.metadata ?? [:]).map { "\($0.key)=\($0.value)" }.sorted()
            paper.kept.withLock {
                $0.append((["\(event.level) \(event.message)"] + fields).joined(separator: " "))
            }
        }
    }
}

@Suite(.timeLimit(.minutes(1)))
struct HousekeeperTests {
    private let clock = ManualClock()
    private let paper = Paper()
    private let stop = StopSignal()

    private func housekeeper(_ house: FakeHouse) -> Housekeeper {
        Housekeeper(house, ages: Housekeeper.Ages(), time: clock.source, log: paper.logger)
    }

    @Test func aSweepTakesEachKindByItsAgeInSmallBatchesWithPauses() async {
        let house = FakeHouse(old: [.tasks: 1_100, .keys: 500], gives: 2)
        clock.advance(by: .days(400))
        await withTaskGroup { group in
            group.addTask { await housekeeper(house).sweep(until: stop) }
            for pause in 1...4 {
                await clock.someoneSleeps(times: pause)
                await clock.someoneSleeps(.milliseconds(50))
                clock.advance(by: .milliseconds(50))
            }
        }
        let asked = house.asked.value
        #expect(
            asked.map(\.keeping).filter { $0 != .tasks } == Keeping.allCases.filter { $0 != .tasks }
        )
        #expect(asked.filter { $0.keeping == .tasks }.map(\.cursor) == [nil, "500", "1000"])
        let ages = asked.filter { $0.cursor == nil }.map { asked in
            (Timestamp(milliseconds: 0) + .days(400) - asked.moment) / .days(1)
        }
        #expect(
            ages.map { Int($0.rounded()) } == [30, 30, 90, 30, 30, 90, 1, 365, 365, 30])
        #expect(house.givenBack.value == 3)
        #expect(paper.lines == ["info retention.pruned keys=500 tasks=1100"])
    }

    @Test func theNextSweepComesAnHourLater() async {
        let house = FakeHouse()
        await withTaskGroup { group in
            group.addTask { await housekeeper(house).run(until: stop) }
            await clock.someoneSleeps(.minutes(10))
            #expect(house.asked.value.isEmpty, "the clock may yet be put right")
            clock.advance(by: .minutes(10))
            await house.givenBack.wait { $0 == 1 }
            await clock.someoneSleeps(.hours(1))
            #expect(house.asked.value.count == Keeping.allCases.count)
            clock.advance(by: .hours(1))
            await house.asked.wait { $0.count == 2 * Keeping.allCases.count }
            stop.raise()
        }
        #expect(paper.lines.isEmpty, "nothing happened")
    }

    /// Else a clock that is a year ahead for a moment would forget which events were taken.
    @Test func aClockThatJumpedPutsOneSweepOff() async {
        let house = FakeHouse()
        let jump = Mutex(Duration.zero)
        let time = TimeSource(
            now: { [clock] in clock.source.now() + jump.withLock(\.self) },
            elapsed: clock.source.elapsed, sleep: clock.source.sleep)
        let keeper = Housekeeper(
            house, ages: Housekeeper.Ages(), time: time, log: paper.logger)
        await withTaskGroup { group in
            group.addTask { await keeper.run(until: stop) }
            await clock.someoneSleeps(.minutes(10))
            jump.withLock { $0 = .days(100) }
            clock.advance(by: .minutes(10))
            await clock.someoneSleeps(.hours(1))
            #expect(house.asked.value.isEmpty)
            clock.advance(by: .hours(1))
            await house.givenBack.wait { $0 == 1 }
            stop.raise()
        }
        #expect(paper.lines == ["warning retention.put_off clock_moved_s=8640000"])
    }

    /// 250 us a row: 125 rows take longer than 20 ms, 62 do not.
    @Test func aStoreThatIsSlowIsAskedForLess() async {
        let elapsed = Mutex(Duration.zero)
        let house = FakeHouse(old: [.keys: 1_100]) { limit in
            elapsed.withLock { $0 += .microseconds(250 * limit) }
        }
        let time = TimeSource(
            now: { Timestamp(milliseconds: 0) }, elapsed: { elapsed.withLock(\.self) },
            sleep: { _ in })
        await Housekeeper(house, ages: Housekeeper.Ages(), time: time, log: paper.logger)
            .sweep(until: stop)
        let limits = house.asked.value.filter { $0.keeping == .keys }.map(\.limit)
        #expect(limits == [500, 250, 125, 62, 124, 62])
    }

    @Test func whatWasAddedIsMadeFindableInStepsWithPauses() async {
        let house = FakeHouse(gives: 3)
        let keeper = FindKeeper(house, time: clock.source, log: paper.logger)
        await withTaskGroup { group in
            group.addTask { await keeper.run(until: stop) }
            for (count, pause) in [(1, 50), (2, 50), (3, 2_000), (4, 2_000)] {
                await house.madeFindable.wait { $0 == count }
                await clock.someoneSleeps(.milliseconds(pause))
                clock.advance(by: .milliseconds(pause))
            }
            stop.raise()
        }
        #expect(paper.lines.isEmpty)
    }

    @Test func troubleWithFindingIsSaidOnce() async {
        let house = FakeHouse(trouble: StorageError(.full, detail: "no room"))
        let keeper = FindKeeper(house, time: clock.source, log: paper.logger)
        await withTaskGroup { group in
            group.addTask { await keeper.run(until: stop) }
            for count in 1...3 {
                await house.madeFindable.wait { $0 == count }
                await clock.someoneSleeps(.seconds(2))
                clock.advance(by: .seconds(2))
            }
            stop.raise()
        }
        #expect(paper.lines == ["warning find.failed code=full detail=no room"])
    }

    @Test func aStopEndsASweepBetweenTwoBatches() async {
        let house = FakeHouse(old: [.taskAttempts: 100_000])
        await withTaskGroup { group in
            group.addTask { await housekeeper(house).sweep(until: stop) }
            await clock.someoneSleeps(.milliseconds(50))
            stop.raise()
        }
        #expect(house.asked.value.count == 1)
    }

    @Test func troubleEndsASweepAndIsSaid() async {
        let house = FakeHouse(trouble: StorageError(.full, detail: "no space"))
        await housekeeper(house).sweep(until: stop)
        #expect(house.asked.value.count == 1)
        #expect(paper.lines == ["warning retention.failed code=full detail=no space"])
    }

    @Test func whatChangesAboutTheDiskIsSaidOnce() async {
        let roomy = StoreCondition(free: 50, total: 100)
        let scarce = StoreCondition(free: 9, total: 100)
        let closed = StoreCondition(trouble: .lowOnSpace, free: 4, total: 100)
        let house = FakeHouse(conditions: [roomy, scarce, scarce, closed, closed, roomy])
        await withTaskGroup { group in
            group.addTask {
                await DiskWatch(house, time: clock.source, log: paper.logger).run(until: stop)
            }
            for look in 1...8 {
                await house.attended.wait { $0 >= look }
                await clock.someoneSleeps(.seconds(1))
                clock.advance(by: .seconds(1))
            }
            stop.raise()
        }
        #expect(
            paper.lines == [
                "warning disk.scarce free_bytes=9 total_bytes=100",
                "error store.closed detail=less space is free than store.free_min free_bytes=4 "
                    + "reason=low_on_space total_bytes=100",
                "notice store.open_again free_bytes=50 total_bytes=100",
                "notice disk.roomy free_bytes=50 total_bytes=100",
            ])
    }
}
