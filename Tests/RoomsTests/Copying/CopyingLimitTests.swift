import Copying
import Domain
import Providers
import Storage
import StorageMemory
import Synchronization
import Testing
import Transport

/// How gently a connection is used.
@Suite struct CopyingLimitTests {
    /// When each request was sent, by path.
    private final class Times: Sendable {
        private let all = Mutex<[(path: String, at: Duration)]>([])

        func note(_ request: HTTPRequest, at: Duration) {
            let path = request.url.split(separator: "/").last.map(String.init) ?? ""
            all.withLock { $0.append((path, at)) }
        }

        /// The most requests that `isCounted` in any stretch of one second.
        func most(where isCounted: (String) -> Bool) -> Int {
            let times = all.withLock { $0 }.filter { isCounted($0.path) }.map(\.at)
            return times.map { start in
                times.count { $0 >= start && $0 < start + .seconds(1) }
            }.max() ?? 0
        }
    }

    private func run(
        _ provider: Provider, _ limits: Connection.Limits, tasks: Int
    ) async throws -> (Times, CopyingDesk) {
        let desk = CopyingDesk(provider: provider) { $0.limits = limits }
        let times = Times()
        desk.transport.answer { [clock = desk.clock] request in
            times.note(request, at: clock.elapsed)
            return .success(HTTPAnswer(status: 200))
        }
        for number in 1...tasks {
            let id = CopyTask.ID(rawValue: "t\(number)")
            try await desk.plan(id, entity: "\(number)", provider: provider)
        }
        for _ in 0..<tasks * 10 where desk.transport.submissions.count < tasks {
            if try await desk.round() == 0 { desk.clock.advance(by: .milliseconds(100)) }
        }
        #expect(desk.transport.submissions.count == tasks)
        return (times, desk)
    }

    @Test func allCallsToCozeShareOneRate() async throws {
        let limits = Connection.Limits(rate: Rate(5, per: .seconds(1)), concurrent: 2)
        let (times, desk) = try await run(.coze, limits, tasks: 12)
        #expect(times.most { $0 == "copy" || $0 == "prepare" || $0 == "grant" } == 5)
        // 25 calls: five at once, and twenty more at five a second.
        #expect(desk.clock.elapsed == .seconds(4))
    }

    @Test func pollsAndTokensCountAsWell() async throws {
        var script = ScriptedPlatform.Script()
        script.submissions = [.accepted("job", logID: nil)]
        // Always about to end, so that every conversation begins with a token.
        let short = Grant(token: Secret("short"), renewAt: CopyingDesk.start)
        script.grants = [.granted(short)]
        let desk = CopyingDesk(script) {
            $0.limits = Connection.Limits(rate: Rate(5, per: .seconds(1)), concurrent: 2)
        }
        let times = Times()
        desk.transport.answer { [clock = desk.clock] request in
            times.note(request, at: clock.elapsed)
            return .success(HTTPAnswer(status: 200))
        }
        for number in 1...12 {
            let id = CopyTask.ID(rawValue: "t\(number)")
            try await desk.plan(id, entity: "\(number)")
        }
        while desk.clock.elapsed < .minutes(2) {
            if try await desk.round() == 0 { desk.clock.advance(by: .milliseconds(100)) }
        }
        #expect(times.most { _ in true } == 5)
        #expect(desk.transport.count("poll") > 20)
        #expect(desk.transport.count("grant") > 20)
    }

    @Test func keyuesQueriesHaveARateOfTheirOwn() async throws {
        let limits = Connection.Limits(rate: Rate(1, per: .seconds(1)), concurrent: 2)
        let (times, _) = try await run(.keyue, limits, tasks: 6)
        #expect(times.most { $0 == "copy" } == 1)
        #expect(times.most { $0 != "copy" } == 2)
    }

    @Test func aLongWaitGoesBackToTheStore() async throws {
        let desk = CopyingDesk(provider: .keyue) {
            $0.limits = Connection.Limits(rate: Rate(1, per: .minutes(1)), concurrent: 2)
        }
        try await desk.plan("t1", entity: "1")
        try await desk.plan("t2", entity: "2")
        try await desk.round()
        #expect(try await desk.task("t1").state.name == .succeeded)
        let second = try await desk.task("t2")
        #expect(second.state.name == .queued)
        #expect(second.attempts == 0)
        #expect(try await desk.wait("t2") > .seconds(55))
        #expect(try await desk.outcomes("t2") == [])
        try await desk.nextRound("t2")
        #expect(try await desk.task("t2").state.name == .succeeded)
    }

