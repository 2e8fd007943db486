import Domain

/// Stops talking to a destination that does not answer, and asks now and then whether it does.
///
/// Closed, it counts what happened within the last minute. It opens on too many failures among
/// enough attempts, or on several time-outs in a row; open, nothing is sent. After a pause one
/// probe at a time goes out, and several successes close it again. A failed probe opens it for
/// twice as long. Work that meets an open breaker is moved and loses no try
/// (reliability.md 2, "Breaker").
///
/// Only what says something about the destination as a whole is noted: no rate answer, and no
/// refusal of one request. Moments are those of the clock that never jumps.
package struct CircuitBreaker: Sendable {
    package struct Limits: Hashable, Sendable {
        package var window: Duration = .seconds(60)
        package var attemptsMin = 10
        /// Of the attempts in the window.
        package var failurePercent = 70
        package var timeoutsInRow = 5
        package var pause: Duration = .seconds(30)
        /// What pauses double up to.
        package var pauseMax: Duration = .minutes(10)
        /// Drawn for each pause, in percent of it.
        package var jitter: ClosedRange<Int> = 80...120
        /// Successes of probes that close it.
        package var probes = 3

        package init() {}
    }

    package enum Outcome: Hashable, Sendable {
        case success, failure, timeout
    }

    /// Whether something may be sent now.
    package enum Permit: Hashable, Sendable {
        case granted
        /// To be tried again after this long.
        case refused(Duration)
    }

    private enum State: Sendable {
        case closed
        case open(until: Duration, pause: Duration)
        case probing(successes: Int, isOut: Bool, pause: Duration)
    }

    private struct Sample: Sendable {
        let at: Duration
        let isFailure: Bool
    }

    private let limits: Limits
    private var state = State.closed
    private var samples: [Sample] = []
    private var timeoutsInRow = 0

    package init(_ limits: Limits = Limits()) { self.limits = limits }

    package var isClosed: Bool { phase == .closed }

    /// Where it stands, for a log: half open once a probe has gone out.
    package enum Phase: String, Hashable, Sendable {
        case closed, open
        case halfOpen = "half_open"
    }

    package var phase: Phase {
        switch state {
        case .closed: .closed
        case .open: .open
        case .probing: .halfOpen
        }
    }

    /// Until when nothing is sent; `nil` when something may be.
    package func restEnd(at now: Duration) -> Duration? {
        switch state {
        case .closed: nil
        case .open(let until, _): until > now ? until : nil
        case .probing(_, let isOut, _): isOut ? now + .seconds(1) : nil
        }
    }

    /// Asks for leave to send once; each leave ends with ``note(_:at:using:)`` or ``withdraw()``.
    package mutating func permit(at now: Duration) -> Permit {
        if let end = restEnd(at: now) { return .refused(end - now) }
        switch state {
        case .closed: break
        case .open(_, let pause): state = .probing(successes: 0, isOut: true, pause: pause)
        case .probing(let successes, _, let pause):
            state = .probing(successes: successes, isOut: true, pause: pause)
        }
        return .granted
    }

    /// Gives a leave back that was not used, or whose outcome says nothing about the destination.
    package mutating func withdraw() {
        if case .probing(let successes, true, let pause) = state {
            state = .probing(successes: successes, isOut: false, pause: pause)
        }
    }

    package mutating func note(
        _ outcome: Outcome, at now: Duration, using chance: inout some RandomNumberGenerator
    ) {
        switch state {
        case .closed: noteClosed(outcome, at: now, using: &chance)
        case .open: break  // An answer to what was sent before it opened.
        case .probing(let successes, _, let pause):
            guard outcome == .success else {
                return open(min(limits.pauseMax, pause * 2), at: now, using: &chance)
            }
            if successes + 1 >= limits.probes {
                self = CircuitBreaker(limits)
            } else {
                state = .probing(successes: successes + 1, isOut: false, pause: pause)
            }
        }
    }

    private mutating func noteClosed(
        _ outcome: Outcome, at now: Duration, using chance: inout some RandomNumberGenerator
    ) {
        timeoutsInRow = outcome == .timeout ? timeoutsInRow + 1 : 0
        samples.removeAll { $0.at + limits.window < now }
        samples.append(Sample(at: now, isFailure: outcome != .success))
        let failures = samples.count { $0.isFailure }
        let isFailing =
            samples.count >= limits.attemptsMin
            && failures * 100 >= samples.count * limits.failurePercent
        if isFailing || timeoutsInRow >= limits.timeoutsInRow {
            open(limits.pause, at: now, using: &chance)
        }
    }

    private mutating func open(
        _ pause: Duration, at now: Duration, using chance: inout some RandomNumberGenerator
    ) {
        samples = []
        timeoutsInRow = 0
        state = .open(until: now + pause.jittered(limits.jitter, using: &chance), pause: pause)
    }
}
