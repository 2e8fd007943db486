package import Domain
import Rules
import Synchronization

/// What rules may name at this moment.
package final class References: Sendable {
    private let destinations: DestinationBook
    private let sourceNames: (@Sendable () -> [String])?
    /// Of the destinations that it was made of; thousands of rules are checked one after the other.
    private let known = Mutex<(edition: Int, names: RuleReferences)>(
        (0, RuleReferences(connections: [], endpoints: [])))

    package init(_ destinations: DestinationBook, sourceNames: (@Sendable () -> [String])? = nil) {
        self.destinations = destinations
        self.sourceNames = sourceNames
    }

    /// The connections and endpoints.
    var current: RuleReferences {
        let now = destinations.current
        return known.withLock { known in
            if known.edition != now.edition {
                known = (
                    now.edition,
                    RuleReferences(
                        connections: now.connections.map(\.name),
                        endpoints: now.audience.endpoints.map(\.name))
                )
            }
            return known.names
        }
    }

    /// A pattern may ask for a source that is not there; `nil` where they are not known.
    var sources: [String]? { sourceNames?() }
}
