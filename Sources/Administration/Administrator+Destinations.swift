import Domain
import Logging
import Sealing
import Settings
import Signing
import Storage
package import StrictJSON

/// A sender whose events are taken in, as it was configured, without its secrets.
package struct SourceSummary: Hashable, Sendable {
    package let name: String
    package let scheme: String

    package init(name: String, scheme: String) {
        self.name = name
        self.scheme = scheme
    }
}

extension Administrator {
    /// `{"sources": […]}`, each with its path.
    package func listSources() -> JSONValue {
        if let sourceDesk {
            let told: [JSONValue] = sourceDesk.definitions.list().map { entry in
                [
                    "name": .string(entry.name), "scheme": .text(entry.value?.kind.rawValue),
                    "path": .string("/in/" + entry.name),
                    "origin": entry.origin == .api ? "api" : "file",
                    "disabled": .bool(sourceDesk.isClosed(entry.name)),
                    "problem": .text(entry.problem),
                ]
            }
            return ["sources": .array(told)]
        }
        let told: [JSONValue] = sources.map {
            [
                "name": .string($0.name), "scheme": .string($0.scheme),
                "path": .string("/in/" + $0.name), "origin": "file", "disabled": false,
                "problem": .null,
            ]
        }
        return ["sources": .array(told)]
    }

    func health() async throws(AdministrationError) -> [Destination: DestinationHealth] {
        let all = try await ask { () async throws(StorageError) in try await store.health() }
        return Dictionary(all.map { ($0.destination, $0) }) { first, _ in first }
    }

    /// How long secrets of before go on signing, where nobody says.
    private static let overlapByDefault: Duration = .hours(24)
    private static let overlapMax: Duration = .days(30)

    /// Gives an endpoint a new signing secret; those of before sign as well for a while.
    ///
    /// The body is `{"overlap": "24h", "secret": …}`, both optional: without `secret` one is made.
    ///
    /// - Returns: `{"endpoint", "secret", "overlap_until"}`: the one time that the secret is shown;
    ///   `null` where it was given.
    package func rotateSecret(
        of name: String, _ body: [UInt8], by who: Principal
    ) async throws(AdministrationError) -> JSONValue {
        let wish = try RequestBody(body, keys: ["overlap", "secret"])
        guard let endpoint = audience.endpoints.first(where: { $0.name.hasSameBytes(as: name) })
        else { throw .nothing("endpoint") }
        guard endpoint.channel.isCallback, !endpoint.secrets.isEmpty else {
            throw AdministrationError(
                .requestInvalid, "\(name) signs with nothing that could be rotated here",
                pointer: .root,
                remedy: "What a chat platform gave out is changed there, and in the configuration.")
        }
        let overlap = try Self.overlap(wish)
        let given = try Self.secret(wish)
        var chance = chance
        let secret = given ?? StandardWebhooksKey.makeSecret(using: &chance)
        let now = now
        if try await !hasDone(.endpointRotated, of: name) {
            let note = note(
                .endpointRotated, of: name, by: who, at: now, ["overlap": .string(overlap.text)])
            try await rotations.pass { () async throws(AdministrationError) in
                try await ask { () async throws(StorageError) in
                    try await endpointSecrets.rotate(
                        endpoint, to: secret, overlap: overlap, at: now, noting: note)
                    if !endpointSecrets.isStored { try await store.note(note) }
                }
            }
            log.notice(
                "endpoint.rotated", metadata: ["endpoint": "\(name)", "by": "\(who.name)"])
        }
        return [
            "endpoint": .string(endpoint.name),
            "secret": given == nil ? .string(secret.exposed) : .null,
            "overlap_until": .string((now + overlap).description),
        ]
    }

    private static func overlap(_ wish: RequestBody) throws(AdministrationError) -> Duration {
        guard let value = wish["overlap"] else { return overlapByDefault }
        guard let overlap = value.string.flatMap({ Duration(text: $0) }), overlap <= overlapMax
        else {
            throw wish.refusal(
                "a duration of at most \(overlapMax.text) is wanted, as in 24h", at: "overlap")
        }
        return overlap
    }

    private static func secret(_ wish: RequestBody) throws(AdministrationError) -> Secret? {
        guard let value = wish["secret"] else { return nil }
        guard let text = value.string else {
            throw wish.refusal("a text is wanted, not \(value.kind)", at: "secret")
        }
        do throws(SigningError) {
            _ = try StandardWebhooksKey(parsing: text)
        } catch {
            throw wish.refusal(error.detail, at: "secret")
        }
        return Secret(text)
    }
}

extension DestinationHealth? {
    /// A destination that was always well has no record.
    ///
    /// Who ended it says how it begins again: what failures disabled is probed, and what a person
    /// switched off waits for a person.
    var json: JSONValue {
        let isOff = self?.switchedOffAt != nil
        let state =
            isOff || self?.disabledAt != nil
            ? "disabled" : self?.failingSince != nil ? "failing" : "well"
        return [
            "state": .string(state),
            "disabled_by": state == "disabled" ? .string(isOff ? "person" : "failures") : .null,
            "switched_off_at": .text(self?.switchedOffAt?.description),
            "failing_since": .text(self?.failingSince?.description),
            "disabled_at": .text(self?.disabledAt?.description),
            "failure": self?.failure?.json ?? .null,
        ]
    }
}
