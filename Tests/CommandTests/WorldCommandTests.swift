import Foundation
import Testing

/// `copyhook simulate world`: what a person sees, and what a script can rely on.
@Suite struct WorldCommandTests {
    @Test func theSameSeedsGiveTheSameDigestHoweverManyRunAtOnce() async throws {
        func digest(_ jobs: Int) async throws -> Substring {
            let (status, output, errors) = try await BuiltBinary.run(
                ["simulate", "world", "--seeds", "0..4", "--jobs", "\(jobs)"])
            #expect(status == 0 && errors == "", "\(output)\(errors)")
            #expect(output.contains("4 worlds in "))
            return try #require(output.split(separator: "\n").first { $0.hasPrefix("digest: ") })
        }
        #expect(try await digest(1) == digest(3))
    }

    @Test func aStoryIsToldInOrderAndTwiceTheSame() async throws {
        let words = ["simulate", "world", "--seed", "3", "--log"]
        let first = try await BuiltBinary.run(words)
        let second = try await BuiltBinary.run(words)
        #expect(first.status == 0)
        #expect(first.output == second.output)
        let times = first.output.split(separator: "\n").dropLast().map { $0.prefix(12) }
        #expect(times.count > 50)
        #expect(times == times.sorted())
    }

    /// Of the binary as it is built for tests; what is released knows no bugs.
    @Test func aBrokenPromiseEndsWithOneAndSaysHowToSeeItAgain() async throws {
        let bug = ["--bug", "retry_after_lost_answer"]
        let broken = try await BuiltBinary.run(["simulate", "world", "--seeds", "0..8"] + bug)
        #expect(broken.status == 1)
        let command = try #require(
            broken.output.split(separator: "\n").compactMap {
                $0.components(separatedBy: "see it again: copyhook ").dropFirst().first
            }.first)
        #expect(command.hasSuffix("--bug retry_after_lost_answer"))

        let again = try await BuiltBinary.run(command.split(separator: " ").map(String.init))

        #expect(again.status == 1)
        #expect(again.output.contains("BROKEN "))
    }
}
