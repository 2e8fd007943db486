import Domain
import Foundation
import Glibc
import Simulation
import StrictJSON
import Testing
import Transport

/// How the service ends when it is asked to.
@Suite(.timeLimit(.minutes(2))) struct DurabilityStopTests {
    private static let rules = """
        - name: tell
          match: { type: [bot.published] }
          notify: [audit]
        """

    private struct Desk {
        let scratch: ScratchDirectory
        let endpoint: SimulatorProcess
        let plan: ServicePlan
        let service: ServiceProcess

        init() async throws {
            scratch = try ScratchDirectory()
            endpoint = try await SimulatorProcess.start(.endpoint)
            plan = ServicePlan(endpoint: endpoint.url, rules: DurabilityStopTests.rules)
            service = try await ServiceProcess.start(plan, in: scratch)
        }

        /// Brings a notification on its way that the endpoint answers after so long.
        func sendSlowly(_ milliseconds: Int64) async throws {
            try await endpoint.fail(["delay_ms": .number(JSONNumber(milliseconds))])
            #expect(try await service.post(sampleCallback()) == 200)
            let isUnderWay = try await service.until(within: .seconds(10)) { service in
                let stats = try await service.api("GET", "/api/v1/stats").json
                return stats["deliveries"]?["sending"]?.number?.int64 == 1 ? true : nil
            }
            #expect(isUnderWay == true)
        }
    }

    @Test func aSoftStopOfAnIdleServiceEndsWithZero() async throws {
        let desk = try await Desk()

        desk.service.process.signal(SIGTERM)

        #expect(await desk.service.process.exit(within: .seconds(10)) == 0)
        #expect(await desk.service.process.errorLine("service.stopped") != nil)
    }

    @Test func aSoftStopFinishesWhatIsInHand() async throws {
        let desk = try await Desk()
        try await desk.sendSlowly(2_000)

        desk.service.process.signal(SIGTERM)

        #expect(await desk.service.process.exit(within: .seconds(21)) == 0)
        let again = try await ServiceProcess.start(desk.plan, in: desk.scratch)
        let stats = try await again.rest(within: .seconds(10))
        #expect(stats?["deliveries"]?["delivered"] == 1)
        #expect(try await desk.endpoint.deliveries().count == 1)
    }

    @Test func aSecondRequestToStopEndsAtOnceWithOne() async throws {
        let desk = try await Desk()
        try await desk.sendSlowly(60_000)
        let process = desk.service.process

        process.signal(SIGTERM)
        // Once nobody is let in any more the first request was heard.
        let isClosed = try await desk.service.until(within: .seconds(15)) { service -> Bool? in
            do {
                _ = try await service.api("GET", "/healthz")
                return nil
            } catch is TransportFailure {
                return true
            }
        }
        #expect(isClosed == true)
        #expect(await process.exit(within: .zero) == nil)
        process.signal(SIGTERM)

        #expect(await process.exit(within: .seconds(3)) == 1)
    }

    @Test func aSecondServiceOnTheSameDatabaseIsRefusedByThePidOfTheFirst() async throws {
        let desk = try await Desk()

        let (status, _, errors) = try await BuiltBinary.run(
            ["serve", "--config", desk.scratch.path("copyhook.yaml")])

        #expect(status == 1)
        #expect(
            errors.contains("in use by process \(desk.service.process.pid)"), "\(errors)")
        #expect(await desk.service.process.exit(within: .zero) == nil)
    }
}
