/// One notification on its way to one endpoint.
///
/// Here a lost answer leads back to `pending` under the same id: a repeat is harmless to a
/// receiver that keeps ids, a loss is not. The reverse of ``CopyTask``.
package struct Delivery: Identifiable, Hashable, Sendable, Codable {
    package typealias ID = Identifier<Delivery>

    /// `msg_…`, derived from task, endpoint and sequence; sent as `webhook-id` on every attempt.
    package let id: ID
    package let notificationID: CompletionNotification.ID
    package let type: NotificationType
    package let endpoint: String
    package let createdAt: Timestamp
    package private(set) var state: State
    /// Attempts that may have left this machine.
    package private(set) var attempts: Int
    package private(set) var endedAt: Timestamp?
    /// From when on a person last wanted it again, so that it is not taken for old news.
    package private(set) var askedAgainAt: Timestamp?

    package init(
        id: ID,
        notificationID: CompletionNotification.ID,
        type: NotificationType,
        endpoint: String,
        createdAt: Timestamp
    ) {
        self.id = id
        self.notificationID = notificationID
        self.type = type
        self.endpoint = endpoint
        self.createdAt = createdAt
        state = .pending(dueAt: createdAt)
        attempts = 0
    }
}

extension Delivery {
    package enum State: Hashable, Sendable, Codable {
        /// Waiting for its time. Leads to `sending`, `cancelled`, and to `exhausted` when it has
        /// waited for too long.
        case pending(dueAt: Timestamp)
        /// The request may be on the wire. Leads to everything but itself.
        case sending
        case delivered
        /// Given up, with the reason in a word: `schedule`, `stale`, `rejected`, `channel_broken`,
        /// `disabled`.
        case exhausted(reason: String)
        case cancelled

        package var name: Name {
            switch self {
            case .pending: .pending
            case .sending: .sending
            case .delivered: .delivered
            case .exhausted: .exhausted
            case .cancelled: .cancelled
            }
        }

        package var isEnd: Bool { name.isEnd }

        /// When it is due if nobody holds it.
        package var dueAt: Timestamp? {
            switch self {
            case .pending(let dueAt): dueAt
            case .sending: Timestamp(milliseconds: 0)
            case .delivered, .exhausted, .cancelled: nil
            }
        }

        package enum Name: String, Hashable, Sendable, Codable, CaseIterable {
            case pending, sending, delivered, exhausted, cancelled

            package var isEnd: Bool {
                switch self {
                case .delivered, .exhausted, .cancelled: true
                case .pending, .sending: false
                }
            }
        }
    }

    package enum Signal: Hashable, Sendable {
        case claimed
        /// The endpoint took it.
        case accepted(at: Timestamp)
        /// Not taken; tried again at `retryAt`.
        case failed(retryAt: Timestamp)
        /// Waiting for a limiter or for the endpoint's pace: costs no attempt.
        case postponed(until: Timestamp)
        case exhausted(reason: String, at: Timestamp)
        /// The endpoint is gone from the configuration, or a person said so.
        case cancelRequested(at: Timestamp)
        /// A person asks for it again, under the same id, at that moment or later.
        case sendAgain(at: Timestamp)
    }

    /// When it wants to be taken up, while nobody has; `nil` in every other state.
    package var waitsUntil: Timestamp? {
        if case .pending(let dueAt) = state { dueAt } else { nil }
    }

    package struct InvalidTransition: Error, Hashable {
        package let state: State
        package let signal: Signal
    }

    /// Moves the delivery on, or refuses and leaves it as it was.
    package mutating func apply(_ signal: Signal) throws(InvalidTransition) {
        switch (state, signal) {
        case (.pending, .claimed), (.sending, .claimed):
            state = .sending
            attempts += 1
        case (.sending, .accepted(let now)):
            state = .delivered
            endedAt = now
        case (.sending, .failed(let retryAt)):
            state = .pending(dueAt: retryAt)
        case (.sending, .postponed(let until)):
            attempts -= 1
            state = .pending(dueAt: until)
        case (.pending, .exhausted(let reason, let now)),
            (.sending, .exhausted(let reason, let now)):
            state = .exhausted(reason: reason)
            endedAt = now
        case (.pending, .cancelRequested(let now)), (.sending, .cancelRequested(let now)):
            state = .cancelled
            endedAt = now
        case (.delivered, .sendAgain(let now)), (.exhausted, .sendAgain(let now)),
            (.cancelled, .sendAgain(let now)):
            state = .pending(dueAt: now)
            attempts = 0
            endedAt = nil
            askedAgainAt = now
        default:
            throw InvalidTransition(state: state, signal: signal)
        }
    }
}
