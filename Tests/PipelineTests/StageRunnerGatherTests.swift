import Domain
import Logging
import Pipeline
import Testing

/// Few free places wait for more, but not for long.
@Suite(.timeLimit(.minutes(1)))
struct StageRunnerGatherTests {
    @Test func aSingleFreePlaceIsFilledAfterAMoment() async {
        let clock = ManualClock()
        let room = FakeStage(clock, due: Array(1...9), isOpen: false)
        let stop = StopSignal()
        let runner = StageRunner(
            room, time: clock.source, nudge: Nudge(),
            limits: StageLimits(concurrent: 8, pauseMax: .seconds(4)),
            log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        await withTaskGroup { group in
            group.addTask { await runner.run(until: stop) }
            await room.journal.wait { $0.inHand.count == 8 }
            room.release(1)
            await clock.someoneSleeps(.milliseconds(50))
            #expect(room.journal.value.claims.count == 1)
            clock.advance(by: .milliseconds(50))
            await room.journal.wait { $0.claims.count == 2 }
            room.journal.change { $0.isOpen = true }
            await room.journal.wait { $0.settled.count == 9 }
            stop.raise()
        }
        #expect(room.journal.value.claims.map(\.number) == [8, 1])
    }
}
