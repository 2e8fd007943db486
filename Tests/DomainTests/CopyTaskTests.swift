import Domain
import StrictJSON
import Testing

/// What the machine keeps beside the state.
@Suite struct CopyTaskTests {
    private func task(_ state: CopyTask.State = .queued(notBefore: .start)) -> CopyTask {
        CopyTask(id: "t1", plan: .sample(), state: state)
    }

    @Test func aRefusedSignalLeavesTheTaskAsItWas() {
        for (_, state) in CopyTaskTableTests.states {
            for (_, signal) in CopyTaskTableTests.signals {
                var after = task(state)
                let before = after
                do throws(CopyTask.InvalidTransition) {
                    _ = try after.apply(signal)
                } catch {
                    #expect(after == before)
                    #expect(error.state == state && error.signal == signal)
                }
            }
        }
    }

    @Test func whatIsSubmittingNeverGoesBackToQueuedWithoutCertainty() throws {
        for (name, signal) in CopyTaskTableTests.signals {
            var task = task(.submitting)
            guard (try? task.apply(signal)) != nil, task.state.name == .queued else { continue }
            #expect(["refused (later)", "notSent (later)", "withdrawn"].contains(name))
        }
    }

    @Test func attemptsCountWhatMayHaveLeft() throws {
        var task = task()
        _ = try task.apply(.prepared(CopyTask.Dispatch(id: "d1", at: .start)))
        #expect(task.attempts == 1)
        #expect(task.dispatch?.id == "d1")
        _ = try task.apply(.withdrawn(at: .start))
        #expect(task.attempts == 0)
        _ = try task.apply(.prepared(CopyTask.Dispatch(id: "d2", at: .start)))
        _ = try task.apply(.notSent(.sample, retryAt: .start, at: .start))
        #expect(task.attempts == 1)
        #expect(task.failuresBeforeSending == 1)
        _ = try task.apply(.notSent(.sample, retryAt: .start, at: .start))
        #expect(task.failuresBeforeSending == 2)
        _ = try task.apply(.prepared(CopyTask.Dispatch(id: "d3", at: .start)))
        _ = try task.apply(.refused(.sample, retryAt: .start, at: .start))
        #expect(task.failuresBeforeSending == 0, "this one did leave")
        _ = try task.apply(.postponed(until: .start))
        #expect(task.attempts == 2)
    }

    @Test func whatIsUnderWayAgainHasNotEnded() throws {
        var task = task(.reconciling(lookAt: .start))
        _ = try task.apply(.held(lookAt: nil, at: .start))
        #expect(task.endedAt == .start)
        #expect(task.sequence == 1)
        var again = task
        _ = try again.apply(.foundTask("job", pollAt: .start))
        #expect(again.endedAt == nil)
        #expect(again.polls == 0)
        #expect(again.evidence.providerTask == "job")
        _ = try again.apply(.claimed(at: .start))
        #expect(again.polls == 1)
        _ = try task.apply(.sendAgain(notBefore: .start))
        #expect(task.endedAt == nil)
        #expect(task.isPossibleDuplicate)
    }

    @Test func everyAnnouncementHasASequenceOfItsOwn() throws {
        var task = task(.copying("job", pollAt: .start))
        _ = try task.apply(.stalled(pollAt: .start))
        _ = try task.apply(.deadlinePassed(lookAt: .start, at: .start))
        _ = try task.apply(.held(lookAt: .start, at: .start))
        #expect(task.sequence == 2, "nothing was announced the third time")
        _ = try task.apply(.found(copy: "c", at: .start))
        #expect(task.sequence == 3)
        #expect(task.copyID == "c")
    }

    @Test func whatIsDueIsSaidByTheState() {
        let due = CopyTaskTableTests.states.map { $0.1.dueAt }
        let zero = Timestamp(milliseconds: 0)
        #expect(due == [.start, zero, .start, .start, .start, nil, nil, nil])
        #expect(CopyTask.State.unresolved(lookAt: nil).dueAt == nil)
        let locks = CopyTaskTableTests.states.filter { $0.1.holdsLock }.map(\.0)
        #expect(locks == ["submitting", "copying", "reconciling"])
        let ends = CopyTaskTableTests.states.filter { $0.1.isEnd }.map(\.0)
        #expect(ends == ["succeeded", "failed", "cancelled"])
    }

    @Test(arguments: [
        ("2", "1", false), ("1", "1", true), (nil, "1", true), (nil, nil, true), ("2", nil, false),
        ("\u{E9}", "e\u{301}", false),
    ])
    func aCopyIsWithinOneWorkspaceByItsBytes(to: String?, from: String?, isWithin: Bool) {
        #expect(CopyTask.Plan.sample(to: to, from: from).isWithinOneWorkspace == isWithin)
    }

    @Test func theLockKeyNamesConnectionTargetAndEntity() {
        let key = CopyTask(id: "a", plan: .sample(), state: .submitting).lockKey
        #expect(key == "c\u{1F}2\u{1F}bot\u{1F}7351")
        let same = CopyTask(id: "b", plan: .sample(to: nil), state: .submitting).lockKey
        #expect(same == "c\u{1F}1\u{1F}bot\u{1F}7351")
    }

    @Test func aTaskIsShownWithEverythingThatNotificationsPromise() throws {
        var task = task(.submitting)
        task.evidence.statusVerified = false
        task.evidence.logID = "log"
        _ = try task.apply(.refused(.sample, retryAt: nil, at: .start + .milliseconds(1_840)))
        let text = String(decoding: task.notificationData.bytes(), as: UTF8.self)
        #expect(
            text == """
                {"task":{"id":"t1","state":"failed","rule":"r","connection":"c",\
                "provider":"coze","entity":{"type":"bot","id":"7351","name":"n",\
                "workspace_id":"1"},"to_workspace":"2","copy_id":null,"provider_task_id":null,\
                "log_id":"log","attempts":0,"failure":{"kind":"invalid","code":"4000",\
                "message":"no","log_id":"log"},"sequence":1,"possible_duplicate":false,\
                "status_verified":false,"created_at":"2026-03-18T08:30:15.250Z",\
                "ended_at":"2026-03-18T08:30:17.090Z","duration_ms":1840},"event":{"id":"evt_1",\
                "source":"s","type":"bot.published","key":"k","time":"2026-03-18T08:30:15.250Z"}}
                """)
    }
}
