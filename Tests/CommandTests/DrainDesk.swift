import Foundation
import StrictJSON
import Testing
import Transport

/// A service under load that is asked to stop, and what it answered until then.
final class DrainDesk: Sendable {
    private let scratch: ScratchDirectory
    let coze: SimulatorProcess
    private let keyue: SimulatorProcess
    let endpoint: SimulatorProcess
    private let world: KillWorld
    private let plan: ServicePlan
    let service: ServiceProcess
    private let said = Watched(Said())

    /// What the senders heard.
    struct Said: Sendable {
        var acknowledged: [KillVerdict.Acknowledged] = []
        /// Any other status, and `nil` for a connection that was refused or cut.
        var refused: [Int?] = []
    }

    private static let sendersCount = 8
    /// Between two events of a sender, so that there is not more to copy than the test waits for.
    private static let pause = Duration.milliseconds(50)

    init(
        coze faults: JSONValue = [:], endpoint endpointFaults: JSONValue = [:],
        connectionKeys: [String] = []
    ) async throws {
        world = KillWorld(count: 2_000)
        scratch = try ScratchDirectory()
        coze = try await SimulatorProcess.start(.coze)
        keyue = try await SimulatorProcess.start(.keyue)
        endpoint = try await SimulatorProcess.start(.endpoint)
        try await coze.put("world", world.coze)
        try await keyue.put("world", world.keyue)
        try await endpoint.put("world", world.hookWorld)
        try await coze.fail(faults)
        try await endpoint.fail(endpointFaults)
        var plan = ServicePlan(
            coze: coze.url, keyue: keyue.url, rules: world.rules,
            connectionKeys: [
                "limits: { rate: 1000/s, concurrent: 8 }",
                "settle: { sync: 4s, async: 8s }",
                "poll: { first: 100ms, factor: 1.5, max: 1s }",
            ] + connectionKeys)
        plan.more = world.endpointSection(endpoint.url)
        self.plan = plan
        service = try await ServiceProcess.start(plan, in: scratch)
    }

    /// Sends events until nobody takes them any more, and does `act` once so many were taken.
    func load(_ count: Int, then act: @escaping @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for sender in 0..<Self.sendersCount {
                group.addTask { [self] in
                    for index in stride(from: sender, to: world.count, by: Self.sendersCount) {
                        guard try await send(index) else { return }
                    }
                }
            }
            group.addTask { [self] in
                _ = await said.value(within: .seconds(30)) {
                    $0.acknowledged.count >= count ? true : nil
                }
                try await act()
            }
            try await group.waitForAll()
        }
    }

    /// - Returns: Whether the service still takes events.
    private func send(_ index: Int) async throws -> Bool {
        let event = try world.event(index)
        let status = try? await service.post(event)
        guard status == 200 else {
            said.change { $0.refused.append(status) }
            return false
        }
        said.change {
            $0.acknowledged.append(.init(key: event.key, original: world.original(index)))
        }
        return await service.process.exit(within: Self.pause) == nil
    }

    var refused: [Int?] { said.change { $0.refused } }
    var acknowledgedCount: Int { said.change { $0.acknowledged.count } }

    /// Bytes of the write-ahead log that the service left behind.
    var logLength: Int {
        let path = scratch.path(plan.database + "-wal")
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        return (attributes?[.size] as? Int) ?? 0
    }

    /// Starts the service again with nothing going wrong, and judges where it comes to rest.
    func aftermath() async throws -> (verdict: KillVerdict, service: ServiceProcess) {
        for simulator in [coze, keyue, endpoint] { try await simulator.fail([:]) }
        let service = try await ServiceProcess.start(plan, in: scratch)
        let stats = try await service.rest(within: .seconds(60))
        #expect(stats != nil, "it did not come to rest")
        let verdict = KillVerdict(
            acknowledged: said.change { $0.acknowledged }, events: try await service.rows("events"),
            tasks: try await service.rows("tasks"),
            copies: try await coze.copies() + keyue.copies(),
            received: try await endpoint.deliveries().map(KillVerdict.Received.init),
            endpoints: world.hooks)
        return (verdict, service)
    }
}
