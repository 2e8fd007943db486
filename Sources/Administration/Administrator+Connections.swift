import Domain
import Logging
import Rules
import Storage
package import StrictJSON

/// Connections as people put them in, look at them and take them out.
extension Administrator {
    /// `{"connections": […]}`, each with its health.
    package func listConnections() async throws(AdministrationError) -> JSONValue {
        let health = try await health()
        return ["connections": .array(desks.connections.list().map { json($0, health) })]
    }

    package func connection(_ name: String) async throws(AdministrationError) -> JSONValue {
        json(try desks.connections.entry(name), try await health())
    }

    /// Checks a connection, stores it, and puts it in force before this returns.
    ///
    /// Tasks in hand go on with the one that they began with.
    ///
    /// - Returns: The connection as ``connection(_:)`` shows it, and whether there was none of that
    ///   name before.
    package func putConnection(
        _ name: String, definition: [UInt8], if condition: Precondition = Precondition(),
        by who: Principal
    ) async throws(AdministrationError) -> (connection: JSONValue, isNew: Bool) {
        let (entry, isNew) = try await desks.connections.put(
            name, definition: definition, if: condition, by: who, at: time.now()
        ) { () async throws(AdministrationError) in
            try await forgetHealth(of: .connection(name))
        }
        nudges.copying()
        return (json(entry, try await health()), isNew)
    }

    /// Takes a connection out, unless a rule names it or a task is not at its end.
    package func deleteConnection(
        _ name: String, if condition: Precondition = Precondition(), by who: Principal
    ) async throws(AdministrationError) -> JSONValue {
        try await desk.turnstile.pass { () async throws(AdministrationError) in
            try await desks.connections.delete(name, if: condition, by: who, at: time.now()) {
                () async throws(AdministrationError) in
                let rules = try await desk.list().filter { entry in
                    entry.rule?.copies.contains { $0.connection.hasSameBytes(as: name) } ?? false
                }
                try Self.refuse("rule", rules.map(\.name), need: name)
                try await refuseOpenTasks(of: name)
            }
        }
        if !desks.connections.has(name) { try await forgetHealth(of: .connection(name)) }
        return ["name": .string(name), "deliveries": .null]
    }

    private func refuseOpenTasks(of name: String) async throws(AdministrationError) {
        var open = 0
        for state in CopyTask.State.Name.allCases where !state.isEnd {
            let filter = TaskFilter(state: state, connection: name)
            open += try await ask { () async throws(StorageError) in
                try await store.count(filter, atMost: Selection.countMax).count
            }
        }
        guard open == 0 else {
            throw AdministrationError(
                .definitionInUse, "\(open) tasks of \(name) are not at their end",
                remedy: "Cancel those that are queued, decide about those that are unresolved, and "
                    + "let the others end; disable the connection so that no others begin.")
        }
    }

    /// Switches a connection off or on: what is queued waits meanwhile, and what is under way is
    /// finished.
    package func setConnection(
        _ name: String, enabled isEnabled: Bool, by who: Principal
    ) async throws(AdministrationError) -> JSONValue {
        _ = try desks.connections.entry(name)
        let verb = isEnabled ? AuditVerb.connectionEnabled : .connectionDisabled
        // Somebody else may have switched it since.
        if try await hasDone(verb, of: name) { return try await connection(name) }
        try await set(.connection(name), enabled: isEnabled, noting: verb, by: who)
        return try await connection(name)
    }

    /// Gets a token and asks the cheapest question there is, switched off or not.
    package func testConnection(_ name: String) async throws(AdministrationError) -> JSONValue {
        let connection = try desks.connections.readable(name)
        return await tryConnection(connection).json("connection", connection.name)
    }

    private func json(
        _ entry: DefinitionEntry<Connection>, _ health: [Destination: DestinationHealth]
    ) -> JSONValue {
        let connection = entry.value
        return entry.json([
            "provider": .text(connection?.provider.rawValue),
            "base_url": .text(connection?.baseURL),
            "on_uncertain": .text(connection?.onUncertain.rawValue),
            "health": health[.connection(entry.name)].json,
        ])
    }
}
