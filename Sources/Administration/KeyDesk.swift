package import Domain
package import Logging
import Signing
package import Storage
import StrictJSON
import Synchronization

/// Who may ask: the keys to the API, found by their hash and kept in memory.
///
/// What is kept of a key is its SHA-256 alone: a key of 256 random bits cannot be guessed from
/// that, and how far two hashes agree tells nobody anything about a key. The store is read again
/// every few seconds, since another process may share it.
package final class KeyDesk: Sendable {
    /// How often ``refresh()`` is to be called.
    package static let readAgainAfter: Duration = .seconds(2)
    /// The last use of a key is written so often at most.
    static let useNotedEvery: Duration = .seconds(60)

    private let keyring: any Keyring
    /// `server.admin_key`: never stored, so that it ends with the configuration that held it.
    private let preset: String?
    private let time: TimeSource
    private let log: Logger
    private let state = Mutex(State())

    private struct State {
        var records: [String: KeyRecord] = [:]
        /// When each was last used, as far as that is not stored yet.
        var used: [KeyRecord.ID: Timestamp] = [:]
        /// Whether the last refresh failed, so that it is said once.
        var isBehind = false
    }

    package init(keyring: any Keyring, preset: Secret?, time: TimeSource, log: Logger) {
        self.keyring = keyring
        self.preset = preset.map { APIKey.hash($0) }
        self.time = time
        self.log = log
    }

    package var hasPreset: Bool { preset != nil }

    /// Reads the keys, and makes one where nobody could be let in.
    ///
    /// - Returns: The text of the key that was made just now: to be shown once, then dropped.
    package func establish(
        using generator: inout some RandomNumberGenerator
    ) async throws(StorageError) -> Secret? {
        try await read()
        let now = time.now()
        let admin = Scope.admin.rawValue
        let hasOne = state.withLock { state in
            state.records.values.contains { $0.has(admin, at: now) }
        }
        guard preset == nil, !hasOne else { return nil }
        let (record, text) = KeyRecord.make(
            named: "first", scopes: [.admin], expiresAt: nil, at: now, using: &generator)
        try await keyring.add(record, noting: record.note(.keyCreated, by: .system, at: now))
        try await read()
        return text
    }

    /// Whose key stands behind `Bearer`; `nil` for none that is known, or one that has expired.
    package func principal(of bearer: String) -> Principal? {
        let hash = APIKey.hash(Secret(bearer))
        if let preset, ConstantTime.areEqual(hash, preset) { return .preset }
        let now = time.now()
        return state.withLock { state in
            guard let record = state.records[hash], !record.isExpired(at: now) else { return nil }
            state.used[record.id] = now
            return Principal(record)
        }
    }

    /// Reads the keys again, and writes when they were last used, where that is due.
    ///
    /// Trouble with the store changes nothing: what was known stays, and the next call tries again.
    ///
    /// - Parameter isLast: Whether everything is to be written, at the end of the service.
    package func refresh(isLast: Bool = false) async {
        do throws(StorageError) {
            try await writeUse(all: isLast)
            try await read()
            state.withLock { $0.isBehind = false }
        } catch {
            let isNew = state.withLock { state in
                defer { state.isBehind = true }
                return !state.isBehind
            }
            guard isNew else { return }
            log.warning(
                "keys.not_read",
                metadata: ["code": "\(error.code.rawValue)", "detail": "\(error.detail)"])
        }
    }

    /// Every key, in the order in which they came, with its last use as it is known here.
    func all() async throws(StorageError) -> [KeyRecord] {
        let used = state.withLock(\.used)
        return try await keyring.apiKeys().map { record in
            var record = record
            record.usedAt = [record.usedAt, used[record.id]].compactMap(\.self).max()
            return record
        }
    }

    /// Takes what is stored now for what is known, so that a change is in force when it is
    /// answered.
    func read() async throws(StorageError) {
        let records = try await keyring.apiKeys()
        state.withLock { state in
            state.records = Dictionary(records.map { ($0.hash, $0) }) { first, _ in first }
            let known = Set(records.map(\.id))
            state.used = state.used.filter { known.contains($0.key) }
        }
    }

    private func writeUse(all: Bool) async throws(StorageError) {
        let due = state.withLock { state in
            let stored = Dictionary(
                state.records.values.map { ($0.id, $0.usedAt) }, uniquingKeysWith: { $1 })
            return state.used.filter { id, moment in
                guard let before = stored[id] ?? nil else { return true }
                return moment > before && (all || moment - before >= Self.useNotedEvery)
            }
        }
        guard !due.isEmpty else { return }
        try await keyring.noteUse(of: due)
    }
}

extension Principal {
    /// Whoever has `server.admin_key`.
    package static let preset = Principal(
        id: "preset", name: "server.admin_key", scopes: [.admin])

    /// - Parameter record: Words of a newer program allow nothing here.
    fileprivate init(_ record: KeyRecord) {
        self.init(
            id: record.id.rawValue, name: record.name,
            scopes: Set(record.scopes.compactMap { Scope(rawValue: $0) }))
    }
}

extension KeyRecord {
    /// A new key and its text.
    static func make(
        named name: String, scopes: [Scope], expiresAt: Timestamp?, at now: Timestamp,
        using generator: inout some RandomNumberGenerator
    ) -> (record: KeyRecord, text: Secret) {
        let text = APIKey.make(using: &generator)
        let record = KeyRecord(
            id: ID.make("key_", at: now, using: &generator), name: name,
            scopes: scopes.map(\.rawValue), hash: APIKey.hash(text), createdAt: now,
            expiresAt: expiresAt)
        return (record, text)
    }

    func note(_ verb: AuditVerb, by who: AuditNote.Who, at now: Timestamp) -> AuditNote {
        AuditNote(verb, of: id.rawValue, by: who, at: now, details: auditDetails)
    }

    var auditDetails: JSONObject {
        [
            "name": .string(name), "scopes": .array(scopes.map { .string($0) }),
            "expires_at": .text(expiresAt?.description),
        ]
    }
}
