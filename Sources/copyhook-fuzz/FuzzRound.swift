import Rules
import StrictJSON

/// Some patterns, compiled together, and some events that are held against them.
struct FuzzRound {
    private var mutator: Mutator
    private let memory: GuardedBytes

    /// Conditions up to which the plain evaluator is exact when dotted keys lead several ways.
    private static let patternsMax = 12
    private static let eventsCount = 40

    init(seed: UInt64, in memory: GuardedBytes) {
        mutator = Mutator(seed: seed)
        self.memory = memory
    }

    /// What went wrong, if anything did.
    mutating func run(_ tally: inout FuzzTally) -> String? {
        var patterns: [(Int, Pattern)] = []
        for number in 0..<mutator.number(1...Self.patternsMax) {
            do throws(PatternRefusal) {
                patterns.append((number, try Pattern(parsing: mutator.next(FuzzSeeds.patterns))))
            } catch {
                // Refusals are texts for people; making them must not fail either.
                if "\(error)".isEmpty { return "a refusal says nothing" }
                tally.refused += 1
            }
        }
        tally.patterns += patterns.count
        let set = RuleSet(patterns)
        let entries = patterns.map { Entry(number: $0.0, pattern: $0.1) }
        for _ in 0..<Self.eventsCount {
            let bytes = mutator.next(FuzzSeeds.events)
            if let trouble = hold(bytes, against: entries, set, &tally) { return trouble }
        }
        return nil
    }

    private struct Entry {
        let number: Int
        let pattern: Pattern
        let evaluator: PatternEvaluator

        init(number: Int, pattern: Pattern) {
            self.number = number
            self.pattern = pattern
            evaluator = PatternEvaluator(pattern)
        }
    }

    private func hold(
        _ bytes: [UInt8], against entries: [Entry], _ set: RuleSet,
        _ tally: inout FuzzTally
    ) -> String? {
        tally.events += 1
        guard let (found, again) = memory.at(bothEnds: bytes, { set.matches(checked: $0) }) else {
            return nil
        }
        guard found == again else { return "the answer depends on where the bytes lie" }
        guard let event = try? JSONValue(eventParsing: bytes) else { return nil }
        tally.sound += 1
        tally.compared += entries.count
        let expected = entries.filter { $0.evaluator.matches(event) }.map(\.number)
        tally.matches += expected.count
        guard found == expected else {
            let sources = entries.map { "\($0.number): \($0.pattern.source)" }
                .joined(separator: "\n")
            let text = String(decoding: bytes, as: UTF8.self)
            return "\(found.map { "\($0)" } ?? "none"), not \(expected)\n\(text)\n\(sources)"
        }
        return nil
    }
}
