import Domain
import StrictJSON

/// CloudEvents 1.0 over HTTP: structured, binary and batched.
///
/// contracts/sources.md section 11; the CloudEvents specification, its JSON event format and its
/// HTTP protocol binding.
///
/// Whichever way an event comes, it is kept as in structured mode, so that a rule need not know:
/// its attributes as members, beside them `data` or `data_base64`. Key and type are `id` and
/// `type`, the scope is `source`, the time `time`, the entity an object of our own shape in `data`.
package struct CloudEventsReading: RequestReading {
    /// Events of one batch; they are stored in one commit, for which others wait.
    package static let batchMax = 1_000

    package let methods = ["POST", "OPTIONS"]
    private let handshake: CloudEventsHandshake
    private let pointers: SchemePointers

    /// - Parameter handshake: Who may deliver, and how much; the default grants nothing.
    package init(
        handshake: CloudEventsHandshake = CloudEventsHandshake(),
        pointers: SchemePointers = SchemePointers()
    ) {
        self.handshake = handshake
        self.pointers = pointers
    }

    /// The check of the web hook specification, which comes before there is anything to prove.
    package func greet(_ request: IncomingRequest) -> SchemeAnswer? {
        request.method == "OPTIONS" ? handshake.answer(request.headers) : nil
    }

    package func read(
        _ request: IncomingRequest, _ proved: Proved
    ) throws(VerificationRefusal) -> Verdict {
        switch try Mode(request.headers) {
        case .structured:
            let body = try SchemeBody.object(request.body)
            return .event(try event(CloudEvent(body), body, request, stored: nil))
        case .batch:
            return try readBatch(request)
        case .binary:
            let (event, body) = try CloudEvent.readBinary(request)
            return .event(try self.event(event, body, request, stored: body.bytes()))
        }
    }

    private enum Mode {
        case structured, batch, binary

        init(_ headers: HeaderFields) throws(VerificationRefusal) {
            if headers.lookup("Content-Type") == .several {
                throw VerificationRefusal(.unsupportedContent, "Content-Type occurs twice")
            }
            let type = MediaType(headers)
            let essence = type?.essence ?? ""
            guard let format = essence.suffix(behind: "application/cloudevents") else {
                guard headers.lookup("ce-specversion") != .absent else {
                    throw VerificationRefusal(
                        .missingHeader, "neither application/cloudevents nor ce-specversion",
                        status: 400)
                }
                self = .binary
                return
            }
            // A format that we do not read must never be taken for the data of binary mode.
            guard (type?.charset ?? "utf-8").hasSameBytes(as: "utf-8") else {
                throw VerificationRefusal(.unsupportedContent, "the charset is not UTF-8")
            }
            switch format {
            case "+json": self = .structured
            case "-batch+json": self = .batch
            default: throw VerificationRefusal(.unsupportedContent, "only the JSON format is read")
            }
        }
    }

    private func readBatch(_ request: IncomingRequest) throws(VerificationRefusal) -> Verdict {
        let list: JSONValue
        do {
            list = try JSONValue(parsing: request.body)
        } catch {
            throw VerificationRefusal(.malformedBody, "\(error)")
        }
        guard let elements = list.array else {
            throw VerificationRefusal(.malformedBody, "a batch is a list, not \(list.kind)")
        }
        guard elements.count <= Self.batchMax else {
            throw VerificationRefusal(
                .malformedBody, "the batch has more than \(Self.batchMax) events", status: 413)
        }
        var events: [VerifiedEvent] = []
        for element in elements {
            events.append(
                try event(CloudEvent(element), element, request, stored: element.bytes()))
        }
        return .batch(events, answer: .accepted)
    }

    private func event(
        _ event: CloudEvent, _ body: JSONValue, _ request: IncomingRequest, stored: [UInt8]?
    ) throws(VerificationRefusal) -> VerifiedEvent {
        let parts = EventParts(request: request, body: body, pointers: pointers)
        return VerifiedEvent(
            scope: Self.short(event.source),
            key: try parts.key { () throws(VerificationRefusal) in Self.short(event.id) },
            type: try parts.type { () throws(VerificationRefusal) in event.type },
            time: parts.time(event.time),
            entity: parts.entity(EntityReference(body["data"]?["entity"])), body: stored)
    }

    /// A URI or an id that is too long for an index, by its hash.
    private static func short(_ text: String) -> String {
        text.utf8.count <= keyBytesMax ? text : EventParts.digest(of: Array(text.utf8))
    }
}
