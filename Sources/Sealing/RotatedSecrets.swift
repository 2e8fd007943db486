package import Domain
import Signing
package import Storage
import StrictJSON
import Synchronization

/// Secrets of endpoints, or of sources, that were rotated at run time, sealed in the store.
///
/// After a rotation the new secret counts, and for a while the ones before it count as well, so
/// that the other side can change over at its leisure: a receiver takes a request when any of its
/// signatures is right, and a source takes what any of its secrets proves. What the definition
/// says counts again once it says something else.
package final class RotatedSecrets: Sendable {
    /// Secrets of one holder that count at once, at most; whoever rotates sees to it.
    package static let secretsMax = Secret.countMax

    /// A secret, and until when it counts.
    struct Term: Hashable, Sendable {
        let secret: Secret
        /// `nil` for the newest.
        var until: Timestamp?
    }

    /// What counts for a time.
    package struct Phase: Hashable, Sendable {
        /// Newest first.
        package let secrets: [Secret]
        /// `nil` for the last one.
        package let until: Timestamp?
    }

    fileprivate struct Rotated: Hashable, Sendable {
        /// Newest first.
        var terms: [Term]
        /// Hash of what the definition said then.
        let configured: String
    }

    private let table: String
    private let strongbox: Strongbox?
    private let rotated = Mutex<[String: Rotated]>([:])

    /// - Parameters:
    ///   - table: Whose secrets they are: `endpoint` or `source`.
    ///   - strongbox: Without one, what is rotated is kept for this process alone.
    package init(of table: String, _ strongbox: Strongbox? = nil) {
        self.table = table
        self.strongbox = strongbox
    }

    /// Reads what earlier processes rotated; before anything is sent or taken in.
    package func load(_ names: [String]) async throws(StorageError) {
        for name in names {
            guard let kept = try await strongbox?.kept(at: place(name)) else { continue }
            guard let read = Rotated(kept.secret) else {
                throw StorageError(
                    .corrupt, detail: "the rotated secrets of \(name) cannot be read")
            }
            rotated.withLock { $0[name] = read }
        }
    }

    /// The secrets that count at this moment, newest first.
    ///
    /// - Parameter configured: What the definition of `name` says.
    package func secrets(
        of name: String, configured: [Secret], at now: Timestamp
    ) -> [Secret] {
        terms(of: name, configured, at: now).map(\.secret)
    }

    /// Until when secrets of before count as well; `nil` when only the newest does.
    package func overlap(
        of name: String, configured: [Secret], at now: Timestamp
    ) -> Timestamp? {
        terms(of: name, configured, at: now).compactMap(\.until).max()
    }

    /// What counts from this moment on, in the order of time: at least one phase.
    package func phases(
        of name: String, configured: [Secret], at now: Timestamp
    ) -> [Phase] {
        let terms = terms(of: name, configured, at: now)
        let ends = Set(terms.compactMap(\.until)).sorted()
        return ends.map { end in
            Phase(secrets: terms.filter { $0.until ?? end >= end }.map(\.secret), until: end)
        } + [Phase(secrets: terms.filter { $0.until == nil }.map(\.secret), until: nil)]
    }

    /// Puts a secret before the newest, which goes on for `overlap`; in force when it is on disk.
    ///
    /// An end that was promised before stays: whoever was told it relies on it. Without an overlap
    /// all of before end at once.
    ///
    /// - Parameter note: Written in the same transaction; by the caller without a strongbox.
    package func rotate(
        _ name: String, configured: [Secret], to secret: Secret, overlap: Duration,
        at now: Timestamp, noting note: AuditNote? = nil
    ) async throws(StorageError) {
        let end = now + overlap
        let former = terms(of: name, configured, at: now).map { term in
            Term(secret: term.secret, until: overlap > .zero ? term.until ?? end : now)
        }
        let terms = [Term(secret: secret, until: nil)] + former.filter { $0.until ?? now > now }
        let next = Rotated(
            terms: terms, configured: Self.hash(configured))
        try await strongbox?.put(next.bytes, at: place(name), noting: note)
        rotated.withLock { $0[name] = next }
    }

    private func terms(of name: String, _ configured: [Secret], at now: Timestamp) -> [Term] {
        let known = rotated.withLock { $0[name] }
        guard let known, known.configured == Self.hash(configured) else {
            return configured.map { Term(secret: $0, until: nil) }
        }
        return known.terms.filter { $0.until.map { now < $0 } ?? true }
    }

    /// Whether a secret that the definition says is not the one that counts in the end.
    package func isOvertaken(
        _ name: String, configured: [Secret], at now: Timestamp
    ) -> Bool {
        let last = phases(of: name, configured: configured, at: now).last?.secrets ?? []
        return last != configured
    }

    /// Whether what is rotated is stored, together with its note.
    package var isStored: Bool { strongbox != nil }

    /// Forgets what was rotated of a holder that is gone.
    package func forget(_ name: String) async throws(StorageError) {
        rotated.withLock { $0[name] = nil }
        guard let strongbox, let found = try await strongbox.found(at: place(name)) else {
            return
        }
        _ = try await strongbox.delete(found, noting: nil)
    }

    private func place(_ name: String) -> SealedSecret.Place {
        SealedSecret.Place(table: table, name: name, field: "secrets")
    }

    /// Each by itself, so that no two lists have one hash.
    private static func hash(_ secrets: [Secret]) -> String {
        sha256Hex(secrets.flatMap { Array(sha256Hex(Array($0.exposed.utf8)).utf8) })
    }
}

extension RotatedSecrets {
    package func secrets(of endpoint: Endpoint, at now: Timestamp) -> [Secret] {
        secrets(of: endpoint.name, configured: endpoint.secrets, at: now)
    }

    package func overlap(of endpoint: Endpoint, at now: Timestamp) -> Timestamp? {
        overlap(of: endpoint.name, configured: endpoint.secrets, at: now)
    }
}

extension RotatedSecrets.Rotated {
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
        var terms: [RotatedSecrets.Term] = []
        for one in list {
            guard let secret = one["secret"]?.string else { return nil }
            let until = one["until"]?.number?.int64.map { Timestamp(milliseconds: $0) }
            terms.append(RotatedSecrets.Term(secret: Secret(secret), until: until))
        }
        self.init(terms: terms, configured: configured)
    }
}
