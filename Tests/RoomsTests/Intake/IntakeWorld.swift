import Domain
import Intake
import Pipeline
import Signing
import Storage
import StorageMemory
import Synchronization

/// An intake with all that it touches in reach of a test.
struct IntakeWorld: Sendable {
    /// Set by a test around what it tries out.
    @TaskLocal static var isProbe = false

    static let now = Timestamp(milliseconds: 1_749_038_258_300)

    let store = MemoryStore()
    let next = Nudge()
    /// Ends every sleep once raised.
    let timeIsUp = StopSignal()
    let slept = Journal<Duration>()
    let paper = LogPaper()
    /// What the clock that never jumps says.
    let elapsed = Elapsed()

    func intake(
        _ sources: [String: any SourceScheme], pathSecrets: [String: [Secret]] = [:],
        events: (any EventLog)? = nil, limits: IntakeLimits = IntakeLimits(),
        time: TimeSource? = nil
    ) -> IntakeRoom {
        let count = Counter()
        return IntakeRoom(
            sources: sources, pathSecrets: pathSecrets, events: events ?? store,
            time: time ?? self.time,
            chance: Chance { count.next() }, next: next, limits: limits,
            log: paper.logger)
    }

    private var time: TimeSource {
        TimeSource(
            now: { Self.now }, elapsed: { elapsed.now },
            sleep: { duration in
                slept.append(duration)
                await timeIsUp.wait()
                try Task.checkCancellation()
            })
    }

    func stored() async throws -> [EventRecord] {
        try await store.events(Query()).rows
    }
}

/// A scheme that judges as the test says.
struct ScriptedScheme: SourceScheme {
    let verdict: Verdict
    var methods = ["POST", "GET"]

    init(_ verdict: Verdict) { self.verdict = verdict }

    func verify(_ request: IncomingRequest, at now: Timestamp) -> Verdict { verdict }
}

extension IntakeWorld {
    /// What was appended, in order.
    final class Journal<Entry: Sendable>: Sendable {
        private let state = Mutex<[Entry]>([])
        var entries: [Entry] { state.withLock { $0 } }
        func append(_ entry: Entry) { state.withLock { $0.append(entry) } }
    }

    final class Elapsed: Sendable {
        private let state = Mutex(Duration.zero)

        var now: Duration {
            get { state.withLock { $0 } }
            set { state.withLock { $0 = newValue } }
        }
    }

    final class Counter: Sendable {
        private let state = Mutex(UInt64(0))

        func next() -> UInt64 {
            state.withLock {
                $0 += 1
                return $0
            }
        }
    }
}

/// A store whose `admit` does what a test wants; the rest is not asked here.
struct WaywardEvents: EventLog {
    let onAdmit: @Sendable (Event) async throws(StorageError) -> Admission

    func admit(_ event: Event) async throws(StorageError) -> Admission {
        try await onAdmit(event)
    }

    func admit(_ events: [Event]) async throws(StorageError) -> [Admission] {
        var admissions: [Admission] = []
        for event in events { admissions.append(try await onAdmit(event)) }
        return admissions
    }

    func claimEvents(
        limit: Int, at now: Timestamp, lease: Duration
    ) async throws(StorageError) -> [Claim<Event>] { [] }

    func settle(
        _ claim: Claim<Event>, as outcome: MatchOutcome, at now: Timestamp
    ) async throws(StorageError) {}

    func ownCopies(
        among ids: [String], of provider: Provider
    ) async throws(StorageError) -> Set<String> { [] }

    func lastTrigger(
        rule: String, entity: EntityReference
    ) async throws(StorageError) -> Timestamp? { nil }
}

extension IntakeAnswer {
    var text: String { String(decoding: body, as: UTF8.self) }

    func header(_ name: String) -> String? {
        headers.first { $0.name == name }?.value
    }
}
