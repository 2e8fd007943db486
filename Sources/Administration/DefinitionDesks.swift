package import Domain
package import Logging
package import Sealing
package import Settings
import StrictJSON
import Transport

/// The desks where what the service talks to is put in at run time.
package struct DefinitionDesks: Sendable {
    package let endpoints: DefinitionDesk<Endpoint>
    package let connections: DefinitionDesk<Connection>

    /// - Parameters:
    ///   - reader: Says what a definition may be.
    ///   - endpoints: Those of the configuration.
    ///   - connections: The same.
    ///   - checkConnection: What a platform says against a connection.
    ///   - destinations: Where what is in force is put.
    package init(
        reader: DefinitionReader, endpoints: [FileDefinition<Endpoint>],
        connections: [FileDefinition<Connection>],
        checkConnection: @escaping ConnectionCheck = { _ in nil }, strongbox: Strongbox?,
        destinations: DestinationBook, chance: Chance, log: Logger
    ) {
        self.endpoints = DefinitionDesk(
            .endpoints(reader), files: endpoints, strongbox: strongbox, chance: chance, log: log
        ) { destinations.replace(endpoints: $0) }
        self.connections = DefinitionDesk(
            .connections(reader, check: checkConnection), files: connections,
            strongbox: strongbox, chance: chance, log: log
        ) { destinations.replace(connections: $0) }
    }

    /// Desks of a process in which nothing is put in.
    package static func fixed(_ destinations: DestinationBook, log: Logger) -> DefinitionDesks {
        DefinitionDesks(
            reader: DefinitionReader(
                egress: EgressPolicy(), publicURL: nil, lease: .seconds(60)),
            endpoints: destinations.current.audience.endpoints.map {
                FileDefinition(name: $0.name, value: $0, shown: [:], file: "")
            },
            connections: destinations.current.connections.map {
                FileDefinition(name: $0.name, value: $0, shown: [:], file: "")
            }, strongbox: nil, destinations: destinations, chance: Chance { 0 }, log: log)
    }

    /// The desks of a whole configuration.
    package init(
        _ configuration: Configuration, checkConnection: @escaping ConnectionCheck,
        strongbox: Strongbox, destinations: DestinationBook, chance: Chance, log: Logger
    ) {
        self.init(
            reader: DefinitionReader(configuration),
            endpoints: configuration.endpoints.map { endpoint in
                FileDefinition(
                    name: endpoint.name, value: endpoint,
                    shown: configuration.effective["endpoints"]?[endpoint.name] ?? .null,
                    file: configuration.file)
            },
            connections: configuration.connections.map { connection in
                FileDefinition(
                    name: connection.name, value: connection,
                    shown: configuration.effective["connections"]?[connection.name] ?? .null,
                    file: configuration.file)
            }, checkConnection: checkConnection, strongbox: strongbox, destinations: destinations,
            chance: chance, log: log)
    }

    /// Puts everything in force, at start.
    package func rebuild() async throws(AdministrationError) {
        try await connections.rebuild()
        try await endpoints.rebuild()
    }
}
