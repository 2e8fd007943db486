package import Storage

extension MemoryStore: Vault {
    package func put(_ record: SealedRecord, noting note: AuditNote?) throws(StorageError) {
        sealedRecords[Bytes(record.id)] = record.bytes
        append(note)
    }

    package func add(
        _ record: SealedRecord, noting note: AuditNote?
    ) throws(StorageError) -> Bool {
        guard sealedRecords[Bytes(record.id)] == nil else { return false }
        try put(record, noting: note)
        return true
    }

    package func sealedRecord(_ id: String) throws(StorageError) -> SealedRecord? {
        sealedRecords[Bytes(id)].map { SealedRecord(id: id, bytes: $0) }
    }

    package func sealedIDs() throws(StorageError) -> [String] {
        sealedRecords.keys.sorted().map { String(decoding: $0.utf8, as: UTF8.self) }
    }

    package func replace(
        _ old: SealedRecord, with record: SealedRecord, noting note: AuditNote?
    ) throws(StorageError) -> Bool {
        guard try delete(old, noting: nil) else { return false }
        try put(record, noting: note)
        return true
    }

    package func delete(
        _ record: SealedRecord, noting note: AuditNote?
    ) throws(StorageError) -> Bool {
        guard sealedRecords[Bytes(record.id)] == record.bytes else { return false }
        sealedRecords[Bytes(record.id)] = nil
        append(note)
        return true
    }
}
