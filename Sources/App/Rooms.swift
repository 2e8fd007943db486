import Administration
import Copying
import Domain
import Intake
import Logging
import Matching
import Notifying
import Pipeline
import Providers
import Rules
import Sealing
import Settings
import Signing
import Storage
import StrictJSON
import Transport

/// The four rooms over one store, and the hints by which they wake one another.
///
/// The only place that knows all of them.
struct Rooms: Sendable {
    let intake: IntakeRoom
    let wakeMatching = Nudge()
    let wakeCopying = Nudge()
    let wakeNotifying = Nudge()
    /// What matching would decide, nothing of it done.
    let rehearse: Rehearsal
    let publish: Publish
    private let matching: StageRunner<MatchingStage>
    private let copying: StageRunner<CopyingStage>
    private let notifying: StageRunner<NotifyingStage>

    init(
        _ configuration: Configuration, store: any Store, book: RuleBook,
        transport: any HTTPTransport, strongbox: Strongbox, endpointSecrets: RotatedSecrets,
        destinations: DestinationBook, time: TimeSource, chance: Chance, log: Logger
    ) throws(ServiceError) {
        intake = IntakeRoom(
            sources: Dictionary(
                uniqueKeysWithValues: configuration.sources.map { ($0.name, $0.scheme) }),
            pathSecrets: Dictionary(
                uniqueKeysWithValues: configuration.sources.map { ($0.name, $0.pathSecrets) }),
            events: store, time: time, chance: chance, next: wakeMatching, log: log)
        publish = { [intake] events, body, source throws(AdministrationError) in
            switch await intake.publish(events, body: body, as: source) {
            case .admitted(let events):
                events.map { Published(id: $0.id, admission: $0.admission) }
            case .sourceTaken: throw .sourceTaken(source)
            case .heldBack: throw .heldBack
            }
        }
        rehearse =
            Rehearsing(
                events: store, destinations: destinations, time: time
            ).outcome
        matching = StageRunner(
            MatchingStage(
                events: store, book: book, destinations: destinations, time: time,
                lease: configuration.lease, log: log),
            time: time, nudge: wakeMatching, next: [wakeCopying, wakeNotifying], log: log)
        try Self.check(configuration.connections)
        copying = StageRunner(
            CopyingStage(
                ledger: store, health: store, destinations: destinations,
                platform: { connection throws(ProviderError) in
                    try copyPlatform(for: connection)
                }, transport: transport, keeper: SealedGrants(strongbox, log: log), time: time,
                chance: chance, lease: configuration.lease, log: log),
            time: time, nudge: wakeCopying, next: [wakeNotifying], log: log)
        notifying = StageRunner(
            NotifyingStage(
                ledger: store, destinations: destinations, transport: transport,
                time: time, chance: chance, lease: configuration.lease, log: log,
                ruleTemplates: { book.current.templates },
                secrets: { endpointSecrets.secrets(of: $0, at: $1) }),
            time: time, nudge: wakeNotifying, log: log)
    }

    /// Works until the stop, then finishes what is in hand; cancelling cuts that short.
    func run(until stop: StopSignal) async {
        await withDiscardingTaskGroup { group in
            group.addTask { await matching.run(until: stop) }
            group.addTask { await copying.run(until: stop) }
            group.addTask { await notifying.run(until: stop) }
        }
    }

    /// How many pieces of work each queued room has in hand, in the order of an event's way.
    var worksInHand: [(room: String, count: Int)] {
        [
            ("matching", matching.worksInHand), ("copying", copying.worksInHand),
            ("notifying", notifying.worksInHand),
        ]
    }

    /// What a platform says against a connection that is to be put in.
    @Sendable static func objection(_ connection: Connection) -> DefinitionFinding? {
        do throws(ProviderError) {
            _ = try copyPlatform(for: connection)
            return nil
        } catch {
            let keys = error.place.split(separator: ".").dropFirst(2).map(String.init)
            return DefinitionFinding(
                pointer: JSONPointer(tokens: keys), what: error.detail,
                remedy: "Write it as connections.NAME of the configuration wants it.")
        }
    }

    /// Refuses to start with a connection that could copy nothing.
    private static func check(_ connections: [Connection]) throws(ServiceError) {
        for connection in connections {
            do throws(ProviderError) {
                _ = try copyPlatform(for: connection)
            } catch {
                throw ServiceError(error.place, error.detail)
            }
        }
    }
}
