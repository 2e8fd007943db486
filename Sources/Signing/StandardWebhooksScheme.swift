package import Domain
import StrictJSON

/// Senders that sign as Standard Webhooks or Svix.
///
/// contracts/sources.md section 3.
///
/// The event's key is the `webhook-id`, its type the body's `type`, its time the body's
/// `timestamp`, and its entity the body's `entity` or, failing that, `data.entity`, where one of
/// these is an object of our own shape; pointers in the settings move each of them. An entity
/// that is not there or not readable is absent: many events have none.
package struct StandardWebhooksScheme: SourceScheme {
    private let proof: StandardWebhooksProof
    private let pointers: SchemePointers

    /// As ``StandardWebhooksProof/init(keys:window:names:)``.
    ///
    /// - Parameter pointers: Where the parts of the event stand, if not in the usual places.
    package init(
        keys: [StandardWebhooksKey],
        window: Duration = StandardWebhooksProof.windowDefault,
        names: StandardWebhooksProof.Names = .standard,
        pointers: SchemePointers = SchemePointers()
    ) throws(SigningError) {
        proof = try StandardWebhooksProof(keys: keys, window: window, names: names)
        self.pointers = pointers
    }

    package func verify(_ request: IncomingRequest, at now: Timestamp) -> Verdict {
        do {
            try checkMethod(request)
            let proved = try proof.check(request, at: now)
            return .event(try read(request.body, id: proved.messageID))
        } catch {
            return .refused(error)
        }
    }

    private func read(_ bytes: [UInt8], id: String?) throws(VerificationRefusal) -> VerifiedEvent {
        let body = try SchemeBody.object(bytes)
        let time = pointers.time ?? JSONPointer(tokens: ["timestamp"])
        let entity =
            if let place = pointers.entity {
                EntityReference(body.value(at: place))
            } else {
                EntityReference(body["entity"]) ?? EntityReference(body["data"]?["entity"])
            }
        return VerifiedEvent(
            key: try pointers.key.map { place throws(VerificationRefusal) in
                try SchemePointers.required(place, in: body)
            } ?? id,
            type: try SchemePointers.required(
                pointers.type ?? JSONPointer(tokens: ["type"]), in: body),
            time: SchemePointers.time(time, in: body), entity: entity)
    }
}
