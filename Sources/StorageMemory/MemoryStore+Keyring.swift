package import Domain
package import Storage

extension MemoryStore: Keyring {
    package func apiKeys() throws(StorageError) -> [KeyRecord] { storedAPIKeys }

    package func add(_ key: KeyRecord, noting note: AuditNote?) throws(StorageError) {
        guard !storedAPIKeys.contains(where: { $0.id == key.id || $0.hash == key.hash }) else {
            throw StorageError(.conflict, detail: "key \(key.id)")
        }
        storedAPIKeys.append(key)
        append(note)
    }

    package func deleteKey(
        _ id: KeyRecord.ID, leaving scope: String?, at now: Timestamp, noting note: AuditNote?
    ) throws(StorageError) {
        guard let place = storedAPIKeys.firstIndex(where: { $0.id == id }) else {
            throw StorageError(.notFound, detail: "key \(id)")
        }
        if let scope, storedAPIKeys.isLast(storedAPIKeys[place], with: scope, at: now) {
            throw StorageError(.conflict, detail: "key \(id) is the last with \(scope)")
        }
        storedAPIKeys.remove(at: place)
        append(note)
    }

    package func noteUse(of keys: [KeyRecord.ID: Timestamp]) throws(StorageError) {
        for place in storedAPIKeys.indices {
            guard let moment = keys[storedAPIKeys[place].id] else { continue }
            storedAPIKeys[place].usedAt = max(storedAPIKeys[place].usedAt ?? moment, moment)
        }
    }
}