    @Test func aTurnThatIsFarAwayIsWaitedForWithoutAsking() async throws {
        let desk = CopyingDesk(provider: .keyue) {
            $0.limits = Connection.Limits(rate: Rate(1, per: .hours(1)), concurrent: 2)
        }
        for number in 1...3 {
            try await desk.plan(CopyTask.ID(rawValue: "t\(number)"), entity: "\(number)")
        }
        for done in 1...3 {
            for _ in 0..<5 where try await desk.round() == 0 { break }
            #expect(desk.transport.submissions.count == done)
            if done < 3 { desk.clock.advance(by: .hours(1)) }
        }
        #expect(desk.clock.elapsed == .hours(2))
        // Three to each copy at most: a turn that somebody else got was asked for once.
        #expect(desk.transport.count("prepare") <= 6)
        for number in 1...3 {
            #expect(try await desk.task(CopyTask.ID(rawValue: "t\(number)")).attempts == 1)
        }
    }

    /// A task in doubt under a connection that is asked at most once in `per`.
    private func doubt(askedOnceIn per: Duration) async throws -> CopyingDesk {
        let desk = CopyingDesk { $0.limits = .init(rate: Rate(1, per: per), concurrent: 2) }
        desk.transport.answer(cutOff)
        try await desk.plan()
        for _ in 0..<20 where try await desk.task().state.name != .reconciling {
            try await desk.nextRound()
        }
        #expect(try await desk.task().state.name == .reconciling)
        return desk
    }

    @Test func badNewsAtSecondHandIsAskedForOnceMore() async throws {
        let desk = CopyingDesk()
        let refused = Preparation.refused(Failure(.unauthorized, message: "4101, this once"))
        desk.platform.set {
            $0.sharedFor = .minutes(1)
            $0.preparations = [.ready(Baseline(ids: [])), refused, .ready(Baseline(ids: []))]
        }
        try await desk.plan("t1", entity: "1")
        try await desk.round()
        // The answer that t1 got is kept, and refuses t2; its own does not.
        try await desk.plan("t2", entity: "2")
        try await desk.round()
        #expect(try await desk.task("t2").state.name == .succeeded)
        #expect(desk.transport.count("prepare") == 2)
    }

    @Test func badNewsIsNotKeptForOthers() async throws {
        let desk = CopyingDesk()
        let refused = Preparation.refused(Failure(.invalid, message: "no"))
        desk.platform.set {
            $0.sharedFor = .minutes(1)
            $0.preparations = [refused, .ready(Baseline(ids: []))]
        }
        try await desk.plan("t1", entity: "1")
        try await desk.round()
        #expect(try await desk.task("t1").state.name == .failed)
        try await desk.plan("t2", entity: "2")
        try await desk.round()
        #expect(try await desk.task("t2").state.name == .succeeded)
        #expect(desk.transport.count("prepare") == 2)
    }

    /// The shortest lease that a configuration may have beside its time-out.
    @Test(arguments: [Duration.seconds(1), .seconds(2), .seconds(4), .seconds(30)])
    func aLeaseOfTwiceTheTimeOutIsEnough(_ timeout: Duration) async throws {
        let desk = CopyingDesk(lease: timeout * 2) { $0.timeout = timeout }
        desk.platform.set { $0.questionTimeout = timeout }
        try await desk.plan()
        try await desk.round()
        #expect(try await desk.task().state.name == .succeeded)
    }

    @Test func aListIsReadToItsEndOnceItIsBegun() async throws {
        let desk = try await doubt(askedOnceIn: .seconds(10))
        desk.platform.set {
            $0.pages = 4
            $0.sightings = [.found("copy-9", because: ["the name"])]
        }
        for _ in 0..<20 where try await desk.task().state.name == .reconciling {
            try await desk.nextRound()
        }
        #expect(try await desk.task().copyID == "copy-9")
        // Each page waits longer than a conversation would wait to begin.
        #expect(desk.transport.count("look") == 4)
    }

