import Domain
import Logging
import Sealing
import Settings
import Signing
import Storage
package import StrictJSON

/// Secrets of endpoints and sources that are changed with nothing lost meanwhile.
extension Administrator {
    /// Gives an endpoint a new signing secret; the one before signs as well for a while.
    ///
    /// The body is `{"overlap": "24h", "secret": …}`, both optional: without `secret` one is made.
    ///
    /// - Returns: `{"endpoint", "secret", "overlap_until"}`: the one time that the secret is shown;
    ///   `null` where it was given.
    package func rotateSecret(
        of name: String, _ body: [UInt8], by who: Principal
    ) async throws(AdministrationError) -> JSONValue {
        let wish = try RotationWish(parsing: body)
        guard let endpoint = audience.endpoints.first(where: { $0.name.hasSameBytes(as: name) })
        else { throw .nothing("endpoint") }
        guard endpoint.channel.isCallback, !endpoint.secrets.isEmpty else {
            throw AdministrationError(
                .requestInvalid, "\(name) signs with nothing that could be rotated here",
                pointer: .root,
                remedy: "What a chat platform gave out is changed there, and in the configuration.")
        }
        if let given = wish.secret {
            do throws(SigningError) {
                _ = try StandardWebhooksKey(parsing: given)
            } catch {
                throw wish.refusal(error.detail)
            }
        }
        var chance = chance
        let secret = wish.secret ?? StandardWebhooksKey.makeSecret(using: &chance)
        return try await rotate(
            "endpoint", name, endpoint.secrets, in: endpointSecrets, wish, to: secret,
            .endpointRotated, by: who)
    }

    /// Gives a source a new secret; what the one before proves is taken in as well for a while.
    ///
    /// The body is that of ``rotateSecret(of:_:by:)``. One is made only where the sender can be
    /// told it.
    ///
    /// - Returns: `{"source", "secret", "overlap_until", "warnings"?}`.
    package func rotateSource(
        _ name: String, _ body: [UInt8], by who: Principal
    ) async throws(AdministrationError) -> JSONValue {
        let wish = try RotationWish(parsing: body)
        let desk = try sourceDesk(for: name)
        let source = try desk.definitions.readable(name)
        guard !source.secrets.isEmpty else {
            throw AdministrationError(
                .requestInvalid,
                "\(name) has a secret for each of its apps or users, and none that could be "
                    + "rotated here",
                pointer: .root,
                remedy: "Add the app or user once more, with the new secret, where \(name) is "
                    + "defined; both are taken until you take the old one out.")
        }
        var chance = chance
        guard let secret = wish.secret ?? source.newSecret(using: &chance) else {
            throw wish.refusal(
                "the sender of \(name) makes its secrets itself",
                remedy: "Have it make a new one, and give that here.")
        }
        do throws(DefinitionRefusal) {
            let former = desk.secrets.secrets(of: source, at: time.now())
            _ = try source.taking([secret])
            _ = try source.taking([secret] + former)
        } catch {
            // The place is the wish's own, wherever the definition has its secret.
            let troubles = error.findings.reduce(into: [String]()) { troubles, finding in
                if !troubles.contains(finding.what) { troubles.append(finding.what) }
            }
            throw wish.refusal(
                troubles.joined(separator: "; ").onOneLine,
                remedy: error.findings[0].remedy.onOneLine)
        }
        var answer = try await rotate(
            "source", name, source.secrets, in: desk.secrets, wish, to: secret, .sourceRotated,
            by: who)
        desk.refresh()
        let warnings = source.warnings(of: [secret])
        if !warnings.isEmpty, case .object(var object) = answer {
            object["warnings"] = .array(warnings.map(\.json))
            answer = .object(object)
        }
        return answer
    }

    private func rotate(
        _ word: String, _ name: String, _ configured: [Secret], in secrets: RotatedSecrets,
        _ wish: RotationWish, to secret: Secret, _ verb: AuditVerb, by who: Principal
    ) async throws(AdministrationError) -> JSONValue {
        let now = now
        if try await !hasDone(verb, of: name) {
            let note = note(
                verb, of: name, by: who, at: now, ["overlap": .string(wish.overlap.text)])
            try await rotations.pass { () async throws(AdministrationError) in
                try refuseOneMore(than: secrets, of: name, configured, wish.overlap, at: now)
                try await ask { () async throws(StorageError) in
                    try await secrets.rotate(
                        name, configured: configured, to: secret, overlap: wish.overlap, at: now,
                        noting: note)
                    if !secrets.isStored { try await store.note(note) }
                }
            }
            log.notice("\(verb.rawValue)", metadata: [word: "\(name)", "by": "\(who.name)"])
        }
        return [
            word: .string(name), "secret": wish.secret == nil ? .string(secret.exposed) : .null,
            "overlap_until": .string(
                max(
                    now + wish.overlap,
                    secrets.overlap(of: name, configured: configured, at: now) ?? now
                ).description),
        ]
    }

    /// What was promised to count until its end is not dropped for room.
    private func refuseOneMore(
        than secrets: RotatedSecrets, of name: String, _ configured: [Secret],
        _ overlap: Duration, at now: Timestamp
    ) throws(AdministrationError) {
        let phases = secrets.phases(of: name, configured: configured, at: now)
        guard overlap > .zero, phases[0].secrets.count >= RotatedSecrets.secretsMax else { return }
        let end = phases[0].until.map { " That is so until \($0)." } ?? ""
        throw AdministrationError(
            .secretsTooMany, "\(phases[0].secrets.count) secrets of \(name) count already",
            remedy: "Rotate when one of them has ended, or with an overlap of 0s, which ends all "
                + "of them at once.\(end)")
    }
}

/// `{"overlap": "24h", "secret": …}`, both optional.
private struct RotationWish {
    /// How long the secret before goes on counting, where nobody says.
    private static let overlapByDefault: Duration = .hours(24)
    private static let overlapMax: Duration = .days(30)

    private let body: RequestBody
    let overlap: Duration
    /// Not looked at any further.
    let secret: Secret?

    init(parsing bytes: [UInt8]) throws(AdministrationError) {
        body = try RequestBody(bytes, keys: ["overlap", "secret"])
        if let value = body["overlap"] {
            guard let overlap = value.string.flatMap({ Duration(text: $0) }),
                overlap <= Self.overlapMax
            else {
                throw body.refusal(
                    "a duration of at most \(Self.overlapMax.text) is wanted, as in 24h",
                    at: "overlap")
            }
            self.overlap = overlap
        } else {
            overlap = Self.overlapByDefault
        }
        if let value = body["secret"] {
            guard let text = value.string else {
                throw body.refusal("a text is wanted, not \(value.kind)", at: "secret")
            }
            guard !text.contains("${") else {
                throw AdministrationError(
                    .requestInvalid, "references are not followed in what comes over the API",
                    pointer: JSONPointer(tokens: ["secret"]),
                    remedy: "Send the secret itself; one that holds “${” is put in with the "
                        + "definition, as “$${”.")
            }
            secret = Secret(text)
        } else {
            secret = nil
        }
    }

    /// What is wrong with the secret.
    func refusal(_ detail: String, remedy: String? = nil) -> AdministrationError {
        guard let remedy else { return body.refusal(detail, at: "secret") }
        return AdministrationError(
            .requestInvalid, detail, pointer: JSONPointer(tokens: ["secret"]), remedy: remedy)
    }
}
