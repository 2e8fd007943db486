import Copying
import Domain
import Logging
import Providers
import Sealing
import Signing
import Storage
import StorageMemory
import Testing
import Transport

/// Grants that outlive the process.
@Suite struct SealedGrantTests {
    private let store = MemoryStore()
    private let paper = LogPaper()
    private let start = CopyingDesk.start

    private func keeper(_ letter: Character = "a") throws -> SealedGrants {
        let key = try MasterKey(parsing: Secret(String(repeating: letter, count: 32)))
        return SealedGrants(
            Strongbox(
                store, keys: KeyRing(key), chance: Chance { .random(in: .min ... .max) }),
            log: paper.logger)
    }

    private func connection(_ key: String = "key", name: String = "c") -> Connection {
        Connection(
            name: name, provider: .coze, baseURL: "https://platform.test",
            credential: .jwt(
                appID: "1", keyID: "2", privateKey: Secret(key), accountID: nil))
    }

    private func grant(_ token: String, renewAfter: Duration = .hours(1)) -> Grant {
        Grant(token: Secret(token), renewAt: start + renewAfter)
    }

    @Test func anotherLifeFindsTheGrantUntilItsEnd() async throws {
        // Longer than what random bytes spell by chance.
        let token = "granted-for-an-hour"
        try await keeper().keep(grant(token), for: connection(), at: start)
        let next = try keeper()
        for (wait, isKept) in [
            (Duration.zero, true), (.hours(1) - .milliseconds(1), true), (.hours(1), false),
            // A clock that was set back knows nothing of the end.
            (.milliseconds(-1), false),
        ] {
            let kept = await next.kept(for: connection(), at: start + wait)
            #expect((kept == grant(token)) == isKept, "\(wait)")
        }
        let record = try #require(await store.sealedRecord("grant/c/token"))
        #expect(!String(decoding: record.bytes, as: UTF8.self).contains(token))
    }

    @Test func aGrantBelongsToTheCredentialThatGotIt() async throws {
        let keeper = try keeper()
        await keeper.keep(grant("g1"), for: connection(), at: start)
        var moved = connection()
        moved.baseURL = "https://elsewhere.test"
        for other in [connection("another key"), connection(name: "d"), moved] {
            #expect(await keeper.kept(for: other, at: start) == nil)
        }
        #expect(await keeper.kept(for: connection(), at: start) != nil)
    }

    @Test func aRefusedGrantIsForgottenAndANewerOneIsNot() async throws {
        let keeper = try keeper()
        await keeper.keep(grant("g1"), for: connection(), at: start)
        await keeper.forget(grant("g1"), for: connection())
        #expect(try await store.sealedIDs() == [])
        // Another node got a new one meanwhile.
        await keeper.keep(grant("g2"), for: connection(), at: start)
        await keeper.forget(grant("g1"), for: connection())
        #expect(await keeper.kept(for: connection(), at: start) == grant("g2"))
    }

    /// The store was away when it was to be forgotten.
    @Test func aRefusedGrantIsNotHandedOutAgainByTheSameLife() async throws {
        let keeper = try keeper()
        await keeper.forget(grant("g1"), for: connection())
        await keeper.keep(grant("g1"), for: connection(), at: start)
        #expect(await keeper.kept(for: connection(), at: start) == nil)
    }

    @Test func aGrantThatDoesNotOpenIsGotAnew() async throws {
        try await keeper().keep(grant("g1"), for: connection(), at: start)
        let other = try keeper("b")
        #expect(await other.kept(for: connection(), at: start) == nil)
        #expect(paper.lines.joined().contains("grant.not_kept"))
        #expect(!paper.lines.joined().contains("g1"))
        await other.keep(grant("g2"), for: connection(), at: start)
        #expect(await other.kept(for: connection(), at: start) == grant("g2"))
    }

    @Test func aRestartAsksForNoNewGrant() async throws {
        var script = ScriptedPlatform.Script()
        script.grants = [.granted(grant("g1")), .granted(grant("g2"))]
        script.submissions = [
            .finished(copy: "copy-1", logID: nil), .finished(copy: "copy-2", logID: nil),
        ]
        let first = CopyingDesk(script, keeper: try keeper())
        try await first.plan()
        try await first.round()
        #expect(try await first.task().state.name == .succeeded)
        #expect(first.transport.count("grant") == 1)

        let second = CopyingDesk(keeper: try keeper())
        try await second.plan()
        try await second.round()
        #expect(second.transport.count("grant") == 0)
        #expect(
            second.transport.submissions.map { $0.headers.first("Authorization") } == [
                "Bearer g1"
            ])
    }

    @Test func aRestartWithARefusedGrantGetsANewOneAndKeepsThat() async throws {
        await (try keeper()).keep(grant("g1"), for: desk().connection, at: start)
        var script = ScriptedPlatform.Script()
        script.grants = [.granted(grant("g2"))]
        script.preparations = [.trouble(.unauthorized), .ready(Baseline(ids: []))]
        let desk = CopyingDesk(script, keeper: try keeper())
        try await desk.plan()
        try await desk.round()
        #expect(try await desk.task().state.name == .succeeded)
        #expect(desk.transport.count("grant") == 1)
        #expect(
            await (try keeper()).kept(for: desk.connection, at: start) == grant("g2"))
    }

    @Test func aFixedTokenIsNotKept() async throws {
        let desk = CopyingDesk(keeper: try keeper())
        try await desk.plan()
        try await desk.round()
        #expect(try await desk.task().state.name == .succeeded)
        #expect(try await store.sealedIDs() == [])
    }

    private func desk() -> CopyingDesk { CopyingDesk() }
}