    @Test func aLookThatNeverComesToItsEndIsToldToPeople() async throws {
        let desk = try await doubt(askedOnceIn: .seconds(10))
        // More than any lease covers at this pace.
        desk.platform.set { $0.pages = 10 }
        let began = desk.clock.elapsed
        for _ in 0..<100 where try await desk.task().state.name == .reconciling {
            try await desk.nextRound()
        }
        #expect(try await desk.task().state.name == .unresolved)
        // A window of one minute, ten more in which the look was tried, and the last of them.
        #expect(desk.clock.elapsed - began <= .minutes(12))
        #expect(try await desk.announced() == [.copyUnresolved])
    }

    @Test func onlySoManySubmissionsAreInFlight() async throws {
        let desk = CopyingDesk()
        let barrier = Barrier()
        let flying = Mutex((now: 0, most: 0))
        desk.transport.answer { request in
            guard request.method == .post else { return .success(HTTPAnswer(status: 200)) }
            flying.withLock {
                $0.now += 1
                $0.most = max($0.most, $0.now)
            }
            await barrier.pass()
            flying.withLock { $0.now -= 1 }
            return .success(HTTPAnswer(status: 200))
        }
        for number in 1...10 {
            try await desk.plan(CopyTask.ID(rawValue: "t\(number)"), entity: "\(number)")
        }
        var works: [CopyWork] = []
        for _ in 0..<10 {
            works += try await desk.stage.claim(limit: 10, at: desk.clock.now)
        }
        // More than four for each place would only wait for one.
        #expect(works.count == 8)
        try await desk.finish(works, opening: barrier, at: 2)
        #expect(flying.withLock { $0.most } == 2)
        #expect(desk.transport.submissions.count == 8)
        #expect(try await desk.stage.claim(limit: 10, at: desk.clock.now).count == 2)
    }

    @Test func tooFastSlowsTheWholeConnectionAndCostsNoEnd() async throws {
        var script = ScriptedPlatform.Script()
        script.submissions = [.refusedForNow(.slow())]
        let desk = CopyingDesk(script)
        try await desk.plan("t1", entity: "1")
        try await desk.round()
        #expect(try await desk.wait() == .seconds(30))
        try await desk.plan("t2", entity: "2")
        #expect(try await desk.round() == 0)
        desk.clock.advance(by: .milliseconds(29_999))
        #expect(try await desk.round() == 0)
        var waits: [Duration] = []
        for _ in 0..<6 {
            try await desk.nextRound()
            waits.append(try await desk.wait())
        }
        #expect(waits == [60, 120, 240, 480, 600, 600].map { .seconds($0) })
        // A success makes the next pause a short one again.
        desk.platform.set {
            $0.submissions = [.finished(copy: "a", logID: nil), .refusedForNow(.slow())]
        }
        try await desk.nextRound()
        let tasks = [try await desk.task("t1"), try await desk.task("t2")]
        #expect(tasks.count { $0.state.name == .succeeded } == 1)
        let left = try #require(tasks.first { $0.state.name == .queued })
        #expect(try await desk.wait(left.id) == .seconds(30))
    }

    @Test(arguments: [
        (Duration.seconds(7), Duration.seconds(7)), (.hours(1), .hours(1)),
        (.hours(2), .hours(1)), (.days(365), .hours(1)),
        // Until now, or until a moment that is past: no wait that anybody could mean.
        (.zero, .seconds(30)), (.seconds(-5), .seconds(30)),
    ])
    func aProvidersOwnWaitIsHonouredWithinReason(asked: Duration, had: Duration) async throws {
        var script = ScriptedPlatform.Script()
        script.submissions = [.refusedForNow(.slow(asked))]
        let desk = CopyingDesk(script)
        try await desk.plan()
        try await desk.round()
        #expect(try await desk.wait() == had)
        desk.clock.advance(by: had - .milliseconds(1))
        try await desk.plan("t2", entity: "2")
        #expect(try await desk.round() == 0)
        desk.clock.advance(by: .milliseconds(1))
        #expect(try await desk.round() > 0)
    }

