import Foundation
import Simulation
import Testing

/// What was acknowledged outlives a loss of power, and a disk that lies is found out.
@Suite struct PowerTests {
    private static var large: KillPlan {
        var plan = KillPlan(events: 2_000, kills: 100)
        plan.life = 20...3_000
        return plan
    }

    @Test(.timeLimit(.minutes(KillPlan.isFull ? 30 : 6)))
    func withThePowerOnlyGoesWhatWasNeverAcknowledged() async throws {
        let plan = KillPlan.isFull ? Self.large : KillPlan(events: 150, kills: 10)
        print(
            "power: seed \(plan.seed) (COPYHOOK_TEST_SEED), \(plan.events) events, "
                + "\(plan.kills) kills, every sync \(PowerLoss.syncDelay) ms slower")
        let run = try await KillRun.start(plan, losesPower: true)

        try await run.sendAndKill()
        let verdict = try await run.judge(
            within: KillPlan.isFull ? .seconds(600) : KillPlan.patience)

        let losses = run.losses
        #expect(losses.syncs > 0 && losses.atRisk > 0)
        print(
            "power: \(try await run.figures(verdict)); the power went \(losses.times) times, "
                + "after \(losses.syncs) syncs, and took \(losses.lost) of \(losses.atRisk) "
                + "writes that were not synced")
    }

    /// The judge judged: the same loss of power, after an honest life and after one whose disk only
    /// says that it has synced.
    @Test(.timeLimit(.minutes(2)))
    func aDiskThatLiesLosesWhatWasAcknowledgedAndIsFoundOut() async throws {
        let scratch = try ScratchDirectory()
        let endpoint = try await SimulatorProcess.start(.endpoint)
        let plan = ServicePlan(
            endpoint: endpoint.url,
            rules: """
                - name: tell
                  match: { type: [bot.published] }
                """)
        let power = try await PowerLoss(of: plan.database, in: scratch)
        var generator = SeededGenerator(seed: 1)
        var acknowledged: [[String]] = []
        for environment in [power.environment, power.lyingEnvironment] {
            let service = try await ServiceProcess.start(
                plan, in: scratch, environment: environment)
            var keys: [String] = []
            for number in 1...10 {
                let callback = try sampleCallback(acknowledged.count * 10 + number)
                #expect(try await service.post(callback) == 200)
                keys.append(callback.eventID)
            }
            acknowledged.append(keys)
            await service.process.kill()
            let losses = try power.lose(survivors: PowerLoss.Survivors.none, using: &generator)
            #expect((losses.syncs == 0) == (environment["POWER_LIES"] != nil), "\(losses)")
        }

        let service = try await ServiceProcess.start(plan, in: scratch)
        let verdict = KillVerdict(
            acknowledged: acknowledged.joined().map { .init(key: $0, original: $0) },
            events: try await service.rows("events"), tasks: [], copies: [], received: [])
        for key in acknowledged[0] {
            #expect(!verdict.broken.contains("\(key) is stored 0 times"))
        }
        for key in acknowledged[1] {
            #expect(verdict.broken.contains("\(key) is stored 0 times"))
        }
    }
}
