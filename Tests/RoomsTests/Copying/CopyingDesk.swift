import Copying
import Domain
import Pipeline
import Providers
import Signing
import Storage
import StorageMemory
import Testing
import Transport

/// The room on a memory store, with everything around it in the test's hand.
struct CopyingDesk {
    static let start = Timestamp(milliseconds: 1_773_822_600_000)

    let store = MemoryStore()
    let clock = ManualClock(CopyingDesk.start)
    let platform: ScriptedPlatform
    let transport = ScriptedTransport()
    let paper = LogPaper()
    let stage: CopyingStage
    let connection: Connection
    let destinations: DestinationBook
    /// Another worker on the same store, or the same after a restart.
    let makeStage: @Sendable () -> CopyingStage

    init(
        _ script: ScriptedPlatform.Script = ScriptedPlatform.Script(),
        provider: Provider = .coze,
        limits: CopyingLimits = CopyingLimits(),
        lease: Duration = .seconds(60),
        connection change: (inout Connection) -> Void = { _ in },
        ledger: (MemoryStore) -> any CopyLedger = { $0 },
        health: (MemoryStore) -> any HealthLedger = { $0 },
        keeper: any GrantKeeper = NoGrantKeeper()
    ) {
        platform = ScriptedPlatform(script)
        var connection = Connection(
            name: "c", provider: provider, baseURL: "https://platform.test",
            credential: .token(Secret("fixed-token")))
        connection.limits = Connection.Limits(rate: Rate(1_000, per: .seconds(1)), concurrent: 2)
        change(&connection)
        self.connection = connection
        let (ledger, health) = (ledger(store), health(store))
        destinations = DestinationBook(
            connections: [connection],
            endpoints: [
                Endpoint(name: "ops", channel: .webhook, url: Secret("https://ops.test/"))
            ])
        makeStage = { [platform, transport, clock, paper, destinations] in
            CopyingStage(
                ledger: ledger, health: health, destinations: destinations,
                platform: { $0.name == "c" ? platform : nil },
                transport: transport, keeper: keeper, time: clock.source,
                chance: Chance { .max / 2 },
                limits: limits, lease: lease, log: paper.logger)
        }
        stage = makeStage()
    }

    /// Puts a task in the store as matching would.
    func plan(
        _ id: CopyTask.ID = "t1", entity: String = "7351", connection: String = "c",
        provider: Provider = .coze, onUncertain: UncertainPolicy = .hold
    ) async throws {
        let event = Event(
            id: Event.ID(rawValue: "evt_" + id.rawValue),
            identity: Event.Identity(source: "s", key: id.rawValue), type: "bot.published",
            time: nil, receivedAt: clock.now, entity: nil, body: Array("{}".utf8))
        _ = try await store.admit(event)
        let plan = CopyTask.Plan(
            event: EventSummary(event), rule: "backup", action: 0, run: 0,
            connection: connection, provider: provider,
            entity: EntityReference(type: "bot", id: entity, name: "客服助手", workspaceID: "1"),
            toWorkspace: "2", onUncertain: onUncertain, notify: nil, createdAt: clock.now)
        let claim = try #require(
            await store.claimEvents(limit: 1, at: clock.now, lease: .seconds(60)).first)
        try await store.settle(
            claim,
            as: MatchOutcome(
                verdicts: [RuleVerdict(rule: "backup", action: 0, effect: .planned(id))],
                tasks: [CopyTask(id: id, plan: plan, state: .queued(notBefore: clock.now))]),
            at: clock.now)
    }

    /// Sends a task for something else of the same name, as another worker would.
    func sendAnother(_ id: CopyTask.ID) async throws -> Claim<CopyTask> {
        try await plan(id, entity: "9000")
        var claim = try await store.takeTask(id, at: clock.now, lease: .seconds(60))
        _ = try claim.work.apply(.prepared(CopyTask.Dispatch(id: "dsp_2", at: clock.now)))
        try await store.dispatch(claim, at: clock.now)
        return claim
    }

    /// Claims what is due, does it one by one, and settles it.
    @discardableResult
    func round(_ stage: CopyingStage? = nil) async throws -> Int {
        let stage = stage ?? self.stage
        let works = try await stage.claim(limit: 10, at: clock.now)
        for work in works { try await stage.settle(await stage.perform(work)) }
        return works.count
    }

    /// Does everything at once and opens the barrier when so many have come to it.
    func finish(
        _ works: [CopyWork], opening barrier: Barrier, at arrivals: Int
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for work in works {
                group.addTask { try await stage.settle(await stage.perform(work)) }
            }
            await barrier.waitForArrivals(arrivals)
            barrier.open()
            try await group.waitForAll()
        }
    }

    /// Jumps to when the task is due and makes a round.
    func nextRound(_ id: CopyTask.ID = "t1") async throws {
        let dueAt = try #require(try await task(id).dueAt)
        clock.advance(to: dueAt)
        try await round()
    }

    func record(_ id: CopyTask.ID = "t1") async throws -> TaskRecord {
        try #require(await store.task(id))
    }

    func task(_ id: CopyTask.ID = "t1") async throws -> CopyTask { try await record(id).task }

    func states(_ id: CopyTask.ID = "t1") async throws -> [CopyTask.State.Name] {
        try await record(id).history.map(\.state)
    }

    func outcomes(_ id: CopyTask.ID = "t1") async throws -> [String] {
        try await record(id).attempts.map(\.outcome)
    }

    /// The types of what was announced, oldest first.
    func announced() async throws -> [NotificationType] {
        try await store.deliveries(Query(limit: 200)).rows.reversed().map(\.type)
    }

    /// How long from now the task is due.
    func wait(_ id: CopyTask.ID = "t1") async throws -> Duration {
        try #require(try await task(id).dueAt) - clock.now
    }
}

extension Trouble {
    static func plain(_ retryAfter: Duration? = nil) -> Trouble {
        Trouble(Failure(.unavailable, message: "busy"), retryAfter: retryAfter)
    }

    static func slow(_ retryAfter: Duration? = nil) -> Trouble {
        Trouble(
            Failure(.rateLimited, code: "4008", message: "too fast"), retryAfter: retryAfter,
            slowsConnection: true)
    }

    static let unauthorized = Trouble(
        Failure(.unauthorized, code: "4100", message: "token invalid"), isGrantRefused: true,
        isCredentialRefused: true)
}

/// A transport's answer when the connection breaks after the request has left.
let cutOff: ScriptedTransport.Answer = { request in
    request.method == .post
        ? .failure(TransportFailure(.cutOff, isSent: true, detail: "cut"))
        : .success(HTTPAnswer(status: 200))
}
