package import Domain
package import Signing
import Synchronization

/// Where one source's requests come in.
package struct IntakeDoor: Sendable {
    /// The source's name in the configuration, which is also the events' source.
    package let name: String
    /// In the order of time; the last one stays.
    ///
    /// So a secret that is being changed ends by itself, to the millisecond and with nobody there
    /// to end it.
    private let phases: [Phase]
    /// Whether nothing is taken in for now: the sender keeps its events and comes again.
    package let isClosed: Bool

    /// What is proved, and how, for a time.
    package struct Phase: Sendable {
        let scheme: any SourceScheme
        let path: PathSecrets
        let until: Timestamp?

        /// - Parameters:
        ///   - pathSecrets: What must stand behind the name in the path, where any does; one of
        ///     them.
        ///   - until: Left out for the last one.
        package init(
            _ scheme: any SourceScheme, pathSecrets: [Secret] = [], until: Timestamp? = nil
        ) {
            self.scheme = scheme
            path = PathSecrets(pathSecrets)
            self.until = until
        }
    }

    /// - Parameter phases: At least one.
    package init(_ name: String, _ phases: [Phase], isClosed: Bool = false) {
        precondition(!phases.isEmpty)
        self.name = name
        self.phases = phases
        self.isClosed = isClosed
    }

    /// What counts at this moment.
    func phase(at now: Timestamp) -> Phase {
        phases.first { $0.until.map { now < $0 } ?? true } ?? phases[phases.count - 1]
    }
}

/// All doors by their names, replaced as a whole while requests come in.
///
/// A request takes one look, behind a lock that is held as long as that; the cheapest there is
/// beside a table that never changes, and far below what proving a signature costs.
final class IntakeDoors: Sendable {
    /// What a door is called; an identifier, so that names are compared as bytes.
    enum Name {}

    private let doors: Mutex<[Identifier<Name>: IntakeDoor]>

    init(_ doors: [IntakeDoor]) { self.doors = Mutex(Self.table(doors)) }

    subscript(name: String) -> IntakeDoor? {
        doors.withLock { $0[Identifier(rawValue: name)] }
    }

    func replace(with new: [IntakeDoor]) {
        let table = Self.table(new)
        doors.withLock { $0 = table }
    }

    private static func table(_ doors: [IntakeDoor]) -> [Identifier<Name>: IntakeDoor] {
        Dictionary(doors.map { (Identifier(rawValue: $0.name), $0) }) { $1 }
    }
}
