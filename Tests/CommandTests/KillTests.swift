import Foundation
import StrictJSON
import Testing

/// Nothing acknowledged is lost and nothing is copied twice, however often the service is killed.
@Suite struct KillTests {
    /// Enough for 20 000 notifications, each event's end being told to two endpoints.
    ///
    /// Those lose no answers here, so that what comes twice comes twice because of a kill.
    private static var large: KillPlan {
        var plan = KillPlan(events: 10_000, kills: 100, endpoints: 2)
        plan.life = 20...6_000
        plan.pause = 0...400
        plan.senders = 8
        plan.endpointsCut = false
        return plan
    }

    @Test(.timeLimit(.minutes(KillPlan.isFull ? 30 : 6)))
    func killedAtAnyMomentItLosesNothingAndCopiesNothingTwice() async throws {
        let plan = KillPlan.isFull ? Self.large : KillPlan(events: 200, kills: 10)
        print(
            "kills: seed \(plan.seed) (COPYHOOK_TEST_SEED), \(plan.events) events, "
                + "\(plan.kills) kills")
        let run = try await KillRun.start(plan)

        try await run.sendAndKill()
        let verdict = try await run.judge(
            within: KillPlan.isFull ? .seconds(900) : KillPlan.patience)

        print("kills: \(try await run.figures(verdict))")
        if KillPlan.isFull {
            #expect(verdict.repeats.notifications >= 20_000)
            #expect(verdict.repeats.duplicateShare < 0.03, "\(verdict.repeats)")
        }
    }
}
