import ArgumentParser
import Foundation
import Rules
import StrictJSON

/// Throws broken and whole bytes at what reads foreign bytes; a read beyond a buffer ends it.
@main
struct CopyhookFuzz: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "copyhook-fuzz",
        abstract: "Looks for bytes that break the reader of patterns or the matcher.",
        discussion: """
            Changes good patterns and events at random, holds each event against the patterns, \
            and, where the strict parser lets the event through, the answer against that of the \
            plain evaluator. Ends with 1 at the first difference or at a hang, and prints the \
            seed.

            Examples:
              swift build -c release --sanitize address --scratch-path .build-asan \\
                --product copyhook-fuzz
              .build-asan/release/copyhook-fuzz --seconds 600
              .build-asan/release/copyhook-fuzz --seed 4711 --rounds 1
            """)

    @Option(help: "How long to look.")
    var seconds: Double = 20

    @Option(help: "Where to begin; each round has the seed that follows.")
    var seed = UInt64.random(in: 1...1 << 40)

    @Option(help: "How many rounds at the most.")
    var rounds = Int.max

    func run() throws {
        let began = ContinuousClock.now
        var tally = FuzzTally()
        let memory = try GuardedBytes(capacity: 1 << 20)
        var round = 0
        print("fuzz: from seed \(seed)")
        while round < rounds, began.duration(to: .now) < .seconds(seconds) {
            let roundSeed = seed &+ UInt64(round)
            let roundBegan = ContinuousClock.now
            var fuzzRound = FuzzRound(seed: roundSeed, in: memory)
            if let trouble = fuzzRound.run(&tally) {
                print("seed \(roundSeed): \(trouble)")
                throw ExitCode(1)
            }
            guard roundBegan.duration(to: .now) < .seconds(10) else {
                print("seed \(roundSeed): took longer than ten seconds")
                throw ExitCode(1)
            }
            round += 1
        }
        print(
            "fuzz: \(round) rounds, \(tally.patterns) patterns read and \(tally.refused) refused, "
                + "\(tally.events) events of which \(tally.sound) sound, "
                + "\(tally.compared) answers compared, \(tally.matches) matches")
    }
}

/// What came of all rounds.
struct FuzzTally {
    var patterns = 0
    var refused = 0
    var events = 0
    var sound = 0
    var compared = 0
    var matches = 0
}
