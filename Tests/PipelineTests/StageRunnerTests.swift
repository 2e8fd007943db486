import Domain
import Logging
import Pipeline
import Storage
import Testing

/// A runner over a fake room, on a clock of its own.
private struct Fixture: Sendable {
    let clock: ManualClock
    let room: FakeStage
    let nudge = Nudge()
    let next = Nudge()
    let stop = StopSignal()
    let limits: StageLimits

    init(
        due: [Int] = [], isOpen: Bool = false, concurrent: Int = 4, settleAttemptsMax: Int = 10
    ) {
        clock = ManualClock()
        room = FakeStage(clock, due: due, isOpen: isOpen)
        limits = StageLimits(
            concurrent: concurrent, pause: .milliseconds(500), pauseMax: .seconds(4),
            settleAttemptsMax: settleAttemptsMax)
    }

    /// Runs the runner while `body` watches it, then stops it.
    func run(_ body: (Watched<FakeStage.Journal>) async -> Void) async {
        let runner = StageRunner(
            room, time: clock.source, nudge: nudge, next: [next], limits: limits,
            log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        await withTaskGroup { group in
            group.addTask {
                await runner.run(until: stop)
                room.journal.change { $0.hasEnded = true }
            }
            await body(room.journal)
            stop.raise()
        }
    }
}

private func asked(_ number: Int, _ milliseconds: Int) -> FakeStage.Asked {
    FakeStage.Asked(number: number, at: .milliseconds(milliseconds))
}

@Suite(.timeLimit(.minutes(1)))
struct StageRunnerTests {
    @Test func noMoreIsTakenThanThereArePlacesAndAFewAtATime() async {
        let fixture = Fixture(due: Array(1...20), concurrent: 8)
        await fixture.run { journal in
            await journal.wait { $0.inHand.count == 8 }
            // One of eight is not worth a transaction, two are.
            fixture.room.release(1)
            await journal.wait { $0.settled == [1] }
            await fixture.clock.someoneSleeps(times: 2)
            fixture.room.release(2)
            await journal.wait { $0.inHand.count == 10 }
            #expect(journal.value.claims.map(\.number) == [8, 2])
            journal.change { $0.isOpen = true }
            await journal.wait { $0.settled.count == 20 }
        }
        #expect(fixture.room.journal.value.settled.sorted() == Array(1...20))
    }

    @Test func nothingDueIsAskedForAgainAfterThePauseAndNotBefore() async {
        let fixture = Fixture()
        await fixture.run { journal in
            for count in 1...3 {
                await fixture.clock.someoneSleeps(times: count)
                fixture.clock.advance(by: .milliseconds(499))
                for _ in 0..<100 { await Task.yield() }
                fixture.clock.advance(by: .milliseconds(1))
            }
            await journal.wait { $0.claims.count == 4 }
        }
        #expect(
            fixture.room.journal.value.claims
                == [asked(4, 0), asked(4, 500), asked(4, 1_000), asked(4, 1_500)])
    }

    @Test func aNudgeEndsTheRest() async {
        let fixture = Fixture(isOpen: true)
        await fixture.run { journal in
            await fixture.clock.someoneSleeps(.milliseconds(500))
            journal.change { $0.due = [1] }
            fixture.nudge.signal()
            await journal.wait { $0.settled == [1] }
        }
        #expect(fixture.clock.state.value.elapsed == .zero)
    }

    @Test func theNextRoomHearsOfWhatWasSettled() async {
        let fixture = Fixture(due: [1], isOpen: true)
        await fixture.run { _ in await fixture.next.wait() }
        #expect(fixture.room.journal.value.settled == [1])
    }

    @Test func troubleWithTheStoreIsWaitedOutLongerEachTimeWhateverNudgesCome() async {
        let fixture = Fixture(isOpen: true)
        fixture.room.journal.change {
            $0.due = [1]
            $0.claimTroubles = [.unavailable, .full, .unavailable, .corrupt, .unavailable]
        }
        await fixture.run { journal in
            for (count, pause) in [500, 1_000, 2_000, 4_000, 4_000].enumerated() {
                await fixture.clock.someoneSleeps(times: count + 1)
                fixture.nudge.signal()
                for _ in 0..<100 { await Task.yield() }
                fixture.clock.advance(by: .milliseconds(pause))
            }
            await journal.wait { $0.settled == [1] }
        }
        let times = [0, 500, 1_500, 3_500, 7_500, 11_500]
        #expect(
            Array(fixture.room.journal.value.claims.prefix(6)) == times.map { asked(4, $0) })
    }

    @Test func theFirstTroubleAfterSuccessIsWaitedOutBrieflyAgain() async {
        let fixture = Fixture()
        fixture.room.journal.change {
            $0.due = [1]
            $0.claimTroubles = [.unavailable, .unavailable, nil, .unavailable]
        }
        await fixture.run { journal in
            for (count, pause) in [500, 1_000, 500, 500].enumerated() {
                await fixture.clock.someoneSleeps(times: count + 1)
                fixture.clock.advance(by: .milliseconds(pause))
            }
            await journal.wait { $0.claims.count == 5 }
            journal.change { $0.isOpen = true }
        }
        let times = [0, 500, 1_500, 2_000, 2_500]
        #expect(
            Array(fixture.room.journal.value.claims.prefix(5)).map(\.at)
                == times.map(Duration.milliseconds))
        #expect(fixture.room.journal.value.settled == [1])
    }

    @Test func whoGotLessThanWasAskedForDoesNotAskAgainAtOnce() async {
        let fixture = Fixture(due: [1, 2])
        await fixture.run { journal in
            await journal.wait { $0.inHand.count == 2 }
            await fixture.clock.someoneSleeps(.milliseconds(500))
            #expect(journal.value.claims == [asked(4, 0)])
            fixture.nudge.signal()
            await journal.wait { $0.claims.count == 2 }
            #expect(journal.value.claims.last == asked(2, 0))
            journal.change { $0.isOpen = true }
        }
    }
}

