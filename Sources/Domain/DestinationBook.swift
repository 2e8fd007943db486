import Synchronization

/// Whom we copy over and whom we tell, at one moment.
package struct Destinations: Sendable {
    package let connections: [Connection]
    package let audience: Audience
    /// Those that a person has switched off: their work waits.
    package let switchedOff: Set<Destination>
    /// Counts on with each change, so that whoever keeps something for each of them sees at a
    /// glance that nothing has changed.
    package let edition: Int
    /// Without the sites of the connections.
    fileprivate let endpoints: [Endpoint]

    fileprivate init(
        _ connections: [Connection], _ endpoints: [Endpoint], off: Set<Destination>, edition: Int
    ) {
        switchedOff = off
        self.connections = connections
        self.endpoints = endpoints
        let sites = Dictionary(
            connections.compactMap { one in one.site.map { (one.name, $0) } }
        ) { first, _ in first }
        audience = Audience(
            endpoints.map { endpoint in
                var endpoint = endpoint
                endpoint.sites.merge(sites) { $1 }
                return endpoint
            })
        self.edition = edition
    }
}

/// The connections and endpoints in force, swapped as a whole, so that nobody meets half of a
/// change.
///
/// A lock, since whoever reads and whoever changes are different tasks; it is held for a copy of a
/// reference and no longer.
package final class DestinationBook: Sendable {
    private let state: Mutex<Destinations>

    /// Names are unique among connections, and among endpoints.
    package init(connections: [Connection] = [], endpoints: [Endpoint] = []) {
        state = Mutex(Destinations(connections, endpoints, off: [], edition: 1))
    }

    /// Those at this moment; what is read from it does not change.
    package var current: Destinations { state.withLock { $0 } }

    package func replace(connections: [Connection]) {
        state.withLock {
            $0 = Destinations(
                connections, $0.endpoints, off: $0.switchedOff, edition: $0.edition + 1)
        }
    }

    package func replace(switchedOff: Set<Destination>) {
        state.withLock {
            $0 = Destinations(
                $0.connections, $0.endpoints, off: switchedOff, edition: $0.edition + 1)
        }
    }

    package func replace(endpoints: [Endpoint]) {
        state.withLock {
            $0 = Destinations(
                $0.connections, endpoints, off: $0.switchedOff, edition: $0.edition + 1)
        }
    }
}
