import Domain
import Providers
import Synchronization
import Transport

/// One connection in use: its platform, and everything that its tasks have to share, which are the
/// pace of calls, places for submissions, the grant, answers, and a pause that the provider asked
/// for.
final class Account: Sendable {
    let connection: Connection
    let platform: any CopyPlatform
    let time: TimeSource
    let limits: CopyingLimits
    let places: Places
    private let transport: any HTTPTransport
    let chance: Chance
    private let submissionPace: Pace
    private let queryPace: Pace
    private let answers = Shared<HTTPRequest, Asked>()
    let grants = Shared<String, Carried<Authorization>>()
    private let state = Mutex(State())

    private struct State {
        /// On the clock that never jumps.
        var pausedUntil: Duration = .zero
        /// The last pause; `nil` after a success.
        var pause: Duration?
        /// What the last pause was the answer to.
        var pauseCause = Call.query
        var inHand = 0
    }

    /// A query that succeeds says nothing about submissions, which a provider counts apart.
    enum Call {
        case query, submission
    }

    /// Keyue's queries have a pace of their own (decision 23).
    private static let keyueQueries = Rate(2, per: .seconds(1))
    init(
        _ connection: Connection, platform: any CopyPlatform, transport: any HTTPTransport,
        time: TimeSource, chance: Chance, limits: CopyingLimits
    ) {
        self.connection = connection
        self.platform = platform
        self.transport = transport
        self.time = time
        self.chance = chance
        self.limits = limits
        places = Places(connection.limits.concurrent)
        submissionPace = Pace(connection.limits.rate)
        queryPace = connection.provider == .keyue ? Pace(Self.keyueQueries) : submissionPace
    }
}

// MARK: - Holding back

extension Account {
    /// How long the whole connection still rests; zero when it does not.
    var restLeft: Duration {
        state.withLock { max(.zero, $0.pausedUntil - time.elapsed()) }
    }

    /// Whether tasks of this connection are better left in the store for now.
    var isToBeSkipped: Bool {
        restLeft > .zero
            || state.withLock {
                $0.inHand >= connection.limits.concurrent * limits.inHandPerPlace
            }
    }

    func take() { state.withLock { $0.inHand += 1 } }
    func giveBack() { state.withLock { $0.inHand -= 1 } }

    /// Lets the whole connection rest: as long as it asks, or twice as long as the last time.
    ///
    /// Calls that were on the wire together count as one sign.
    private func slowDown(_ retryAfter: Duration?, after call: Call) {
        let now = time.elapsed()
        state.withLock { state in
            if state.pause == nil || call == .submission { state.pauseCause = call }
            if let retryAfter {
                let asked = min(max(retryAfter, .zero), limits.retryAfterMax)
                state.pausedUntil = max(state.pausedUntil, now + asked)
                state.pause = state.pause ?? limits.slowDown
            } else if state.pausedUntil <= now {
                let pause = state.pause.map { min($0 * 2, limits.slowDownMax) } ?? limits.slowDown
                state.pause = pause
                state.pausedUntil = now + pause
            }
        }
    }

    /// The provider takes calls as it should: the next pause is a short one again.
    func noteSuccess(of call: Call) {
        state.withLock { state in
            if call == .submission || state.pauseCause == .query { state.pause = nil }
        }
    }

    /// Lets the connection rest if that is what the provider means.
    func note(_ trouble: Trouble, after call: Call) {
        if trouble.slowsConnection { slowDown(trouble.retryAfter, after: call) }
    }
}

// MARK: - Asking

/// What became of one question.
enum Asked: Sendable {
    case reply(Reply)
    /// Not asked: the connection rests or the pace leaves no room for this long.
    case heldBack(Duration)

    fileprivate var isWorthSharing: Bool {
        if case .reply(let reply) = self, case .success = reply.result { true } else { false }
    }
}

/// What became of a conversation.
enum Carried<Outcome: Sendable>: Sendable {
    case done(Outcome, HTTPStatus?)
    /// Not carried to its end, and worth asking again after this long.
    case heldBack(Duration)
    case cancelled
}

/// The status of the last answer in a conversation.
typealias HTTPStatus = Int

extension Account {
    /// How a conversation is to be carried.
    struct Manner {
        /// When the lease ends, on the clock that never jumps.
        let leaseEnd: Duration
        /// Whether every answer must be newer than the conversation's beginning.
        var isWithOwnEyes = false
    }

    /// Carries a conversation to its end, as long as lease, pace and bounds allow.
    func carry<Outcome>(_ talk: Talk<Outcome>, _ manner: Manner) async -> Carried<Outcome> {
        var talk = talk
        var status: HTTPStatus?
        for _ in 0...limits.questionsMax {
            switch talk {
            case .done(let outcome):
                return .done(outcome, status)
            case .ask(var question, let then):
                guard hasTime(for: question.request, manner) else {
                    return .heldBack(limits.leaseMargin)
                }
                if manner.isWithOwnEyes { question.mayBeSharedFor = .zero }
                switch await ask(question) {
                case nil:
                    return .cancelled
                case .heldBack(let wait):
                    return .heldBack(wait)
                case .reply(let reply):
                    status = reply.status ?? status
                    talk = then(reply)
                }
            }
        }
        return .heldBack(limits.pollPause)
    }

    /// Whether the lease covers a request and the writing down of what came of it.
    func hasTime(for request: HTTPRequest, _ manner: Manner) -> Bool {
        manner.leaseEnd - time.elapsed() >= request.timeout + limits.leaseMargin
    }

    private func ask(_ question: Question) async -> Asked? {
        guard question.request.method == .get, question.mayBeSharedFor > .zero else {
            return await askAlone(question.request)
        }
        return await answers.value(
            of: question.request, at: time.elapsed(), notOlderThan: question.mayBeSharedFor,
            isGood: \.isWorthSharing, make: { await askAlone(question.request) })
    }

    private func askAlone(_ request: HTTPRequest) async -> Asked? {
        if let wait = await awaitTurn(in: queryPace) {
            return wait.isCancelled ? nil : .heldBack(wait.left)
        }
        let reply = await send(request)
        if case .failure(let failure) = reply.result, failure.code == .cancelled { return nil }
        return .reply(reply)
    }

    /// Sends one request, with no question asked about pace.
    func send(_ request: HTTPRequest) async -> Reply {
        do throws(TransportFailure) {
            let answer = try await transport.send(request)
            return Reply(.success(answer), at: time.now())
        } catch {
            return Reply(.failure(error), at: time.now())
        }
    }

    /// Why a turn was not had.
    struct NoTurn {
        var isCancelled = false
        var left: Duration = .zero
    }

    /// Waits for a submission's turn; `nil` when it has come.
    func awaitSubmissionTurn() async -> NoTurn? { await awaitTurn(in: submissionPace) }

    private func awaitTurn(in pace: Pace) async -> NoTurn? {
        let rest = restLeft
        guard rest == .zero else { return NoTurn(left: rest) }
        switch pace.turn(at: time.elapsed(), waitMax: limits.waitMax) {
        case .tooLong(let wait):
            return NoTurn(left: wait)
        case .after(let wait):
            do {
                if wait > .zero { try await time.sleep(wait) }
            } catch {
                return NoTurn(isCancelled: true)
            }
            return Task.isCancelled ? NoTurn(isCancelled: true) : nil
        }
    }
}

extension Reply {
    var status: HTTPStatus? {
        if case .success(let answer) = result { answer.status } else { nil }
    }
}
