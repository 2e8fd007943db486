import Administration
import Domain
import Gateway
import Intake
import Logging
import Pipeline
import Rules
import Sealing
import Settings
import Signing
import Storage
import StorageMemory
import StrictJSON
import Synchronization
import Transport
import TransportCurl

/// A gateway on loopback over a memory store, and what reached its intake.
struct GatewayFixture: Sendable {
    static let key = "a key for these tests alone"
    static let now = Timestamp(milliseconds: 1_773_822_615_250)

    let store = MemoryStore()
    let book = RuleBook()
    let received = Received()
    var limits = ConnectionLimits()
    var callLimits = CallLimits()
    var elapsed: @Sendable () -> Duration = { .zero }
    var fileRules: [Rule] = []
    var readiness: [String] = []
    var isExempt: @Sendable (PeerAddress) -> Bool = { $0.isLoopback }
    /// What intake answers; `nil` for 200 and `{}`.
    var answer: (@Sendable (IncomingRequest) async -> IntakeAnswer)?
    /// How the drain time passes.
    var sleep: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }

    final class Received: Sendable {
        struct Item: Sendable {
            let request: IncomingRequest
            let source: String
            let secret: String?
        }

        private let items = Mutex<[Item]>([])
        var all: [Item] { items.withLock { $0 } }
        func note(_ item: Item) { items.withLock { $0.append(item) } }
    }

    struct Running: Sendable {
        let port: Int
        let stop: StopSignal
        var url: String { "http://127.0.0.1:\(port)" }
    }

    /// Lets intake answer `done`, and only when told to.
    ///
    /// - Returns: What says that a callback has come in, and what lets its answer go.
    mutating func holdAnswers() -> (entered: Nudge, go: Nudge) {
        let (entered, go) = (Nudge(), Nudge())
        answer = { _ in
            entered.signal()
            await go.wait()
            return IntakeAnswer(status: 200, headers: [], body: Array("done".utf8))
        }
        return (entered, go)
    }

    /// Runs `work` beside a gateway, stops the gateway, and waits for its end.
    func run<Value: Sendable>(
        _ work: @escaping @Sendable (Running) async throws -> Value
    ) async throws -> Value {
        let stop = StopSignal()
        let gateway = try await gateway()
        let (ports, port) = AsyncStream.makeStream(of: Int.self)
        return try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask {
                defer { port.finish() }
                try await gateway.run(host: "127.0.0.1", port: 0, until: { await stop.wait() }) {
                    port.yield($0.port)
                }
                return nil
            }
            group.addTask {
                defer { stop.raise() }
                var iterator = ports.makeAsyncIterator()
                guard let port = await iterator.next() else { return nil }
                return try await work(Running(port: port, stop: stop))
            }
            var value: Value?
            for try await result in group { value = result ?? value }
            guard let value else { throw RawClient.Failure(description: "did not start") }
            return value
        }
    }

    func gateway() async throws -> HTTPGateway {
        let time = TimeSource(now: { Self.now }, elapsed: elapsed, sleep: sleep)
        let log = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        let destinations = DestinationBook(
            connections: [
                Connection(
                    name: "coze-prod", provider: .coze, baseURL: "https://api.coze.cn",
                    credential: .token(Secret("pat_0123456789abcdef")))
            ],
            endpoints: [
                Endpoint(
                    name: "audit", channel: .webhook, url: Secret("https://example.com/audit"))
            ])
        let chance = Chance { .random(in: .min ... .max) }
        let administration = Administrator(
            store: store, book: book, fileRules: fileRules, destinations: destinations,
            desks: DefinitionDesks(
                reader: DefinitionReader(
                    egress: EgressPolicy(), publicURL: nil, lease: .seconds(60)),
                endpoints: destinations.current.audience.endpoints.map {
                    FileDefinition(
                        name: $0.name, value: $0, shown: [:], file: "copyhook.yaml")
                },
                connections: destinations.current.connections.map {
                    FileDefinition(
                        name: $0.name, value: $0, shown: [:], file: "copyhook.yaml")
                },
                strongbox: Strongbox(
                    store,
                    keys: KeyRing(
                        try MasterKey(parsing: Secret(String(repeating: "k", count: 32)))),
                    chance: chance),
                destinations: destinations, chance: chance, log: log), time: time,
            chance: chance, presetKey: Secret(Self.key),
            rehearse: { _, _ in MatchOutcome() },
            publish: { _, _, _ in [] },
            tryEndpoint: { endpoint in
                Trial(
                    isAccepted: true, status: 204, took: .milliseconds(7),
                    detail: "delivered to \(endpoint.name)", remedy: "")
            }, log: log)
        try await administration.start()
        await administration.keyDesk.refresh()
        let (received, answer, reasons) = (received, answer, readiness)
        return HTTPGateway(
            receive: { request, source, secret in
                received.note(.init(request: request, source: source, secret: secret))
                return await answer?(request)
                    ?? IntakeAnswer(
                        status: 200, headers: [("Content-Type", "application/json")],
                        body: Array("{}".utf8))
            }, administration: administration,
            readiness: { reasons }, isExempt: isExempt, limits: limits,
            callLimits: callLimits, time: time, log: log)
    }
}

/// Our own client, allowed to call loopback.
func client() throws -> CurlTransport {
    try CurlTransport(
        policy: EgressPolicy(allow: [try AllowRule(parsing: "127.0.0.0/8")]),
        userAgent: "Copyhook/0.0 (+https://copyhook.example)")
}

extension CurlTransport {
    /// Asks with the administrator's key, and lets go of the connection.
    func ask(
        _ method: Transport.HTTPRequest.Method, _ url: String, body: String = "",
        key: String? = GatewayFixture.key
    ) async throws -> HTTPAnswer {
        let headers = key.map { [Transport.HTTPField("Authorization", "Bearer \($0)")] } ?? []
        var request = Transport.HTTPRequest(
            method, url, headers: headers, body: Array(body.utf8))
        request.isOnFreshConnection = true
        return try await send(request)
    }
}
