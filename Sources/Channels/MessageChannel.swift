package import Domain
package import Transport

/// One way of telling somebody: how a notification becomes a request, and what an answer means.
///
/// Pure: nothing here sends, waits, reads a clock or remembers, so that every platform is tested by
/// values. A new platform is a new case of `Endpoint.Channel` and a new type of this kind; wording
/// and limits are shared through ``ChatMessage``, ``PlainText`` and ``TextLimit``.
package protocol MessageChannel: Sendable {
    /// When what was not taken is sent again.
    var schedule: RetrySchedule { get }

    /// How old a notification may be and still be news; `nil` where it always is.
    ///
    /// A receiver that keeps ids wants every message, however late. A person reading a chat does
    /// not: contracts/notifications.md section 3 drops what is older than an hour.
    var freshness: Duration? { get }

    /// What the platform allows, where it says so and the endpoint's own `limits.rate` does not
    /// (contracts/notifications.md section 3).
    var rates: [Rate] { get }

    /// Whether a message outlives a channel that is broken.
    ///
    /// A callback keeps its messages: all but a 2xx is tried again (reliability.md 2). What people
    /// read in a chat is stopped, since the channel waits for a person (contracts/notifications.md
    /// section 2).
    var keepsWhenBroken: Bool { get }

    /// The whole request of one attempt, signed for `now`.
    ///
    /// Signatures age, so this is called right before each attempt and never when the message is
    /// queued.
    ///
    /// - Parameters:
    ///   - delivery: Its id names the message, unchanged over all attempts.
    ///   - now: The time of this attempt, which is not the time of what is told.
    /// - Throws: What makes a request impossible, whether it is the message or the endpoint.
    func request(
        for notification: CompletionNotification, as delivery: Delivery, to endpoint: Endpoint,
        at now: Timestamp
    ) throws(MessageRefusal) -> HTTPRequest

    /// How many notifications one message may stand for; 1 where each goes by itself.
    var mergeMax: Int { get }

    /// Several notifications as one message, for a channel whose ``mergeMax`` is above 1.
    ///
    /// - Parameter notifications: At least two, oldest first.
    func request(
        merging notifications: [CompletionNotification], to endpoint: Endpoint, at now: Timestamp
    ) throws(MessageRefusal) -> HTTPRequest

    /// What an answer, or its absence, says about this message and about the endpoint.
    func read(
        _ result: Result<HTTPAnswer, TransportFailure>, at now: Timestamp
    ) -> DeliveryOutcome

    /// The question that must be answered before anything is sent; `nil` where none is asked.
    func permissionRequest(to endpoint: Endpoint) -> HTTPRequest?

    func readPermission(
        _ result: Result<HTTPAnswer, TransportFailure>, of endpoint: Endpoint, at now: Timestamp
    ) -> Permission
}

extension MessageChannel {
    package var mergeMax: Int { 1 }

    package func request(
        merging notifications: [CompletionNotification], to endpoint: Endpoint, at now: Timestamp
    ) throws(MessageRefusal) -> HTTPRequest {
        throw MessageRefusal(.payloadUnreadable, "this channel tells one thing at a time")
    }

    package func permissionRequest(to endpoint: Endpoint) -> HTTPRequest? { nil }

    package func readPermission(
        _ result: Result<HTTPAnswer, TransportFailure>, of endpoint: Endpoint, at now: Timestamp
    ) -> Permission { .granted(nil) }
}

extension Endpoint.Channel {
    /// How this channel speaks.
    package var messages: any MessageChannel {
        switch self {
        case .webhook: WebhookChannel()
        case .cloudEvents: CloudEventsChannel()
        case .feishu: FeishuChannel()
        case .dingTalk: DingTalkChannel()
        case .weCom: WeComChannel()
        case .slack: SlackChannel()
        case .discord: DiscordChannel()
        case .teams: TeamsChannel()
        case .telegram: TelegramChannel()
        case .infoflow: InfoflowChannel()
        case .mattermost: MattermostChannel()
        case .googleChat: GoogleChatChannel()
        }
    }
}

/// Why no request can be made at all.
///
/// Nothing was sent, and sending again would not help.
package struct MessageRefusal: Error, Hashable, Sendable {
    package enum Code: String, Hashable, Sendable {
        /// The endpoint has no key although its channel must sign.
        case secretMissing = "secret_missing"
        /// A key of the endpoint is not usable.
        case secretUnusable = "secret_unusable"
        /// The delivery's id cannot stand in a signature: a bug of ours.
        case badIdentifier = "bad_identifier"
        /// The stored payload is not what we write: a bug of ours or a damaged store.
        case payloadUnreadable = "payload_unreadable"

        /// Whether other messages to the same endpoint may still go.
        var concernsMessage: Bool {
            switch self {
            case .badIdentifier, .payloadUnreadable: true
            case .secretMissing, .secretUnusable: false
            }
        }
    }

    package let code: Code
    /// What is wrong and what would be accepted; never any part of a secret.
    package let detail: String

    package init(_ code: Code, _ detail: String) {
        self.code = code
        self.detail = detail
    }

    /// What this comes to for the delivery.
    package var outcome: DeliveryOutcome {
        let reason = OutcomeReason(code.rawValue, detail: detail)
        return code.concernsMessage ? .rejected(reason) : .channelBroken(reason)
    }
}
