import Domain
import Pipeline
import Providers
import Transport

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
    /// With what was asked last.
    case done(Outcome, Exchange?)
    /// Not carried to its end, and worth asking again after this long.
    case heldBack(Duration)
    case cancelled
}

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
        var last: (HTTPRequest, Reply)?
        var isReader = false
        defer { if isReader { readers.giveBack() } }
        for place in 0...limits.questionsMax {
            if place == 1, case .ask = talk {
                isReader = await readers.take()
                guard isReader else { return .cancelled }
            }
            switch talk {
            case .done(let outcome):
                return .done(outcome, last.map { platform.exchange($0, $1) })
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
                    last = (question.request, reply)
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
        // Behind a breaker that is not closed this is the probe, and the only one.
        if case .refused(let wait) = health.permit() { return .heldBack(wait) }
        let reply = await send(request)
        if case .failure(let failure) = reply.result, failure.code == .cancelled { return nil }
        return .reply(reply)
    }

    /// Sends one request, with no question asked about pace.
    ///
    /// A pause that the answer asks for begins here, for the whole connection: whoever asked may
    /// go on to another question, and a probe reads nothing else of it.
    func send(_ request: HTTPRequest, as call: Call = .query) async -> Reply {
        let reply: Reply
        do throws(TransportFailure) {
            let answer = try await transport.send(request)
            reply = Reply(.success(answer), at: time.now())
        } catch {
            reply = Reply(.failure(error), at: time.now())
        }
        let condition = platform.condition(toldBy: reply)
        health.note(condition)
        if case .slowing(let retryAfter) = condition { slowDown(retryAfter, after: call) }
        return reply
    }

    /// Makes sure that a submission is never the probe of a platform that did not answer.
    ///
    /// Whatever was asked before has been a probe already. Where that was not enough, or nothing
    /// was asked, a harmless query goes out until the breaker is closed.
    ///
    /// - Returns: `nil` when it is closed; otherwise how long to wait, or that we are to stop.
    func proveWell(_ grant: Grant, _ manner: Manner) async -> NoTurn? {
        for _ in 0..<limits.breaker.probes where !health.isClosed {
            let request = platform.probe(with: grant)
            guard hasTime(for: request, manner) else { return NoTurn(left: limits.leaseMargin) }
            switch await askAlone(request, waitMax: timeLeft(for: request.timeout, manner)) {
            case nil: return NoTurn(isCancelled: true)
            case .heldBack(let wait): return NoTurn(left: wait)
            case .reply: continue
            }
        }
        guard !health.isClosed else { return nil }
        return NoTurn(left: max(restLeft, limits.lockWait))
    }

    /// Why a turn was not had.
    struct NoTurn {
        var isCancelled = false
        var left: Duration = .zero
    }

    /// How long a submission's turn is away when that is further than the lease reaches, so that
    /// nothing need be asked before it; `nil` when it is near.
    func submissionWait(_ manner: Manner) -> Duration? {
        let wait = submissionPace.wait(at: time.elapsed())
        return wait > timeLeft(for: connection.timeout, manner) ? wait : nil
    }

    /// Waits for a submission's turn, as long as the lease allows: what was asked before it would
    /// have to be asked again.
    ///
    /// `nil` when it has come.
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
            guard !Task.isCancelled else { return NoTurn(isCancelled: true) }
            // Somebody may have been asked for a pause while this one waited for its turn.
            let rest = restLeft
            return rest == .zero ? nil : NoTurn(left: rest)
        }
    }
}
