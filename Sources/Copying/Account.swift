import Domain
import Pipeline
import Providers
import Synchronization
import Transport

/// One connection in use: its platform, and what its tasks have to share.
///
/// That is the pace of calls, places for submissions and readers, the grant, answers that serve
/// several, the budget of retries, and the pause that a provider asked for.
final class Account: Sendable {
    let connection: Connection
    let platform: any CopyPlatform
    let time: TimeSource
    let limits: CopyingLimits
    let places: Places
    /// Conversations of several questions at once: pages of a list that come too slowly would be
    /// read in vain, so a few are read to their end before the next begin.
    let readers: Places
    let transport: any HTTPTransport
    let chance: Chance
    let submissionPace: Pace
    let queryPace: Pace
    let health: AccountHealth
    let answers = Shared<HTTPRequest, Asked>()
    let grants = Shared<String, Carried<Authorization>>()
    let keeper: any GrantKeeper
    private let state = Mutex(State())

    private struct State {
        /// On the clock that never jumps.
        var pausedUntil: Duration = .zero
        /// The last pause; `nil` after a success.
        var pause: Duration?
        /// What the last pause was the answer to.
        var pauseCause = Call.query
        var inHand = 0
        var budget = RetryBudget()
    }

    /// A query that succeeds says nothing about submissions, which a provider counts apart.
    enum Call {
        case query, submission
    }

    /// Keyue's queries have a pace of their own (decision 23).
    private static let keyueQueries = Rate(2, per: .seconds(1))

    init(
        _ connection: Connection, platform: any CopyPlatform, transport: any HTTPTransport,
        keeper: any GrantKeeper, time: TimeSource, chance: Chance, limits: CopyingLimits,
        lease: Duration
    ) {
        var limits = limits
        // A short lease leaves room for the conversation all the same.
        limits.leaseMargin = min(
            limits.leaseMargin, max(.zero, (lease - connection.timeout) / 4))
        self.connection = connection
        self.platform = platform
        self.transport = transport
        self.keeper = keeper
        self.time = time
        self.chance = chance
        self.limits = limits
        health = AccountHealth(limits: limits, time: time, chance: chance)
        places = Places(connection.limits.concurrent)
        readers = Places(connection.limits.concurrent)
        submissionPace = Pace(connection.limits.rate)
        queryPace = connection.provider == .keyue ? Pace(Self.keyueQueries) : submissionPace
    }
}

// MARK: - Holding back

extension Account {
    /// How long the whole connection still rests; zero when it does not.
    ///
    /// Since the platform asked for it, or since it does not answer.
    var restLeft: Duration {
        max(health.restLeft, state.withLock { max(.zero, $0.pausedUntil - time.elapsed()) })
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

    func noteFirstTry() { state.withLock { $0.budget.noteFirstTry() } }

    /// Pays for a retry; `false` when there is nothing left to pay with.
    func takeRetry() -> Bool { state.withLock { $0.budget.takeRetry() } }

    /// Lets the whole connection rest: as long as it asks, or twice as long as the last time.
    ///
    /// Calls that were on the wire together count as one sign.
    func slowDown(_ retryAfter: Duration?, after call: Call) {
        let now = time.elapsed()
        state.withLock { state in
            if state.pause == nil || call == .submission { state.pauseCause = call }
            // A wait of nothing, or until a moment that is past, is no answer to the question.
            if let retryAfter, retryAfter > .zero {
                let asked = min(retryAfter, limits.retryAfterMax)
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
