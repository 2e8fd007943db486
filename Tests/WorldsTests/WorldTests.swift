import Foundation
import Testing
import Worlds

/// Whole worlds: what must hold whatever the seed.
@Suite struct WorldTests {
    private static let isFull = ProcessInfo.processInfo.environment["COPYHOOK_TEST_FULL"] == "1"

    @Test func everyPromiseIsKeptInEveryWorld() async {
        let count: UInt64 = Self.isFull ? 10_000 : 1_000
        await expectEveryPromise(in: 0..<count)
    }

    @Test func everyPromiseIsKeptInWorldsNobodyHasSeen() async {
        var chance = SystemRandomNumberGenerator()
        let first = UInt64.random(in: 1_000_000...1_000_000_000, using: &chance)
        await expectEveryPromise(in: first..<(first + (Self.isFull ? 1_000 : 40)))
    }

    /// Runs worlds on all processors, and says which, how to run them again, and what they met.
    private func expectEveryPromise(in seeds: Range<UInt64>) async {
        let words = "simulate world --seeds \(seeds.lowerBound)..\(seeds.upperBound)"
        print("worlds: copyhook \(words)")
        let jobs = ProcessInfo.processInfo.activeProcessorCount
        let summary = await Sweep(seeds: seeds, jobs: jobs).run()
        #expect(summary.worlds == seeds.count)
        for report in summary.failures {
            Issue.record("seed \(report.seed): \(report.troubles)")
        }
        let counts = summary.counts
        print(
            "worlds: \(counts.crashes) crashes, \(counts.faults) faults, \(counts.tasks) tasks,",
            "\(counts.copies) copies, at most \(summary.jobsMost) steps, digest \(summary.digest)")
    }

    @Test func aSeedTellsTheSameStoryTwice() async {
        var digests: Set<UInt64> = []
        for seed in UInt64(0)..<10 {
            let first = await World(seed: seed).run()
            let second = await World(seed: seed).run()
            #expect(first == second, "seed \(seed)")
            digests.insert(first.digest)
            let detailed = await World(seed: seed, isDetailed: true).run()
            #expect(detailed.digest == first.digest, "seed \(seed)")
            #expect(detailed.moments.count > first.moments.count, "seed \(seed)")
        }
        #expect(digests.count == 10)
        print("digest", digests.reduce(0, ^))
    }
}
