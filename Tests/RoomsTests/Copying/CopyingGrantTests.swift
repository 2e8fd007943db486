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

    /// Another task comes just before the keeper lets go of the refused grant: were memory empty
    /// by then, it would be given that grant from the keeper, and put it back for all.
    @Test func aRefusedGrantDoesNotComeBackFromItsKeeper() async throws {
        var script = ScriptedPlatform.Script()
        script.grants = [Self.grant("g2")]
        script.preparations = [.trouble(.unauthorized), .ready(Baseline(ids: []))]
        let keeper = OneGrantKeeper(
            Grant(token: Secret("g1"), renewAt: CopyingDesk.start + .hours(1)))
        let desk = CopyingDesk(script, keeper: keeper)
        try await desk.plan("t1", entity: "1")
        try await desk.plan("t2", entity: "2")
        let works = try await desk.stage.claim(limit: 10, at: desk.clock.now)
        try #require(works.count == 2)
        keeper.beforeForgetting.value = { _ = await desk.stage.perform(works[1]) }
        try await desk.stage.settle(await desk.stage.perform(works[0]))

        let prepared = desk.transport.requests.filter { $0.url.hasSuffix("/prepare") }
        #expect(
            prepared.map { $0.headers.first("Authorization") } == [
                "Bearer g1", "Bearer g1", "Bearer g2",
            ])
        #expect(desk.transport.count("grant") == 1)
        #expect(try await desk.task("t1").state.name == .succeeded)
    }
}

/// Keeps one grant until it is to forget it, and lets something happen right before.
private final class OneGrantKeeper: GrantKeeper {
    let beforeForgetting = Box<@Sendable () async -> Void>()
    private let grant = Box<Grant>()

    init(_ grant: Grant) { self.grant.value = grant }

    func kept(for connection: Connection, at now: Timestamp) async -> Grant? { grant.value }
    func keep(_ grant: Grant, for connection: Connection, at now: Timestamp) async {
        self.grant.value = grant
    }
    func forget(_ grant: Grant, for connection: Connection) async {
        await beforeForgetting.value?()
        if self.grant.value == grant { self.grant.value = nil }
    }
}
