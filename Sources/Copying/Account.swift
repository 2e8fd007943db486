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
    /// Conversations of several questions at once: pages of a list that come too slowly would be
    /// read in vain, so a few are read to their end before the next begin.
    private let readers: Places
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
        time: TimeSource, chance: Chance, limits: CopyingLimits, lease: Duration
    ) {
        var limits = limits
        // A short lease leaves room for the conversation all the same.
        limits.leaseMargin = min(
            limits.leaseMargin, max(.zero, (lease - connection.timeout) / 4))
        self.connection = connection
        self.platform = platform
        self.transport = transport
        self.time = time
        self.chance = chance
        self.limits = limits
        places = Places(connection.limits.concurrent)
        readers = Places(connection.limits.concurrent)
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

    /// Which answers of a conversation others had a part in.
    struct SharedPart {
        /// What was asked and may have been kept for others.
        var requests: [HTTPRequest] = []
        /// Whether an answer came from somebody else's asking.
        var isSecondHand = false
    }

    /// Carries a conversation to its end, as long as lease, pace and bounds allow.
    ///
    /// Held back by the pace before its first question alone: what was read is not thrown away.
    func carry<Outcome>(_ talk: Talk<Outcome>, _ manner: Manner) async -> Carried<Outcome> {
        var part = SharedPart()
        return await carry(talk, manner, noting: &part)
    }

    func carry<Outcome>(
        _ talk: Talk<Outcome>, _ manner: Manner, noting part: inout SharedPart
    ) async -> Carried<Outcome> {
        var talk = talk
        var status: HTTPStatus?
        var isReader = false
        defer { if isReader { readers.giveBack() } }
        for place in 0...limits.questionsMax {
            if place == 1, case .ask = talk {
                isReader = await readers.take()
                guard isReader else { return .cancelled }
            }
            switch talk {
            case .done(let outcome):
                return .done(outcome, status)
            case .ask(var question, let then):
                guard hasTime(for: question.request, manner) else {
                    return .heldBack(limits.leaseMargin)
                }
                if manner.isWithOwnEyes { question.mayBeSharedFor = .zero }
                let waitMax =
                    place == 0 ? limits.waitMax : timeLeft(for: question.request.timeout, manner)
                switch await ask(question, waitMax: waitMax, noting: &part) {
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
        timeLeft(for: request.timeout, manner) >= .zero
    }

    /// How long a request may still wait before the lease does not cover it any more.
    private func timeLeft(for timeout: Duration, _ manner: Manner) -> Duration {
        manner.leaseEnd - time.elapsed() - timeout - limits.leaseMargin
    }

    /// Forgets what was kept of a conversation that ended badly, so that one bad answer does not
    /// become everybody's.
    func forget(_ part: SharedPart) {
        for request in part.requests { answers.forget(request) { _ in true } }
    }

    private func ask(
        _ question: Question, waitMax: Duration, noting part: inout SharedPart
    ) async -> Asked? {
        guard question.request.method == .get, question.mayBeSharedFor > .zero else {
            return await askAlone(question.request, waitMax: waitMax)
        }
        var isOwn = false
        let asked = await answers.value(
            of: question.request, at: time.elapsed(), notOlderThan: question.mayBeSharedFor,
            isGood: \.isWorthSharing,
            make: {
                isOwn = true
                return await askAlone(question.request, waitMax: waitMax)
            })
        part.requests.append(question.request)
        part.isSecondHand = part.isSecondHand || !isOwn
        return asked
    }

    private func askAlone(_ request: HTTPRequest, waitMax: Duration) async -> Asked? {
        if let wait = await awaitTurn(in: queryPace, waitMax: waitMax) {
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

    /// Waits for a submission's turn, as long as the lease allows: what was asked before it would
    /// have to be asked again. `nil` when it has come.
    func awaitSubmissionTurn(_ manner: Manner) async -> NoTurn? {
        await awaitTurn(in: submissionPace, waitMax: timeLeft(for: connection.timeout, manner))
    }

    private func awaitTurn(in pace: Pace, waitMax: Duration) async -> NoTurn? {
        let rest = restLeft
        guard rest == .zero else { return NoTurn(left: rest) }
        switch pace.turn(at: time.elapsed(), waitMax: waitMax) {
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
