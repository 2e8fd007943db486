import Domain
import Simulation
import StrictJSON
import Transport

/// Four processes, events on their way, and one of the processes killed again and again.
final class KillRun: Sendable {
    private let scratch: ScratchDirectory
    private let coze: SimulatorProcess
    private let keyue: SimulatorProcess
    private let endpoint: SimulatorProcess
    private let plan: ServicePlan
    private let world: KillWorld
    private let generator: Watched<SeededGenerator>
    /// Absent while it is dead.
    private let service: Watched<ServiceProcess?>
    private let counts = Watched(Counts())

    private struct Counts {
        var kills = 0
        var killsWhileStarting = 0
        var sendings = 0
        var acknowledged: [KillVerdict.Acknowledged] = []
    }

    /// How long a service lives, in milliseconds, from the moment at which it listens.
    private static let life = 20...1_500
    /// How long one lives that is killed while it starts.
    private static let start = 0...80
    /// How many events are sent once more after their 200, as platforms do: one in so many.
    private static let repeatedOneIn = 10
    /// How long a sender waits between two events, in milliseconds.
    private static let pause = 0...300
    private static let sendersCount = 4

    struct Unacknowledged: Error { let key: String }

    var killCount: Int { counts.change { $0.kills } }
    var killCountWhileStarting: Int { counts.change { $0.killsWhileStarting } }
    var sendingCount: Int { counts.change { $0.sendings } }

    private init(
        _ scratch: ScratchDirectory, _ coze: SimulatorProcess, _ keyue: SimulatorProcess,
        _ endpoint: SimulatorProcess, _ plan: ServicePlan, _ world: KillWorld, seed: UInt64,
        _ service: ServiceProcess
    ) {
        self.scratch = scratch
        self.coze = coze
        self.keyue = keyue
        self.endpoint = endpoint
        self.plan = plan
        self.world = world
        generator = Watched(SeededGenerator(seed: seed))
        self.service = Watched(service)
    }

    /// Starts everything: three platforms that lose some of their answers, and the service.
    static func start(events: Int, seed: UInt64) async throws -> KillRun {
        let world = KillWorld(count: events)
        let scratch = try ScratchDirectory()
        let coze = try await SimulatorProcess.start(.coze)
        let keyue = try await SimulatorProcess.start(.keyue)
        let endpoint = try await SimulatorProcess.start(.endpoint)
        try await coze.put("world", world.coze)
        try await keyue.put("world", world.keyue)
        let seed = seed & 0xFFFF_FFFF
        let faults = #"{"seed": \#(seed), "delay_ms": [0, 40], "cut_after_acting": 0.05}"#
        let plan = try JSONValue(parsing: Array(faults.utf8))
        for simulator in [coze, keyue, endpoint] { try await simulator.fail(plan) }
        var service = ServicePlan(
            coze: coze.url, keyue: keyue.url, endpoint: endpoint.url, rules: world.rules,
            connectionKeys: [
                "limits: { rate: 1000/s, concurrent: 8 }",
                "settle: { sync: 4s, async: 8s }",
                "poll: { first: 100ms, factor: 1.5, max: 1s }",
            ])
        // Long enough for every task there will be: what the list does not show is never told.
        service.keyueKeys = ["task_query: { max_pages: \(events / 20 + 5) }"]
        return KillRun(
            scratch, coze, keyue, endpoint, service, world, seed: seed,
            try await ServiceProcess.start(service, in: scratch))
    }

    /// Sends every event until it is acknowledged, a share of them during each life.
    func sendAndKill(_ kills: Int) async throws {
        for life in 0..<kills {
            let first = world.count * life / kills
            let last = world.count * (life + 1) / kills
            try await withThrowingTaskGroup(of: Void.self) { group in
                for sender in 0..<Self.sendersCount {
                    group.addTask { [self] in
                        for index in stride(
                            from: first + sender, to: last, by: Self.sendersCount)
                        {
                            try await send(index)
                        }
                    }
                }
                group.addTask { [self] in try await killAndRestart() }
                try await group.waitForAll()
            }
        }
    }

    /// The service, with nothing going wrong any more.
    func calm() async throws -> ServiceProcess {
        for simulator in [coze, keyue, endpoint] { try await simulator.fail([:]) }
        guard let service = service.change({ $0 }) else {
            throw ServiceProcess.CannotStart(description: "the service is dead")
        }
        return service
    }

    func verdict(_ service: ServiceProcess) async throws -> KillVerdict {
        let acknowledged = counts.change { $0.acknowledged }
        return KillVerdict(
            acknowledged: acknowledged, events: try await service.rows("events"),
            tasks: try await service.rows("tasks"),
            copies: try await coze.copies() + keyue.copies(),
            received: try await endpoint.deliveries().map(KillVerdict.Received.init))
    }

    private func killAndRestart() async throws {
        let life = generator.change { Int.random(in: Self.life, using: &$0) }
        guard let doomed = service.change({ $0 }) else { return }
        if let code = await doomed.process.exit(within: .milliseconds(life)) {
            await doomed.process.errors.end()
            throw ServiceProcess.CannotStart(
                description: "it ended by itself with \(code): "
                    + doomed.process.errors.lines.suffix(5).joined(separator: "\n"))
        }
        service.change { $0 = nil }
        await doomed.process.kill()
        counts.change { $0.kills += 1 }
        try await killWhileStarting()
        let next = try await ServiceProcess.start(plan, in: scratch)
        service.change { $0 = next }
    }

    /// Every third time one more, in the middle of whatever a service does before it listens.
    private func killWhileStarting() async throws {
        let (isDue, life) = generator.change {
            (Int.random(in: 0..<3, using: &$0) == 0, Int.random(in: Self.start, using: &$0))
        }
        guard isDue else { return }
        let hasty = try ChildProcess(
            [BuiltBinary.path, "serve", "--config", scratch.path("copyhook.yaml")])
        await hasty.exit(within: .milliseconds(life))
        await hasty.kill()
        counts.change { $0.killsWhileStarting += 1 }
    }

    /// The same bytes again until they are answered 200, as a platform would.
    private func send(_ index: Int) async throws {
        let event = try world.event(index)
        for _ in 0..<50 {
            guard let service = await service.value(within: .seconds(30), { $0 }) else { break }
            counts.change { $0.sendings += 1 }
            let status = try? await service.post(event)
            guard status == 200 else { continue }
            counts.change {
                $0.acknowledged.append(.init(key: event.key, original: world.original(index)))
            }
            // Watched for a while, so that events come all through its life.
            let (pause, isRepeated) = generator.change {
                (
                    Int.random(in: Self.pause, using: &$0),
                    Int.random(in: 0..<Self.repeatedOneIn, using: &$0) == 0
                )
            }
            await service.process.exit(within: .milliseconds(pause))
            if isRepeated {
                counts.change { $0.sendings += 1 }
                _ = try? await service.post(event)
            }
            return
        }
        throw Unacknowledged(key: event.key)
    }
}
