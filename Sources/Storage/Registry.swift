package import Domain

/// What people put in at run time: rules, and small settings such as the admin key's hash.
package protocol Registry: Sendable {
    /// Every rule put in, by name in byte order.
    func rules() async throws(StorageError) -> [StoredRule]
    /// Stores a rule, in the place of the one that has its name.
    ///
    /// - Parameter note: Left out where the definition is there already, to the byte.
    func put(_ rule: StoredRule, noting note: AuditNote?) async throws(StorageError)
    /// - Throws: `.notFound` when there is no such rule.
    func deleteRule(_ name: String, noting note: AuditNote?) async throws(StorageError)

    func setting(_ name: String) async throws(StorageError) -> String?
    func set(_ name: String, to value: String) async throws(StorageError)
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
