import Administration
import Domain
import Logging
import Matching
import Rules
import Sealing
import Settings
import Signing
import Storage
import StorageMemory
import StrictJSON
import Synchronization
import Transport

extension Principal {
    static let anna = Principal(id: "key_1", name: "anna", scopes: [.write])
}

/// A store with people's verbs over it, at a time that stands still.
struct AdministrationFixture {
    let store: MemoryStore
    let book = RuleBook()
    let administration: Administrator
    let destinations: DestinationBook
    let nudged = Nudged()
    /// Keys of events that were handed to intake.
    let published = Nudged()
    let now = Timestamp(milliseconds: 1_773_822_615_250)

    final class Nudged: Sendable {
        private let names = Mutex<[String]>([])
        var all: [String] { names.withLock { $0 } }
        func note(_ name: String) { names.withLock { $0.append(name) } }
    }

    init(
        fileRules: [Rule] = [], store: MemoryStore = MemoryStore(),
        over other: (any Store)? = nil, presetKey: Secret? = nil, clock: ManualClock? = nil,
        strongbox: Strongbox? = nil, sourceDesk: SourceDesk? = nil,
        endpoints names: [String] = ["audit", "chat"],
        tryEndpoint: @escaping EndpointTrying = { _ in .nothing }
    ) {
        self.store = store
        let (now, nudged) = (now, nudged)
        let secret = Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
        let endpoints = names.map {
            Endpoint(
                name: $0, channel: .webhook, url: Secret("https://example.com/\($0)"),
                secrets: [secret])
        }
        let connections = [
            Connection(
                name: "coze-prod", provider: .coze, baseURL: "https://api.coze.cn",
                credential: .token(secret)),
            Connection(
                name: "keyue-prod", provider: .keyue, baseURL: "https://keyue.example.com",
                credential: .token(secret)),
        ]
        let destinations = DestinationBook(connections: connections, endpoints: endpoints)
        self.destinations = destinations
        let log = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        let time =
            clock?.source ?? TimeSource(now: { now }, elapsed: { .zero }, sleep: { _ in })
        let store: any Store = other ?? store
        administration = Administrator(
            store: store, book: book, fileRules: fileRules,
            destinations: destinations,
            desks: DefinitionDesks(
                reader: DefinitionReader(
                    egress: EgressPolicy(), publicURL: nil, lease: .seconds(60)),
                endpoints: endpoints.map {
                    FileDefinition(
                        name: $0.name, value: $0, shown: [:], file: "copyhook.yaml")
                },
                connections: connections.map {
                    FileDefinition(
                        name: $0.name, value: $0, shown: [:], file: "copyhook.yaml")
                }, strongbox: strongbox, destinations: destinations,
                chance: Chance { .random(in: .min ... .max) }, log: log),
            sourceDesk: sourceDesk,
            endpointSecrets: RotatedSecrets(of: "endpoint", strongbox), time: time,
            chance: Chance { .random(in: .min ... .max) }, presetKey: presetKey,
            rehearse: Rehearsing(
                events: store, destinations: destinations, time: time
            ).outcome,
            publish: { [published] events, _, _ in
                events.map { event in
                    published.note(event.key ?? "")
                    return Published(id: "evt_9", admission: .stored)
                }
            }, tryEndpoint: tryEndpoint,
            nudges: .init(
                matching: { nudged.note("matching") }, copying: { nudged.note("copying") },
                notifying: { nudged.note("notifying") }),
            log: log)
    }

    /// A rule that tells of events and stands in a file.
    static func rule(_ name: String, type: String = "bot.published", from file: String) throws
        -> Rule
    {
        try Rule(
            parsing: ["match": ["type": [.string(type)]], "notify": ["audit"]], name: name,
            origin: .file(file))
    }

    func event(_ number: Int) -> Event {
        Event(
            id: Identifier(rawValue: "evt_\(number)"),
            identity: .init(source: "coze-main", key: "key-\(number)"), type: "bot.published",
            time: now, receivedAt: now + .milliseconds(number),
            entity: EntityReference(type: "bot", id: "7351", name: "客服助手", workspaceID: "7481"),
            body: Array(#"{"n":7505309748215939108,"text":"a\u002fb"}"#.utf8))
    }

    /// An event with a task of its own, planned and not yet taken.
    func plan(
        _ number: Int, provider: Provider = .coze, in workspace: String? = nil
    ) async throws -> CopyTask {
        let event = event(number)
        _ = try await store.admit(event)
        let claim = try await store.claimEvents(limit: 1, at: now, lease: .seconds(60))[0]
        let task = CopyTask(
            id: Identifier(rawValue: "tsk_\(number)"),
            plan: .init(
                event: EventSummary(event), rule: "backup", action: 0, run: 0,
                connection: provider == .coze ? "coze-prod" : "keyue-prod", provider: provider,
                entity: EntityReference(type: "bot", id: "7351", name: "客服助手"),
                toWorkspace: workspace ?? "749\(number)", onUncertain: .hold, notify: nil,
                createdAt: now),
            state: .queued(notBefore: now))
        let verdict = RuleVerdict(rule: "backup", action: 0, effect: .planned(task.id))
        try await store.settle(
            claim, as: MatchOutcome(verdicts: [verdict], tasks: [task]), at: now)
        return task
    }

    /// Lends a planned task out, whose request then leaves.
    func send(_ task: CopyTask, _ number: Int) async throws -> Claim<CopyTask> {
        var claim = try await store.takeTask(task.id, at: now, lease: .seconds(60))
        _ = try claim.work.apply(.prepared(.init(id: "dsp_\(number)", at: now)))
        try await store.dispatch(claim, at: now)
        return claim
    }

    /// A task whose answer was lost and whose copy was not found.
    func unresolved(
        _ number: Int, provider: Provider = .coze, in workspace: String? = nil
    ) async throws -> CopyTask {
        let task = try await plan(number, provider: provider, in: workspace)
        var claim = try await send(task, number)
        _ = try claim.work.apply(.answerLost(lookAt: now))
        _ = try claim.work.apply(.held(lookAt: now + .minutes(2), at: now))
        claim.work.evidence.candidates = [
            .init(id: "7600", name: "客服助手", updatedAt: now)
        ]
        try await store.settle(
            claim,
            with: CopySettlement(attempts: [Attempt(.submit, at: now, outcome: "answer_lost")]),
            at: now)
        return claim.work
    }
}
