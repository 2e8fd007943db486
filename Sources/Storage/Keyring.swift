package import Domain

/// The part of the store that knows the keys to our API.
///
/// Keys are few and wanted with every request, so whoever checks them keeps them in memory.
package protocol Keyring: Sendable {
    /// Every key, in the order in which they came.
    func apiKeys() async throws(StorageError) -> [KeyRecord]

    /// Stores a key that nobody has yet.
    ///
    /// - Throws: `.conflict` when there is a key of this id or of this hash.
    func add(_ key: KeyRecord, noting note: AuditNote?) async throws(StorageError)

    /// Deletes a key: it opens nothing from the next commit on.
    ///
    /// - Parameters:
    ///   - scope: One that must not be left to nobody: the last key that has it stays
    ///     (``Swift/Array/isLast(_:with:at:)``).
    /// - Throws: `.notFound`; `.conflict` for that last one.
    func deleteKey(
        _ id: KeyRecord.ID, leaving scope: String?, at now: Timestamp, noting note: AuditNote?
    ) async throws(StorageError)

    /// Remembers when keys were last used; what is known of a later moment stays.
    func noteUse(of keys: [KeyRecord.ID: Timestamp]) async throws(StorageError)
}

/// A key as it is kept: nothing here opens anything.
package struct KeyRecord: Hashable, Sendable {
    package typealias ID = Identifier<KeyRecord>

    package let id: ID
    /// For people; two keys may have one name.
    package let name: String
    /// What it allows, in words that `Administration` knows, in byte order.
    package let scopes: [String]
    /// SHA-256 of the key's text, 64 hexadecimal digits.
    package let hash: String
    package let createdAt: Timestamp
    /// From when on it opens nothing; `nil` for never.
    package let expiresAt: Timestamp?
    /// `nil` for a key that was never used.
    package var usedAt: Timestamp?

    package init(
        id: ID, name: String, scopes: [String], hash: String, createdAt: Timestamp,
        expiresAt: Timestamp? = nil, usedAt: Timestamp? = nil
    ) {
        self.id = id
        self.name = name
        self.scopes = scopes.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        self.hash = hash
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.usedAt = usedAt
    }

    package func isExpired(at now: Timestamp) -> Bool {
        expiresAt.map { $0 <= now } ?? false
    }

    /// Whether it allows `scope` at that moment by itself.
    package func has(_ scope: String, at now: Timestamp) -> Bool {
        !isExpired(at: now) && scopes.contains(scope)
    }
}

extension [KeyRecord] {
    /// Whether `key` is the last that has `scope`.
    ///
    /// One that has expired is nobody's last, and one that is about to is no successor of a key
    /// that lasts.
    package func isLast(_ key: KeyRecord, with scope: String, at now: Timestamp) -> Bool {
        let soon = now + .seconds(3_600)
        let moment = key.has(scope, at: soon) ? soon : now
        return key.has(scope, at: now)
            && !contains { $0.id != key.id && $0.has(scope, at: moment) }
    }
}
