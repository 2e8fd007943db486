import Domain
import Simulation
import StrictJSON
import Transport

/// A service on a small disk, and senders that do not give up.
final class DiskFullRun: Sendable {
    let count: Int
    let service: ServiceProcess
    let view: SmallDiskView
    private let scratch: ScratchDirectory
    private let coze: SimulatorProcess
    private let keyue: SimulatorProcess
    private let endpoint: SimulatorProcess
    private let world: KillWorld
    private let counts = Watched(Counts())

    private struct Counts {
        var acknowledged: [KillVerdict.Acknowledged] = []
        var refusals = 0
        /// Answers that are neither 200 nor a 503 that says when to come again.
        var others: [String] = []
    }

    private static let sendersCount = 6

    struct NotInTime: Error { let what: String }

    var refusals: Int { counts.change { $0.refusals } }
    var otherStatuses: [String] { counts.change { $0.others } }

    /// How often the service stopped taking events in.
    var closings: Int { service.process.errors.lines.count { $0.contains("store.closed") } }

    private init(
        _ scratch: ScratchDirectory, _ coze: SimulatorProcess, _ keyue: SimulatorProcess,
        _ endpoint: SimulatorProcess, _ world: KillWorld, _ service: ServiceProcess,
        _ view: SmallDiskView
    ) {
        self.scratch = scratch
        self.coze = coze
        self.keyue = keyue
        self.endpoint = endpoint
        self.world = world
        self.service = service
        self.view = view
        count = world.count
    }

    static func start(
        events: Int, disk: SmallDisk, in scratch: ScratchDirectory,
        environment: [String: String]
    ) async throws -> DiskFullRun {
        let world = KillWorld(count: events)
        let coze = try await SimulatorProcess.start(.coze)
        let keyue = try await SimulatorProcess.start(.keyue)
        let endpoint = try await SimulatorProcess.start(.endpoint)
        try await coze.put("world", world.coze)
        try await keyue.put("world", world.keyue)
        // So slow that there is always something in hand.
        for simulator in [coze, keyue, endpoint] {
            try await simulator.fail(["delay_ms": [50, 250]])
        }
        var plan = ServicePlan(
            coze: coze.url, keyue: keyue.url, endpoint: endpoint.url, rules: world.rules,
            connectionKeys: [
                "limits: { rate: 1000/s, concurrent: 4 }",
                "settle: { sync: 4s, async: 8s }",
                "poll: { first: 100ms, factor: 1.5, max: 1s }",
            ])
        plan.keyueKeys = ["task_query: { max_pages: \(events / 20 + 5) }"]
        plan.database = disk.path + "/copyhook.db"
        let service = try await ServiceProcess.start(
            plan, in: scratch, wrapper: disk.wrapper, environment: environment)
        return DiskFullRun(
            scratch, coze, keyue, endpoint, world, service,
            disk.seen(through: service.process.pid))
    }

    /// Sends every event until it is acknowledged.
    func sendAll() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for sender in 0..<Self.sendersCount {
                group.addTask { [self] in
                    for index in stride(from: sender, to: count, by: Self.sendersCount) {
                        try await send(index)
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    private func send(_ index: Int) async throws {
        let event = try world.event(index)
        let deadline = ContinuousClock.now + .seconds(180)
        while ContinuousClock.now < deadline {
            let answer = try? await Caller.shared.call(
                "POST", "\(service.url)/in/\(event.source)", headers: event.headers,
                body: event.body)
            note(answer, to: index, event.key)
            let isDone = answer?.status == 200
            // A steady load, and not one that a refusal turns into a storm.
            guard await service.process.exit(within: .milliseconds(150)) == nil else {
                throw NotInTime(what: "the service ended: \(service.process.errors.text)")
            }
            if isDone { return }
        }
        throw NotInTime(what: "\(event.key) was not acknowledged")
    }

    private func note(_ answer: Caller.Answer?, to index: Int, _ key: String) {
        counts.change { counts in
            switch answer?.status {
            case 200:
                counts.acknowledged.append(.init(key: key, original: world.original(index)))
            case 503 where answer?.headers.first("retry-after") == "5":
                counts.refusals += 1
            default:
                counts.others.append("\(answer?.status ?? 0) \(answer?.text ?? "no answer")")
            }
        }
    }

    func acknowledged(atLeast number: Int) async throws {
        try await reach("acknowledged") { $0.acknowledged.count >= number }
    }

    func refused(atLeast number: Int) async throws {
        try await reach("refused") { $0.refusals >= number }
    }

    private func reach(
        _ what: String, _ isReached: @escaping @Sendable (Counts) -> Bool
    ) async throws {
        let reached = await counts.value(within: .seconds(60)) { isReached($0) ? true : nil }
        if reached == nil { throw NotInTime(what: what) }
    }

    /// Returns once the service says by itself that it takes events again.
    func isReady() async throws {
        let ready = try await service.until(within: .seconds(30)) { service in
            try await service.api("GET", "/readyz").status == 200 ? true : nil
        }
        if ready == nil { throw NotInTime(what: "ready again") }
    }

    func verdict() async throws -> KillVerdict {
        KillVerdict(
            acknowledged: counts.change { $0.acknowledged },
            events: try await service.rows("events"), tasks: try await service.rows("tasks"),
            copies: try await coze.copies() + keyue.copies(),
            received: try await endpoint.deliveries().map(KillVerdict.Received.init),
            endpoints: EndpointHook.standard.prefix(1).map(\.path))
    }
}
