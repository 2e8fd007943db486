import Administration
import Copying
import Domain
import Logging
import Providers
import Sealing
import Signing
import Storage
import StorageMemory
import StrictJSON
import Testing
import Transport

private let definition = Array(
    #"{"provider":"coze","auth":{"token":"pat_0123456789abcdef"}}"#.utf8)

/// What people do with connections, and the room that copies.
private struct Stand {
    let fixture: AdministrationFixture
    let clock: ManualClock
    let transport = ScriptedTransport()
    let platform = ScriptedPlatform(ScriptedPlatform.Script())
    let room: CopyingStage

    init(store: MemoryStore = MemoryStore()) async throws {
        let clock = ManualClock(Timestamp(milliseconds: 1_773_822_615_250))
        self.clock = clock
        let key = try MasterKey(parsing: Secret(String(repeating: "k", count: 32)))
        fixture = AdministrationFixture(
            store: store, clock: clock,
            strongbox: Strongbox(
                store, keys: KeyRing(key), chance: Chance { .random(in: .min ... .max) }))
        let platform = platform
        room = CopyingStage(
            ledger: store, health: store, destinations: fixture.destinations,
            platform: { _ in platform }, transport: transport, time: clock.source,
            chance: Chance { .max / 2 },
            log: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
        try await fixture.administration.start()
    }

    var administration: Administrator { fixture.administration }

    func state(_ task: CopyTask) async throws -> CopyTask.State.Name? {
        try await fixture.store.task(task.id)?.task.state.name
    }

    @discardableResult
    func round() async throws -> Int {
        let works = try await room.claim(limit: 10, at: clock.now)
        for work in works { try await room.settle(await room.perform(work)) }
        return works.count
    }

    func verbs() async throws -> [String] {
        try await fixture.store.auditEntries(AuditQuery()).rows.reversed().map {
            "\($0.verb) \($0.object)"
        }
    }
}

private func code(
    _ work: () async throws(AdministrationError) -> Void
) async -> AdministrationError.Code? {
    do throws(AdministrationError) {
        try await work()
        return nil
    } catch {
        return error.code
    }
}

@Suite struct ConnectionVerbsTests {
    @Test func aConnectionThatIsPutInMayBeNamedAndStaysWhileItIs() async throws {
        let stand = try await Stand()
        let rule = Array(#"{"match":{"type":["x"]},"copy":[{"connection":"late"}]}"#.utf8)
        #expect(
            await code { () async throws(AdministrationError) in
                _ = try await stand.administration.putRule("backup", definition: rule, by: .anna)
            } == .ruleInvalid)
        let (shown, isNew) = try await stand.administration.putConnection(
            "late", definition: definition, by: .anna)
        #expect(isNew && shown["provider"] == "coze" && shown["origin"] == "api")
        #expect(shown["definition"]?["auth"]?["token"] == "<secret>")
        _ = try await stand.administration.putRule("backup", definition: rule, by: .anna)
        #expect(
            await code { () async throws(AdministrationError) in
                _ = try await stand.administration.deleteConnection("late", by: .anna)
            } == .definitionInUse)
        try await stand.administration.deleteRule("backup", by: .anna)
        _ = try await stand.administration.deleteConnection("late", by: .anna)
        #expect(try await stand.fixture.store.sealedIDs() == [])
        #expect(
            try await stand.verbs() == [
                "connection.put late", "rule.put backup", "rule.deleted backup",
                "connection.deleted late",
            ])
    }

    /// Of the configuration, too, and over a restart: nothing new begins, and nothing is lost.
    @Test func whatIsQueuedForASwitchedOffConnectionWaits() async throws {
        let stand = try await Stand()
        let off = try await stand.administration.setConnection(
            "coze-prod", enabled: false, by: .anna)
        #expect(off["health"]?["state"] == "disabled" && off["health"]?["disabled_by"] == "person")
        let task = try await stand.fixture.plan(1)
        stand.clock.advance(by: .minutes(1))
        #expect(try await stand.round() == 0)

        let again = try await Stand(store: stand.fixture.store)
        again.clock.advance(by: .days(3))
        #expect(try await again.round() == 0)
        #expect(try await again.state(task) == .queued)
        _ = try await again.administration.setConnection("coze-prod", enabled: true, by: .anna)
        try await again.round()
        #expect(try await again.state(task) == .succeeded)
        #expect(
            try await again.verbs() == [
                "connection.disabled coze-prod", "connection.enabled coze-prod",
            ])
    }

    @Test func aConnectionWithOpenTasksStays() async throws {
        let stand = try await Stand()
        let store = stand.fixture.store
        _ = try await stand.administration.putConnection(
            "late", definition: definition, by: .anna)
        let wish = Array(
            (#"{"connection":"late","entity_type":"bot","entity_id":"7351","#
                + #""to_workspace":"7498"}"#).utf8)
        let (task, _) = try await stand.administration.copyByHand(
            try CopyWish(parsing: wish), by: .anna)
        #expect(
            await code { () async throws(AdministrationError) in
                _ = try await stand.administration.deleteConnection("late", by: .anna)
            } == .definitionInUse)
        let id = try #require(task["task"]?["id"]?.string)
        _ = try await stand.administration.cancelTask(id, by: .anna)
        _ = try await stand.administration.deleteConnection("late", by: .anna)
        #expect(try await store.sealedIDs() == [])
    }
}
