/// Somebody we talk to: an endpoint that is told, or a connection that copies.
package enum Destination: Hashable, Sendable, Codable {
    case endpoint(String)
    case connection(String)

    package var name: String {
        switch self {
        case .endpoint(let name), .connection(let name): name
        }
    }

    /// Under which the store keeps it: `endpoint:ops`, `connection:cn`.
    package var key: String {
        switch self {
        case .endpoint(let name): "endpoint:\(name)"
        case .connection(let name): "connection:\(name)"
        }
    }
}

/// How a destination has fared, as everybody who works on one store shares it.
///
/// Only changes are written: a destination that was always well has no row.
package struct DestinationHealth: Hashable, Sendable, Codable {
    package let destination: Destination
    /// Counts on with each stored change, so that of two workers one is heard.
    package var revision: Int
    /// When the first of the failures fell that no success has ended; `nil` while it is well.
    package var failingSince: Timestamp?
    /// The largest share of the failure budget that was warned of, in percent; 0 for none.
    package var warnedAt: Int
    /// When it was given up: by its failures, or by itself with a 410.
    package var disabledAt: Timestamp?
    /// When a person switched it off; only a person switches it on again.
    package var switchedOffAt: Timestamp?
    /// The last failure, for people; without secrets.
    package var failure: Failure?

    /// A destination of which nothing is known, which is good news.
    package init(_ destination: Destination) {
        self.destination = destination
        revision = 0
        warnedAt = 0
    }
}
