package import Domain
import Signing
package import Storage
import StrictJSON
import Synchronization

/// Signing secrets of endpoints that were rotated at run time, sealed in the store.
///
/// After a rotation the new secret signs, and for a while the ones before it sign as well: a
/// receiver takes a request when any of its signatures is right, so it can change over at its
/// leisure. What the configuration says counts again once it says something else.
package final class EndpointSecrets: Sendable {
    /// Secrets of one endpoint that sign at once, at most.
    package static let secretsMax = 5

    /// A secret, and until when it signs.
    struct Term: Hashable, Sendable {
        let secret: Secret
        /// `nil` for the newest.
        var until: Timestamp?
    }

    fileprivate struct Rotated: Hashable, Sendable {
        /// Newest first.
        var terms: [Term]
        /// Hash of what the configuration said then.
        let configured: String
    }

    private let strongbox: Strongbox?
    private let rotated = Mutex<[String: Rotated]>([:])

    /// - Parameter strongbox: Without one, what is rotated is kept for this process alone.
    package init(_ strongbox: Strongbox? = nil) { self.strongbox = strongbox }

    /// Reads what earlier processes rotated; before the first delivery.
    package func load(_ endpoints: [Endpoint]) async throws(StorageError) {
        for endpoint in endpoints {
            guard let kept = try await strongbox?.kept(at: Self.place(endpoint.name)) else {
                continue
            }
            guard let read = Rotated(kept.secret) else {
                throw StorageError(
                    .corrupt, detail: "the rotated secrets of \(endpoint.name) cannot be read")
            }
            rotated.withLock { $0[endpoint.name] = read }
        }
    }

    /// The secrets that sign for an endpoint at this moment, newest first.
    package func secrets(of endpoint: Endpoint, at now: Timestamp) -> [Secret] {
        terms(of: endpoint, at: now).map(\.secret)
    }

    /// Until when secrets of before sign as well; `nil` when only the newest does.
    package func overlap(of endpoint: Endpoint, at now: Timestamp) -> Timestamp? {
        terms(of: endpoint, at: now).compactMap(\.until).max()
    }

    /// Puts a secret before those that sign now, which go on for `overlap`; in force when it is on
    /// disk.
    ///
    /// - Parameter note: Written in the same transaction; by the caller without a strongbox.
    package func rotate(
        _ endpoint: Endpoint, to secret: Secret, overlap: Duration, at now: Timestamp,
        noting note: AuditNote? = nil
    ) async throws(StorageError) {
        let end = now + overlap
        let former = terms(of: endpoint, at: now).map { term in
            Term(secret: term.secret, until: min(term.until ?? end, end))
        }
        let terms = [Term(secret: secret, until: nil)] + former.filter { $0.until ?? now > now }
        let next = Rotated(
            terms: Array(terms.prefix(Self.secretsMax)), configured: Self.hash(endpoint))
        try await strongbox?.put(next.bytes, at: Self.place(endpoint.name), noting: note)
        rotated.withLock { $0[endpoint.name] = next }
    }

    private func terms(of endpoint: Endpoint, at now: Timestamp) -> [Term] {
        let known = rotated.withLock { $0[endpoint.name] }
        guard let known, known.configured == Self.hash(endpoint) else {
            return endpoint.secrets.map { Term(secret: $0, until: nil) }
        }
        return known.terms.filter { $0.until.map { now < $0 } ?? true }
    }

    /// Whether what is rotated is stored, together with its note.
    package var isStored: Bool { strongbox != nil }

    /// Forgets what was rotated of an endpoint that is gone.
    package func forget(_ name: String) async throws(StorageError) {
        rotated.withLock { $0[name] = nil }
        guard let strongbox, let found = try await strongbox.found(at: Self.place(name)) else {
            return
        }
        _ = try await strongbox.delete(found, noting: nil)
    }

    private static func place(_ name: String) -> SealedSecret.Place {
        SealedSecret.Place(table: "endpoint", name: name, field: "secrets")
    }

    /// Each by itself, so that no two lists have one hash.
    private static func hash(_ endpoint: Endpoint) -> String {
        sha256Hex(endpoint.secrets.flatMap { Array(sha256Hex(Array($0.exposed.utf8)).utf8) })
    }
}

extension EndpointSecrets.Rotated {
    fileprivate var bytes: [UInt8] {
        let terms: [JSONValue] = terms.map { term in
            [
                "secret": .string(term.secret.exposed),
                "until": term.until.map { .number(JSONNumber($0.milliseconds)) } ?? .null,
            ]
        }
        let value: JSONValue = ["secrets": .array(terms), "configured": .string(configured)]
        return value.bytes()
    }

    fileprivate init?(_ bytes: [UInt8]) {
        guard let value = try? JSONValue(parsing: bytes), let list = value["secrets"]?.array,
            let configured = value["configured"]?.string
        else { return nil }
        var terms: [EndpointSecrets.Term] = []
        for one in list {
            guard let secret = one["secret"]?.string else { return nil }
            let until = one["until"]?.number?.int64.map { Timestamp(milliseconds: $0) }
            terms.append(EndpointSecrets.Term(secret: Secret(secret), until: until))
        }
        self.init(terms: terms, configured: configured)
    }
}
