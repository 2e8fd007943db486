package import Domain
import Signing
import StrictJSON
package import Transport

/// A receiver of CloudEvents 1.0 over HTTP.
///
/// Structured by default: then the whole event is in the body, and where the endpoint has keys the
/// body is signed as Standard Webhooks as well. In binary mode the attributes stand in headers that
/// no such signature covers. The id of the delivery is the event's, so that `source` and `id`
/// together stay the same over all attempts. contracts/notifications.md section 5.
package struct CloudEventsChannel: MessageChannel {
    package init() {}

    package var schedule: RetrySchedule { .webhook }
    package var freshness: Duration? { nil }
    package var rates: [Rate] { [] }
    package var keepsWhenBroken: Bool { true }

    package func request(
        for notification: CompletionNotification, as delivery: Delivery, to endpoint: Endpoint,
        at now: Timestamp
    ) throws(MessageRefusal) -> HTTPRequest {
        let options = endpoint.options.cloudEvents
        let event = try Self.event(notification, as: delivery, options)
        var (headers, body) = options.mode == .structured ? event.structured : event.binary
        if let origin = options.origin, options.handshake != .off {
            headers.append(HTTPField(CloudEventsHandshake.requestOrigin, origin))
        }
        if !endpoint.secrets.isEmpty, options.mode == .structured {
            headers += try WebhookChannel.signature(
                of: body, as: delivery, endpoint.secrets, at: now)
        }
        headers += WebhookChannel.ownHeaders(of: endpoint)
        return HTTPRequest(
            .post, endpoint.url.exposed, headers: headers, body: body, timeout: endpoint.timeout,
            answerBody: .start(max: WebhookChannel.answerMax))
    }

    private static func event(
        _ notification: CompletionNotification, as delivery: Delivery,
        _ options: ChannelOptions.CloudEvents
    ) throws(MessageRefusal) -> CloudEvent {
        guard let payload = try? JSONValue(parsing: notification.payload, limits: .match),
            let data = payload["data"], data.object != nil
        else { throw MessageRefusal(.payloadUnreadable, "the stored payload has no data") }
        var attributes: JSONObject = [
            "specversion": "1.0", "id": .string(delivery.id.rawValue),
            "source": .string(options.source),
            "type": .string("\(options.typePrefix).\(notification.type.rawValue)"),
        ]
        if let task = notification.taskID {
            attributes["subject"] = .string("tasks/\(task.rawValue)")
        } else if let event = notification.eventID {
            attributes["subject"] = .string("events/\(event.rawValue)")
        }
        attributes["time"] = payload["timestamp"]
        attributes["datacontenttype"] = "application/json"
        return CloudEvent(attributes: attributes, content: .json(data))
    }

    /// As a callback's, but for 415: the same bytes would be refused for ever.
    package func read(
        _ result: Result<HTTPAnswer, TransportFailure>, at now: Timestamp
    ) -> DeliveryOutcome {
        if case .success(let answer) = result, answer.status == 415 {
            return .rejected(OutcomeReason(answer, "unsupported_media_type"))
        }
        return WebhookChannel().read(result, at: now)
    }

    package func permissionRequest(to endpoint: Endpoint) -> HTTPRequest? {
        CloudEventsHandshake(endpoint)?.request
    }

    package func readPermission(
        _ result: Result<HTTPAnswer, TransportFailure>, of endpoint: Endpoint, at now: Timestamp
    ) -> Permission {
        guard let handshake = CloudEventsHandshake(endpoint) else { return .granted(nil) }
        return handshake.read(result, at: now)
    }
}
