package import Channels
package import Domain
import Pipeline

extension DeliveryOutcome {
    /// What happens to a delivery whose attempt ended so.
    ///
    /// The next attempt falls on the schedule's time or on the one that the endpoint asked for,
    /// whichever is later (reliability.md 2, "Notifications"). A broken channel of people stops the
    /// message; a callback keeps it, and it waits until its endpoint takes messages again.
    package func signal(
        for delivery: Delivery, by channel: any MessageChannel, at now: Timestamp,
        using chance: inout some RandomNumberGenerator
    ) -> Delivery.Signal {
        switch self {
        case .accepted: return .accepted(at: now)
        case .rejected: return .exhausted(reason: Exhaustion.rejected.rawValue, at: now)
        case .channelBroken where !channel.keepsWhenBroken:
            return .exhausted(reason: Exhaustion.channelBroken.rawValue, at: now)
        case .channelBroken, .retry:
            let age = now - delivery.createdAt
            guard
                let delay = channel.schedule.delay(
                    after: delivery.attempts, age: age, using: &chance)
            else { return .exhausted(reason: Exhaustion.schedule.rawValue, at: now) }
            return .failed(retryAt: now + max(delay, pause ?? .zero))
        }
    }

    /// How long the endpoint asked to be left alone, whether it took the message or not.
    var pause: Duration? {
        if case .retry(let after, _, _) = self { after } else { reason.rest }
    }

    /// Whether the endpoint is short of breath.
    var isStrained: Bool {
        if case .retry(_, let slowsEndpoint, _) = self { slowsEndpoint } else { false }
    }

    /// What this says to a breaker: whether the destination as a whole works, and nothing where
    /// only this message or our own pace was refused.
    var verdict: CircuitBreaker.Outcome? {
        guard case .retry(_, _, let reason) = self else { return isAccepted ? .success : nil }
        switch reason.trouble {
        case .timeout: return .timeout
        case .cancelled, .forbiddenTarget: return nil
        default: return reason.status ?? 500 >= 500 ? .failure : nil
        }
    }

    /// What this says of the endpoint's health: nothing where only this message was refused.
    ///
    /// - Parameter detail: For people, without secrets.
    func news(_ detail: String) -> EndpointNews? {
        switch self {
        case .accepted: return .success
        case .rejected: return nil
        case .retry: return .failure(failure(detail))
        case .channelBroken: return .broken(failure(detail))
        }
    }

    private func failure(_ detail: String) -> Failure {
        let kind: Failure.Kind
        switch (reason.trouble, reason.status) {
        case (.forbiddenTarget, _): kind = .forbiddenTarget
        case (.unreadableResponse, _): kind = .malformedAnswer
        case (_, 401?), (_, 403?): kind = .unauthorized
        case (_, 404?), (_, 410?): kind = .notFound
        case (_, 429?): kind = .rateLimited
        case (_, let status) where status ?? 500 >= 500 || [408, 425].contains(status):
            kind = .unavailable
        default: kind = .invalid
        }
        return Failure(kind, code: reason.code, message: detail)
    }
}
