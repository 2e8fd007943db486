import Domain
import Simulation
import Synchronization

/// The whole service in a world that follows from a seed.
///
/// The real rooms on a store in memory, a virtual clock and a seeded executor, with the simulators
/// for everybody outside. ``run()`` lets it live through what its seed draws, waits until
/// everything is at rest, and has the outcome checked by somebody who was not part of it.
package struct World: Sendable {
    /// How much of virtual time may pass after the last fault.
    ///
    /// The schedule of webhooks alone takes three days and a half, and people who wait until
    /// everything is at rest may send again what then takes as long.
    private static let restMax: Duration = .days(60)
    /// How many jobs a world may run.
    ///
    /// The most that any of the first 3 000 seeds needs is a good quarter of it.
    private static let jobsMax = 400_000

    package let seed: UInt64
    private let plan: WorldPlan
    private let sabotage: Sabotage
    private let isDetailed: Bool

    /// - Parameters:
    ///   - sabotage: What is broken on purpose; `none` for the service as it is.
    ///   - isDetailed: Whether the story holds the service's own log lines as well.
    package init(seed: UInt64, sabotage: Sabotage = .none, isDetailed: Bool = false) {
        self.seed = seed
        self.sabotage = sabotage
        self.isDetailed = isDetailed
        plan = WorldPlan(seed)
    }

    /// Runs from the first event to rest, and says what was wrong.
    package func run() async -> WorldReport {
        let time = WorldTime()
        let chronicle = Chronicle(clock: time.clock, isDetailed: isDetailed)
        do {
            let scenery = try Scenery(plan, time: time, chronicle: chronicle)
            try scenery.trouble(true, seed: seed)
            let course = Course(
                plan: plan, seed: seed, sabotage: sabotage, time: time, chronicle: chronicle,
                scenery: scenery,
                senders: Senders(scenery, time: time, chronicle: chronicle, seed: seed ^ 0x5E))
            return try await course.run(restMax: Self.restMax, jobsMax: Self.jobsMax)
        } catch {
            return WorldReport(seed: seed, troubles: ["the world cannot be built: \(error)"])
        }
    }
}
