import Domain
import Providers
import Synchronization
import Transport

/// A platform that says what the test told it to, and asks one question in each conversation or as
/// many as it is told.
final class ScriptedPlatform: CopyPlatform {
    struct Script {
        /// Each is used up in order; the last one stays.
        var grants: [Authorization] = [.granted(Grant(token: Secret("fixed-token")))]
        var preparations: [Preparation] = [.ready(Baseline(ids: ["old"], clockAhead: 5))]
        var submissions: [Submission] = [.finished(copy: "copy-1", logID: "log-1")]
        var polls: [Progress] = [.running(status: "in_progress", logID: nil)]
        var sightings: [Sighting] = [.none]
        var isSynchronous = true
        var sharedFor: Duration = .zero
        var questionTimeout: Duration = .seconds(15)
        /// Questions in one conversation, as when a list has pages.
        var pages = 1
    }

    private let script: Mutex<Script>

    init(_ script: Script = Script()) { self.script = Mutex(script) }

    func set(_ change: @Sendable (inout Script) -> Void) { script.withLock { change(&$0) } }

    private func next<Outcome: Sendable>(_ path: WritableKeyPath<Script, [Outcome]>) -> Outcome {
        script.withLock { script in
            script[keyPath: path].count > 1
                ? script[keyPath: path].removeFirst() : script[keyPath: path][0]
        }
    }

    private func ask<Outcome: Sendable>(
        _ path: String, _ token: String, then: @escaping @Sendable () -> Outcome
    ) -> Talk<Outcome> {
        let script = script.withLock { $0 }
        let request = HTTPRequest(
            .get, "https://platform.test/" + path,
            headers: [HTTPField("Authorization", "Bearer " + token)],
            timeout: script.questionTimeout)
        let question = Question(request, mayBeSharedFor: script.sharedFor)
        return Self.talk(question, times: script.pages) { .done(then()) }
    }

    private static func talk<Outcome: Sendable>(
        _ question: Question, times: Int, then: @escaping @Sendable () -> Talk<Outcome>
    ) -> Talk<Outcome> {
        // Pages behind the first are everybody's own.
        let next = Question(question.request)
        return .ask(question) { _ in times > 1 ? talk(next, times: times - 1, then: then) : then() }
    }

    func authorize(at now: Timestamp, tokenID: String) -> Talk<Authorization> {
        ask("grant", "none") { self.next(\.grants) }
    }

    func prepare(_ task: CopyTask, with grant: Grant) -> Talk<Preparation> {
        ask("prepare", grant.token.exposed) { self.next(\.preparations) }
    }

    func submission(of task: CopyTask, with grant: Grant) -> HTTPRequest {
        HTTPRequest(
            .post, "https://platform.test/copy",
            headers: [
                HTTPField("Authorization", "Bearer " + grant.token.exposed),
                HTTPField("Idempotency-Key", task.dispatch?.id ?? "none"),
            ], timeout: script.withLock { $0.questionTimeout })
    }

    func read(_ reply: Reply, toSubmissionOf task: CopyTask) -> Submission {
        if case .failure(let failure) = reply.result {
            let told = Failure(.unavailable, message: failure.detail)
            return failure.isSent ? .lost(told) : .notSent(told)
        }
        return next(\.submissions)
    }

    func poll(_ job: Identifier<ProviderTask>, of task: CopyTask, with grant: Grant)
        -> Talk<Progress>
    {
        ask("poll", grant.token.exposed) { self.next(\.polls) }
    }

    func look(for task: CopyTask, among surroundings: Surroundings, with grant: Grant)
        -> Talk<Sighting>
    {
        ask("look", grant.token.exposed) { self.next(\.sightings) }
    }

    func probe(with grant: Grant) -> HTTPRequest {
        HTTPRequest(
            .get, "https://platform.test/probe", timeout: script.withLock { $0.questionTimeout })
    }

    /// By the status alone, or by what the transport says.
    func exchange(_ request: HTTPRequest, _ reply: Reply) -> Exchange {
        let answer = try? reply.result.get()
        return Exchange(
            method: request.method.rawValue, url: request.url, requestBody: "",
            status: answer?.status)
    }

    func condition(toldBy reply: Reply) -> Condition {
        let told = Failure(.unavailable, message: "down")
        switch reply.result {
        case .success(let answer) where answer.status == 401:
            return .credentialRefused(Failure(.unauthorized, code: "4100", message: "expired"))
        case .success(let answer) where answer.status == 429:
            return .slowing(RetryAfter.duration(in: answer.headers, at: reply.at))
        case .success(let answer) where answer.status >= 500:
            return .failing(told, isTimeOut: false)
        case .success(let answer): return answer.status >= 400 ? .answered : .well
        case .failure(let failure) where failure.code == .cancelled: return .unsaid
        case .failure(let failure): return .failing(told, isTimeOut: failure.code == .timedOut)
        }
    }

    func isSynchronous(_ task: CopyTask) -> Bool { script.withLock { $0.isSynchronous } }
}

/// A transport that notes what was sent and answers what the test wants.
final class ScriptedTransport: HTTPTransport {
    typealias Answer = @Sendable (HTTPRequest) async -> Result<HTTPAnswer, TransportFailure>

    private struct State {
        var requests: [HTTPRequest] = []
        var answer: Answer = { _ in .success(HTTPAnswer(status: 200)) }
    }

    private let state = Mutex(State())

    func answer(_ answer: @escaping Answer) { state.withLock { $0.answer = answer } }

    func send(_ request: HTTPRequest) async throws(TransportFailure) -> HTTPAnswer {
        let answer = state.withLock { state in
            state.requests.append(request)
            return state.answer
        }
        return try await answer(request).get()
    }

    var requests: [HTTPRequest] { state.withLock { $0.requests } }
    var submissions: [HTTPRequest] { requests.filter { $0.method == .post } }

    func count(_ path: String) -> Int { requests.count { $0.url.hasSuffix("/" + path) } }
}

/// Lets through when opened; whoever comes before waits.
final class Barrier: Sendable {
    private struct State {
        var isOpen = false
        var waiters: [CheckedContinuation<Void, Never>] = []
        var arrivals: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    func pass() async {
        await withCheckedContinuation { continuation in
            let (isOpen, arrivals) = state.withLock { state in
                if !state.isOpen { state.waiters.append(continuation) }
                defer { state.arrivals = [] }
                return (state.isOpen, state.arrivals)
            }
            if isOpen { continuation.resume() }
            for arrival in arrivals { arrival.resume() }
        }
    }

    func open() {
        let waiters = state.withLock { state in
            state.isOpen = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Returns when at least `count` wait before it.
    func waitForArrivals(_ count: Int) async {
        while state.withLock({ $0.waiters.count < count }) {
            await withCheckedContinuation { continuation in
                let isThere = state.withLock { state in
                    if state.waiters.count >= count { return true }
                    state.arrivals.append(continuation)
                    return false
                }
                if isThere { continuation.resume() }
            }
        }
    }
}

/// A value that is put in after the closure that reads it was made.
final class Box<Value: Sendable>: Sendable {
    private let state = Mutex<Value?>(nil)

    var value: Value? {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }
}
