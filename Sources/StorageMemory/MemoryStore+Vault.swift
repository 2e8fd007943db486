package import Storage

extension MemoryStore: Vault {
    package func put(_ record: SealedRecord) throws(StorageError) {
        sealedRecords[Bytes(record.id)] = record.bytes
    }

    package func sealedRecord(_ id: String) throws(StorageError) -> SealedRecord? {
        sealedRecords[Bytes(id)].map { SealedRecord(id: id, bytes: $0) }
    }

    package func sealedIDs() throws(StorageError) -> [String] {
        sealedRecords.keys.sorted().map { String(decoding: $0.utf8, as: UTF8.self) }
    }

    package func replace(
        _ old: SealedRecord, with record: SealedRecord
    ) throws(StorageError) -> Bool {
        guard try delete(old) else { return false }
        try put(record)
        return true
    }

    package func delete(_ record: SealedRecord) throws(StorageError) -> Bool {
        guard sealedRecords[Bytes(record.id)] == record.bytes else { return false }
        sealedRecords[Bytes(record.id)] = nil
        return true
    }
}
