import Foundation
import Rules
import StrictJSON
import Testing

/// The engine says what the plain evaluator says.
@Suite struct EngineOracleTests {
    @Test func engineAndEvaluatorAgreeOnWhateverIsDrawn() throws {
        let environment = ProcessInfo.processInfo.environment
        let seed =
            environment["COPYHOOK_TEST_SEED"].flatMap(UInt64.init) ?? UInt64.random(in: 1...999_999)
        let rounds = environment["COPYHOOK_TEST_FULL"] == "1" ? 20_000 : 700
        print("engine: seed \(seed) (COPYHOOK_TEST_SEED), \(rounds) rounds")
        var matter = RandomMatter(seed: seed)
        var (pairs, matches, refused) = (0, 0, 0)
        for round in 0..<rounds {
            var patterns: [(Int, Pattern)] = []
            // Now and then so many that they are told apart by more than one field.
            let count = matter.happens(oneIn: 20) ? 400 : matter.number(1...40)
            for number in 0..<count {
                let text = matter.pattern()
                do {
                    patterns.append((number, try Pattern(parsing: Array(text.utf8))))
                } catch {
                    refused += 1
                }
            }
            // With a bound so low that it is met, events are scanned again for a few rules.
            let hitsMax = matter.happens(oneIn: 3) ? matter.number(1...12) : RuleSet.hitsMax
            let set = RuleSet(patterns, hitsMax: hitsMax)
            let evaluators = patterns.map { ($0.0, PatternEvaluator($0.1)) }
            for number in 0..<5 {
                let text =
                    number > 0 && !patterns.isEmpty
                    ? matter.event(answering: "\(matter.pick(patterns).1.source)")
                    : matter.event()
                let event = try JSONValue(eventParsing: Array(text.utf8))
                let expected = evaluators.filter { $0.1.matches(event) }.map(\.0)
                let found = set.matches(checked: Array(text.utf8))
                pairs += patterns.count
                matches += expected.count
                if found != expected {
                    let odd = Set(found ?? []).symmetricDifference(expected).sorted()
                    let sources = patterns.filter { odd.contains($0.0) }.map { "\($0.1.source)" }
                    Issue.record("round \(round), \(hitsMax): \(text): \(odd): \(sources)")
                    return
                }
            }
        }
        print("engine: \(pairs) pairs, \(matches) matches, \(refused) patterns refused")
        // Half of the events match something, so that a matcher which finds nothing is found out.
        #expect(matches > rounds * 5 / 2)
    }
}
