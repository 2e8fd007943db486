import Domain
import Pipeline
import Providers
import Synchronization

/// How one connection fares: what its circuit breaker says, and whether people should know.
///
/// One for each host and credential, since each connection has its own. Kept in memory: a restart
/// asks anew, and what people were told is in the store.
final class AccountHealth: Sendable {
    /// What people should know of the connection.
    enum Verdict: Hashable, Sendable {
        /// Nothing was heard since the start, or nothing that would settle it.
        case open
        case well
        case broken(Failure, since: Timestamp)
    }

    private struct State {
        var breaker: CircuitBreaker
        var isWell = false
        /// Whether anything was heard since the verdict was last looked at.
        ///
        /// What was heard long ago is no news: another worker may have told its end since.
        var hasNews = false
        var outage: Outage?
        var refusal: (failure: Failure, since: Timestamp)?
    }

    /// Why the breaker is not closed, and since when.
    private struct Outage {
        let failure: Failure
        let since: Timestamp
        let elapsed: Duration
        /// Whether a probe failed so late that people should know.
        ///
        /// Not by time alone: where nothing was to be asked, nobody knows.
        var isLong = false
    }

    private let limits: CopyingLimits
    private let time: TimeSource
    private let chance: Chance
    private let state: Mutex<State>

    init(limits: CopyingLimits, time: TimeSource, chance: Chance) {
        self.limits = limits
        self.time = time
        self.chance = chance
        state = Mutex(State(breaker: CircuitBreaker(limits.breaker)))
    }

    /// How long nothing may be sent; zero when something may.
    var restLeft: Duration {
        let now = time.elapsed()
        return state.withLock { max(.zero, ($0.breaker.restEnd(at: now) ?? now) - now) }
    }

    /// Whether a submission may go out: never while it would be the probe.
    var isClosed: Bool { state.withLock { $0.breaker.isClosed } }

    /// Asks for leave to send one query; it ends with ``note(_:)``, or with ``withdraw()``.
    func permit() -> CircuitBreaker.Permit {
        state.withLock { $0.breaker.permit(at: time.elapsed()) }
    }

    func withdraw() { state.withLock { $0.breaker.withdraw() } }

    /// Takes in what a reply says of the platform.
    func note(_ condition: Condition) {
        let now = time.now()
        let elapsed = time.elapsed()
        var chance = chance
        state.withLock { state in
            func note(_ outcome: CircuitBreaker.Outcome) {
                state.breaker.note(outcome, at: elapsed, using: &chance)
            }
            switch condition {
            case .slowing, .unsaid: state.breaker.withdraw()
            case .well:
                note(.success)
                state.isWell = true
                // The first answer after a silence is no news of the silence: another worker may
                // have told its end.
                state.hasNews = state.breaker.isClosed
                state.refusal = nil
            case .answered: note(.success)
            case .credentialRefused(let failure):
                note(.success)
                state.hasNews = true
                state.refusal = state.refusal ?? (failure, now)
            case .failing(let failure, let isTimeOut):
                note(isTimeOut ? .timeout : .failure)
                guard !state.breaker.isClosed else { break }
                var outage =
                    state.outage ?? Outage(failure: failure, since: now, elapsed: elapsed)
                if elapsed - outage.elapsed >= limits.brokenAfter {
                    outage.isLong = true
                    state.hasNews = true
                }
                state.outage = outage
            }
            if state.breaker.isClosed { state.outage = nil }
        }
    }

    /// The credential is refused where a new grant was no help.
    func noteRefused(_ failure: Failure) {
        let now = time.now()
        state.withLock { state in
            state.hasNews = true
            state.refusal = state.refusal ?? (failure, now)
        }
    }

    /// The verdict was dealt with, unless something was heard meanwhile that makes it another.
    func noteTold(_ verdict: Verdict) {
        guard verdict == self.verdict else { return }
        state.withLock { $0.hasNews = false }
    }

    var verdict: Verdict {
        state.withLock { state in
            guard state.hasNews else { return .open }
            if let refusal = state.refusal {
                return .broken(refusal.failure, since: refusal.since)
            }
            if let outage = state.outage {
                return outage.isLong ? .broken(outage.failure, since: outage.since) : .open
            }
            return state.isWell ? .well : .open
        }
    }
}
