import Copying
import Domain
import Providers
import Storage
import StorageMemory
import Testing
import Transport

/// Claims, locks, leases and stops: whatever happens, at most one submission for each dispatch.
@Suite struct CopyingClaimTests {
    /// A ledger whose commit before the first byte goes wrong in the test's way.
    private struct Ledger: CopyLedger {
        let store: MemoryStore
        let onDispatch: @Sendable (MemoryStore, Claim<CopyTask>, Timestamp) async -> StorageError?

        func claimTasks(
            limit: Int, perConnection: Int, skipping skipped: Set<String>,
            holding held: Set<String>, at now: Timestamp, lease: Duration
        ) async throws(StorageError) -> [ClaimedTask] {
            try await store.claimTasks(
                limit: limit, perConnection: perConnection, skipping: skipped, holding: held,
                at: now,
                lease: lease)
        }

        func takeTask(
            _ id: CopyTask.ID, at now: Timestamp, lease: Duration
        ) async throws(StorageError) -> Claim<CopyTask> {
            try await store.takeTask(id, at: now, lease: lease)
        }

        func dispatch(_ claim: Claim<CopyTask>, at now: Timestamp) async throws(StorageError) {
            if let error = await onDispatch(store, claim, now) { throw error }
        }

        func settle(
            _ claim: Claim<CopyTask>, with settlement: CopySettlement, at now: Timestamp
        ) async throws(StorageError) {
            try await store.settle(claim, with: settlement, at: now)
        }

        func surroundings(of task: CopyTask) async throws(StorageError) -> Surroundings {
            try await store.surroundings(of: task)
        }
    }

    @Test func aTaskWaitsForTheOtherOfItsKey() async throws {
        var script = ScriptedPlatform.Script()
        script.submissions = [
            .accepted("job-1", logID: nil), .finished(copy: "copy-2", logID: nil),
        ]
        let desk = CopyingDesk(script)
        try await desk.plan("t1")
        try await desk.plan("t2")
        try await desk.round()
        #expect(try await desk.task("t1").state.name == .copying)
        // Claimed together, so both were asked about; from now on the store keeps it.
        #expect(try await desk.wait("t2") == .seconds(2))
        #expect(desk.transport.count("prepare") == 2)
        var claims = 0
        while desk.clock.elapsed < .minutes(90) {
            let dueAt = try #require(try await desk.task("t1").state.dueAt)
            desk.clock.advance(to: min(dueAt, desk.clock.now + .seconds(8)))
            let works = try await desk.stage.claim(limit: 10, at: desk.clock.now)
            claims += works.count { $0.task.claim.work.id == "t2" }
            for work in works { try await desk.stage.settle(await desk.stage.perform(work)) }
        }
        #expect(claims == 0)
        #expect(desk.transport.count("prepare") == 2)
        #expect(desk.transport.submissions.count == 1)
        #expect(try await desk.task("t2").attempts == 0)
        desk.platform.set { $0.polls = [.finished(copy: "copy-1", status: nil, logID: nil)] }
        try await desk.nextRound("t1")
        #expect(try await desk.task("t1").state.name == .succeeded)
        // Freed at once, whatever it was told to wait.
        try await desk.round()
        #expect(try await desk.task("t2").state == .succeeded(copy: "copy-2"))
    }

    @Test(arguments: [StorageError.Code.claimLost, .notFound, .conflict, .corrupt])
    func aClaimThatIsLostSendsNothingAndWritesNothing(_ code: StorageError.Code) async throws {
        let desk = CopyingDesk(
            ledger: { store in
                Ledger(store: store) { _, _, _ in StorageError(code, detail: "test") }
            })
        try await desk.plan()
        try await desk.round()
        #expect(desk.transport.submissions.isEmpty)
        #expect(try await desk.states() == [.queued])
        #expect(try await desk.outcomes() == [])
    }

    @Test(arguments: [false, true])
    func aCommitOfWhichNothingIsKnownIsPutRight(_ wasWritten: Bool) async throws {
        let desk = CopyingDesk(
            ledger: { store in
                Ledger(store: store) { store, claim, now in
                    if wasWritten { try? await store.dispatch(claim, at: now) }
                    return StorageError(.unavailable, detail: "test")
                }
            })
        try await desk.plan()
        try await desk.round()
        #expect(desk.transport.submissions.isEmpty)
        #expect(try await desk.task().state.name == .queued)
        #expect(try await desk.task().attempts == 0)
        #expect(try await desk.wait() == .seconds(2))
    }

