import Copying
import Domain
import Pipeline
import Providers
import Storage
import StorageMemory
import Testing
import Transport

/// A connection that does not answer, and one whose credential is refused.
@Suite struct CopyingHealthTests {
    private static let silence: ScriptedTransport.Answer = { _ in
        .failure(TransportFailure(.timedOut, isSent: false, detail: "no answer"))
    }

    /// Five calls without an answer, each by a task of its own.
    private func silenced(
        _ script: ScriptedPlatform.Script = ScriptedPlatform.Script(),
        health: (MemoryStore) -> any HealthLedger = { $0 }
    ) async throws -> CopyingDesk {
        var script = script
        script.preparations = [.trouble(.plain())]
        let desk = CopyingDesk(script, health: health)
        desk.transport.answer(Self.silence)
        for number in 1...5 {
            try await desk.plan(CopyTask.ID(rawValue: "t\(number)"), entity: "\(number)")
            try await desk.round()
        }
        return desk
    }

    /// Lets it answer again.
    private func mend(_ desk: CopyingDesk) {
        desk.transport.answer { _ in .success(HTTPAnswer(status: 200)) }
        desk.platform.set { $0.preparations = [.ready(Baseline(ids: []))] }
    }

    @Test func whoDoesNotAnswerIsLeftAloneAndNoTryIsLost() async throws {
        let desk = try await silenced()
        #expect(desk.transport.requests.count == 5)
        try await desk.plan("t6", entity: "6")
        let before = try await desk.task("t1")
        for _ in 0..<29 {
            desk.clock.advance(by: .seconds(1))
            #expect(try await desk.round() == 0)
        }
        #expect(desk.transport.requests.count == 5)
        #expect(try await desk.task("t1") == before)
        #expect(try await desk.task("t6").failuresBeforeSending == 0)
        // One probe after the pause, in vain: twice as long.
        desk.clock.advance(by: .seconds(1))
        let works = try await desk.stage.claim(limit: 10, at: desk.clock.now)
        for work in works { try await desk.stage.settle(await desk.stage.perform(work)) }
        #expect(desk.transport.requests.count == 6)
        desk.clock.advance(by: .seconds(59))
        #expect(try await desk.round() == 0)
        // It answers: what waited goes on, and everything comes to its end.
        mend(desk)
        desk.clock.advance(by: .seconds(1))
        for _ in 0..<200 where desk.transport.submissions.count < 6 {
            if try await desk.round() == 0 { desk.clock.advance(by: .seconds(1)) }
        }
        #expect(desk.transport.submissions.count == 6)
        #expect(try await desk.announced() == Array(repeating: .copySucceeded, count: 6))
    }

    @Test func pollsAndLooksWaitAsWell() async throws {
        var script = ScriptedPlatform.Script()
        script.submissions = [.accepted("job-1", logID: nil)]
        let desk = CopyingDesk(script)
        try await desk.plan("polled", entity: "1")
        try await desk.round()
        desk.transport.answer(cutOff)
        try await desk.plan("looked", entity: "2")
        try await desk.round()
        #expect(try await desk.task("polled").state.name == .copying)
        #expect(try await desk.task("looked").state.name == .reconciling)
        desk.transport.answer(Self.silence)
        desk.platform.set { $0.preparations = [.trouble(.plain())] }
        for number in 1...5 {
            try await desk.plan(CopyTask.ID(rawValue: "t\(number)"), entity: "9\(number)")
            try await desk.round()
        }
        let asked = desk.transport.requests.count
        desk.clock.advance(by: .seconds(29))
        #expect(try await desk.round() == 0)
        #expect(desk.transport.requests.count == asked)
        #expect(try await desk.task("polled").polls == 0)
    }

    @Test func aSubmissionIsNeverTheProbe() async throws {
        // The one question before the submission is one answer, and three close the breaker.
        let desk = try await silenced()
        mend(desk)
        desk.clock.advance(by: .seconds(30))
        let began = desk.transport.requests.count
        for _ in 0..<50 where desk.transport.submissions.isEmpty {
            if try await desk.round() == 0 { desk.clock.advance(by: .seconds(1)) }
        }
        let asked = desk.transport.requests.dropFirst(began).map(\.method)
        #expect(asked.firstIndex(of: .post) ?? 0 >= 3)
        #expect(desk.transport.count("probe") >= 1)
    }

