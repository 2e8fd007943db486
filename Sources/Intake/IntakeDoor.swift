package import Domain
package import Signing
import Synchronization

/// Where one source's requests come in.
package struct IntakeDoor: Sendable {
    /// The source's name in the configuration, which is also the events' source.
    package let name: String
    /// Newest first: what one of them proves is proved, so that a secret can be changed while
    /// requests under the former are on their way.
    let schemes: [any SourceScheme]
    let path: PathSecrets
    /// Whether nothing is taken in for now: the sender keeps its events and comes again.
    package let isClosed: Bool

    /// - Parameters:
    ///   - schemes: At least one.
    ///   - pathSecrets: What must stand behind the name in the path, where any does; one of them.
    package init(
        _ name: String, schemes: [any SourceScheme], pathSecrets: [Secret] = [],
        isClosed: Bool = false
    ) {
        precondition(!schemes.isEmpty)
        self.name = name
        self.schemes = schemes
        path = PathSecrets(pathSecrets)
        self.isClosed = isClosed
    }

    /// Whose manners count, for methods and for answers.
    var scheme: any SourceScheme { schemes[0] }

    /// What the first scheme says that does not refuse, or the newest one's refusal.
    func verify(_ request: IncomingRequest, at now: Timestamp) -> Verdict {
        let first = scheme.verify(request, at: now)
        guard case .refused = first else { return first }
        for other in schemes.dropFirst() {
            let verdict = other.verify(request, at: now)
            if case .refused = verdict { continue }
            return verdict
        }
        return first
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
