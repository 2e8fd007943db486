import Copying
import Domain
import Providers
import Storage
import StorageMemory
import Testing
import Transport

/// What happens once nobody can say whether a copy was made.
@Suite struct CopyingDoubtTests {
    @Test func aLostAnswerIsLookedForAndNeverSentAgain() async throws {
        let desk = CopyingDesk()
        desk.transport.answer(cutOff)
        try await desk.plan()
        try await desk.round()
        #expect(try await desk.task().state.name == .reconciling)
        var looks: [Duration] = []
        while try await desk.task().state.name == .reconciling {
            try await desk.nextRound()
            looks.append(desk.clock.elapsed)
        }
        // The last look falls on the end of the window.
        #expect(looks == [2, 10, 30, 60].map { .seconds($0) })
        #expect(try await desk.task().state.name == .unresolved)
        for _ in 0..<300 where try await desk.task().state.dueAt != nil {
            try await desk.nextRound()
        }
        // Every two minutes for an hour, then hourly for seven days, then not any more.
        #expect(try await desk.task().state == .unresolved(lookAt: nil))
        #expect(desk.clock.elapsed > .days(7))
        #expect(desk.clock.elapsed < .days(7) + .hours(2))
        #expect(desk.transport.submissions.count == 1)
        #expect(try await desk.announced() == [.copyUnresolved])
    }

    @Test func anAsynchronousCopyHasALongerWindow() async throws {
        var script = ScriptedPlatform.Script()
        script.isSynchronous = false
        let desk = CopyingDesk(script)
        desk.transport.answer(cutOff)
        try await desk.plan(onUncertain: .reconcile)
        try await desk.round()
        var last = Duration.zero
        while try await desk.task().state.name == .reconciling {
            try await desk.nextRound()
            last = desk.clock.elapsed
        }
        #expect(last == .minutes(15))
        // Asynchronous copies are held whatever the policy says: one may still appear.
        #expect(try await desk.task().state.name == .unresolved)
        #expect(desk.transport.submissions.count == 1)
    }

    @Test func aTaskFoundInSubmittingIsLookedForAndNotSent() async throws {
        let desk = CopyingDesk()
        try await desk.plan()
        // Another worker went as far as the commit and died.
        let work = try #require(
            try await desk.stage.claim(limit: 1, at: desk.clock.now).first)
        var claim = work.task.claim
        _ = try claim.work.apply(
            .prepared(CopyTask.Dispatch(id: "dsp_1", at: desk.clock.now)))
        try await desk.store.dispatch(claim, at: desk.clock.now)
        await desk.store.endLoans()

