import Copying
import Domain
import Intake
import Logging
import Matching
import Notifying
import Pipeline
import Storage

/// The rooms of one worker, put together as the service puts them together.
struct Process: Sendable {
    /// Asked seldom, so that hours of virtual time cost little.
    private static let limits = StageLimits(pause: .seconds(5))

    let intake: IntakeRoom
    let matching: StageRunner<MatchingStage>
    let copying: StageRunner<CopyingStage>
    let notifying: StageRunner<NotifyingStage>

    init(
        _ scenery: Scenery, store: WorldStore, transport: LifeTransport, time: TimeSource,
        chance: Chance, log: Logger
    ) {
        let (wakeMatching, wakeCopying, wakeNotifying) = (Nudge(), Nudge(), Nudge())
        intake = IntakeRoom(
            sources: scenery.sources, events: store, time: time, chance: chance,
            next: wakeMatching, log: log)
        matching = StageRunner(
            MatchingStage(
                events: store, book: scenery.book, connections: scenery.connections,
                audience: scenery.audience, time: time, log: log),
            time: time, nudge: wakeMatching, next: [wakeCopying, wakeNotifying],
            limits: Self.limits, log: log)
        copying = StageRunner(
            CopyingStage(
                ledger: store, connections: scenery.connections, platforms: scenery.platforms,
                audience: scenery.audience, transport: transport, time: time, chance: chance,
                log: log),
            time: time, nudge: wakeCopying, next: [wakeNotifying], limits: Self.limits, log: log)
        notifying = StageRunner(
            NotifyingStage(
                ledger: store, audience: scenery.audience, transport: transport,
                time: time, chance: chance, lease: .seconds(60), log: log),
            time: time, nudge: wakeNotifying, limits: Self.limits, log: log)
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

/// Listens for what a room says only when it contradicts itself.
struct BugListener: LogHandler {
    let ledger: Ledger
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.error

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let message = "\(event.message)"
        let words = ["transition_invalid", "signal_refused", "step_unexpected", "unreadable"]
        guard event.level == .critical || words.contains(where: { message.hasSuffix($0) }) else {
            return
        }
        let fields = (event.metadata ?? [:]).sorted { $0.key < $1.key }
        ledger.note(
            bug: "\(message) " + fields.map { "\($0.key)=\($0.value)" }.joined(separator: " "))
    }
}