    @Test func aLeaseThatIsNearlyOverSendsNothing() async throws {
        // The default lease of 60 s covers a request of 15 s and 5 s of margin until 40 s.
        for (late, isSent) in [(Duration.seconds(40), true), (.milliseconds(40_001), false)] {
            var script = ScriptedPlatform.Script()
            script.questionTimeout = .seconds(1)
            let desk = CopyingDesk(script)
            try await desk.plan()
            let work = try #require(
                try await desk.stage.claim(limit: 1, at: desk.clock.now).first)
            desk.clock.advance(by: late)
            try await desk.stage.settle(await desk.stage.perform(work))
            #expect(desk.transport.submissions.count == (isSent ? 1 : 0))
            #expect(try await desk.task().state.name == (isSent ? .succeeded : .queued))
        }
    }

    @Test func aCommitThatTookTooLongSendsNothing() async throws {
        let clock = Box<ManualClock>()
        let desk = CopyingDesk(
            ledger: { store in
                Ledger(store: store) { store, claim, now in
                    try? await store.dispatch(claim, at: now)
                    clock.value?.advance(by: .seconds(50))
                    return nil
                }
            })
        clock.value = desk.clock
        try await desk.plan()
        try await desk.round()
        #expect(desk.transport.submissions.isEmpty)
        #expect(try await desk.states() == [.queued, .submitting, .queued])
        #expect(try await desk.task().attempts == 0)
    }

    @Test func aStopBeforeTheCommitLeavesTheTaskQueued() async throws {
        let desk = CopyingDesk()
        try await desk.plan()
        desk.transport.answer { _ in
            withUnsafeCurrentTask { $0?.cancel() }
            return .success(HTTPAnswer(status: 200))
        }
        try await performInTask(desk)
        #expect(desk.transport.submissions.isEmpty)
        #expect(try await desk.states() == [.queued])
        #expect(try await desk.wait() == .zero)
    }

    @Test func aStopBetweenCommitAndFirstByteWithdraws() async throws {
        let desk = CopyingDesk(
            ledger: { store in
                Ledger(store: store) { store, claim, now in
                    try? await store.dispatch(claim, at: now)
                    withUnsafeCurrentTask { $0?.cancel() }
                    return nil
                }
            })
        try await desk.plan()
        try await performInTask(desk)
        #expect(desk.transport.submissions.isEmpty)
        #expect(try await desk.states() == [.queued, .submitting, .queued])
        #expect(try await desk.task().attempts == 0)
        #expect(try await desk.wait() == .zero)
    }

    @Test(arguments: [false, true])
    func aStopDuringASubmissionDependsOnWhatLeft(_ isSent: Bool) async throws {
        let desk = CopyingDesk()
        desk.transport.answer { request in
            guard request.method == .post else { return .success(HTTPAnswer(status: 200)) }
            withUnsafeCurrentTask { $0?.cancel() }
            return .failure(TransportFailure(.cancelled, isSent: isSent, detail: "stop"))
        }
        try await desk.plan()
        try await performInTask(desk)
        let task = try await desk.task()
        #expect(task.state.name == (isSent ? .reconciling : .queued))
        #expect(task.attempts == (isSent ? 1 : 0))
        #expect(try await desk.outcomes() == [isSent ? "answer_lost" : "withdrawn"])
    }

    @Test func aStopDuringAPollOrALookLeavesTheTaskDue() async throws {
        let stop: ScriptedTransport.Answer = { request in
            withUnsafeCurrentTask { $0?.cancel() }
            return .failure(TransportFailure(.cancelled, isSent: true, detail: "stop"))
        }
        for isLost in [false, true] {
            var script = ScriptedPlatform.Script()
            script.submissions = [.accepted("job-1", logID: nil)]
            let desk = CopyingDesk(script)
            if isLost { desk.transport.answer(cutOff) }
            try await desk.plan()
            try await desk.round()
            desk.clock.advance(by: try await desk.wait())
            desk.transport.answer(stop)
            try await performInTask(desk)
            #expect(try await desk.task().state.name == (isLost ? .reconciling : .copying))
            #expect(try await desk.wait() == .zero)
            #expect(try await desk.outcomes().count == 1)
        }
    }

    @Test func aTaskWhoseConnectionIsGoneIsKept() async throws {
        let desk = CopyingDesk()
        try await desk.plan(connection: "gone")
        try await desk.round()
        let task = try await desk.task()
        #expect(task.state.name == .queued)
        #expect(try await desk.wait() == .minutes(1))
        #expect(task.evidence.lastTrouble?.kind == .invalid)
        #expect(desk.transport.requests.isEmpty)
        try await desk.nextRound()
        #expect(try await desk.task().state.name == .queued)
    }

    @Test func aSignalThatTheMachineRefusesLeavesTheRowAlone() async throws {
        let desk = CopyingDesk()
        try await desk.plan()
        let work = try #require(
            try await desk.stage.claim(limit: 1, at: desk.clock.now).first)
        let wrong = CopyWork(
            task: ClaimedTask(claim: work.task.claim, step: .poll("job-1")),
            claimedAt: desk.clock.elapsed)
        let result = await desk.stage.perform(wrong)
        #expect(result.ending == nil)
        try await desk.stage.settle(result)
        #expect(try await desk.states() == [.queued])
        #expect(desk.paper.lines.contains { $0.hasPrefix("error copy.signal_refused") })
    }

    /// One round in a task of its own, which may be cancelled from inside.
    private func performInTask(_ desk: CopyingDesk) async throws {
        let work = try #require(
            try await desk.stage.claim(limit: 1, at: desk.clock.now).first)
        let result = await withTaskGroup(of: CopyResult.self) { group in
            group.addTask { await desk.stage.perform(work) }
            return await group.next()
        }
        try await desk.stage.settle(#require(result))
    }

    @Test func aTaskInDoubtWhoseConnectionIsGoneIsToldToPeople() async throws {
        let desk = CopyingDesk()
        desk.transport.answer(cutOff)
        try await desk.plan()
        try await desk.round()
        #expect(try await desk.task().state.name == .reconciling)
        // The next start finds a configuration without it.
        let stage = CopyingStage(
            ledger: desk.store, health: desk.store,
            destinations: DestinationBook(endpoints: [
                Endpoint(name: "ops", channel: .webhook, url: Secret("https://ops.test/"))
            ]), platform: { _ in nil },
            transport: desk.transport, time: desk.clock.source, chance: Chance { 0 },
            log: desk.paper.logger)
        for _ in 0..<100 where try await desk.task().state.name == .reconciling {
            desk.clock.advance(to: try #require(try await desk.task().state.dueAt))
            for work in try await stage.claim(limit: 1, at: desk.clock.now) {
                try await stage.settle(await stage.perform(work))
            }
        }
        #expect(try await desk.task().state.name == .unresolved)
        #expect(desk.clock.elapsed < .minutes(17))
        #expect(try await desk.announced() == [.copyUnresolved])
        #expect(desk.transport.submissions.count == 1)
    }
}