        try await desk.round()
        #expect(try await desk.task().state.name == .reconciling)
        #expect(try await desk.outcomes() == ["found_none"])
        #expect(desk.transport.submissions.isEmpty)
        desk.platform.set { $0.sightings = [.found("copy-9", because: ["name"])] }
        try await desk.nextRound()
        let task = try await desk.task()
        #expect(task.state == .succeeded(copy: "copy-9"))
        #expect(task.evidence.adoptedBecause == ["name"])
        #expect(desk.transport.submissions.isEmpty)
        #expect(
            try await desk.store.ownCopies(among: ["copy-9"], of: .coze) == ["copy-9"])
    }

    @Test func whatANamesakeMayHaveMadeDuringTheLookIsNotTaken() async throws {
        let desk = CopyingDesk()
        desk.transport.answer(cutOff)
        try await desk.plan()
        try await desk.round()
        desk.platform.set { $0.sightings = [.found("copy-9", because: [])] }
        let other = Box<Claim<CopyTask>>()
        desk.transport.answer { request in
            if request.url.hasSuffix("/look"), other.value == nil {
                other.value = try? await desk.sendAnother("t2")
            }
            return .success(HTTPAnswer(status: 200))
        }
        try await desk.nextRound()
        #expect(try await desk.task().state.name == .reconciling)
        // The copy turns out to be the other one's; ours comes later.
        var claim = try #require(other.value)
        _ = try claim.work.apply(.finished(copy: "copy-9", at: desk.clock.now))
        try await desk.store.settle(
            claim, with: CopySettlement(ownCopy: "copy-9"), at: desk.clock.now)
        try await desk.nextRound()
        #expect(try await desk.task().state.name == .reconciling)
        #expect(try await desk.outcomes().suffix(2) == ["overtaken", "overtaken"])
        desk.platform.set { $0.sightings = [.found("copy-1", because: [])] }
        try await desk.nextRound()
        #expect(try await desk.task().state == .succeeded(copy: "copy-1"))
    }

    @Test func aLeaseThatEndsBeforeTheCommitLeadsToAnotherTry() async throws {
        let desk = CopyingDesk()
        try await desk.plan()
        _ = try await desk.stage.claim(limit: 1, at: desk.clock.now)
        #expect(try await desk.task().state.name == .queued)
        desk.clock.advance(by: .seconds(60))
        try await desk.round()
        #expect(try await desk.task().state.name == .succeeded)
        #expect(desk.transport.submissions.count == 1)
    }

    @Test func aJobThatIsFoundIsPolledToItsEnd() async throws {
        var script = ScriptedPlatform.Script()
        script.sightings = [.foundTask("job-1", because: ["agent"])]
        script.polls = [.finished(copy: nil, status: "2", logID: nil)]
        let desk = CopyingDesk(script, provider: .keyue)
        desk.transport.answer(cutOff)
        try await desk.plan(provider: .keyue)
        try await desk.round()
        try await desk.nextRound()
        #expect(try await desk.task().state.name == .copying)
        #expect(try await desk.wait() == .seconds(2))
        try await desk.nextRound()
        #expect(try await desk.task().state == .succeeded(copy: nil))
        #expect(try await desk.outcomes() == ["answer_lost", "found_task", "finished"])
    }

    @Test func severalCandidatesAreForAPersonAndOneLaterIsAdopted() async throws {
        let candidates = [
            CopyTask.Candidate(id: "a", name: nil, updatedAt: nil),
            CopyTask.Candidate(id: "b", name: nil, updatedAt: nil),
        ]
        var script = ScriptedPlatform.Script()
        script.sightings = [
            .ambiguous(candidates), .ambiguous([candidates[1]]), .none,
            .found("a", because: ["only one left"]),
        ]
        let desk = CopyingDesk(script)
        desk.transport.answer(cutOff)
        try await desk.plan()
        try await desk.round()
        try await desk.nextRound()
        #expect(try await desk.task().state.name == .unresolved)
        #expect(try await desk.task().evidence.candidates == candidates)
        #expect(try await desk.wait() == .minutes(2))
        try await desk.nextRound()
        #expect(try await desk.task().evidence.candidates == [candidates[1]])
        try await desk.nextRound()
        try await desk.nextRound()
        let task = try await desk.task()
        #expect(task.state == .succeeded(copy: "a"))
        #expect(task.sequence == 2)
        #expect(try await desk.announced() == [.copyUnresolved, .copySucceeded])
        #expect(desk.transport.submissions.count == 1)
    }

    @Test func reconcileSendsOnceMoreAfterTheWindowAndThenHolds() async throws {
        let desk = CopyingDesk()
        desk.transport.answer(cutOff)
        try await desk.plan(onUncertain: .reconcile)
        try await desk.round()
        while try await desk.task().state.name == .reconciling { try await desk.nextRound() }
        #expect(desk.clock.elapsed == .seconds(60))
        #expect(try await desk.task().state.name == .queued)
        #expect(try await desk.task().isPossibleDuplicate)
        #expect(desk.transport.submissions.count == 1)
        try await desk.nextRound()
        #expect(desk.transport.submissions.count == 2)
        let keys = Set(desk.transport.submissions.map { $0.headers.first("Idempotency-Key") })
        #expect(keys.count == 2)
        while try await desk.task().state.name == .reconciling { try await desk.nextRound() }
        #expect(try await desk.task().state.name == .unresolved)
        #expect(desk.clock.elapsed == .seconds(120))
        #expect(desk.transport.submissions.count == 2)
    }

    @Test func retrySendsAgainWithoutLookingAndNotForEver() async throws {
        let desk = CopyingDesk()
        desk.transport.answer(cutOff)
        try await desk.plan(onUncertain: .retry)
        try await desk.round()
        #expect(try await desk.wait() == .zero)
        try await desk.nextRound()
        try await desk.nextRound()
        #expect(desk.transport.submissions.count == 2)
        #expect(desk.transport.count("look") == 0)
        #expect(desk.clock.elapsed == .zero)
        while try await desk.task().state.name != .unresolved { try await desk.nextRound() }
        #expect(desk.transport.submissions.count == 5)
        #expect(try await desk.task().isPossibleDuplicate)
        #expect(desk.transport.count("look") > 0)
    }

    @Test(arguments: UncertainPolicy.allCases)
    func withoutABaselineATaskIsAlwaysHeld(_ policy: UncertainPolicy) async throws {
        let candidate = CopyTask.Candidate(id: "a", name: nil, updatedAt: nil)
        for sightings in [[Sighting.none], [.none, .ambiguous([candidate])]] {
            var script = ScriptedPlatform.Script()
            script.preparations = [.ready(Baseline(ids: nil))]
            script.sightings = sightings
            let desk = CopyingDesk(script) { $0.usesBaseline = false }
            desk.transport.answer(cutOff)
            try await desk.plan(onUncertain: policy)
            try await desk.round()
            while try await desk.task().state.name == .reconciling { try await desk.nextRound() }
            // No look could adopt anything, so there are no further ones.
            #expect(try await desk.task().state == .unresolved(lookAt: nil))
            #expect(try await desk.task().evidence.candidates.count == sightings.count - 1)
            #expect(desk.transport.submissions.count == 1)
        }
    }

    @Test func aLookThatCannotSeeProvesNothing() async throws {
        var script = ScriptedPlatform.Script()
        script.sightings = [.trouble(.plain())]
        let desk = CopyingDesk(script)
        desk.transport.answer(cutOff)
        // A policy that would send again had the list been empty.
        try await desk.plan(onUncertain: .reconcile)
        try await desk.round()
        while try await desk.task().state.name == .reconciling { try await desk.nextRound() }
        #expect(desk.clock.elapsed == .seconds(60) + .minutes(10))
        #expect(try await desk.task().state.name == .unresolved)
        #expect(try await desk.task().evidence.lastTrouble?.message == "busy")
        #expect(desk.transport.submissions.count == 1)
        desk.platform.set { $0.sightings = [.found("copy-2", because: [])] }
        try await desk.nextRound()
        #expect(try await desk.task().state == .succeeded(copy: "copy-2"))
    }

    @Test func aLookThatBeganBeforeTheEndOfTheWindowDecidesNothing() async throws {
        let desk = CopyingDesk()
        desk.transport.answer(cutOff)
        try await desk.plan(onUncertain: .reconcile)
        try await desk.round()
        try await desk.nextRound()
        try await desk.nextRound()
        desk.transport.answer { [clock = desk.clock] _ in
            clock.advance(by: .seconds(31))
            return .success(HTTPAnswer(status: 200))
        }
        try await desk.nextRound()
        #expect(desk.clock.elapsed == .seconds(61))
        #expect(try await desk.task().state.name == .reconciling)
        #expect(try await desk.wait() == .seconds(-1))
        try await desk.nextRound()
        #expect(try await desk.task().state.name == .queued)
    }

    @Test func theDecidingLookSeesWithOwnEyes() async throws {
        var script = ScriptedPlatform.Script()
        script.sharedFor = .hours(1)
        let desk = CopyingDesk(script)
        desk.transport.answer(cutOff)
        try await desk.plan()
        try await desk.round()
        while try await desk.task().state.name == .reconciling { try await desk.nextRound() }
        // At 2 s, shared with those at 10 and 30 s, and the one at the end of the window.
        #expect(desk.transport.count("look") == 2)
    }

    @Test func aLateJobIsAnnouncedOnceAndGivenUpAtItsDeadline() async throws {
        var script = ScriptedPlatform.Script()
        script.submissions = [.accepted("job-1", logID: nil)]
        let desk = CopyingDesk(script)
        try await desk.plan()
        try await desk.round()
        var stalledAt: Duration?
        while try await desk.task().state.name == .copying {
            try await desk.nextRound()
            if stalledAt == nil, try await desk.task().sequence == 1 {
                stalledAt = desk.clock.elapsed
                #expect(try await desk.wait() == .minutes(10))
            }
        }
        let stall = try #require(stalledAt)
        #expect(stall >= .minutes(30) && stall < .minutes(31))
        #expect(desk.clock.elapsed == .hours(24))
        #expect(try await desk.task().state.name == .unresolved)
        #expect(try await desk.announced() == [.copyStalled, .copyUnresolved])
        // From now on the job itself is asked, since it is known.
        let polls = desk.transport.count("poll")
        try await desk.nextRound()
        #expect(desk.transport.count("poll") == polls + 1)
        #expect(desk.transport.count("look") == 0)
        #expect(try await desk.task().state.name == .unresolved)
        desk.platform.set { $0.polls = [.finished(copy: "late", status: "s", logID: nil)] }
        try await desk.nextRound()
        #expect(try await desk.task().state == .succeeded(copy: "late"))
        #expect(try await desk.task().sequence == 3)
    }

    @Test func aJobThatFailsAfterItsDeadlineFailsItsTask() async throws {
        let failure = Failure(.copyFailed, message: "no quota")
        var script = ScriptedPlatform.Script()
        script.submissions = [.accepted("job-1", logID: nil)]
        let desk = CopyingDesk(script) { $0.poll.deadline = .seconds(5) }
        try await desk.plan()
        try await desk.round()
        while try await desk.task().state.name == .copying { try await desk.nextRound() }
        #expect(desk.clock.elapsed == .seconds(5))
        desk.platform.set { $0.polls = [.failed(failure, status: "failed")] }
        try await desk.nextRound()
        #expect(try await desk.task().state.name == .copying)
        #expect(try await desk.task().endedAt == nil)
        try await desk.nextRound()
        #expect(try await desk.task().state == .failed(failure))
    }

    @Test func troubleWhilePollingNeverEndsTheTask() async throws {
        var script = ScriptedPlatform.Script()
        script.submissions = [.accepted("job-1", logID: nil)]
        script.polls = [
            .trouble(.plain()), .trouble(.plain(.seconds(45))), .trouble(.unauthorized),
            .finished(copy: "copy-1", status: nil, logID: nil),
        ]
        let desk = CopyingDesk(script)
        try await desk.plan()
        try await desk.round()
        try await desk.nextRound()
        #expect(try await desk.wait() == .seconds(2))
        try await desk.nextRound()
        #expect(try await desk.wait() == .seconds(45))
        try await desk.nextRound()
        #expect(try await desk.wait() == .minutes(10))
        #expect(try await desk.task().evidence.lastTrouble?.kind == .unauthorized)
        try await desk.nextRound()
        #expect(try await desk.task().state == .succeeded(copy: "copy-1"))
        #expect(try await desk.task().evidence.lastTrouble == nil)
    }
}
