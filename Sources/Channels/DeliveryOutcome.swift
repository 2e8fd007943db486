import Domain

/// What one attempt to deliver came to.
///
/// contracts/notifications.md section 2 calls the four `delivered`, `retry`, `reject_message` and
/// `channel_broken`.
package enum DeliveryOutcome: Hashable, Sendable {
    /// The endpoint took it.
    case accepted(OutcomeReason)
    /// May work later.
    ///
    /// - Parameters:
    ///   - after: What the endpoint asked for, a lower bound, at most a day; `nil` where it did
    ///     not. Holds for the endpoint as a whole.
    ///   - slowsEndpoint: Whether the endpoint is short of breath (429, 502, 504, a platform's rate
    ///     code), so that other messages to it had better wait too.
    case retry(after: Duration?, slowsEndpoint: Bool, OutcomeReason)
    /// This message can never be taken; others may be.
    case rejected(OutcomeReason)
    /// The credential or the configuration is wrong, or the endpoint is gone; a person has to act.
    case channelBroken(OutcomeReason)

    package var reason: OutcomeReason {
        switch self {
        case .accepted(let reason), .retry(_, _, let reason), .rejected(let reason),
            .channelBroken(let reason):
            reason
        }
    }

    package var isAccepted: Bool { if case .accepted = self { true } else { false } }

    /// The outcome in a word, as attempts and log lines carry it.
    package var word: String {
        switch self {
        case .accepted: "accepted"
        case .retry: "retry"
        case .rejected: "rejected"
        case .channelBroken: "channel_broken"
        }
    }
}

/// Why an outcome is what it is.
package struct OutcomeReason: Hashable, Sendable {
    /// What went wrong on the way, in words of ours.
    package enum Trouble: String, Hashable, Sendable {
        case forbiddenTarget = "forbidden_target"
        case dns, connect, tls, timeout
        case connectionReset = "connection_reset"
        /// Something came back that is no answer, or none that this channel understands.
        case unreadableResponse = "unreadable_response"
        /// By our own shutdown.
        case cancelled
    }

    /// Can be counted: a platform's own code, or a word of ours such as `http_5xx` or `timeout`.
    ///
    /// Empty for an accepted message, which needs no words.
    package let word: String
    /// The platform's own code, `nil` where the word is ours.
    package let code: String?
    /// Status of the answer, `nil` where there was none.
    package let status: Int?
    /// What the other side said, on one line and at most 1 KiB.
    ///
    /// Untrusted; may repeat a secret, so it passes ``Redaction`` before anybody sees it.
    package let detail: String
    /// How long the endpoint wants to be left alone although it took the message.
    package var rest: Duration?
    /// Whether a pause is for all that goes to the same host, whoever it is for.
    package var isForHost = false
    /// Where the chat is now, when the platform says that it moved; the old place is dead.
    package var movedTo: String?

    package init(
        _ word: String, code: String? = nil, status: Int? = nil, detail: String = "",
        rest: Duration? = nil
    ) {
        self.rest = rest
        self.word = word
        self.code = code
        self.status = status
        self.detail = PlainText.isolatedLine(detail, limit: TextLimit(detailMax, .utf8Bytes))
    }

    /// What went wrong on the way; `nil` for what the other side said with a status or a code.
    package var trouble: Trouble? { code == nil ? Trouble(rawValue: word) : nil }
}

/// UTF-8 bytes of an answer that are kept (contracts/notifications.md section 1).
private let detailMax = 1_024
