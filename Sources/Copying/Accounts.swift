import Domain
import Logging
import Providers
import Synchronization

/// The connections in use, one account for each: made when a connection appears, dropped when it
/// goes, and made anew when it is another than before.
///
/// An account knows what its tasks share, so that one which did not change is kept with all that
/// it knows. Work in hand keeps the account that it began with.
final class Accounts: Sendable {
    /// All at one moment.
    struct Edition: Sendable {
        var all: [String: Account] = [:]
        /// In an order that is always the same.
        var sorted: [Account] = []
        /// Tasks in hand of the connection that allows the most.
        var perConnection = 1
    }

    /// How often connections that are switched off are asked for what is still under way there:
    /// behind a hundred thousand tasks that wait it takes the store a moment to find.
    private static let heldLookPause: Duration = .seconds(5)

    private let destinations: DestinationBook
    private let log: Logger
    private let make: @Sendable (Connection) throws(ProviderError) -> Account?
    private let state: Mutex<(number: Int, edition: Edition)>
    private let heldLookedAt = Mutex<Duration?>(nil)

    init(
        _ destinations: DestinationBook, log: Logger,
        make: @escaping @Sendable (Connection) throws(ProviderError) -> Account?
    ) {
        self.destinations = destinations
        self.log = log
        self.make = make
        state = Mutex((0, Edition()))
    }

    /// Those of the connections that are there now.
    var current: Edition {
        let now = destinations.current
        return state.withLock { state in
            // Another task may have read the book later and got here earlier.
            guard now.edition > state.number else { return state.edition }
            state = (now.edition, edition(of: now.connections, after: state.edition))
            return state.edition
        }
    }

    /// The connections that people switched off: those over which only what is under way goes on,
    /// and those that are left alone this time.
    ///
    /// - Parameter now: On the clock that never jumps.
    func switchedOff(at now: Duration) -> (held: Set<String>, left: Set<String>) {
        let off = destinations.current.switchedOff.compactMap { destination in
            if case .connection(let name) = destination { name } else { nil }
        }
        guard !off.isEmpty else { return ([], []) }
        return heldLookedAt.withLock { lookedAt in
            if let last = lookedAt, now - last < Self.heldLookPause { return ([], Set(off)) }
            lookedAt = now
            return (Set(off), [])
        }
    }

    private func edition(of connections: [Connection], after old: Edition) -> Edition {
        var edition = Edition()
        for connection in connections {
            if let known = old.all[connection.name], known.connection == connection {
                edition.all[connection.name] = known
                continue
            }
            do throws(ProviderError) {
                edition.all[connection.name] = try make(connection)
            } catch {
                log.error(
                    "connection.unusable",
                    metadata: ["connection": "\(connection.name)", "detail": "\(error.detail)"])
            }
        }
        edition.sorted = edition.all.sorted { $0.key < $1.key }.map(\.value)
        edition.perConnection = connections.map(\.limits.concurrent).max() ?? 1
        return edition
    }
}
