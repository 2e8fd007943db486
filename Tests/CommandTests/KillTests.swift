import Domain
import Foundation
import Simulation
import StrictJSON
import Testing
import Transport

/// Nothing acknowledged is lost and nothing is copied twice, however often the service is killed.
@Suite struct KillTests {
    private static let isFull = ProcessInfo.processInfo.environment["COPYHOOK_TEST_FULL"] == "1"

    @Test(.timeLimit(.minutes(isFull ? 30 : 4)))
    func killedAtAnyMomentItLosesNothingAndCopiesNothingTwice() async throws {
        let seed =
            ProcessInfo.processInfo.environment["COPYHOOK_TEST_SEED"].flatMap(UInt64.init)
            ?? UInt64.random(in: 1...999_999)
        let (events, kills) = Self.isFull ? (2_000, 100) : (200, 10)
        print("kills: seed \(seed) (COPYHOOK_TEST_SEED), \(events) events, \(kills) kills")
        let run = try await KillRun.start(events: events, seed: seed)

        try await run.sendAndKill(kills)
        let service = try await run.calm()
        let stats = try await service.rest(within: .seconds(Self.isFull ? 600 : 90))
        let verdict = try await run.verdict(service)

        #expect(stats != nil, "it did not come to rest")
        #expect(verdict.acknowledged.count == events)
        let broken = verdict.broken
        #expect(broken.isEmpty, "\(broken.count): \(broken.prefix(10))")
        #expect(verdict.tasks.allSatisfy { $0["possible_duplicate"]?.bool == false })
        try await Self.tell(verdict, run, service)
    }

    private static func tell(
        _ verdict: KillVerdict, _ run: KillRun, _ service: ServiceProcess
    ) async throws {
        func count(_ state: String) -> Int {
            verdict.tasks.count { $0["state"]?.string == state }
        }
        var reconciled = 0
        for task in verdict.tasks {
            let whole = try await service.api("GET", "/api/v1/tasks/\(task["id"]?.string ?? "")")
            let history = whole.json["history"]?.array ?? []
            if history.contains(where: { $0["state"]?.string == "reconciling" }) { reconciled += 1 }
        }
        let told = Set(verdict.received.map { "\($0.taskID) \($0.sequence)" }).count
        print(
            "kills: \(run.killCount) and \(run.killCountWhileStarting) while starting, "
                + "\(verdict.acknowledged.count) events acknowledged "
                + "after \(run.sendingCount) sendings, \(verdict.copies.count) copies, "
                + "\(count("succeeded")) succeeded, \(count("unresolved")) unresolved, "
                + "\(count("failed")) failed, \(reconciled) reconciled on the way, "
                + "\(told) ends told in \(verdict.received.count) deliveries "
                + "(\(verdict.received.count - told) sent again)")
    }
}
