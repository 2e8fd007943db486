import Administration
import HTTPTypes
import Signing
import StrictJSON

/// Events of those who have a key and nothing to sign with.
extension APICall {
    static let publishing = [
        APICall(
            "publishEvents", "POST", "/events", .ingest, parameters: ["source"],
            takesAnyType: true,
            comingAgain: .makesTheSame
        ) { asked throws(AdministrationError) in
            let source = asked.query["source"]
            guard asked.isCloudEvent || asked.body.isEmpty || asked.fields.sayJSON else {
                throw .strangeType
            }
            let (answer, isNew) =
                asked.isCloudEvent
                ? try await asked.administration.publish(asked.incoming, as: source)
                : try await asked.administration.publish(asked.body, as: source)
            return Answer(isNew ? 201 : 200, json: answer)
        }
    ]
}

extension APIRequest {
    /// Whether it says of itself that it is one; everything else is in our own shape.
    fileprivate var isCloudEvent: Bool {
        fields.contains { $0.name.canonicalName.hasPrefix("ce-") }
            || fields[values: .contentType].contains {
                $0.lowercased().hasPrefix("application/cloudevents")
            }
    }

    fileprivate var incoming: IncomingRequest {
        IncomingRequest(
            headers: HeaderFields(fields.map { ($0.name.rawName, $0.value) }), body: body)
    }
}
