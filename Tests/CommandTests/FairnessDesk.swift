import Domain
import Foundation
import Simulation
import StrictJSON
import Testing

/// Three endpoints that are well and one that is not, and how long the three wait for their
/// notifications.
final class FairnessDesk: Sendable {
    /// In which way the dead one is dead.
    enum Death: String, CaseIterable, Sendable {
        /// Nobody listens there.
        case refuses
        /// Takes connections and requests, and never answers.
        case isSilent
        /// Answers 500, after a while.
        case failsSlowly
    }

    /// How many times as much the dead endpoint is owed as each of the others.
    static let factor = floodRules * floodsPerEvent
    /// Each announces an event of the flood once more; several, so that the senders keep up.
    private static let floodRules = 10
    /// Events of the flood for each of the others.
    private static let floodsPerEvent = 10
    private static let wellCount = 3

    private let scratch: ScratchDirectory
    private let well: SimulatorProcess
    private let dead: SimulatorProcess
    let service: ServiceProcess
    private let sent = Watched<[String: Timestamp]>([:])

    init(_ death: Death) async throws {
        let well = try await SimulatorProcess.start(.endpoint)
        let dead = try await SimulatorProcess.start(.endpoint)
        (self.well, self.dead) = (well, dead)
        scratch = try ScratchDirectory()
        switch death {
        case .refuses: await dead.process.kill()
        case .isSilent: try await dead.fail(["delay_ms": 600_000])
        case .failsSlowly: try await dead.fail(["http_500": 1, "delay_ms": 2_000])
        }
        let flood = (0..<Self.floodRules).map { Self.rule("flood-\($0)", "load.flood", ["dead"]) }
        let names = (0..<Self.wellCount).map { "well-\($0)" }
        var plan = ServicePlan(
            rules: ([Self.rule("steady", "load.steady", names)] + flood).joined(separator: "\n"))
        plan.more =
            "endpoints:\n"
            + names.map { Self.endpoint($0, "\(well.url)/hooks/\($0)") }.joined()
            + Self.endpoint("dead", "\(dead.url)/hooks/dead")
        service = try await ServiceProcess.start(plan, in: scratch, level: "notice")
    }

    private static func rule(_ name: String, _ type: String, _ notify: [String]) -> String {
        """
        - name: \(name)
          match: { type: [\(type)] }
          notify: [\(notify.joined(separator: ", "))]
        """
    }

    private static func endpoint(_ name: String, _ url: String) -> String {
        """
          \(name):
            url: \(url)
            secret: "\(SignedEvent.partnerSecret.exposed)"

        """
    }

    /// Sends an event of this many a second for so long, with or without a flood beside it.
    ///
    /// - Returns: How long each delivery to an endpoint that is well took, from the event's 200 to
    ///   its arrival there, in milliseconds and in rising order.
    func phase(
        _ name: String, rate: Int, seconds: Int, isFlooded: Bool
    ) async throws -> [Int64] {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { [self] in
                try await sendSteadily("load.steady", name, rate: rate, seconds: seconds)
            }
            if isFlooded {
                group.addTask { [self] in
                    try await sendSteadily(
                        "load.flood", "\(name)-flood", rate: rate * Self.floodsPerEvent,
                        seconds: seconds)
                }
            }
            try await group.waitForAll()
        }
        let count = rate * seconds * Self.wellCount
        var took: [Int64] = []
        _ = try await service.until(within: .seconds(60)) { _ -> Bool? in
            took = try await arrivals(of: name)
            return took.count >= count ? true : nil
        }
        #expect(took.count == count)
        return took.sorted()
    }

    /// By the clock, so that a slow answer does not thin out the load.
    private func sendSteadily(
        _ type: String, _ name: String, rate: Int, seconds: Int
    ) async throws {
        let start = ContinuousClock.now
        for number in 0..<rate * seconds {
            let due = start + .seconds(number) / rate
            await service.process.exit(within: max(.zero, due - .now))
            try await send(type, "\(name)-\(number)")
        }
    }

    private func send(_ type: String, _ key: String) async throws {
        let event = try SignedEvent(partner: type, key: key, entity: ["type": "agent", "id": "1"])
        let status = try await service.post(event)
        #expect(status == 200)
        sent.change { $0[key] = .wall }
    }

    private func arrivals(of phase: String) async throws -> [Int64] {
        let sent = sent.change { $0 }
        return try await well.deliveries().compactMap { delivery in
            guard let key = delivery.json["data"]?["event"]?["key"]?.string,
                key.hasPrefix("\(phase)-"), let sent = sent[key]
            else { return nil }
            return max(0, (delivery.at - sent).wholeMilliseconds)
        }
    }

    /// How many deliveries to the dead endpoint are owed and not given up.
    func owed() async throws -> Int64 {
        let stats = try await service.api("GET", "/api/v1/stats").json["deliveries"]
        return ["pending", "sending"].reduce(0) { $0 + (stats?[$1]?.number?.int64 ?? 0) }
    }
}

extension [Int64] {
    /// Of values in rising order: what so many of a hundred do not exceed.
    func percentile(_ share: Int) -> Int64 {
        isEmpty ? 0 : self[Swift.min(count - 1, (count * share + 99) / 100 - 1)]
    }
}
