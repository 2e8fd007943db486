// The short forms in which a matcher reads what a builder collected: each step that is saved is one
// place less in memory to wait for, and with many rules that is what an event's time is made of.

/// Conjunctions, with conditions of one test put in as that test.
struct ShortParts {
    private(set) var conditions: [EngineCondition] = []
    private(set) var conditionTests: [Int32] = []
    private(set) var conjunctions: [EngineConjunction]
    private(set) var parts: [EnginePart] = []

    init(_ long: EngineParts) {
        conjunctions = long.conjunctions
        var numbers = [Int](repeating: -1, count: long.conditions.count)
        parts.reserveCapacity(long.parts.count)
        for part in long.parts {
            if part < 0 {
                parts.append(.absence(of: ~part))
                continue
            }
            let condition = long.conditions[Int(part)]
            if condition.tests.count == 1, !condition.hasExclusions {
                parts.append(.test(long.conditionTests[Int(condition.tests.start)]))
                continue
            }
            if numbers[Int(part)] < 0 {
                numbers[Int(part)] = conditions.count
                let start = conditionTests.count
                conditionTests += condition.tests.indices.map { long.conditionTests[Int($0)] }
                conditions.append(
                    EngineCondition(
                        field: condition.field, tests: EngineStretch(start, to: conditionTests),
                        hasExclusions: condition.hasExclusions))
            }
            parts.append(.condition(numbers[Int(part)]))
        }
        noteSole(long)
    }

    private mutating func noteSole(_ long: EngineParts) {
        var filings = [UInt8](repeating: 0, count: conjunctions.count)
        for number in long.filed + long.valueless {
            filings[Int(number)] = min(2, filings[Int(number)] + 1)
        }
        for index in conjunctions.indices {
            let rule = conjunctions[index].rule
            // Alternatives of one rule stand beside each other.
            let hasSibling =
                index > 0 && conjunctions[index - 1].rule == rule
                || index + 1 < conjunctions.count && conjunctions[index + 1].rule == rule
            conjunctions[index].isSole = filings[index] == 1 && !hasSibling
        }
    }
}
