package import Domain
package import Transport

/// What a receiver says when it is asked whether it wants our messages.
package enum Permission: Hashable, Sendable {
    /// It does, at no more than this rate; `nil` for any.
    case granted(Rate?)
    /// Nothing is sent; what waits is treated as if an attempt had come to this.
    case denied(DeliveryOutcome)
}

/// The question before the first event, and again every day.
///
/// HTTP 1.1 Web Hooks for Event Delivery, section 4: a status alone is no consent, and the question
/// goes to the exact address. contracts/notifications.md section 5.
package struct CloudEventsHandshake: Sendable {
    package static let requestOrigin = "webhook-request-origin"
    package static let requestRate = "webhook-request-rate"
    static let allowedOrigin = "webhook-allowed-origin"
    static let allowedRate = "webhook-allowed-rate"
    /// For a receiver that does not know the question, where that is allowed.
    package static let rateUnasked = Rate(6, per: .minutes(1))

    private let endpoint: Endpoint
    private let origin: String
    private let rate: Int?

    /// `nil` for an endpoint that is not to be asked.
    package init?(_ endpoint: Endpoint) {
        let options = endpoint.options.cloudEvents
        guard options.handshake != .off, let origin = options.origin else { return nil }
        self.endpoint = endpoint
        self.origin = origin
        rate = options.requestRate
    }

    package var request: HTTPRequest {
        var headers = [HTTPField(Self.requestOrigin, origin)]
        if let rate { headers.append(HTTPField(Self.requestRate, String(rate))) }
        headers += WebhookChannel.ownHeaders(of: endpoint)
        return HTTPRequest(
            .options, endpoint.url.exposed, headers: headers, timeout: endpoint.timeout,
            answerBody: .start(max: WebhookChannel.answerMax))
    }

    package func read(
        _ result: Result<HTTPAnswer, TransportFailure>, at now: Timestamp
    ) -> Permission {
        switch result {
        case .failure(let failure):
            return .denied(.unanswered(failure, isBrokenByPolicy: false))
        case .success(let answer):
            let isOptional = endpoint.options.cloudEvents.handshake == .optional
            guard (200..<300).contains(answer.status) else {
                if isOptional, [404, 405, 501].contains(answer.status) {
                    return .granted(Self.rateUnasked)
                }
                let isPassing = [408, 425, 429].contains(answer.status) || answer.status >= 500
                return isPassing ? .denied(.byStatus(of: answer, at: now)) : denied(answer, at: now)
            }
            guard let allowed = answer.headers.first(Self.allowedOrigin) else {
                return isOptional ? .granted(Self.rateUnasked) : denied(answer, at: now)
            }
            guard allowed == "*" || allowed.isEqualIgnoringASCIICase(to: origin) else {
                return denied(answer, at: now)
            }
            return consent(answer, at: now)
        }
    }

    private func consent(_ answer: HTTPAnswer, at now: Timestamp) -> Permission {
        guard let allowed = answer.headers.first(Self.allowedRate) else {
            // A rate had to be named if one was asked for; ours is then the ceiling.
            return .granted(rate.map { Rate($0, per: .minutes(1)) })
        }
        if allowed == "*" { return .granted(nil) }
        guard let count = Int(allowed), count > 0 else { return denied(answer, at: now) }
        return .granted(Rate(count, per: .minutes(1)))
    }

    /// May be given later, and the messages wait for that as for a receiver that is away.
    private func denied(_ answer: HTTPAnswer, at now: Timestamp) -> Permission {
        .denied(
            .failed(
                answer, DeliveryOutcome.permissionMissing,
                detail: "OPTIONS was not answered with WebHook-Allowed-Origin: \(origin)",
                isRateLimit: true, at: now))
    }
}
