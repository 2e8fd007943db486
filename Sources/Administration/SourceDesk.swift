package import Domain
package import Logging
package import Sealing
package import Settings
package import Signing
import Storage
import StrictJSON
import Synchronization

/// What would become of a request at a source's door, with nothing of it done.
package enum SourceTrial: Sendable {
    case events([VerifiedEvent])
    case handshake
    case refused(status: Int, reason: String, detail: String)
}

/// Where sources are put in, closed and opened while the service runs.
///
/// Whether one is closed is noted apart from what it is, so that those of the configuration can be
/// closed, too. A closed source acknowledges nothing: senders keep their events and come again.
package final class SourceDesk: Sendable {
    package typealias Open = @Sendable (_ sources: [Source], _ closed: Set<String>) -> Void
    package typealias TryOut =
        @Sendable (_ request: IncomingRequest, _ source: String, _ secret: String?) -> SourceTrial?

    let definitions: DefinitionDesk<Source>
    let tryOut: TryOut
    private let doors: Doors
    private let strongbox: Strongbox
    private let turnstile = Turnstile()

    /// What is in force, told to intake as a whole.
    private final class Doors: Sendable {
        private struct State {
            var sources: [Source] = []
            var closed: Set<String> = []
        }

        private let state = Mutex(State())
        private let open: Open

        init(_ open: @escaping Open) { self.open = open }

        func isClosed(_ name: String) -> Bool { state.withLock { $0.closed.contains(name) } }

        func take(_ sources: [Source]) {
            state.withLock { state in
                state.sources = sources
                open(sources, state.closed)
            }
        }

        func close(_ names: [String], _ isClosed: Bool) {
            state.withLock { state in
                for name in names {
                    if isClosed { state.closed.insert(name) } else { state.closed.remove(name) }
                }
                open(state.sources, state.closed)
            }
        }
    }

    /// - Parameters:
    ///   - files: Those of the configuration.
    ///   - open: Told of all that are in force and which of them are closed, one call at a time.
    package init(
        _ reader: DefinitionReader, files: [FileDefinition<Source>], strongbox: Strongbox,
        chance: Chance, log: Logger, tryOut: @escaping TryOut, open: @escaping Open
    ) {
        let doors = Doors(open)
        self.doors = doors
        self.strongbox = strongbox
        self.tryOut = tryOut
        definitions = DefinitionDesk(
            .sources(reader), files: files, strongbox: strongbox, chance: chance, log: log
        ) { doors.take($0) }
    }

    /// Puts everything in force, at start.
    package func rebuild() async throws(AdministrationError) {
        let closed: [SealedSecret.Place]
        do throws(StorageError) {
            closed = try await strongbox.places(of: Self.field, in: "source")
        } catch {
            throw AdministrationError(error)
        }
        doors.close(closed.map(\.name), true)
        try await definitions.rebuild()
    }

    func isClosed(_ name: String) -> Bool { doors.isClosed(name) }

    /// Closes or opens a source, in force when it is on disk; one that is as it should be stays so.
    func set(
        _ name: String, closed isClosed: Bool, noting note: AuditNote?
    ) async throws(AdministrationError) {
        try await turnstile.pass { () async throws(AdministrationError) in
            do throws(StorageError) {
                let place = SealedSecret.Place(table: "source", name: name, field: Self.field)
                let found = try await strongbox.found(at: place)
                if isClosed, found == nil {
                    _ = try await strongbox.replace(nil, with: [1], at: place, noting: note)
                } else if !isClosed, let found {
                    _ = try await strongbox.delete(found, noting: note)
                }
            } catch {
                throw AdministrationError(error)
            }
            doors.close([name], isClosed)
        }
    }

    private static let field = "closed"
}

extension DefinitionKind<Source> {
    package static func sources(_ reader: DefinitionReader) -> DefinitionKind<Source> {
        DefinitionKind(
            word: "source", storedMax: 1_000, putVerb: .sourcePut, deletedVerb: .sourceDeleted
        ) { name, json throws(DefinitionRefusal) in try reader.source(name, json) }
    }
}
