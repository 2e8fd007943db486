package import Domain
package import Signing
package import Storage
package import StrictJSON

/// Has intake take events in; it is `Intake` that keeps the line to the store.
package typealias Publish =
    @Sendable (
        _ events: [VerifiedEvent], _ body: [UInt8], _ source: String
    ) async throws(AdministrationError) -> [Published]

/// An event that was published, and what became of it.
package struct Published: Hashable, Sendable {
    /// Of the one that is kept.
    package let id: Event.ID
    package let admission: Admission

    package init(id: Event.ID, admission: Admission) {
        self.id = id
        self.admission = admission
    }

    var json: JSONValue {
        let word =
            switch admission {
            case .stored: "stored"
            case .repeated: "repeated"
            case .conflict: "conflict"
            }
        return ["id": .string(id.rawValue), "admission": .string(word)]
    }
}

extension Administrator {
    /// Takes one event in, in our own shape: on disk when this returns.
    ///
    /// - Parameters:
    ///   - body: `{"type", "key"?, "time"?, "entity"?, "data"?}`, kept as it is.
    ///   - source: Which source it is said to come from, `api` where `nil`.
    /// - Returns: `{"id", "admission"}`, and whether it is new.
    package func publish(
        _ body: [UInt8], as source: String?
    ) async throws(AdministrationError) -> (answer: JSONValue, isNew: Bool) {
        var event = try VerifiedEvent(publishing: body)
        if event.key == nil, let wish {
            // The same in every try, so that a repeat is one.
            var chance = wish.chance
            event.key = Event.ID.make("wsh_", at: wish.madeAt, using: &chance).rawValue
        }
        let published = try await publish([event], body, sourceName(source))
        guard let one = published.first else {
            throw AdministrationError(.unexpected, "nothing came of it", remedy: "Try it again.")
        }
        return (one.json, one.admission == .stored)
    }

    /// Takes one CloudEvent in, structured or binary, or a batch of them: all on disk when this
    /// returns.
    ///
    /// - Returns: `{"id", "admission"}`, or `{"events": […]}` for a batch, in its order; and
    ///   whether any is new.
    package func publish(
        _ request: IncomingRequest, as source: String?
    ) async throws(AdministrationError) -> (answer: JSONValue, isNew: Bool) {
        let name = try sourceName(source)
        let verdict: Verdict
        do throws(VerificationRefusal) {
            verdict = try CloudEventsReading().read(request, Proved())
        } catch {
            throw AdministrationError(refusing: error, request.body)
        }
        switch verdict {
        case .event(let event):
            let published = try await publish([event], request.body, name)
            return (published.first?.json ?? .null, published.first?.admission == .stored)
        case .batch(let events, _):
            guard !events.isEmpty else { return (["events": []], false) }
            let published = try await publish(events, request.body, name)
            return (
                ["events": .array(published.map(\.json))],
                published.contains { $0.admission == .stored }
            )
        case .handshake, .refused:
            throw AdministrationError(
                .bodyInvalid, "this is no event", remedy: "Send a CloudEvent.")
        }
    }

    private func sourceName(_ given: String?) throws(AdministrationError) -> String {
        guard let given else { return Self.source }
        func isWord(_ byte: UInt8) -> Bool {
            (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
        }
        guard given.utf8.first.map(isWord) == true, given.utf8.count <= 64,
            given.utf8.allSatisfy({ isWord($0) || "-_.".utf8.contains($0) })
        else {
            throw AdministrationError(
                .parameterInvalid, "`source` is no name",
                remedy: "Use 1 to 64 letters, digits, - _ and ., beginning with a letter or digit; "
                    + "without it the source is \(Self.source).")
        }
        return given
    }
}

extension VerifiedEvent {
    /// Reads an event in our own shape.
    fileprivate init(publishing bytes: [UInt8]) throws(AdministrationError) {
        let body = try RequestBody(bytes, keys: ["type", "key", "time", "entity", "data"])
        guard let type = try body.text("type") else {
            throw body.refusal("this is missing", at: "type")
        }
        var time: Timestamp?
        if let text = try body.text("time") {
            guard let moment = Timestamp(rfc3339: text) else {
                throw body.refusal("this is no time, as in 2026-03-18T08:30:15Z", at: "time")
            }
            time = moment
        }
        self.init(
            key: try body.text("key"), type: type, time: time, entity: try body.entity("entity"))
    }
}

extension AdministrationError {
    /// What is JSON and no event is refused for what it says.
    fileprivate init(refusing refusal: VerificationRefusal, _ body: [UInt8]) {
        let isJSON = (try? JSONValue(parsing: body)) != nil
        let code: Code =
            switch (refusal.reason, refusal.status) {
            case (.unsupportedContent, _): .contentType
            case (_, 413): .requestInvalid
            default: isJSON ? .requestInvalid : .bodyInvalid
            }
        self.init(code, refusal.detail, remedy: Self.forms)
    }

    private static let forms =
        "Send CloudEvents 1.0 in JSON: application/cloudevents+json, "
        + "application/cloudevents-batch+json, or ce- headers; or our own shape as "
        + "application/json."

    /// For what is in none of the forms.
    package static let strangeType = AdministrationError(
        .contentType, "the body is not said to be of a type that is taken here", remedy: forms)

    /// What the gateway's composition says where a configured source has the name.
    package static func sourceTaken(_ name: String) -> Self {
        AdministrationError(
            .sourceTaken, "\"\(name)\" is a configured source, whose events come with its proof",
            remedy: "Name another with ?source=NAME.")
    }

    package static let heldBack = AdministrationError(
        .storeUnavailable, "the event is not known to be on disk",
        remedy: "Send it again in a few seconds, under the same key: a repeat is a repeat.")
}
