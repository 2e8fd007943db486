package import Domain
import Signing
package import Transport

/// The generic callback: Standard Webhooks 1.0.0.
///
/// The body is the stored payload byte for byte, signed with every key of the endpoint, the newest
/// first, so that a receiver can change keys without missing a message. An endpoint without a key
/// is refused: a callback that anybody could have sent proves nothing, and reliability.md 1.6
/// promises a signature on every attempt. contracts/notifications.md section 4.
package struct WebhookChannel: MessageChannel {
    package init() {}

    package var schedule: RetrySchedule { .webhook }
    package var freshness: Duration? { nil }
    package var rates: [Rate] { [] }
    package var keepsWhenBroken: Bool { true }

    package func request(
        for notification: CompletionNotification, as delivery: Delivery, to endpoint: Endpoint,
        at now: Timestamp
    ) throws(MessageRefusal) -> HTTPRequest {
        guard !endpoint.secrets.isEmpty else {
            throw MessageRefusal(
                .secretMissing, "a webhook endpoint is signed; give it a secret (whsec_…)")
        }
        var headers = [HTTPField("content-type", "application/json; charset=utf-8")]
        headers += try Self.signature(
            of: notification.payload, as: delivery, endpoint.secrets, at: now)
        headers += Self.ownHeaders(of: endpoint)
        return HTTPRequest(
            .post, endpoint.url.exposed, headers: headers, body: notification.payload,
            timeout: endpoint.timeout, answerBody: .start(max: Self.answerMax))
    }

    /// Bytes of an answer that are read: its status is what counts, and a little of its text goes
    /// into the record of a failed attempt.
    static let answerMax = 4_096

    /// The three headers of Standard Webhooks around exactly these bytes.
    static func signature(
        of body: [UInt8], as delivery: Delivery, _ secrets: [Secret], at now: Timestamp
    ) throws(MessageRefusal) -> [HTTPField] {
        do throws(SigningError) {
            let signer = try StandardWebhooksSigner(secrets: secrets)
            return try signer.headers(id: delivery.id.rawValue, at: now, body: body)
                .map { HTTPField($0.name, $0.value) }
        } catch {
            throw MessageRefusal(
                error.code == .badIdentifier ? .badIdentifier : .secretUnusable, error.detail)
        }
    }

    /// What the configuration adds.
    static func ownHeaders(of endpoint: Endpoint) -> [HTTPField] {
        endpoint.headers.filter { !isReserved($0.name) }
            .map { HTTPField($0.name, $0.value.exposed) }
    }

    /// Any 2xx is a success whatever its body says, 410 disables the endpoint, and all else follows
    /// the schedule: the specification makes no exception for 4xx, and a name that leads to a
    /// forbidden address today may lead to the right one tomorrow.
    package func read(
        _ result: Result<HTTPAnswer, TransportFailure>, at now: Timestamp
    ) -> DeliveryOutcome {
        switch result {
        case .failure(let failure):
            // The status is the whole answer; a body that never ends takes nothing back.
            if let status = failure.status, (200..<300).contains(status) {
                return .accepted(OutcomeReason("", status: status))
            }
            return .unanswered(failure, isBrokenByPolicy: false)
        case .success(let answer):
            switch answer.status {
            case 200..<300: return .accepted(OutcomeReason("", status: answer.status))
            case 410: return .channelBroken(OutcomeReason(answer, "gone"))
            case 429: return .failed(answer, "rate_limited", at: now)
            case 300..<400:
                return .failed(
                    answer, "redirect",
                    detail: "not followed; set url to where it leads", at: now)
            case let status:
                return .failed(answer, DeliveryOutcome.word(for: status), at: now)
            }
        }
    }

    /// Headers that an endpoint's own `headers` cannot set: they are the signature, or they frame
    /// the message.
    package static func isReserved(_ name: String) -> Bool {
        let reserved = [
            StandardWebhooksSigner.idHeader, StandardWebhooksSigner.timestampHeader,
            StandardWebhooksSigner.signatureHeader, "content-type", "content-length",
            "transfer-encoding", "connection", "host", "expect", "te", "trailer", "upgrade",
        ]
        return reserved.contains { $0.isEqualIgnoringASCIICase(to: name) }
            || name.prefix(3).lowercased() == "ce-"
            || [CloudEventsHandshake.requestOrigin, CloudEventsHandshake.requestRate]
                .contains { $0.isEqualIgnoringASCIICase(to: name) }
    }
}