    @Test func aProbeThatIsAskedForAPauseIsTheLastCallBeforeItsEnd() async throws {
        let desk = try await silenced()
        mend(desk)
        desk.transport.answer { request in
            let isProbe = request.url.hasSuffix("/probe")
            return .success(
                HTTPAnswer(
                    status: isProbe ? 429 : 200,
                    headers: isProbe ? [HTTPField("Retry-After", "20")] : []))
        }
        desk.clock.advance(by: .seconds(30))
        for _ in 0..<10 where desk.transport.count("probe") == 0 {
            if try await desk.round() == 0 { desk.clock.advance(by: .seconds(1)) }
        }
        let asked = desk.transport.requests.count
        for _ in 0..<19 {
            desk.clock.advance(by: .seconds(1))
            try await desk.round()
        }
        #expect(desk.transport.count("probe") == 1)
        #expect(desk.transport.requests.count == asked)
        mend(desk)
        desk.clock.advance(by: .seconds(1))
        try await desk.round()
        #expect(desk.transport.requests.count > asked)
    }

    @Test(arguments: [429, 404, 400, 200])
    func neitherRateNorRefusalsOpenTheBreaker(_ status: Int) async throws {
        var script = ScriptedPlatform.Script()
        script.preparations = [.refused(Failure(.notFound, message: "no such bot"))]
        let desk = CopyingDesk(script)
        let pause = status == 429 ? [HTTPField("Retry-After", "1")] : []
        desk.transport.answer { _ in .success(HTTPAnswer(status: status, headers: pause)) }
        for number in 1...40 {
            try await desk.plan(CopyTask.ID(rawValue: "t\(number)"), entity: "\(number)")
            #expect(try await desk.round() >= 1)
            desk.clock.advance(by: .seconds(1))
        }
    }

    @Test func serverErrorsOpenIt() async throws {
        var script = ScriptedPlatform.Script()
        script.preparations = [.trouble(.plain())]
        let desk = CopyingDesk(script)
        desk.transport.answer { _ in .success(HTTPAnswer(status: 502)) }
        var asked: [Int] = []
        for number in 1...20 {
            try await desk.plan(CopyTask.ID(rawValue: "t\(number)"), entity: "\(number)")
            try await desk.round()
            asked.append(desk.transport.requests.count)
        }
        // One question to each task, and the grant's, up to ten.
        #expect(asked.last == 10)
        #expect(try await desk.announced() == [])
    }

    /// Goes on for so long, a second at a time.
    private func live(
        _ desk: CopyingDesk, _ duration: Duration, _ stages: [CopyingStage]? = nil
    ) async throws {
        let end = desk.clock.elapsed + duration
        while desk.clock.elapsed < end {
            for stage in stages ?? [desk.stage] { try await desk.round(stage) }
            desk.clock.advance(by: .seconds(1))
        }
    }

    private func told(_ desk: CopyingDesk) async throws -> [NotificationType] {
        try await desk.announced().filter {
            $0 == .connectionBroken || $0 == .connectionRecovered
        }
    }

    @Test func whoIsTheLastToHearThatItWorksDoesNotTellThatItIsBroken() async throws {
        let desk = try await silenced()
        let other = desk.makeStage()
        try await live(desk, .hours(2), [desk.stage, other])
        mend(desk)
        try await live(desk, .hours(1))
        #expect(try await told(desk) == [.connectionBroken, .connectionRecovered])
        for number in 6...9 {
            try await desk.plan(CopyTask.ID(rawValue: "t\(number)"), entity: "\(number)")
        }
        // Asked for news between one answer and the next.
        desk.transport.answer { [clock = desk.clock] _ in
            _ = try? await other.claim(limit: 0, at: clock.now)
            return .success(HTTPAnswer(status: 200))
        }
        try await live(desk, .minutes(30), [other])
        #expect(desk.transport.submissions.count == 9)
        #expect(try await told(desk) == [.connectionBroken, .connectionRecovered])
    }

