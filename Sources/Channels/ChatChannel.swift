package import Domain
package import StrictJSON
package import Transport

/// A channel whose messages people read.
///
/// What all of them share: five tries, nothing that is older than an hour, one JSON object whose
/// texts are short enough for the platform, and an answer that is read by its body before its
/// status. contracts/notifications.md sections 1 to 3.
package protocol ChatChannel: MessageChannel {
    /// The message in the platform's dress; `nil` where it is larger than the platform takes.
    func card(_ message: ChatMessage, to endpoint: Endpoint) -> JSONObject?

    /// The bare words, cut to what the platform takes.
    func plain(_ message: ChatMessage, to endpoint: Endpoint) -> JSONObject

    /// The body with what proves it, for platforms that look there.
    func signed(_ body: JSONObject, to endpoint: Endpoint, at now: Timestamp) -> JSONObject

    /// Where it goes, with what proves it, for platforms that look there.
    func address(of endpoint: Endpoint, at now: Timestamp) -> String

    /// What an answer says.
    func judge(_ answer: HTTPAnswer, at now: Timestamp) -> DeliveryOutcome
}

extension ChatChannel {
    package var schedule: RetrySchedule { .chat }
    package var freshness: Duration? { .hours(1) }
    package var keepsWhenBroken: Bool { false }

    package func signed(
        _ body: JSONObject, to endpoint: Endpoint, at now: Timestamp
    ) -> JSONObject { body }

    package func address(of endpoint: Endpoint, at now: Timestamp) -> String {
        endpoint.url.exposed
    }

    package func request(
        for notification: CompletionNotification, as delivery: Delivery, to endpoint: Endpoint,
        at now: Timestamp
    ) throws(MessageRefusal) -> HTTPRequest {
        try request(of: [notification], to: endpoint, at: now)
    }

    package func request(
        merging notifications: [CompletionNotification], to endpoint: Endpoint, at now: Timestamp
    ) throws(MessageRefusal) -> HTTPRequest {
        try request(of: notifications, to: endpoint, at: now)
    }

    private func request(
        of notifications: [CompletionNotification], to endpoint: Endpoint, at now: Timestamp
    ) throws(MessageRefusal) -> HTTPRequest {
        var body: JSONObject?
        var last: ChatMessage?
        // Names and reasons give way first, then the dress.
        for brevity in ChatMessage.Brevity.allCases where body == nil {
            let message = try message(of: notifications, to: endpoint, brevity)
            if message.words == nil { body = card(message, to: endpoint) }
            last = message
            // Own words have no dress, and their names the room in between.
            if message.words != nil, brevity == .short { break }
        }
        if body == nil, let last { body = plain(last, to: endpoint) }
        return HTTPRequest(
            .post, address(of: endpoint, at: now),
            headers: [HTTPField("content-type", "application/json; charset=utf-8")],
            body: JSONValue.object(signed(body ?? [:], to: endpoint, at: now)).bytes(),
            timeout: endpoint.timeout, answerBody: .whole(max: AnswerBody.bytesMax))
    }

    private func message(
        of notifications: [CompletionNotification], to endpoint: Endpoint,
        _ brevity: ChatMessage.Brevity
    ) throws(MessageRefusal) -> ChatMessage {
        let (language, sites) = (endpoint.language, endpoint.sites)
        return notifications.count == 1
            ? try ChatMessage(
                notifications[0], in: language, brevity, sites: sites,
                templates: endpoint.templates)
            : try ChatMessage(
                merging: notifications, in: language, brevity, sites: sites,
                templates: endpoint.templates)
    }

    /// A failure of the way says nothing of the message; all else is for ``judge(_:at:)``.
    package func read(
        _ result: Result<HTTPAnswer, TransportFailure>, at now: Timestamp
    ) -> DeliveryOutcome {
        switch result {
        case .failure(let failure): .unanswered(failure)
        case .success(let answer): judge(answer, at: now)
        }
    }
}

extension JSONObject {
    /// The object, unless it is longer than this on the wire.
    func fitting(_ bytesMax: Int) -> JSONObject? {
        JSONValue.object(self).bytes().count <= bytesMax ? self : nil
    }
}