    @Test func aSlowConnectionDelaysPollsAndLooksToo() async throws {
        var script = ScriptedPlatform.Script()
        script.submissions = [.accepted("job-1", logID: nil)]
        script.polls = [.trouble(.slow())]
        let desk = CopyingDesk(script)
        try await desk.plan()
        try await desk.round()
        try await desk.nextRound()
        #expect(try await desk.wait() == .seconds(30))
        // Work that was claimed before the pause began comes back without a call.
        desk.clock.advance(by: .seconds(30))
        let works = try await desk.stage.claim(limit: 1, at: desk.clock.now)
        #expect(works.count == 1)
    }

    @Test func theSameQuestionIsAskedOnceForAllWhoAskTogether() async throws {
        var script = ScriptedPlatform.Script()
        script.sharedFor = .seconds(1)
        let desk = CopyingDesk(script) { $0.limits.concurrent = 8 }
        let barrier = Barrier()
        desk.transport.answer { request in
            if request.url.hasSuffix("/prepare") { await barrier.pass() }
            return .success(HTTPAnswer(status: 200))
        }
        for number in 1...4 {
            try await desk.plan(CopyTask.ID(rawValue: "t\(number)"), entity: "\(number)")
        }
        let works = try await desk.stage.claim(limit: 10, at: desk.clock.now)
        try await desk.finish(works, opening: barrier, at: 1)
        #expect(desk.transport.submissions.count == 4)
        #expect(desk.transport.count("prepare") == 1)
        // As old as it may be, and a moment older.
        desk.clock.advance(by: .seconds(1))
        try await desk.plan("t5", entity: "5")
        try await desk.round()
        #expect(desk.transport.count("prepare") == 1)
        desk.clock.advance(by: .milliseconds(1))
        try await desk.plan("t6", entity: "6")
        try await desk.round()
        #expect(desk.transport.count("prepare") == 2)
    }

    @Test func whoIsAskedToSlowDownDoesNotAskAgainWithOwnEyes() async throws {
        let desk = CopyingDesk()
        desk.platform.set {
            $0.sharedFor = .minutes(1)
            $0.pages = 2
            $0.preparations = [.ready(Baseline(ids: [])), .trouble(.slow(.seconds(20)))]
        }
        try await desk.plan("t1", entity: "1")
        try await desk.round()
        desk.transport.answer { _ in
            .success(HTTPAnswer(status: 429, headers: [HTTPField("Retry-After", "20")]))
        }
        // The first answer is the one that t1 got; the second is bad news.
        try await desk.plan("t2", entity: "2")
        try await desk.round()
        #expect(desk.transport.count("prepare") == 3)
        #expect(try await desk.wait("t2") == .seconds(20))
    }

    @Test func whoIsCutShortLeavesTheSharedQuestionToTheNext() async throws {
        var script = ScriptedPlatform.Script()
        script.sharedFor = .seconds(1)
        let desk = CopyingDesk(script)
        let isFirst = Mutex(true)
        desk.transport.answer { request in
            guard request.url.hasSuffix("/prepare"),
                isFirst.withLock({ first in
                    defer { first = false }
                    return first
                })
            else { return .success(HTTPAnswer(status: 200)) }
            withUnsafeCurrentTask { $0?.cancel() }
            return .failure(TransportFailure(.cancelled, isSent: true, detail: "cut short"))
        }
        try await desk.plan("t1", entity: "1")
        try await desk.plan("t2", entity: "2")
        let works = try await desk.stage.claim(limit: 10, at: desk.clock.now)
        let results = await withTaskGroup(of: CopyResult.self) { group in
            for work in works { group.addTask { await desk.stage.perform(work) } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        for result in results { try await desk.stage.settle(result) }
        let names = [
            try await desk.task("t1").state.name.rawValue,
            try await desk.task("t2").state.name.rawValue,
        ]
        #expect(names.sorted() == ["queued", "succeeded"])
        #expect(desk.transport.count("prepare") == 2)
    }

    @Test func aFailedAnswerIsNotKept() async throws {
        var script = ScriptedPlatform.Script()
        script.sharedFor = .hours(1)
        script.preparations = [.trouble(.plain()), .ready(Baseline(ids: []))]
        let desk = CopyingDesk(script)
        desk.transport.answer { request in
            request.url.hasSuffix("/prepare")
                ? .failure(TransportFailure(.timedOut, isSent: true, detail: "slow"))
                : .success(HTTPAnswer(status: 200))
        }
        try await desk.plan()
        try await desk.round()
        try await desk.nextRound()
        #expect(desk.transport.count("prepare") == 2)
    }
}
