import Domain
import Transport

extension DeliveryOutcome {
    /// No answer came (contracts/notifications.md section 2, step 1).
    ///
    /// Whether anything was sent makes no difference here: a repeat is harmless to a receiver that
    /// keeps ids, and in a chat a doubled message is better than a lost one.
    ///
    /// - Parameter isBrokenByPolicy: Whether what our own address policy forbids is no matter of
    ///   trying again.
    static func unanswered(
        _ failure: TransportFailure, isBrokenByPolicy: Bool = true
    ) -> DeliveryOutcome {
        let trouble: OutcomeReason.Trouble =
            switch failure.code {
            case .refused: .forbiddenTarget
            case .couldNotResolve: .dns
            case .couldNotConnect: .connect
            case .handshakeFailed: .tls
            case .timedOut: .timeout
            case .cutOff: .connectionReset
            case .malformedAnswer: .unreadableResponse
            case .cancelled: .cancelled
            }
        let reason = OutcomeReason(trouble.rawValue, detail: failure.detail)
        return failure.code == .refused && isBrokenByPolicy
            ? .channelBroken(reason) : .retry(after: nil, slowsEndpoint: false, reason)
    }

    /// An answer whose body says nothing, read by its status as chat platforms mean it.
    ///
    /// Section 2, step 3. A 2xx is for the channel to judge and counts as unreadable here.
    static func byStatus(of answer: HTTPAnswer, at now: Timestamp) -> DeliveryOutcome {
        let status = answer.status
        switch status {
        case 200..<300:
            return failed(answer, OutcomeReason.Trouble.unreadableResponse.rawValue, at: now)
        case 408, 425: return failed(answer, "http_\(status)", at: now)
        case 410: return .channelBroken(OutcomeReason(answer, "gone"))
        case 401, 403, 404: return .channelBroken(OutcomeReason(answer, "http_\(status)"))
        case 413: return .rejected(OutcomeReason(answer, "http_413"))
        case 429: return failed(answer, "rate_limited", at: now)
        case 400..<500: return .rejected(OutcomeReason(answer, "http_4xx"))
        default: return failed(answer, word(for: status), at: now)
        }
    }

    /// A failed attempt that follows the schedule, or the answer's own `Retry-After`.
    ///
    /// - Parameter wait: What the body asks for; the larger of both counts.
    static func failed(
        _ answer: HTTPAnswer, _ word: String, code: String? = nil, detail: String? = nil,
        isRateLimit: Bool = false, wait: Duration? = nil, at now: Timestamp
    ) -> DeliveryOutcome {
        .retry(
            after: [RetryAfter.duration(in: answer.headers, at: now), wait].compactMap { $0 }
                .max(),
            slowsEndpoint: isRateLimit || [429, 502, 504].contains(answer.status),
            OutcomeReason(answer, word, code: code, detail: detail))
    }

    /// A word for a status that has none of its own.
    static func word(for status: Int) -> String {
        switch status {
        case 300..<400: "redirect"
        case 400..<500: "http_4xx"
        case 500..<600: "http_5xx"
        default: "unexpected_status"
        }
    }
}

extension OutcomeReason {
    /// - Parameter detail: The platform's own text, where it was found; otherwise the body's start.
    init(_ answer: HTTPAnswer, _ word: String, code: String? = nil, detail: String? = nil) {
        // A little more than is kept: what is cut there starts with the same bytes.
        let start = String(decoding: answer.body.prefix(2_048), as: UTF8.self)
        self.init(word, code: code, status: answer.status, detail: detail ?? start)
    }
}
