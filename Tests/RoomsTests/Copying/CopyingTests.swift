import Copying
import Domain
import Providers
import Storage
import StorageMemory
import Testing
import Transport

/// The rows of the machine's table that lead from planned to ended without doubt.
@Suite struct CopyingTests {
    @Test func aCopyMadeBeforeItsAnswerSucceedsInOneRound() async throws {
        let desk = CopyingDesk()
        try await desk.plan()
        desk.transport.answer { [store = desk.store] request in
            if request.method == .post {
                // The commit comes before the first byte.
                let state = try? await store.task("t1")?.task.state
                #expect(state == .submitting)
            }
            return .success(HTTPAnswer(status: 200))
        }
        try await desk.round()

        let task = try await desk.task()
        #expect(task.state == .succeeded(copy: "copy-1"))
        #expect(task.attempts == 1)
        #expect(task.evidence.baseline == ["old"])
        #expect(task.evidence.clockAhead == 5)
        #expect(task.evidence.logID == "log-1")
        #expect(try await desk.states() == [.queued, .submitting, .succeeded])
        #expect(try await desk.outcomes() == ["finished"])
        #expect(try await desk.announced() == [.copySucceeded])
        #expect(try await desk.store.ownCopies(among: ["copy-1", "x"], of: .coze) == ["copy-1"])
        let submission = try #require(desk.transport.submissions.first)
        #expect(desk.transport.submissions.count == 1)
        #expect(submission.isOnFreshConnection)
        let key = try #require(submission.headers.first("Idempotency-Key"))
        #expect(key.hasPrefix("dsp_"))
        #expect(key == task.dispatch?.id)
        #expect(try await desk.round() == 0)
    }

