/// How long an endpoint may fail before it is given up, and when that is told on the way.
///
/// reliability.md 2, "Notifications"; decisions.md 19. Source of the length: Svix, which disables
/// an endpoint after five days without a success.
package enum FailureBudget {
    /// Without one success, from the first failure on.
    package static let length: Duration = .days(5)
    /// Shares of ``length`` that are warned of, in percent; the last one disables.
    package static let steps = [50, 70, 90, 100]
    /// Failures that a success ends within this time are nobody's business and are not stored, so
    /// that an endpoint that takes every other message does not cost a write for each of them.
    package static let spellMin: Duration = .minutes(1)
    /// The try of one delivery whose failure is stored at once: half a minute has passed since the
    /// first, and a process that is often started anew would never see a minute of them.
    package static let triesMin = 3

    /// The share that is used up, in whole percent, never below 0.
    package static func percent(from since: Timestamp, to now: Timestamp) -> Int {
        let used = max(0, (now - since).wholeMilliseconds)
        return Int(clamping: used / (length.wholeMilliseconds / 100))
    }
}

/// What one attempt said about an endpoint as a whole.
package enum EndpointNews: Hashable, Sendable {
    /// It took a message.
    case success
    /// It did not, and may later.
    case failure(Failure)
    /// It said itself that it is gone, or that nothing of ours can reach it: no budget applies.
    case broken(Failure)
}

/// A health to be stored, with what is to be told of it.
package struct HealthChange: Hashable, Sendable {
    /// Its revision is the one that was read.
    package let health: DestinationHealth
    package let news: [News]

    package struct News: Hashable, Sendable {
        package let type: NotificationType
        /// When the failures began that this is about; part of its identity.
        package let since: Timestamp
        /// The share of the failure budget that is used, where that is the reason.
        package let percent: Int?
        package let failure: Failure?
    }
}

extension DestinationHealth {
    /// What an attempt changes, seen from the row as it is stored; `nil` when nothing is written.
    ///
    /// Only attempts count, not the calendar: an endpoint that nobody tried is not given up. Of
    /// several steps that fell into a silence the last is told, not each.
    ///
    /// - Parameters:
    ///   - since: When the failures began, where the row does not know of them yet.
    ///   - tries: Of the delivery that tells, this one included.
    package func change(
        after news: EndpointNews, failingSince since: Timestamp?, tries: Int = 1, at now: Timestamp
    ) -> HealthChange? {
        let start = failingSince ?? since ?? now
        var next = self
        next.failingSince = start
        switch news {
        case .success:
            return recovery
        case .failure(let failure):
            next.failure = failure
            let used = FailureBudget.percent(from: start, to: now)
            let step = FailureBudget.steps.last { $0 <= used } ?? 0
            if disabledAt == nil, step > warnedAt {
                next.warnedAt = step
                return next.warning(step, disabling: step == FailureBudget.steps.last, at: now)
            }
            let isLasting =
                now - start >= FailureBudget.spellMin || tries >= FailureBudget.triesMin
            return failingSince == nil && isLasting ? HealthChange(health: next, news: []) : nil
        case .broken(let failure):
            guard disabledAt == nil else { return nil }
            next.failure = failure
            next.disabledAt = now
            return HealthChange(
                health: next, news: [next.news(.endpointDisabled, since: start, percent: nil)])
        }
    }

    /// What a success changes, or a person who enables the endpoint; `nil` when all was well.
    ///
    /// Told only when a warning was, so that of a spell of failures people hear both ends or none.
    package var recovery: HealthChange? {
        guard let failingSince else { return nil }
        var next = self
        next.failingSince = nil
        next.warnedAt = 0
        next.disabledAt = nil
        next.failure = nil
        let isKnown = warnedAt > 0 || disabledAt != nil
        return HealthChange(
            health: next,
            news: isKnown
                ? [.init(type: .endpointRecovered, since: failingSince, percent: nil, failure: nil)]
                : [])
    }

    private func warning(_ step: Int, disabling: Bool, at now: Timestamp) -> HealthChange {
        var next = self
        let start = failingSince ?? now
        var told = [next.news(.endpointWarning, since: start, percent: step)]
        if disabling {
            next.disabledAt = now
            told.append(next.news(.endpointDisabled, since: start, percent: step))
        }
        return HealthChange(health: next, news: told)
    }

    private func news(
        _ type: NotificationType, since: Timestamp, percent: Int?
    ) -> HealthChange.News {
        .init(type: type, since: since, percent: percent, failure: failure)
    }
}
