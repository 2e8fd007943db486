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

/// A source in force.
package struct OpenSource: Sendable {
    package let name: String
    /// In the order of time, the last one without an end: several while a secret is being changed.
    package let phases: [(source: Source, until: Timestamp?)]
    package let isClosed: Bool
}

/// Where sources are put in, closed, opened and given other secrets while the service runs.
///
/// Whether one is closed is noted apart from what it is, so that those of the configuration can be
/// closed, too. A closed source acknowledges nothing: senders keep their events and come again.
package final class SourceDesk: Sendable {
    package typealias Open = @Sendable (_ sources: [OpenSource]) -> Void
    package typealias TryOut =
        @Sendable (_ request: IncomingRequest, _ source: String, _ secret: String?) -> SourceTrial?

    let definitions: DefinitionDesk<Source>
    let tryOut: TryOut
    let secrets: RotatedSecrets
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
        private let secrets: RotatedSecrets
        private let time: TimeSource
        private let log: Logger
        private let open: Open

        init(
            _ secrets: RotatedSecrets, time: TimeSource, log: Logger, _ open: @escaping Open
        ) {
            self.secrets = secrets
            self.time = time
            self.log = log
            self.open = open
        }

        func isClosed(_ name: String) -> Bool { state.withLock { $0.closed.contains(name) } }

        func take(_ sources: [Source]) {
            state.withLock { state in
                state.sources = sources
                tell(state)
            }
        }

        /// Has what counts told anew, after secrets were rotated.
        func refresh() { state.withLock { tell($0) } }

        func close(_ names: [String], _ isClosed: Bool) {
            state.withLock { state in
                for name in names {
                    if isClosed { state.closed.insert(name) } else { state.closed.remove(name) }
                }
                tell(state)
            }
        }

        private func tell(_ state: State) {
            let now = time.now()
            open(
                state.sources.map { source in
                    OpenSource(
                        name: source.name, phases: phases(of: source, at: now),
                        isClosed: state.closed.contains(source.name))
                })
        }

        /// What the definition says counts again where it does not go with what was rotated.
        private func phases(
            of source: Source, at now: Timestamp
        ) -> [(source: Source, until: Timestamp?)] {
            do throws(DefinitionRefusal) {
                var phases: [(source: Source, until: Timestamp?)] = []
                for phase in secrets.phases(of: source, at: now) {
                    let isAsDefined = phase.secrets == source.secrets
                    phases.append(
                        (isAsDefined ? source : try source.taking(phase.secrets), phase.until))
                }
                return phases
            } catch {
                log.warning(
                    "source.problem",
                    metadata: [
                        "name": "\(source.name)",
                        "problem": "the rotated secrets are refused: \(error.text)",
                    ])
                return [(source, nil)]
            }
        }
    }

    /// - Parameters:
    ///   - files: Those of the configuration.
    ///   - open: Told of all that are in force, one call at a time.
    package init(
        _ reader: DefinitionReader, files: [FileDefinition<Source>], strongbox: Strongbox,
        time: TimeSource, chance: Chance, log: Logger, tryOut: @escaping TryOut,
        open: @escaping Open
    ) {
        let secrets = RotatedSecrets(of: "source", strongbox)
        let doors = Doors(secrets, time: time, log: log, open)
        self.secrets = secrets
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
        do throws(StorageError) {
            try await secrets.load(definitions.list().map(\.name))
        } catch {
            throw AdministrationError(error)
        }
        doors.refresh()
    }

    /// Puts in force what was rotated.
    func refresh() { doors.refresh() }

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

extension RotatedSecrets {
    func phases(of source: Source, at now: Timestamp) -> [Phase] {
        phases(of: source.name, configured: source.secrets, at: now)
    }

    func secrets(of source: Source, at now: Timestamp) -> [Secret] {
        secrets(of: source.name, configured: source.secrets, at: now)
    }

    func overlap(of source: Source, at now: Timestamp) -> Timestamp? {
        overlap(of: source.name, configured: source.secrets, at: now)
    }
}

extension DefinitionKind<Source> {
    package static func sources(_ reader: DefinitionReader) -> DefinitionKind<Source> {
        DefinitionKind(
            word: "source", storedMax: 1_000, putVerb: .sourcePut, deletedVerb: .sourceDeleted
        ) { name, json throws(DefinitionRefusal) in try reader.source(name, json) }
    }
}