    @Test func oneLineTellsOfEachAttemptAndNoSecret() async throws {
        let desk = CopyingDesk()
        try await desk.plan()
        try await desk.round()
        let lines = desk.paper.lines.filter { $0.contains("copy.attempted") }
        #expect(
            lines == [
                "info copy.attempted connection=c duration_ms=0 kind=submit log_id=log-1 number=1 "
                    + "outcome=finished state=succeeded status=200 task=t1"
            ])
        #expect(!desk.paper.lines.contains { $0.contains("fixed-token") })
    }

    @Test func aJobIsPolledAtGrowingIntervalsUntilItFinishes() async throws {
        var script = ScriptedPlatform.Script()
        script.submissions = [.accepted("job-1", logID: nil)]
        let running = Progress.running(status: "in_progress", logID: "log-2")
        script.polls = Array(repeating: running, count: 7)
        script.polls.append(.finished(copy: "copy-1", status: "successful", logID: "log-3"))
        let desk = CopyingDesk(script)
        try await desk.plan()
        try await desk.round()
        #expect(try await desk.task().state.name == .copying)
        var waits: [Duration] = []
        for _ in 0..<8 {
            waits.append(try await desk.wait())
            try await desk.nextRound()
        }
        #expect(waits == [1, 2, 4, 8, 16, 30, 30, 30].map { .seconds($0) })
        let task = try await desk.task()
        #expect(task.state == .succeeded(copy: "copy-1"))
        #expect(task.polls == 8)
        #expect(task.evidence.providerStatus == "successful")
        #expect(task.evidence.statusVerified == nil)
        #expect(task.evidence.providerTask == "job-1")
        #expect(try await desk.announced() == [.copySucceeded])
        #expect(desk.transport.submissions.count == 1)
    }

    @Test(arguments: [false, true])
    func whetherKeyuesStatusMapIsConfirmedIsSaid(_ isVerified: Bool) async throws {
        var script = ScriptedPlatform.Script()
        script.submissions = [.accepted("job-1", logID: nil)]
        script.polls = [.finished(copy: nil, status: "2", logID: nil)]
        let desk = CopyingDesk(script, provider: .keyue) {
            $0.taskQuery.isStatusMapVerified = isVerified
        }
        try await desk.plan(provider: .keyue)
        try await desk.round()
        #expect(try await desk.task().evidence.statusVerified == nil)
        #expect(try await desk.wait() == .seconds(2))
        try await desk.nextRound()
        #expect(try await desk.task().state == .succeeded(copy: nil))
        #expect(try await desk.task().evidence.statusVerified == isVerified)
    }

    @Test func aRefusalEndsTheTask() async throws {
        let failure = Failure(.notFound, code: "4200", message: "no such bot", logID: "log-9")
        var script = ScriptedPlatform.Script()
        script.submissions = [.refused(failure)]
        let desk = CopyingDesk(script)
        try await desk.plan()
        try await desk.round()
        #expect(try await desk.task().state == .failed(failure))
        #expect(try await desk.announced() == [.copyFailed])
        let attempt = try #require(try await desk.record().attempts.first)
        #expect(attempt.code == "4200")
        #expect(attempt.logID == "log-9")
        #expect(attempt.status == 200)
        #expect(attempt.exchange?.url == "https://platform.test/copy")
    }

    @Test func aPreflightThatRefusesSendsNothing() async throws {
        let failure = Failure(.invalid, message: "a personal workspace's bot stays there")
        var script = ScriptedPlatform.Script()
        script.preparations = [.refused(failure)]
        let desk = CopyingDesk(script)
        try await desk.plan()
        try await desk.round()
        let task = try await desk.task()
        #expect(task.state == .failed(failure))
        #expect(task.attempts == 0)
        #expect(desk.transport.submissions.isEmpty)
        #expect(try await desk.outcomes() == ["refused"])
    }

    @Test func aJobThatFailsEndsTheTask() async throws {
        let failure = Failure(.copyFailed, message: "资源配额不足")
        var script = ScriptedPlatform.Script()
        script.submissions = [.accepted("job-1", logID: nil)]
        script.polls = [.failed(failure, status: "failed")]
        let desk = CopyingDesk(script)
        try await desk.plan()
        try await desk.round()
        try await desk.nextRound()
        #expect(try await desk.task().state == .failed(failure))
        #expect(try await desk.announced() == [.copyFailed])
    }

    @Test func aJobThatIsNeverSeenSaysWhyUntilTheEnd() async throws {
        let failure = Failure(.unavailable, message: "Raise task_query.max_pages.")
        var script = ScriptedPlatform.Script()
        script.submissions = [.accepted("job-1", logID: nil)]
        script.polls = [.unseen(failure)]
        let desk = CopyingDesk(script)
        try await desk.plan()
        try await desk.round()
        try await desk.nextRound()
        #expect(try await desk.task().state.name == .copying)
        #expect(try await desk.task().evidence.lastTrouble == failure)
        for _ in 0..<400 where try await desk.task().state.name == .copying {
            try await desk.nextRound()
        }
        #expect(try await desk.task().state.name == .unresolved)
        #expect(try await desk.announced() == [.copyStalled, .copyUnresolved])
        try await desk.nextRound()
        #expect(try await desk.task().state.name == .unresolved)
        #expect(try await desk.task().evidence.lastTrouble == failure)
    }

    @Test func whatMayPassIsTriedAgainHourlyForADay() async throws {
        var script = ScriptedPlatform.Script()
        script.submissions = [.refusedForNow(.plain())]
        let desk = CopyingDesk(script)
        try await desk.plan()
        try await desk.round()
        #expect(try await desk.wait() == .hours(1))
        for _ in 0..<24 { try await desk.nextRound() }
        let task = try await desk.task()
        #expect(task.state.name == .failed)
        #expect(task.attempts == 25)
        #expect(try await desk.announced() == [.copyFailed])
        #expect(desk.clock.elapsed == .hours(24))
    }

    @Test func whatDidNotLeaveFollowsItsSchedule() async throws {
        let desk = CopyingDesk()
        desk.transport.answer { request in
            request.method == .post
                ? .failure(TransportFailure(.couldNotConnect, isSent: false, detail: "refused"))
                : .success(HTTPAnswer(status: 200))
        }
        try await desk.plan()
        try await desk.round()
        var waits: [Duration] = []
        for _ in 0..<4 {
            waits.append(try await desk.wait())
            try await desk.nextRound()
        }
        #expect(waits == [1_050, 5_250, 15_750, 63_000].map { .milliseconds($0) })
        #expect(try await desk.task().failuresBeforeSending == 5)
        for _ in 0..<100 where try await desk.task().state.name == .queued {
            try await desk.nextRound()
        }
        #expect(try await desk.task().state.name == .failed)
        #expect(desk.clock.elapsed > .hours(24))
        #expect(desk.clock.elapsed < .hours(26))
    }

    @Test func troubleBeforeASubmissionFollowsTheSameSchedule() async throws {
        var script = ScriptedPlatform.Script()
        script.preparations = [.trouble(.plain()), .trouble(.plain(.seconds(90)))]
        let desk = CopyingDesk(script)
        try await desk.plan()
        try await desk.round()
        #expect(try await desk.wait() == .milliseconds(1_050))
        try await desk.nextRound()
        #expect(try await desk.wait() == .seconds(90))
        let task = try await desk.task()
        #expect(task.attempts == 0)
        #expect(task.failuresBeforeSending == 2)
        #expect(task.evidence.lastTrouble?.message == "busy")
        #expect(desk.transport.submissions.isEmpty)
        desk.platform.set { $0.preparations = [.ready(Baseline(ids: []))] }
        try await desk.nextRound()
        #expect(try await desk.task().evidence.lastTrouble == nil)
        #expect(try await desk.task().evidence.troubleSince == nil)
    }
}
