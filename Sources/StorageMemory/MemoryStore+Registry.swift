import Domain
package import Storage

extension MemoryStore: Registry {
    package func rules() throws(StorageError) -> [StoredRule] {
        storedRules.sorted { $0.key < $1.key }.map(\.value)
    }

    package func change(_ changes: [RuleChange]) throws(StorageError) {
        var left = Set(storedRules.keys)
        for change in changes {
            switch change.deed {
            case .put(let rule): left.insert(Bytes(rule.name))
            case .delete(let name):
                guard left.remove(Bytes(name)) != nil else {
                    throw StorageError(.notFound, detail: "rule \(name)")
                }
            }
        }
        for change in changes { carryOut(change) }
    }

    /// What was asked before: it cannot fail.
    private func carryOut(_ change: RuleChange) {
        switch change.deed {
        case .put(let rule):
            let before = storedRules.updateValue(rule, forKey: Bytes(rule.name))
            guard before?.definition != rule.definition else { return }
            keep(rule.definition, as: rule.name, at: rule.updatedAt, change.note)
        case .delete(let name):
            let gone = storedRules.removeValue(forKey: Bytes(name))
            guard let at = change.note?.at ?? gone?.updatedAt else { return }
            keep(nil, as: name, at: at, change.note)
        }
    }

    private func keep(
        _ definition: [UInt8]?, as name: String, at now: Timestamp, _ note: AuditNote?
    ) {
        append(note)
        let versions = versionsOfRules[Bytes(name)] ?? []
        let version = RuleVersion(
            number: (versions.last?.number ?? 0) + 1, at: now, who: note?.who ?? .system,
            definition: definition)
        versionsOfRules[Bytes(name)] = (versions + [version]).suffix(RuleVersion.keptMax)
    }

    package func ruleVersions(_ name: String) throws(StorageError) -> [RuleVersion] {
        (versionsOfRules[Bytes(name)] ?? []).reversed()
    }

    package func setting(_ name: String) throws(StorageError) -> String? {
        settings[Bytes(name)]
    }

    package func set(_ name: String, to value: String) throws(StorageError) {
        settings[Bytes(name)] = value
    }
}
