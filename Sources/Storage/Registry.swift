package import Domain

/// What people put in at run time: rules, and small settings.
package protocol Registry: Sendable {
    /// Every rule put in, by name in byte order.
    func rules() async throws(StorageError) -> [StoredRule]

    /// Puts and deletes rules, one after the other, all of them or none.
    ///
    /// Each becomes a version of its rule and is noted, except a definition that is there already,
    /// to the byte.
    ///
    /// - Throws: `.notFound` when a rule that is to go is not there.
    func change(_ changes: [RuleChange]) async throws(StorageError)

    /// What a rule has been, newest first; empty for one that never was.
    ///
    /// At most ``RuleVersion/keptMax`` of a name are kept, those of deleted rules as well.
    func ruleVersions(_ name: String) async throws(StorageError) -> [RuleVersion]

    func setting(_ name: String) async throws(StorageError) -> String?
    func set(_ name: String, to value: String) async throws(StorageError)
}

extension Registry {
    /// Stores a rule, in the place of the one that has its name.
    package func put(
        _ rule: StoredRule, noting note: AuditNote?
    ) async throws(StorageError) {
        try await change([RuleChange(.put(rule), noting: note)])
    }

    /// - Throws: `.notFound` when there is no such rule.
    package func deleteRule(
        _ name: String, noting note: AuditNote?
    ) async throws(StorageError) {
        try await change([RuleChange(.delete(name), noting: note)])
    }
}

/// A rule as it was put in; `Rules` knows what it means.
package struct StoredRule: Hashable, Sendable {
    package let name: String
    /// The definition as a JSON object, in UTF-8.
    package let definition: [UInt8]
    package let updatedAt: Timestamp

    package init(name: String, definition: [UInt8], updatedAt: Timestamp) {
        self.name = name
        self.definition = definition
        self.updatedAt = updatedAt
    }
}

/// One rule put in or taken out.
package struct RuleChange: Hashable, Sendable {
    package enum Deed: Hashable, Sendable {
        case put(StoredRule)
        case delete(String)
    }

    package let deed: Deed
    package let note: AuditNote?

    package init(_ deed: Deed, noting note: AuditNote?) {
        self.deed = deed
        self.note = note
    }
}

/// What a rule was from a moment on.
package struct RuleVersion: Hashable, Sendable {
    /// Versions of one rule that are kept, the newest.
    package static let keptMax = 100

    /// From 1, for each name by itself, and never used twice.
    package let number: Int64
    package let at: Timestamp
    package let who: AuditNote.Who
    /// As in ``StoredRule``; `nil` where the rule was deleted.
    package let definition: [UInt8]?

    package init(number: Int64, at: Timestamp, who: AuditNote.Who, definition: [UInt8]?) {
        self.number = number
        self.at = at
        self.who = who
        self.definition = definition
    }
}
