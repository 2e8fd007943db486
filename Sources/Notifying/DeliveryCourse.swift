package import Channels
package import Domain

/// Why a delivery was given up, in the words that ``Delivery/State/exhausted(reason:)`` keeps.
package enum Exhaustion: String, Hashable, Sendable, CaseIterable {
    /// No try is left.
    case schedule
    /// This message can never be taken.
    case rejected
    /// The endpoint's credential or address is wrong, or it is gone.
    case channelBroken = "channel_broken"
    /// Too old to be interesting to somebody who reads a chat.
    case stale
}

extension DeliveryOutcome {
    /// What happens to a delivery whose attempt ended so.
    ///
    /// The next attempt falls on the schedule's time or on the one that the endpoint asked for,
    /// whichever is later (reliability.md 2, "Notifications").
    package func signal(
        for delivery: Delivery, by schedule: RetrySchedule, at now: Timestamp,
        using chance: inout some RandomNumberGenerator
    ) -> Delivery.Signal {
        switch self {
        case .accepted: return .accepted(at: now)
        case .rejected: return .exhausted(reason: Exhaustion.rejected.rawValue, at: now)
        case .channelBroken: return .exhausted(reason: Exhaustion.channelBroken.rawValue, at: now)
        case .retry(let asked, _, _):
            let age = now - delivery.createdAt
            guard
                let delay = schedule.delay(
                    after: delivery.attempts, age: age, using: &chance)
            else { return .exhausted(reason: Exhaustion.schedule.rawValue, at: now) }
            return .failed(retryAt: now + max(delay, asked ?? .zero))
        }
    }
}

extension Delivery {
    /// Whether nobody wants to read this any more; a person who asks for it again does.
    package func isStale(at now: Timestamp, after freshness: Duration?) -> Bool {
        freshness.map { now - (askedAgainAt ?? createdAt) > $0 } ?? false
    }
}
