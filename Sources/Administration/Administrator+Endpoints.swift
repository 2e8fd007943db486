import Domain
import Logging
import Rules
import Sealing
import Storage
package import StrictJSON

/// Endpoints as people put them in, look at them and take them out.
extension Administrator {
    /// Longest time that a person waits for the answer to a trial.
    package static let trialMax: Duration = .seconds(30)

    /// `{"endpoints": […]}`, each with its health, and until when secrets of before sign as well.
    package func listEndpoints() async throws(AdministrationError) -> JSONValue {
        let health = try await health()
        return ["endpoints": .array(desks.endpoints.list().map { json($0, health) })]
    }

    package func endpoint(_ name: String) async throws(AdministrationError) -> JSONValue {
        json(try desks.endpoints.entry(name), try await health())
    }

    /// Checks an endpoint, stores it, and puts it in force before this returns.
    ///
    /// - Returns: The endpoint as ``endpoint(_:)`` shows it, and whether there was none of that
    ///   name before.
    package func putEndpoint(
        _ name: String, definition: [UInt8], if condition: Precondition = Precondition(),
        by who: Principal
    ) async throws(AdministrationError) -> (endpoint: JSONValue, isNew: Bool) {
        var (entry, isNew) = try await desks.endpoints.put(
            name, definition: definition, if: condition, by: who, at: time.now()
        ) { () async throws(AdministrationError) in
            // Of a namesake that is gone nothing is to be left.
            try await forgetHealth(of: .endpoint(name))
            try await ask { () async throws(StorageError) in
                try await endpointSecrets.forget(name)
            }
        }
        if let endpoint = entry.value,
            endpointSecrets.isOvertaken(name, configured: endpoint.secrets, at: time.now())
        {
            entry.warnings.append(.secretIsOvertaken)
        }
        nudges.notifying()
        return (json(entry, try await health()), isNew)
    }

    /// Takes an endpoint out, unless a rule names it.
    ///
    /// What still waits for it is cancelled by the room that would have sent it.
    ///
    /// - Returns: `{"name", "deliveries": {"count", "more"}}`: what waited.
    package func deleteEndpoint(
        _ name: String, if condition: Precondition = Precondition(), by who: Principal
    ) async throws(AdministrationError) -> JSONValue {
        var waiting: JSONValue = .null
        try await desk.turnstile.pass { () async throws(AdministrationError) in
            try await desks.endpoints.delete(name, if: condition, by: who, at: time.now()) {
                () async throws(AdministrationError) in
                let rules = try await desk.list().filter { entry in
                    entry.rule?.notify?.contains { $0.hasSameBytes(as: name) } ?? false
                }
                try Self.refuse("rule", rules.map(\.name), need: name)
                waiting = try await waitingDeliveries(for: name)
            }
        }
        if !desks.endpoints.has(name) {
            try await forgetHealth(of: .endpoint(name))
            try await ask { () async throws(StorageError) in
                try await endpointSecrets.forget(name)
            }
        }
        nudges.notifying()
        return ["name": .string(name), "deliveries": waiting]
    }

    private func waitingDeliveries(for name: String) async throws(AdministrationError) -> JSONValue
    {
        let filter = DeliveryFilter(state: .pending, endpoint: name)
        return try await ask { () async throws(StorageError) in
            try await store.count(filter, atMost: Selection.countMax)
        }.json
    }

    /// Switches an endpoint off or on: deliveries wait meanwhile, and no probe goes out.
    package func setEndpoint(
        _ name: String, enabled isEnabled: Bool, by who: Principal
    ) async throws(AdministrationError) -> JSONValue {
        _ = try desks.endpoints.entry(name)
        let verb = isEnabled ? AuditVerb.endpointEnabled : .endpointDisabled
        // Somebody else may have switched it since.
        if try await hasDone(verb, of: name) { return try await endpoint(name) }
        try await set(.endpoint(name), enabled: isEnabled, noting: verb, by: who)
        return try await endpoint(name)
    }

    /// Sends a `ping` to an endpoint, switched off or not, and says what its answer means.
    package func testEndpoint(_ name: String) async throws(AdministrationError) -> JSONValue {
        var endpoint = try desks.endpoints.readable(name)
        endpoint.secrets = endpointSecrets.secrets(of: endpoint, at: time.now())
        endpoint.timeout = min(endpoint.timeout, Self.trialMax)
        return await tryEndpoint(endpoint).json("endpoint", endpoint.name)
    }

    private func json(
        _ entry: DefinitionEntry<Endpoint>, _ health: [Destination: DestinationHealth]
    ) -> JSONValue {
        let endpoint = entry.value
        let now = time.now()
        let secrets = endpoint.map { endpointSecrets.secrets(of: $0, at: now).count } ?? 0
        return entry.json([
            "channel": .text(endpoint?.channel.rawValue),
            "types": endpoint?.types.map { .array($0.map { .string($0) }) } ?? .null,
            "secrets": .number(JSONNumber(Int64(secrets))),
            "overlap_until": .text(
                endpoint.flatMap { endpointSecrets.overlap(of: $0, at: now) }?.description),
            "health": health[.endpoint(entry.name)].json,
        ])
    }

    /// Refuses to take away what others need.
    static func refuse(
        _ what: String, _ names: [String], need name: String
    ) throws(AdministrationError) {
        guard let first = names.first else { return }
        let shown = names.prefix(10).joined(separator: ", ") + (names.count > 10 ? ", …" : "")
        throw AdministrationError(
            .definitionInUse,
            names.count == 1
                ? "the \(what) \(first) names \(name)"
                : "\(names.count) \(what)s name \(name): \(shown)",
            remedy: "Change or delete \(names.count == 1 ? "it" : "them") first.")
    }
}
