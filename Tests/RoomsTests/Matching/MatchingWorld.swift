import Domain
import Matching
import Rules
import Signing
import Storage
import StorageMemory
import StrictJSON
import Testing

/// A matching room on a store in memory, with what it can be told to say.
struct MatchingWorld: Sendable {
    static let start = Timestamp(milliseconds: 1_800_000_000_000)

    let store = MemoryStore()
    let events: GuardedEvents
    let clock = ManualClock(MatchingWorld.start)
    let book: RuleBook
    let destinations: DestinationBook
    let room: MatchingStage
    let paper = LogPaper()

    init(_ rules: [String], endpoints: [Endpoint] = [endpoint("audit"), endpoint("ops")]) throws {
        events = GuardedEvents(store)
        book = RuleBook(try rules.map(Self.rule))
        destinations = DestinationBook(connections: Self.connections, endpoints: endpoints)
        room = MatchingStage(
            events: events, book: book, destinations: destinations,
            time: clock.source, log: paper.logger)
    }

    static func rule(_ text: String) throws -> Rule {
        try Rule(parsing: try JSONValue(parsing: text), name: nil)
    }

    static func endpoint(_ name: String) -> Endpoint {
        Endpoint(name: name, channel: .webhook, url: Secret("https://example.com/\(name)"))
    }

    private static let connections: [Connection] = {
        var careful = connection("coze", .coze)
        careful.onUncertain = .reconcile
        return [careful, connection("keyue", .keyue)]
    }()

    private static func connection(_ name: String, _ provider: Provider) -> Connection {
        Connection(
            name: name, provider: provider, baseURL: "https://example.com",
            credential: .token(Secret("t")))
    }

    /// Stores a publication and takes it through the room.
    @discardableResult
    func match(
        _ key: String, entity: EntityReference? = bot("7351"), type: String = "bot.published",
        body: String = "{}"
    ) async throws -> EventRecord {
        let id = try await admit(key, entity: entity, type: type, body: body)
        try await runOnce()
        return try #require(await store.event(id))
    }

    @discardableResult
    func admit(
        _ key: String, entity: EntityReference? = bot("7351"), type: String = "bot.published",
        body: String = "{}"
    ) async throws -> Event.ID {
        let event = Event(
            id: Event.ID(rawValue: "evt_\(key)"), identity: .init(source: "main", key: key),
            type: type, time: nil, receivedAt: clock.now, entity: entity,
            body: Array(body.utf8))
        _ = try await store.admit(event)
        return event.id
    }

    /// One claim of everything that is due, performed and settled.
    func runOnce() async throws {
        for claim in try await room.claim(limit: 100, at: clock.now) {
            try await room.settle(await room.perform(claim))
        }
    }

    func tasks() async throws -> [CopyTask] {
        try await store.tasks(Query(limit: 200)).rows.sorted { $0.id < $1.id }
    }

    static func bot(_ id: String, workspace: String? = "7481") -> EntityReference {
        EntityReference(type: "bot", id: id, name: "客服助手", workspaceID: workspace, version: "1")
    }
}

/// The store, with copies that it believes to be ours and trouble when asked for.
actor GuardedEvents: EventLog {
    private let store: MemoryStore
    private var own: [Provider: [String]] = [:]
    private var troubles = 0
    private(set) var settled: [MatchOutcome] = []

    init(_ store: MemoryStore) { self.store = store }

    func remember(_ ids: String..., of provider: Provider) { own[provider, default: []] += ids }
    /// Lets the next questions of the guards fail.
    func fail(times: Int) { troubles = times }

    func admit(_ event: Event) async throws(StorageError) -> Admission {
        try await store.admit(event)
    }

    func admit(_ events: [Event]) async throws(StorageError) -> [Admission] {
        try await store.admit(events)
    }

    func claimEvents(
        limit: Int, at now: Timestamp, lease: Duration
    ) async throws(StorageError) -> [Claim<Event>] {
        try await store.claimEvents(limit: limit, at: now, lease: lease)
    }

    func settle(
        _ claim: Claim<Event>, as outcome: MatchOutcome, at now: Timestamp
    ) async throws(StorageError) {
        try await store.settle(claim, as: outcome, at: now)
        settled.append(outcome)
    }

    func ownCopies(
        among ids: [String], of provider: Provider
    ) async throws(StorageError) -> Set<String> {
        if troubles > 0 {
            troubles -= 1
            throw StorageError(.unavailable, detail: "away")
        }
        return Set(ids.filter { own[provider, default: []].contains($0) })
    }

    func lastTrigger(
        rule: String, entity: EntityReference
    ) async throws(StorageError) -> Timestamp? {
        try await store.lastTrigger(rule: rule, entity: entity)
    }
}
