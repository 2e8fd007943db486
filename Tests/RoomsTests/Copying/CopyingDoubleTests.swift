import Copying
import Domain
import Providers
import Signing
import Storage
import StorageMemory
import Testing
import Transport

/// A second copy that shows itself after one was adopted, or sent again.
@Suite struct CopyingDoubleTests {
    private static let second = CopyTask.Candidate(id: "b", name: "客服助手(1)", updatedAt: nil)

    /// A task whose answer was lost and whose copy was found at the first look.
    private func adopted(_ later: [Sighting]) async throws -> CopyingDesk {
        var script = ScriptedPlatform.Script()
        script.sightings = [.found("a", because: ["the name"])] + later
        let desk = CopyingDesk(script)
        desk.transport.answer(cutOff)
        try await desk.plan()
        try await desk.round()
        try await desk.nextRound()
        #expect(try await desk.task().state == .succeeded(copy: "a"))
        return desk
    }

    @Test func anAdoptedCopyIsLookedAtOnceMoreAfterOneWindow() async throws {
        let desk = try await adopted([.none])
        #expect(try await desk.task().watchAt == desk.clock.now + .seconds(60))
        try await desk.nextRound()
        #expect(desk.transport.count("look") == 2)
        #expect(try await desk.outcomes() == ["answer_lost", "found", "no_double"])
        #expect(try await desk.task().dueAt == nil)
        #expect(try await desk.announced() == [.copySucceeded])
        #expect(try await desk.states() == [.queued, .submitting, .reconciling, .succeeded])
    }

    @Test(arguments: [Sighting.found("b", because: []), .ambiguous([second])])
    func aSecondOneIsToldOnceWithBothIds(_ sighting: Sighting) async throws {
        let desk = try await adopted([sighting])
        try await desk.nextRound()
        #expect(try await desk.task().state == .succeeded(copy: "a"))
        #expect(try await desk.task().dueAt == nil)
        #expect(try await desk.task().sequence == 2)
        #expect(try await desk.announced() == [.copySucceeded, .copyDuplicateSuspected])
        let delivery = try #require(
            await desk.store.deliveries(Query(limit: 9)).rows.first {
                $0.type == .copyDuplicateSuspected
            })
        let record = try #require(await desk.store.delivery(delivery.id))
        let text = String(decoding: record.notification.payload, as: UTF8.self)
        #expect(text.contains(#""copy_id":"a""#))
        #expect(text.contains(#""suspects":[{"id":"b""#))
        desk.clock.advance(by: .days(1))
        #expect(try await desk.round() == 0)
    }

    @Test func whatANamesakeInDoubtMayHaveMadeIsNoDouble() async throws {
        let desk = try await adopted([.ambiguous([Self.second])])
        _ = try await desk.sendAnother("t2")
        try await desk.nextRound()
        #expect(try await desk.outcomes().last == "no_double")
        #expect(try await !desk.announced().contains(.copyDuplicateSuspected))
    }

    @Test func aLookThatCannotSeeIsRepeatedForAWhile() async throws {
        let desk = try await adopted([.trouble(.plain())])
        for _ in 0..<100 where try await desk.task().dueAt != nil { try await desk.nextRound() }
        #expect(try await desk.task().dueAt == nil)
        #expect(desk.clock.elapsed > .minutes(10))
        #expect(desk.clock.elapsed < .minutes(13))
        #expect(try await desk.announced() == [.copySucceeded])
    }

    @Test func aCopyThatWasNeverInDoubtIsNotLookedAt() async throws {
        let desk = CopyingDesk()
        try await desk.plan()
        try await desk.round()
        #expect(try await desk.task().state.name == .succeeded)
        #expect(try await desk.task().dueAt == nil)
    }

    /// Sent again after a window in which nothing was seen; this time it is answered.
    private func sentAgain(_ sightings: [Sighting]) async throws -> CopyingDesk {
        var script = ScriptedPlatform.Script()
        script.sightings = sightings
        let desk = CopyingDesk(script)
        desk.transport.answer(cutOff)
        try await desk.plan(onUncertain: .reconcile)
        try await desk.round()
        while try await desk.task().state.name == .reconciling { try await desk.nextRound() }
        desk.platform.set { $0.preparations = [.ready(Baseline(ids: ["old", "late"]))] }
        return desk
    }

    @Test func whatWasSentAgainIsLookedAtToo() async throws {
        let desk = try await sentAgain([.none, .none, .none, .none, .ambiguous([Self.second])])
        desk.transport.answer { _ in .success(HTTPAnswer(status: 200)) }
        try await desk.nextRound()
        let task = try await desk.task()
        #expect(task.state == .succeeded(copy: "copy-1"))
        #expect(task.isPossibleDuplicate)
        // The first one's copy may have come before the second was sent: it counts as new.
        #expect(task.evidence.baseline == ["old"])
        #expect(task.doubtBegan?.at == CopyingDesk.start)
        try await desk.nextRound()
        #expect(try await desk.announced() == [.copySucceeded, .copyDuplicateSuspected])
    }

    @Test func twoThatShowThemselvesAfterASecondLossAreTold() async throws {
        let both = [CopyTask.Candidate(id: "a", name: nil, updatedAt: nil), Self.second]
        let desk = try await sentAgain([.none, .none, .none, .none, .ambiguous(both)])
        while try await desk.task().state.name != .unresolved { try await desk.nextRound() }
        #expect(try await desk.announced() == [.copyUnresolved, .copyDuplicateSuspected])
        #expect(try await desk.task().sequence == 2)
        // Once, however often they are seen.
        try await desk.nextRound()
        try await desk.nextRound()
        #expect(try await desk.announced() == [.copyUnresolved, .copyDuplicateSuspected])
        #expect(try await desk.task().evidence.candidates == both)
    }

    @Test func aSuccessUnderWatchWhoseConnectionIsGoneIsLeftInPeace() async throws {
        let desk = try await adopted([.none])
        desk.clock.advance(by: .minutes(2))
        let stage = CopyingStage(
            ledger: desk.store, health: desk.store, destinations: DestinationBook(),
            platform: { _ in nil }, transport: desk.transport, time: desk.clock.source,
            chance: Chance { 0 }, log: desk.paper.logger)
        #expect(try await desk.round(stage) == 1)
        #expect(try await desk.task().dueAt == nil)
    }

    /// A job that is found while another task of its key is under way has to wait for it.
    @Test func whatCannotComeBackBesideAnotherIsLookedAtAgain() async throws {
        var script = ScriptedPlatform.Script()
        script.sightings = [.ambiguous([Self.second]), .foundTask("job-1", because: ["agent"])]
        let desk = CopyingDesk(script)
        desk.transport.answer(cutOff)
        try await desk.plan("t1")
        try await desk.round()
        try await desk.nextRound("t1")
        #expect(try await desk.task("t1").state.name == .unresolved)
        let dueAt = try #require(try await desk.task("t1").dueAt)
        desk.clock.advance(to: dueAt)
        let work = try #require(
            try await desk.stage.claim(limit: 1, at: desk.clock.now).first)
        let result = await desk.stage.perform(work)
        desk.transport.answer { _ in .success(HTTPAnswer(status: 200)) }
        desk.platform.set { $0.submissions = [.accepted("job-2", logID: nil)] }
        try await desk.plan("t2")
        try await desk.round()
        #expect(try await desk.task("t2").state.name == .copying)
        try await desk.stage.settle(result)
        #expect(try await desk.task("t1").state.name == .unresolved)
        #expect(try await desk.wait("t1") == .minutes(2))
    }
}
