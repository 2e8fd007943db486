import Domain
import Logging
import Signing
import Storage
package import StrictJSON

// MARK: - Keys

extension Administrator {
    /// Keys that there may be: a lookup is cheap, a list that nobody reads is not.
    static let keysMax = 1_000

    /// `{"keys": […]}`, in the order in which they came.
    package func keys() async throws(AdministrationError) -> JSONValue {
        let keys = try await ask { () async throws(StorageError) in try await keyDesk.all() }
        let now = time.now()
        return ["keys": .array(keys.map { $0.json(at: now) })]
    }

    package func key(_ id: String) async throws(AdministrationError) -> JSONValue {
        try await record(id).json(at: time.now())
    }

    /// Makes a key; what this answers holds its text, which nobody can be told again.
    ///
    /// - Returns: The key as ``key(_:)`` shows it, with `secret`.
    package func createKey(
        _ wish: NewKey, by who: Principal
    ) async throws(AdministrationError) -> JSONValue {
        let now = now
        let end = try wish.end(at: now)
        var chance = chance
        let (record, text) = KeyRecord.make(
            named: wish.name, scopes: wish.scopes, expiresAt: end, at: now, using: &chance)
        if try await !hasDone(.keyCreated, of: record.id.rawValue) {
            try await add(record, by: who, at: now)
        }
        guard case .object(var object) = record.json(at: now) else { return .null }
        object["secret"] = .string(text.exposed)
        return .object(object)
    }

    private func add(
        _ record: KeyRecord, by who: Principal, at now: Timestamp
    ) async throws(AdministrationError) {
        let count = try await ask { () async throws(StorageError) in
            try await keyDesk.all().count
        }
        guard count < Self.keysMax else {
            throw AdministrationError(
                .keysTooMany, "there are \(count) keys already",
                remedy: "Revoke keys that are not used any more; the list says when each was.")
        }
        let note = note(
            .keyCreated, of: record.id.rawValue, by: who, at: now, record.auditDetails)
        try await ask { () async throws(StorageError) in
            try await store.add(record, noting: note)
            try await keyDesk.read()
        }
        log.notice("key.created", metadata: ["key": "\(record.id)", "by": "\(who.id)"])
    }

    /// Takes a key out of force; the last that may do everything stays, unless one stands in the
    /// configuration.
    package func revokeKey(_ id: String, by who: Principal) async throws(AdministrationError) {
        let record = try await record(id)
        let now = time.now()
        do throws(StorageError) {
            try await store.deleteKey(
                record.id, leaving: keyDesk.hasPreset ? nil : Scope.admin.rawValue, at: now,
                noting: record.note(.keyRevoked, by: who.author, at: now))
        } catch {
            guard error.code == .conflict else {
                return try await ask { () async throws(StorageError) in throw error }
            }
            throw AdministrationError(
                .keyLast, "no other key with the scope admin is good for another hour",
                remedy: "Create another one first, or set server.admin_key.")
        }
        // Known at once where it can be; the next reading is a few seconds away.
        await keyDesk.refresh()
        log.notice("key.revoked", metadata: ["key": "\(id)", "by": "\(who.id)"])
    }

    private func record(_ id: String) async throws(AdministrationError) -> KeyRecord {
        let keys = try await ask { () async throws(StorageError) in try await keyDesk.all() }
        guard let record = keys.first(where: { $0.id == KeyRecord.ID(rawValue: id) }) else {
            throw .nothing("key")
        }
        return record
    }
}

extension KeyRecord {
    fileprivate func json(at now: Timestamp) -> JSONValue {
        [
            "id": .string(id.rawValue), "name": .string(name),
            "scopes": .array(scopes.map { .string($0) }),
            "created_at": .string(createdAt.description),
            "expires_at": .text(expiresAt?.description), "expired": .bool(isExpired(at: now)),
            "used_at": .text(usedAt?.description),
        ]
    }
}
