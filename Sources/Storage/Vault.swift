/// The part of the store that keeps sealed secrets: opaque bytes under an id.
///
/// Whoever puts something here has sealed it; the store can neither open a record nor tell what it
/// is. `Sealing` stands in front of it. Ids and bytes are compared byte for byte. A note is written
/// in the same transaction, and only where something is.
package protocol Vault: Sendable {
    /// Stores a record, in the place of the one that has its id.
    func put(_ record: SealedRecord, noting note: AuditNote?) async throws(StorageError)

    /// Stores a record, unless there is one that has its id.
    ///
    /// - Returns: Whether it did.
    func add(_ record: SealedRecord, noting note: AuditNote?) async throws(StorageError) -> Bool

    /// `nil` when there is none.
    func sealedRecord(_ id: String) async throws(StorageError) -> SealedRecord?

    /// The id of every record, in byte order.
    func sealedIDs() async throws(StorageError) -> [String]

    /// Puts `record` in the place of `old`, unless that has changed or gone meanwhile.
    ///
    /// - Returns: Whether it did.
    func replace(
        _ old: SealedRecord, with record: SealedRecord, noting note: AuditNote?
    ) async throws(StorageError) -> Bool

    /// Deletes `record`, unless it has changed or gone meanwhile.
    ///
    /// - Returns: Whether it did.
    func delete(_ record: SealedRecord, noting note: AuditNote?) async throws(StorageError) -> Bool
}

/// What nobody asked for needs no note.
extension Vault {
    package func put(_ record: SealedRecord) async throws(StorageError) {
        try await put(record, noting: nil)
    }

    package func replace(
        _ old: SealedRecord, with record: SealedRecord
    ) async throws(StorageError) -> Bool {
        try await replace(old, with: record, noting: nil)
    }

    package func delete(_ record: SealedRecord) async throws(StorageError) -> Bool {
        try await delete(record, noting: nil)
    }
}

/// Sealed bytes under their id.
package struct SealedRecord: Hashable, Sendable {
    /// `table/name/field`, as `Signing` makes it; no secret.
    package let id: String
    package let bytes: [UInt8]

    package init(id: String, bytes: [UInt8]) {
        self.id = id
        self.bytes = bytes
    }
}
