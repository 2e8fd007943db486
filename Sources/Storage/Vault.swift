/// The part of the store that keeps sealed secrets: opaque bytes under an id.
///
/// Whoever puts something here has sealed it; the store can neither open a record nor tell what it
/// is. `Sealing` stands in front of it. Ids and bytes are compared byte for byte.
package protocol Vault: Sendable {
    /// Stores a record, in the place of the one that has its id.
    func put(_ record: SealedRecord) async throws(StorageError)

    /// `nil` when there is none.
    func sealedRecord(_ id: String) async throws(StorageError) -> SealedRecord?

    /// The id of every record, in byte order.
    func sealedIDs() async throws(StorageError) -> [String]

    /// Puts `record` in the place of `old`, unless that has changed or gone meanwhile.
    ///
    /// - Returns: Whether it did.
    func replace(
        _ old: SealedRecord, with record: SealedRecord
    ) async throws(StorageError) -> Bool

    /// Deletes `record`, unless it has changed or gone meanwhile.
    ///
    /// - Returns: Whether it did.
    func delete(_ record: SealedRecord) async throws(StorageError) -> Bool
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
