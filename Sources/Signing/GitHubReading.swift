package import Domain
import StrictJSON

/// What GitHub sends.
///
/// contracts/sources.md section 4. The type is `X-GitHub-Event`, the key `X-GitHub-Delivery`, which
/// stays when an operator has an event delivered again, and the entity the repository; none of the
/// headers is signed. A hook may be set to send a form with the JSON in `payload`: then that JSON
/// is kept.
package struct GitHubReading: RequestReading {
    private let pointers: SchemePointers

    package init(pointers: SchemePointers = SchemePointers()) { self.pointers = pointers }

    package func read(
        _ request: IncomingRequest, _ proved: Proved
    ) throws(VerificationRefusal) -> Verdict {
        let body =
            if let form = try request.form() {
                try SchemeBody.object(in: "payload", of: form)
            } else {
                try SchemeBody.json(request)
            }
        let parts = EventParts(request: request, body: body.json, pointers: pointers)
        return .event(
            VerifiedEvent(
                key: try parts.key { () throws(VerificationRefusal) in
                    try request.headers.requiredWord("X-GitHub-Delivery")
                },
                type: try parts.type { () throws(VerificationRefusal) in
                    try request.headers.requiredWord("X-GitHub-Event")
                },
                time: parts.time(nil),
                entity: parts.entity(
                    EntityReference(
                        "repository", in: body.json["repository"], name: "full_name")),
                body: body.stored))
    }
}

extension ProvedScheme {
    /// Hooks of GitHub: `X-Hub-Signature-256`; the older SHA-1 header is not looked at.
    ///
    /// - Throws: `empty` or `undecodable` for the secrets.
    package static func gitHub(
        secrets: [Secret], pointers: SchemePointers = SchemePointers()
    ) throws(SigningError) -> ProvedScheme {
        ProvedScheme(
            try HMACProof(secrets: secrets, form: .gitHub), GitHubReading(pointers: pointers))
    }
}

extension HMACProof.Form {
    /// What GitHub sends.
    package static let gitHub = HMACProof.Form(header: "X-Hub-Signature-256", prefix: "sha256=")
}

extension EntityReference {
    /// Reads an object with an `id`, and a name under a key of the platform's own.
    ///
    /// `nil` unless the id is there.
    init?(_ type: String, in value: JSONValue?, name: String) {
        guard let value, let id = value["id"]?.exactID else { return nil }
        self.init(type: type, id: id, name: value[name]?.storableText)
    }
}