@Suite(.timeLimit(.minutes(1)))
struct SettlingTests {
    @Test func aResultIsOfferedAgainWhileTheStoreIsAway() async {
        let fixture = Fixture(due: [1], isOpen: true)
        fixture.room.journal.change { $0.settleTroubles = [.unavailable, .full, .unavailable] }
        await fixture.run { journal in
            // The loop rests for 500 ms, too, so two sleepers are there before the first advance.
            await fixture.clock.state.wait { $0.sleepers.count == 2 }
            fixture.clock.advance(by: .milliseconds(500))
            for pause in [1_000, 2_000] {
                await fixture.clock.someoneSleeps(.milliseconds(pause))
                fixture.clock.advance(by: .milliseconds(pause))
            }
            await journal.wait { $0.settled == [1] }
        }
        #expect(
            fixture.room.journal.value.settleAttempts
                == [asked(1, 0), asked(1, 500), asked(1, 1_500), asked(1, 3_500)])
    }

    @Test(arguments: [
        StorageError.Code.claimLost, .notFound, .conflict, .corrupt, .keyBusy,
    ])
    func aResultThatCanNeverBeWrittenIsGivenUpAtOnce(_ code: StorageError.Code) async {
        let fixture = Fixture(due: [1, 2], isOpen: true, concurrent: 1)
        fixture.room.journal.change { $0.settleTroubles = [code] }
        await fixture.run { journal in await journal.wait { $0.settled == [2] } }
        #expect(fixture.room.journal.value.settleAttempts == [asked(1, 0), asked(2, 0)])
    }

    @Test func aStoreThatStaysAwayCostsSoManyAttemptsAndThePlaceIsFree() async {
        let fixture = Fixture(due: [1, 2], isOpen: true, concurrent: 1, settleAttemptsMax: 3)
        fixture.room.journal.change { $0.settleTroubles = [.full, .full, .full] }
        await fixture.run { journal in
            await fixture.clock.someoneSleeps(.milliseconds(500))
            fixture.clock.advance(by: .milliseconds(500))
            await fixture.clock.someoneSleeps(.milliseconds(1_000))
            fixture.clock.advance(by: .milliseconds(1_000))
            // After the last attempt nothing is waited for.
            await journal.wait { $0.settled == [2] }
        }
        #expect(
            fixture.room.journal.value.settleAttempts
                == [asked(1, 0), asked(1, 500), asked(1, 1_500), asked(2, 1_500)])
    }
}

@Suite(.timeLimit(.minutes(1)))
struct StoppingTests {
    @Test func theStopEndsARestAtOnce() async {
        let fixture = Fixture()
        await fixture.run { _ in await fixture.clock.someoneSleeps(.milliseconds(500)) }
        #expect(fixture.room.journal.value.hasEnded)
        #expect(fixture.clock.state.value.elapsed == .zero)
        #expect(fixture.clock.state.value.sleepers.isEmpty)
    }

    @Test func theStopEndsABackOffAtOnce() async {
        let fixture = Fixture()
        fixture.room.journal.change { $0.claimTroubles = [.unavailable] }
        await fixture.run { _ in await fixture.clock.someoneSleeps(.milliseconds(500)) }
        #expect(fixture.room.journal.value.claims.count == 1)
        #expect(fixture.clock.state.value.elapsed == .zero)
    }

    @Test func aSoftStopTakesNoMoreAndFinishesWhatIsInHand() async {
        let fixture = Fixture(due: [1, 2, 3], concurrent: 2)
        await fixture.run { journal in
            await journal.wait { $0.inHand.count == 2 }
            fixture.stop.raise()
            for _ in 0..<100 { await Task.yield() }
            #expect(!journal.value.hasEnded)
            journal.change { $0.isOpen = true }
        }
        let journal = fixture.room.journal.value
        #expect(journal.settled.sorted() == [1, 2])
        #expect(journal.cutShort.isEmpty)
        #expect(journal.claims.count == 1)
        #expect(journal.due == [3])
    }

    @Test func cancellingCutsShortWhatIsInHandAndSettlesIt() async {
        let fixture = Fixture(due: [1, 2, 3], concurrent: 2)
        await withTaskGroup { group in
            group.addTask { await fixture.run { await $0.wait { $0.hasEnded } } }
            await fixture.room.journal.wait { $0.inHand.count == 2 }
            group.cancelAll()
        }
        let journal = fixture.room.journal.value
        #expect(journal.settled.sorted() == [1, 2])
        #expect(journal.cutShort.sorted() == [1, 2])
        #expect(journal.due == [3])
    }

    @Test func cancellingWhileTheStoreIsAwayEndsSoonAndAfterBoundedAttempts() async {
        let fixture = Fixture(due: [1], isOpen: true, settleAttemptsMax: 5)
        fixture.room.journal.change {
            $0.settleTroubles = Array(repeating: .unavailable, count: 100)
        }
        await withTaskGroup { group in
            group.addTask { await fixture.run { await $0.wait { $0.hasEnded } } }
            await fixture.room.journal.wait { $0.settleAttempts.count == 1 }
            group.cancelAll()
        }
        #expect(fixture.room.journal.value.settleAttempts.count == 5)
        #expect(fixture.clock.state.value.elapsed == .zero)
    }
}
