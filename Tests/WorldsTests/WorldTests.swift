import Foundation
import Testing
import Worlds

/// Whole worlds: what must hold whatever the seed.
@Suite struct WorldTests {
    @Test func everyPromiseIsKeptInEveryWorld() async {
        let isFull = ProcessInfo.processInfo.environment["COPYHOOK_TEST_FULL"] == "1"
        for seed in UInt64(0)..<(isFull ? 2_000 : 60) {
            let report = await World(seed: seed).run()
            #expect(report.troubles.isEmpty, "seed \(seed): \(report.troubles)")
        }
    }

    @Test func everyPromiseIsKeptInWorldsNobodyHasSeen() async {
        var chance = SystemRandomNumberGenerator()
        let first = UInt64.random(in: 1_000_000...1_000_000_000, using: &chance)
        print("worlds: seeds from \(first), 10 of them")
        for seed in first..<first + 10 {
            let report = await World(seed: seed).run()
            #expect(report.troubles.isEmpty, "seed \(seed): \(report.troubles)")
        }
    }

    @Test func aSeedTellsTheSameStoryTwice() async {
        var digests: Set<UInt64> = []
        for seed in UInt64(0)..<10 {
            let first = await World(seed: seed).run()
            let second = await World(seed: seed).run()
            #expect(first == second, "seed \(seed)")
            digests.insert(first.digest)
        }
        #expect(digests.count == 10)
        print("digest", digests.reduce(0, ^))
    }

    /// The checkers are worth what they find.
    @Test(arguments: PlantedBug.allCases)
    func aPlantedBugIsFound(bug: PlantedBug) async {
        for seed in UInt64(0)..<1_000 {
            let report = await World(seed: seed, bug: bug).run()
            guard let trouble = report.troubles.first else { continue }
            print("\(bug.rawValue): found by seed \(seed), number \(seed + 1): \(trouble)")
            return
        }
        Issue.record("\(bug.rawValue) was not found within 1000 seeds")
    }
}
