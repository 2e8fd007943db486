package import Domain
import StrictJSON

/// What GitLab sends.
///
/// contracts/sources.md section 5. The type is `X-Gitlab-Event`, as in `Push Hook`, the key
/// `Idempotency-Key`, which stays over retries, or on older servers `X-Gitlab-Event-UUID`, and the
/// entity the project. A server so old that it sends neither is known by the bytes of the body.
package struct GitLabReading: RequestReading {
    private let pointers: SchemePointers

    package init(pointers: SchemePointers = SchemePointers()) { self.pointers = pointers }

    package func read(
        _ request: IncomingRequest, _ proved: Proved
    ) throws(VerificationRefusal) -> Verdict {
        let body = try SchemeBody.json(request).json
        let parts = EventParts(request: request, body: body, pointers: pointers)
        return .event(
            VerifiedEvent(
                key: try parts.key { () throws(VerificationRefusal) in
                    // What was signed is the same and cannot be changed on the way.
                    if let id = proved.messageID { return id }
                    if let id = try request.headers.word("Idempotency-Key") { return id }
                    if let id = try request.headers.word("X-Gitlab-Event-UUID") { return id }
                    return EventParts.digest(of: request.body)
                },
                type: try parts.type { () throws(VerificationRefusal) in
                    try request.headers.requiredWord("X-Gitlab-Event")
                },
                time: parts.time(nil),
                entity: parts.entity(
                    EntityReference(
                        "project", in: body["project"], name: "path_with_namespace"))))
    }
}

extension ProvedScheme {
    /// Hooks of GitLab with a secret token, which is sent as it is.
    ///
    /// - Throws: `empty` for the tokens.
    package static func gitLab(
        tokens: [Secret], pointers: SchemePointers = SchemePointers()
    ) throws(SigningError) -> ProvedScheme {
        ProvedScheme(
            try TokenProof(header: "X-Gitlab-Token", tokens: tokens),
            GitLabReading(pointers: pointers))
    }

    /// Hooks of GitLab with a signing token: Standard Webhooks, and a plain token is not enough.
    ///
    /// - Throws: As ``StandardWebhooksProof``.
    package static func gitLab(
        signingTokens: [StandardWebhooksKey],
        window: Duration = StandardWebhooksProof.windowDefault,
        pointers: SchemePointers = SchemePointers()
    ) throws(SigningError) -> ProvedScheme {
        ProvedScheme(
            try StandardWebhooksProof(keys: signingTokens, window: window),
            GitLabReading(pointers: pointers))
    }
}
