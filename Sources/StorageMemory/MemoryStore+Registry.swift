package import Storage

extension MemoryStore: Registry {
    package func rules() throws(StorageError) -> [StoredRule] {
        storedRules.sorted { $0.key < $1.key }.map(\.value)
    }

    package func put(_ rule: StoredRule, noting note: AuditNote?) throws(StorageError) {
        let before = storedRules.updateValue(rule, forKey: Bytes(rule.name))
        if before?.definition != rule.definition { append(note) }
    }

    package func deleteRule(_ name: String, noting note: AuditNote?) throws(StorageError) {
        guard storedRules.removeValue(forKey: Bytes(name)) != nil else {
            throw StorageError(.notFound, detail: "rule \(name)")
        }
        append(note)
    }

    package func setting(_ name: String) throws(StorageError) -> String? {
        settings[Bytes(name)]
    }

    package func set(_ name: String, to value: String) throws(StorageError) {
        settings[Bytes(name)] = value
    }
}
