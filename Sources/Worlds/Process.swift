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
import Storage
import Transport

/// The rooms of one worker, put together as the service puts them together.
struct Process: Sendable {
    /// Asked seldom, so that hours of virtual time cost little.
    private static let limits = StageLimits(pause: .seconds(5))

    let intake: IntakeRoom
    let matching: StageRunner<MatchingStage>
    let copying: StageRunner<CopyingStage>
    let notifying: StageRunner<NotifyingStage>
    let administrator: Administrator

    /// - Parameters:
    ///   - store: As the rooms have it, with a bug in it at times.
    ///   - desk: The same store as people's decisions reach it.
    init(
        _ scenery: Scenery, store: RoomStore, desk: WorldStore,
        transport: any HTTPTransport, time: TimeSource, chance: Chance, log: Logger
    ) {
        let destinations = DestinationBook(
            connections: scenery.connections, endpoints: scenery.endpoints)
        let (wakeMatching, wakeCopying, wakeNotifying) = (Nudge(), Nudge(), Nudge())
        intake = IntakeRoom(
            sources: scenery.sources, events: store, time: time, chance: chance,
            next: wakeMatching, log: log)
        matching = StageRunner(
            MatchingStage(
                events: store, book: scenery.book, destinations: destinations, time: time,
                log: log),
            time: time, nudge: wakeMatching, next: [wakeCopying, wakeNotifying],
            limits: Self.limits, log: log)
        copying = StageRunner(
            CopyingStage(
                ledger: store, health: store, destinations: destinations,
                platform: { connection throws(ProviderError) in
                    try copyPlatform(for: connection)
                }, transport: transport,
                time: time, chance: chance, log: log),
            time: time, nudge: wakeCopying, next: [wakeNotifying], limits: Self.limits, log: log)
        notifying = StageRunner(
            NotifyingStage(
                ledger: store, destinations: destinations, transport: transport,
                time: time, chance: chance, lease: .seconds(60), log: log),
            time: time, nudge: wakeNotifying, limits: Self.limits, log: log)
        administrator = Administrator(
            store: desk, book: scenery.book, fileRules: [],
            destinations: destinations, desks: .fixed(destinations, log: log), time: time,
            chance: chance,
            rehearse: Rehearsing(
                events: store, destinations: destinations, time: time
            ).outcome,
            publish: { _, _, _ in [] }, tryEndpoint: { _ in .nothing },
            nudges: .init(
                matching: { wakeMatching.signal() }, copying: { wakeCopying.signal() },
                notifying: { wakeNotifying.signal() }),
            log: log)
    }

    /// Works until the life ends.
    func run() async {
        let stop = StopSignal()
        await withDiscardingTaskGroup { group in
            group.addTask { await intake.run(until: stop) }
            group.addTask { await matching.run(until: stop) }
            group.addTask { await copying.run(until: stop) }
            group.addTask { await notifying.run(until: stop) }
        }
    }
}

/// Hears every line that a room logs.
///
/// Remembers those that are there only when a room contradicts itself, tells the others, and
/// searches all of them for secrets where the world is searched.
struct Listener: LogHandler {
    let chronicle: Chronicle
    let isSearching: Bool
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level

    init(_ chronicle: Chronicle, isSearching: Bool) {
        self.chronicle = chronicle
        self.isSearching = isSearching
        logLevel = isSearching || chronicle.isDetailed ? .debug : .error
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let message = "\(event.message)"
        let words = ["transition_invalid", "signal_refused", "step_unexpected", "unreadable"]
        let isBug = event.level == .critical || words.contains { message.hasSuffix($0) }
        guard isBug || isSearching || chronicle.isDetailed else { return }
        let fields = (event.metadata ?? [:]).sorted { $0.key < $1.key }
        let line =
            "\(message) " + fields.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
        if isBug { chronicle.note(contradiction: line) }
        if isSearching, line.holdsMarker { chronicle.noteLeak(in: "the log line \(message)") }
        chronicle.tell("log \(line)")
    }
}
