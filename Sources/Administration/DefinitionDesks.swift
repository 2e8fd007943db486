package import Domain
package import Logging
package import Sealing
package import Settings
import StrictJSON
import Transport

/// The desks where what the service talks to is put in at run time.
package struct DefinitionDesks: Sendable {
    package let endpoints: DefinitionDesk<Endpoint>

    /// - Parameters:
    ///   - reader: Says what a definition may be.
    ///   - endpoints: Those of the configuration.
    ///   - destinations: Where what is in force is put.
    package init(
        reader: DefinitionReader, endpoints: [FileDefinition<Endpoint>], strongbox: Strongbox?,
        destinations: DestinationBook, chance: Chance, log: Logger
    ) {
        self.endpoints = DefinitionDesk(
            .endpoints(reader), files: endpoints, strongbox: strongbox, chance: chance, log: log
        ) { destinations.replace(endpoints: $0) }
    }

    /// Desks of a process in which nothing is put in.
    package static func fixed(_ destinations: DestinationBook, log: Logger) -> DefinitionDesks {
        DefinitionDesks(
            reader: DefinitionReader(
                egress: EgressPolicy(), publicURL: nil, lease: .seconds(60)),
            endpoints: destinations.current.audience.endpoints.map {
                FileDefinition(name: $0.name, value: $0, shown: [:], file: "")
            }, strongbox: nil, destinations: destinations, chance: Chance { 0 }, log: log)
    }

    /// The desks of a whole configuration.
    package init(
        _ configuration: Configuration, strongbox: Strongbox, destinations: DestinationBook,
        chance: Chance, log: Logger
    ) {
        self.init(
            reader: DefinitionReader(configuration),
            endpoints: configuration.endpoints.map { endpoint in
                FileDefinition(
                    name: endpoint.name, value: endpoint,
                    shown: configuration.effective["endpoints"]?[endpoint.name] ?? .null,
                    file: configuration.file)
            }, strongbox: strongbox, destinations: destinations, chance: chance, log: log)
    }

    /// Puts everything in force, at start.
    package func rebuild() async throws(AdministrationError) {
        try await endpoints.rebuild()
    }
}
