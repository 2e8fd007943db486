import Copying
import Domain
import Providers
import Storage
import StorageMemory
import Testing
import Transport

/// Who may call, and what happens when a call's grant is refused.
@Suite struct CopyingGrantTests {
    private static func grant(_ name: String, renewAfter: Duration = .hours(1)) -> Authorization {
        .granted(Grant(token: Secret(name), renewAt: CopyingDesk.start + renewAfter))
    }

    @Test func aGrantIsGotOnceAndAgainWhenItIsDue() async throws {
        var script = ScriptedPlatform.Script()
        script.grants = [Self.grant("g1", renewAfter: .seconds(60)), Self.grant("g2")]
        let desk = CopyingDesk(script)
        try await desk.plan("t1", entity: "1")
        try await desk.round()
        desk.clock.advance(by: .milliseconds(59_999))
        try await desk.plan("t2", entity: "2")
        try await desk.round()
        #expect(desk.transport.count("grant") == 1)
        desk.clock.advance(by: .milliseconds(1))
        try await desk.plan("t3", entity: "3")
        try await desk.round()
        #expect(desk.transport.count("grant") == 2)
        #expect(
            desk.transport.submissions.map { $0.headers.first("Authorization") } == [
                "Bearer g1", "Bearer g1", "Bearer g2",
            ])
    }

    @Test func tasksThatNeedAGrantTogetherGetItTogether() async throws {
        var script = ScriptedPlatform.Script()
        script.grants = [Self.grant("g1"), Self.grant("g2")]
        let desk = CopyingDesk(script) { $0.limits.concurrent = 4 }
        for number in 1...4 {
            try await desk.plan(CopyTask.ID(rawValue: "t\(number)"), entity: "\(number)")
        }
        let barrier = Barrier()
        desk.transport.answer { request in
            if request.url.hasSuffix("/grant") { await barrier.pass() }
            return .success(HTTPAnswer(status: 200))
        }
        let works = try await desk.stage.claim(limit: 10, at: desk.clock.now)
        #expect(works.count == 4)
        try await desk.finish(works, opening: barrier, at: 1)
        #expect(desk.transport.count("grant") == 1)
        #expect(desk.transport.submissions.count == 4)
    }

    @Test func aGrantRefusedBeforeASubmissionIsRenewedOnce() async throws {
        var script = ScriptedPlatform.Script()
        script.grants = [Self.grant("g1"), Self.grant("g2")]
        script.preparations = [.trouble(.unauthorized), .ready(Baseline(ids: []))]
        let desk = CopyingDesk(script)
        try await desk.plan()
        try await desk.round()
        #expect(try await desk.task().state.name == .succeeded)
        #expect(desk.transport.count("grant") == 2)
        #expect(desk.transport.count("prepare") == 2)
        #expect(desk.transport.submissions[0].headers.first("Authorization") == "Bearer g2")
    }

    @Test func twoRefusedGrantsBeforeASubmissionAreFinal() async throws {
        var script = ScriptedPlatform.Script()
        script.grants = [Self.grant("g1"), Self.grant("g2")]
        script.preparations = [.trouble(.unauthorized)]
        let desk = CopyingDesk(script)
        try await desk.plan()
        try await desk.round()
        #expect(try await desk.task().failure?.kind == .unauthorized)
        #expect(desk.transport.count("prepare") == 2)
        #expect(desk.transport.submissions.isEmpty)
    }

    @Test func aSubmissionWhoseGrantIsRefusedIsADispatchOfItsOwnOnceMore() async throws {
        var script = ScriptedPlatform.Script()
        script.grants = [Self.grant("g1"), Self.grant("g2")]
        script.submissions = [
            .refusedForNow(.unauthorized), .finished(copy: "copy-1", logID: nil),
        ]
        let desk = CopyingDesk(script)
        try await desk.plan()
        try await desk.round()
        #expect(try await desk.wait() == .zero)
        desk.clock.advance(by: .milliseconds(1))
        try await desk.round()
        #expect(try await desk.task().state == .succeeded(copy: "copy-1"))
        #expect(try await desk.task().attempts == 2)
        let sent = desk.transport.submissions
        #expect(
            sent.map { $0.headers.first("Authorization") } == ["Bearer g1", "Bearer g2"])
        #expect(
            sent[0].headers.first("Idempotency-Key") != sent[1].headers.first("Idempotency-Key"))
        #expect(
            try await desk.states() == [.queued, .submitting, .queued, .submitting, .succeeded])
    }

    @Test func theSecondRefusedGrantIsFinal() async throws {
        var script = ScriptedPlatform.Script()
        script.grants = [Self.grant("g1"), Self.grant("g2")]
        script.submissions = [.refusedForNow(.unauthorized)]
        let desk = CopyingDesk(script)
        try await desk.plan()
        try await desk.round()
        try await desk.round()
        #expect(try await desk.task().failure?.kind == .unauthorized)
        #expect(desk.transport.submissions.count == 2)
        #expect(try await desk.announced() == [.copyFailed, .connectionBroken])
    }

    @Test func aFixedTokenThatIsRefusedIsFinalAtOnce() async throws {
        var script = ScriptedPlatform.Script()
        script.submissions = [.refusedForNow(.unauthorized)]
        let desk = CopyingDesk(script)
        try await desk.plan()
        try await desk.round()
        #expect(try await desk.task().failure?.kind == .unauthorized)
        #expect(desk.transport.submissions.count == 1)
    }

    @Test func aCredentialThatIsRefusedSendsNothing() async throws {
        var script = ScriptedPlatform.Script()
        script.grants = [.refused(Failure(.unauthorized, message: "key is gone"))]
        let desk = CopyingDesk(script)
        try await desk.plan()
        try await desk.round()
        #expect(try await desk.task().failure?.message == "key is gone")
        #expect(desk.transport.requests.count == 1)
    }

    @Test func aGrantThatIsNotToBeHadNowIsWaitedFor() async throws {
        var script = ScriptedPlatform.Script()
        script.grants = [.trouble(.plain()), Self.grant("g1")]
        let desk = CopyingDesk(script)
        try await desk.plan()
        try await desk.round()
        #expect(try await desk.wait() == .milliseconds(1_050))
        #expect(try await desk.outcomes() == ["no_grant"])
        try await desk.nextRound()
        #expect(try await desk.task().state.name == .succeeded)
    }
}
