import Pipeline
import Testing

/// Waits for a nudge and says when it is over.
private func wait(for nudge: Nudge, then count: Watched<Int>) async {
    await nudge.wait()
    count.change { $0 += 1 }
}

@Suite(.timeLimit(.minutes(1)))
struct NudgeTests {
    @Test func aNudgeThatNobodyWaitsForIsKeptOnce() async {
        let nudge = Nudge()
        let ended = Watched(0)
        nudge.signal()
        nudge.signal()

        await wait(for: nudge, then: ended)
        #expect(ended.value == 1)

        await withTaskGroup { group in
            group.addTask { await wait(for: nudge, then: ended) }
            // Were the second kept, too, this would end before it is signalled.
            for _ in 0..<100 { await Task.yield() }
            #expect(ended.value == 1)
            nudge.signal()
        }
        #expect(ended.value == 2)
    }

    @Test func aNudgeWakesWhoWaits() async {
        for _ in 0..<1_000 {
            let nudge = Nudge()
            async let wait: Void = nudge.wait()
            nudge.signal()
            await wait
        }
    }

    @Test func cancellingEndsTheWait() async {
        // The moment of cancelling falls before, into and after the moment of registering.
        for _ in 0..<2_000 {
            let nudge = Nudge()
            await withTaskGroup { group in
                group.addTask { await nudge.wait() }
                group.cancelAll()
            }
        }
    }

    @Test func aNudgeAfterACancelledWaitIsKept() async {
        let nudge = Nudge()
        await withTaskGroup { group in
            group.addTask { await nudge.wait() }
            group.cancelAll()
        }
        nudge.signal()
        await nudge.wait()
    }
}

@Suite(.timeLimit(.minutes(1)))
struct StopSignalTests {
    @Test func everybodyWhoWaitsIsWoken() async {
        for _ in 0..<200 {
            let stop = StopSignal()
            await withTaskGroup { group in
                for _ in 0..<8 { group.addTask { await stop.wait() } }
                stop.raise()
            }
            #expect(stop.isRaised)
        }
    }

    @Test func onceRaisedNobodyWaits() async {
        let stop = StopSignal()
        #expect(!stop.isRaised)
        stop.raise()
        stop.raise()
        await stop.wait()
        await stop.wait()
    }

    @Test func cancellingEndsTheWaitAndRaisesNothing() async {
        for _ in 0..<2_000 {
            let stop = StopSignal()
            await withTaskGroup { group in
                group.addTask { await stop.wait() }
                group.addTask { await stop.wait() }
                group.cancelAll()
            }
            #expect(!stop.isRaised)
        }
    }

    @Test func cancellingOneLeavesTheOthersWaiting() async {
        let stop = StopSignal()
        let ended = Watched(0)
        await withTaskGroup { group in
            group.addTask {
                await stop.wait()
                ended.change { $0 += 1 }
            }
            await withTaskGroup { inner in
                inner.addTask { await stop.wait() }
                inner.cancelAll()
            }
            #expect(ended.value == 0)
            stop.raise()
        }
        #expect(ended.value == 1)
    }

    @Test func aWaitEndsByTheStopTheNudgeOrTheTimeAlone() async {
        for end in 0..<4 {
            let (stop, nudge, clock) = (StopSignal(), Nudge(), ManualClock())
            await withTaskGroup { group in
                group.addTask {
                    await stop.wait(atMost: .seconds(9), or: nudge, time: clock.source)
                }
                await clock.someoneSleeps(.seconds(9))
                switch end {
                case 0: stop.raise()
                case 1: nudge.signal()
                case 2: clock.advance(by: .seconds(9))
                default: group.cancelAll()
                }
            }
            #expect(stop.isRaised == (end == 0))
        }
    }
}
