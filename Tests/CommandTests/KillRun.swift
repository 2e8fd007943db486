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
    private let service: ServicePlan
    private let world: KillWorld
    let plan: KillPlan
    private let power: PowerLoss?
    private let generator: Watched<SeededGenerator>
    /// Absent while it is dead.
    private let living: Watched<ServiceProcess?>
    private let counts = Watched(Counts())

    private struct Counts {
        var kills = 0
        var killsWhileStarting = 0
        var sendings = 0
        var acknowledged: [KillVerdict.Acknowledged] = []
        var losses = PowerLoss.Losses()
    }

    /// How long one lives that is killed while it starts, in milliseconds.
    private static let start = 0...80
    /// How many events are sent once more after their 200, as platforms do: one in so many.
    private static let repeatedOneIn = 10

    struct Unacknowledged: Error { let key: String }

    var killCount: Int { counts.change { $0.kills } }
    var killCountWhileStarting: Int { counts.change { $0.killsWhileStarting } }
    var sendingCount: Int { counts.change { $0.sendings } }

    /// What was not synced at the kills, and is gone.
    var losses: PowerLoss.Losses { counts.change { $0.losses } }

    private init(
        _ scratch: ScratchDirectory, _ coze: SimulatorProcess, _ keyue: SimulatorProcess,
        _ endpoint: SimulatorProcess, _ service: ServicePlan, _ world: KillWorld, _ plan: KillPlan,
        _ power: PowerLoss?, _ living: ServiceProcess
    ) {
        self.scratch = scratch
        self.coze = coze
        self.keyue = keyue
        self.endpoint = endpoint
        self.service = service
        self.world = world
        self.plan = plan
        self.power = power
        generator = Watched(SeededGenerator(seed: plan.seed))
        self.living = Watched(living)
    }

    /// Starts everything: three platforms that lose some of their answers, and the service.
    ///
    /// - Parameter losesPower: Whether a kill takes with it what was not synced.
    static func start(_ plan: KillPlan, losesPower: Bool = false) async throws -> KillRun {
        let world = KillWorld(count: plan.events, endpoints: plan.endpoints)
        let scratch = try ScratchDirectory()
        let coze = try await SimulatorProcess.start(.coze)
        let keyue = try await SimulatorProcess.start(.keyue)
        let endpoint = try await SimulatorProcess.start(.endpoint)
        try await coze.put("world", world.coze)
        try await keyue.put("world", world.keyue)
        try await endpoint.put("world", world.hookWorld)
        for platform in [coze, keyue] { try await platform.fail(plan.platformFaults) }
        try await endpoint.fail(plan.endpointFaults)
        var service = ServicePlan(
            coze: coze.url, keyue: keyue.url, rules: world.rules,
            connectionKeys: [
                "limits: { rate: 1000/s, concurrent: 8 }",
                "settle: { sync: 4s, async: 8s }",
                "poll: { first: 100ms, factor: 1.5, max: 1s }",
            ])
        // Long enough for every task there will be: what the list does not show is never told.
        service.keyueKeys = ["task_query: { max_pages: \(plan.events / 20 + 5) }"]
        service.more = world.endpointSection(endpoint.url)
        let power = losesPower ? try await PowerLoss(of: service.database, in: scratch) : nil
        return KillRun(
            scratch, coze, keyue, endpoint, service, world, plan, power,
            try await ServiceProcess.start(
                service, in: scratch, environment: power?.environment ?? [:]))
    }

    /// Sends every event until it is acknowledged, a share of them during each life.
    func sendAndKill() async throws {
        for life in 0..<plan.kills {
            let first = world.count * life / plan.kills
            let last = world.count * (life + 1) / plan.kills
            try await withThrowingTaskGroup(of: Void.self) { group in
                for sender in 0..<plan.senders {
                    group.addTask { [self] in
                        for index in stride(from: first + sender, to: last, by: plan.senders) {
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
        guard let service = living.change({ $0 }) else {
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
            received: try await endpoint.deliveries().map(KillVerdict.Received.init),
            endpoints: world.hooks)
    }

    private func killAndRestart() async throws {
        let life = generator.change { Int.random(in: plan.life, using: &$0) }
        guard let doomed = living.change({ $0 }) else { return }
        if let code = await doomed.process.exit(within: .milliseconds(life)) {
            await doomed.process.errors.end()
            throw ServiceProcess.CannotStart(
                description: "it ended by itself with \(code): "
                    + doomed.process.errors.lines.suffix(5).joined(separator: "\n"))
        }
        living.change { $0 = nil }
        await doomed.process.kill()
        counts.change { $0.kills += 1 }
        try losePower()
        try await killWhileStarting()
        let next = try await ServiceProcess.start(service, in: scratch, environment: environment)
        living.change { $0 = next }
    }

    private var environment: [String: String] { power?.environment ?? [:] }

    private func losePower() throws {
        guard let power else { return }
        let lost = try generator.change { generator in
            Result { try power.lose(using: &generator) }
        }.get()
        counts.change { $0.losses += lost }
    }

    /// Every third time one more, in the middle of whatever a service does before it listens.
    private func killWhileStarting() async throws {
        let (isDue, life) = generator.change {
            (Int.random(in: 0..<3, using: &$0) == 0, Int.random(in: Self.start, using: &$0))
        }
        guard isDue else { return }
        let hasty = try ChildProcess(
            [BuiltBinary.path, "serve", "--config", scratch.path("copyhook.yaml")],
            environment: environment)
        await hasty.exit(within: .milliseconds(life))
        await hasty.kill()
        counts.change { $0.killsWhileStarting += 1 }
        try losePower()
    }

    /// The same bytes again until they are answered 200, as a platform would.
    private func send(_ index: Int) async throws {
        let event = try world.event(index)
        for _ in 0..<50 {
            guard let service = await living.value(within: .seconds(30), { $0 }) else { break }
            counts.change { $0.sendings += 1 }
            let status = try? await service.post(event)
            guard status == 200 else { continue }
            counts.change {
                $0.acknowledged.append(.init(key: event.key, original: world.original(index)))
            }
            // Watched for a while, so that events come all through its life.
            let (pause, isRepeated) = generator.change {
                (
                    Int.random(in: plan.pause, using: &$0),
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