    @Test func aLongSilenceIsToldOnceAndItsEndOnce() async throws {
        let desk = try await silenced()
        try await live(desk, .minutes(4))
        #expect(try await told(desk) == [])
        try await live(desk, .minutes(30))
        #expect(try await told(desk) == [.connectionBroken])
        let health = try #require(await desk.store.health().first)
        #expect(health.failure?.kind == .unavailable)
        #expect(health.failingSince == CopyingDesk.start)
        // A restart forgets the breaker, not what was told; two workers tell no more than one.
        let workers = [desk.makeStage(), desk.makeStage()]
        try await live(desk, .hours(1), workers)
        #expect(try await told(desk) == [.connectionBroken])
        mend(desk)
        try await live(desk, .hours(2), workers)
        #expect(try await told(desk) == [.connectionBroken, .connectionRecovered])
        #expect(try await desk.store.health().first?.failingSince == nil)
        // What has no detail says none.
        let lines = desk.paper.lines.filter { $0.contains("connection.") }
        #expect(lines.last == "notice connection.recovered connection=c")
        #expect(lines.dropLast().contains { $0.hasPrefix("warning connection.broken") })
        #expect(lines.dropLast().allSatisfy { $0.contains(" detail=") })
        #expect(desk.transport.submissions.count == 5)
        // The next trouble is told again, as a notification of its own.
        desk.transport.answer(Self.silence)
        desk.platform.set { $0.preparations = [.trouble(.plain())] }
        for number in 6...10 {
            try await desk.plan(CopyTask.ID(rawValue: "t\(number)"), entity: "\(number)")
        }
        try await live(desk, .hours(2))
        #expect(
            try await told(desk)
                == [.connectionBroken, .connectionRecovered, .connectionBroken])
    }

    @Test func aRefusedCredentialIsToldAtOnceAndOnce() async throws {
        let refused = Preparation.refused(Failure(.unauthorized, code: "4100", message: "expired"))
        var script = ScriptedPlatform.Script()
        script.preparations = [refused]
        let desk = CopyingDesk(script)
        desk.transport.answer { _ in .success(HTTPAnswer(status: 401)) }
        for number in 1...5 {
            try await desk.plan(CopyTask.ID(rawValue: "t\(number)"), entity: "\(number)")
            try await desk.round(number == 4 ? desk.makeStage() : nil)
        }
        #expect(try await told(desk) == [.connectionBroken])
        let id = try #require(
            await desk.store.deliveries(Query(limit: 200)).rows.first {
                $0.type == .connectionBroken
            }?.id)
        let payload = try #require(await desk.store.delivery(id)).notification.payload
        let text = String(decoding: payload, as: UTF8.self)
        #expect(
            text.contains(
                #""data":{"connection":"c","provider":"coze","failure":{"kind":"unauthorized","#))
        mend(desk)
        try await desk.plan("last", entity: "9")
        try await desk.round()
        try await desk.round()
        #expect(try await desk.task("last").state.name == .succeeded)
        #expect(try await told(desk) == [.connectionBroken, .connectionRecovered])
    }

    /// A ledger of health that says it is away, before or after it has acted.
    private actor Shaky: HealthLedger {
        let store: MemoryStore
        private var calls = 0

        init(_ store: MemoryStore) { self.store = store }

        func health() async throws(StorageError) -> [DestinationHealth] {
            try await store.health()
        }

        func record(
            _ health: DestinationHealth, announcing announcements: [Announcement],
            noting note: AuditNote?
        ) async throws(StorageError) {
            calls += 1
            if calls == 1 { throw StorageError(.unavailable, detail: "nothing done") }
            try await store.record(health, announcing: announcements, noting: note)
            if calls == 2 { throw StorageError(.unavailable, detail: "done all the same") }
        }
    }

    @Test func aStoreThatIsAwayDelaysTheNewsAndDoublesNothing() async throws {
        let desk = try await silenced(health: { Shaky($0) })
        try await live(desk, .hours(1))
        #expect(try await told(desk) == [.connectionBroken])
        mend(desk)
        try await live(desk, .hours(1))
        #expect(try await told(desk) == [.connectionBroken, .connectionRecovered])
    }

    @Test func retriesWithinTheBudgetKeepTheirStepAndOthersTakeTheNext() async throws {
        var limits = CopyingLimits()
        limits.breaker.timeoutsInRow = .max
        limits.breaker.attemptsMin = .max
        var script = ScriptedPlatform.Script()
        script.preparations = [.trouble(.plain())]
        let desk = CopyingDesk(script, limits: limits)
        var waits: [Duration] = []
        for number in 1...14 {
            let id = CopyTask.ID(rawValue: "t\(number)")
            try await desk.plan(id, entity: "\(number)")
            try await desk.round()
            waits.append(try await desk.wait(id))
        }
        // Ten to begin with, and a fifth for each first try.
        #expect(waits.prefix(12).allSatisfy { $0 == .milliseconds(1_050) })
        #expect(waits.suffix(2).allSatisfy { $0 == .milliseconds(5_250) })
    }
}
