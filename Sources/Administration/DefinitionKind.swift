package import Domain
package import Settings
package import Storage
package import StrictJSON

/// What the desk of definitions has to know of one kind of them.
package struct DefinitionKind<Value: Sendable>: Sendable {
    /// How it is called: in refusals, in the audit, and as the table of its place in the vault.
    package let word: String
    /// Definitions that may be put in at run time; those of the configuration come on top.
    package let storedMax: Int
    /// What a definition says, under the name that it is put in with.
    let read: @Sendable (String, JSONValue) throws(DefinitionRefusal) -> ReadDefinition<Value>
    let putVerb: AuditVerb
    let deletedVerb: AuditVerb

    package init(
        word: String, storedMax: Int, putVerb: AuditVerb, deletedVerb: AuditVerb,
        read:
            @escaping @Sendable (String, JSONValue) throws(DefinitionRefusal) ->
            ReadDefinition<Value>
    ) {
        self.word = word
        self.storedMax = storedMax
        self.putVerb = putVerb
        self.deletedVerb = deletedVerb
        self.read = read
    }
}

extension DefinitionKind<Endpoint> {
    package static func endpoints(_ reader: DefinitionReader) -> DefinitionKind<Endpoint> {
        DefinitionKind(
            word: "endpoint", storedMax: 1_000, putVerb: .endpointPut,
            deletedVerb: .endpointDeleted
        ) { name, json throws(DefinitionRefusal) in try reader.endpoint(name, json) }
    }
}

/// What else is wrong with a connection, beyond what its settings say; `nil` where nothing is.
package typealias ConnectionCheck = @Sendable (Connection) -> DefinitionFinding?

extension DefinitionKind<Connection> {
    /// - Parameter check: What the platform's own rules say, which `Providers` knows.
    package static func connections(
        _ reader: DefinitionReader, check: @escaping ConnectionCheck
    ) -> DefinitionKind<Connection> {
        DefinitionKind(
            word: "connection", storedMax: 200, putVerb: .connectionPut,
            deletedVerb: .connectionDeleted
        ) { name, json throws(DefinitionRefusal) in
            let read = try reader.connection(name, json)
            if let finding = check(read.value) { throw DefinitionRefusal([finding]) }
            return read
        }
    }
}

/// A definition of the configuration.
package struct FileDefinition<Value: Sendable>: Sendable {
    package let name: String
    package let value: Value
    /// With all defaults, secrets as `<secret>`.
    package let shown: JSONValue
    /// The configuration, as it was named to us.
    package let file: String

    package init(name: String, value: Value, shown: JSONValue, file: String) {
        self.name = name
        self.value = value
        self.shown = shown
        self.file = file
    }
}
