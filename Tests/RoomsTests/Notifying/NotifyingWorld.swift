import Channels
import Domain
import Notifying
import Pipeline
import Signing
import Simulation
import Storage
import StorageMemory
import StrictJSON
import Synchronization
import Testing
import Transport

/// The room, a store in memory, a clock moved by hand and endpoints that answer from a script.
final class NotifyingWorld: Sendable {
    static let start = Timestamp(milliseconds: 1_773_822_615_000)
    static let key = Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    static let lease = Duration.seconds(60)

    let store = MemoryStore()
    let destinations: DestinationBook
    let transport = NotifyingReceivers()
    let paper = LogPaper()
    let clock = ManualClock(NotifyingWorld.start)
    private let seed: UInt64
    /// What rules say at the moment of sending.
    let ruleTemplates = Mutex<[MessageTemplates.OfRule]>([])

    init(_ endpoints: [Endpoint], seed: UInt64 = 1) {
        destinations = DestinationBook(endpoints: endpoints)
        self.seed = seed
    }

    static func webhook(_ name: String, concurrent: Int = 4) -> Endpoint {
        var endpoint = Endpoint(
            name: name, channel: .webhook, url: Secret("https://\(name).example.com/secret-path"),
            secrets: [key])
        endpoint.concurrent = concurrent
        return endpoint
    }

    static func feishu(_ name: String) -> Endpoint {
        Endpoint(
            name: name, channel: .feishu,
            url: Secret("https://\(name).example.com/open-apis/bot/v2/hook/t0ken-0123456789"))
    }

    var now: Timestamp { clock.now }
    func advance(to time: Timestamp) { clock.advance(to: time) }
    func advance(by duration: Duration) { clock.advance(by: duration) }

    /// A new room on the same store, as after a restart.
    func room(on ledger: (any DeliveryLedger & HealthLedger)? = nil) -> NotifyingStage {
        let generator = Mutex(SeededGenerator(seed: seed))
        let world = self
        return NotifyingStage(
            ledger: ledger ?? store, destinations: destinations, transport: transport,
            time: clock.source,
            chance: Chance { generator.withLock { $0.next() } }, lease: Self.lease,
            log: paper.logger,
            ruleTemplates: { world.ruleTemplates.withLock { $0 } })
    }

    /// Writes one ping for each of the named endpoints; returns the deliveries' ids.
    @discardableResult
    func announce(_ number: Int = 1, to names: [String]) async throws -> [Delivery.ID] {
        let id = CompletionNotification.ID(rawValue: "ntf_\(number)")
        let notification = CompletionNotification(
            id: id, type: .ping, taskID: nil, eventID: nil, createdAt: now,
            payload: CompletionNotification.payload(.ping, at: now, data: [:]))
        let deliveries = names.map { name in
            Delivery(
                id: Delivery.ID(rawValue: "msg_\(number)_\(name)"), notificationID: id,
                type: .ping, endpoint: name, createdAt: now)
        }
        try await store.announce(
            Announcement(notification: notification, deliveries: deliveries))
        return deliveries.map(\.id)
    }

    /// Claims what is due, performs it piece by piece, settles it; returns how many there were.
    @discardableResult
    func turn(_ room: NotifyingStage, limit: Int = 64) async throws -> Int {
        let claims = try await room.claim(limit: limit, at: now)
        for claim in claims { try await room.settle(await room.perform(claim)) }
        return claims.count
    }

    /// Turns until nothing is due any more; returns how many there were.
    @discardableResult
    func turns(_ room: NotifyingStage) async throws -> Int {
        var sum = 0
        for _ in 1...10_000 {
            let count = try await turn(room)
            if count == 0 { return sum }
            sum += count
        }
        throw Endless()
    }

    struct Endless: Error {}

    func health(_ name: String) async throws -> DestinationHealth? {
        try await store.health().first { $0.destination == .endpoint(name) }
    }

    /// What one endpoint is told of others: type, share and about whom, oldest first.
    func news(to name: String) async throws -> [String] {
        var lines: [String] = []
        for row in try await store.deliveries(Query(limit: 200)).rows.reversed()
        where row.endpoint == name && row.type != .ping {
            let record = try #require(await store.delivery(row.id))
            let data = try JSONValue(parsing: record.notification.payload)["data"]
            let percent = data?["percent"]?.number?.int64.map { " \($0)" } ?? ""
            lines.append("\(row.type.rawValue)\(percent) \(data?["endpoint"]?.string ?? "?")")
        }
        return lines
    }

    func delivery(_ id: Delivery.ID) async throws -> Delivery {
        try #require(await store.delivery(id)).delivery
    }

    func attempts(_ id: Delivery.ID) async throws -> [Attempt] {
        try #require(await store.delivery(id)).attempts
    }
}

/// Endpoints that answer as told and remember what they were sent.
final class NotifyingReceivers: HTTPTransport {
    typealias Answer =
        @Sendable (HTTPRequest) async -> Swift.Result<HTTPAnswer, TransportFailure>

    private let state = Mutex((sent: [HTTPRequest](), answer: Answer?.none))

    var sent: [HTTPRequest] { state.withLock { $0.sent } }

    func answer(by answer: @escaping Answer) { state.withLock { $0.answer = answer } }

    func answer(_ status: Int, _ body: String = "", _ headers: [HTTPField] = []) {
        answer(by: { _ in
            .success(HTTPAnswer(status: status, headers: headers, body: Array(body.utf8)))
        })
    }

    func fail(_ code: TransportFailure.Code, isSent: Bool) {
        answer(by: { _ in
            .failure(TransportFailure(code, isSent: isSent, detail: "told to"))
        })
    }

    func send(_ request: HTTPRequest) async throws(TransportFailure) -> HTTPAnswer {
        let answer = state.withLock { state in
            state.sent.append(request)
            return state.answer
        }
        guard let answer else { return HTTPAnswer(status: 200) }
        return try await answer(request).get()
    }
}
