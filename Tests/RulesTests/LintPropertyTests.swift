import Foundation
import Rules
import StrictJSON
import Testing

// What the lint calls proven, held against random events of the shape it knows: what it says can
// never match does not, what it says matches everything does, and where one rule is shadowed the
// other matches whenever it does.

/// Draws patterns and events from words so few that they often meet.
private struct LintDraw {
    static let sources = ["own", "coze"]
    private static let words = [
        "", "a", "ab", "abc", "b", "ba", "A", "AB", "aXb", "ß", "SS", "ss", "own", "coze",
        "10.0.0.1", "10.1.0.1",
    ]
    private static let paths = [
        "type", "type", "source", "key", "entity.id", "entity.type", "entity.name", "entity",
        "kind", "type.x", "data.a", "data.a", "data.a.b", "data.e.a", "data.e.z", "data.e.x.y",
    ]

    var generator: SeededGenerator

    mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &generator) }
    mutating func word() -> String { Self.words[below(Self.words.count)] }

    mutating func scalar() -> JSONValue {
        switch below(8) {
        case 0: .null
        case 1: .bool(below(2) == 0)
        case 2, 3: .number(JSONNumber(below(4)))
        default: .string(word())
        }
    }

    // MARK: - Events

    mutating func event() -> JSONValue {
        var event: JSONObject = [:]
        for name in EventShape.always { event[name] = .string(word()) }
        event["source"] = .string(Self.sources[below(2)])
        if below(3) > 0 {
            var entity: JSONObject = ["type": .string(word()), "id": .string(word())]
            for name in EventShape.ofEntity.dropFirst(2) where below(2) == 0 {
                entity[name] = .string(word())
            }
            event["entity"] = .object(entity)
        }
        event["data"] = data(depth: 4)
        return .object(event)
    }

    private mutating func data(depth: Int) -> JSONValue {
        switch below(depth == 0 ? 2 : 8) {
        case 0, 1: return scalar()
        case 2, 3: return .array((0..<below(4)).map { _ in data(depth: depth - 1) })
        default:
            let keys = ["a", "b", "e", "x", "y", "z", "a.b", "e.z"]
            return .object(
                JSONObject(
                    (0..<below(6)).map { _ in
                        (keys[below(keys.count)], data(depth: depth - 1))
                    }))
        }
    }

    // MARK: - Patterns

    mutating func test() -> JSONValue {
        switch below(16) {
        case 0, 1, 2: return scalar()
        case 3: return ["prefix": .string(word())]
        case 4: return ["suffix": .string(word())]
        case 5: return ["equals-ignore-case": .string(word())]
        case 6: return ["prefix": ["equals-ignore-case": .string(word())]]
        case 7: return ["suffix": ["equals-ignore-case": .string(word())]]
        case 8, 9: return ["wildcard": .string(wildcard())]
        case 10:
            let words = ["<", "<=", "=", ">=", ">"]
            let number = JSONValue.number(JSONNumber(below(4)))
            if below(2) == 0 { return ["numeric": [.string(words[below(5)]), number]] }
            let high = JSONValue.number(JSONNumber(4 + below(2)))
            return [
                "numeric": [.string(words[3 + below(2)]), number, .string(words[below(2)]), high]
            ]
        case 11: return ["exists": .bool(below(2) == 0)]
        case 12: return ["cidr": .string(below(2) == 0 ? "10.0.0.0/8" : "10.1.0.0/16")]
        case 13: return ["anything-but": .array([.string(word()), .string(word())])]
        case 14: return ["anything-but": ["wildcard": .string(wildcard())]]
        default:
            return ["anything-but": [below(2) == 0 ? "prefix" : "suffix": .string("a" + word())]]
        }
    }

    private mutating func wildcard() -> String {
        ["*", "a*", "*b", "a*b", "*a*b*", "ab", "a*b*c"][below(7)]
    }

    mutating func object(branches: Bool) -> JSONObject {
        var object: JSONObject = [:]
        for _ in 0..<(1 + below(3)) {
            object[Self.paths[below(Self.paths.count)]] = .array((0...below(2)).map { _ in test() })
        }
        if branches, below(3) == 0 {
            object["$or"] = .array((0..<2).map { _ in .object(self.object(branches: false)) })
        }
        return object
    }

    /// A pattern near another one: with a field less, a test more, or another test.
    mutating func neighbour(of object: JSONObject) -> JSONObject {
        var object = object
        for _ in 0...below(2) {
            let key = object.keys[below(object.keys.count)]
            switch below(4) {
            case 0 where object.count > 1: object[key] = nil
            case 1 where key != "$or": object[key] = [test()]
            case 2 where key != "$or": object[key] = .array((object[key]?.array ?? []) + [test()])
            default: object[Self.paths[below(Self.paths.count)]] = [test()]
            }
        }
        return object
    }
}

private let isFull = ProcessInfo.processInfo.environment["COPYHOOK_TEST_FULL"] == "1"

@Test(arguments: UInt64(0)..<(isFull ? 200 : 6))
func whatTheLintProvesHoldsForEveryEvent(seed: UInt64) throws {
    var draw = LintDraw(generator: SeededGenerator(state: seed))
    var claims: [String: Int] = [:]
    for _ in 0..<250 {
        let object = draw.object(branches: true)
        let other = draw.below(2) == 0 ? draw.object(branches: true) : draw.neighbour(of: object)
        guard let one = try? Pattern(parsing: .object(object)),
            let two = try? Pattern(parsing: .object(other))
        else { continue }
        let events = (0..<25).map { _ in draw.event() }
        let (first, second) = (PatternEvaluator(one), PatternEvaluator(two))
        let answers = events.map { (one: first.matches($0), two: second.matches($0)) }
        let rules = [Rule(name: "one", match: one), Rule(name: "two", match: two)]
        for finding in RuleLint.findings(in: rules, sources: LintDraw.sources) {
            claims["\(finding.kind)", default: 0] += 1
            let isFirst = finding.rule == "one"
            for (event, answer) in zip(events, answers) {
                let (mine, others) = isFirst ? answer : (answer.two, answer.one)
                let isBroken =
                    switch finding.kind {
                    case .neverMatches: mine
                    case .matchesEverything: !mine
                    case .isShadowed: mine && !others
                    default: false
                    }
                #expect(
                    !isBroken,
                    """
                    seed \(seed): \(finding)
                    \(one.source.prettyText())
                    \(two.source.prettyText())
                    \(event.prettyText())
                    """)
            }
        }
    }
    print("lint, seed \(seed): \(claims.sorted { $0.key < $1.key })")
    #expect(claims["neverMatches", default: 0] > 20)
    #expect(claims["matchesEverything", default: 0] > 0)
    #expect(claims["isShadowed", default: 0] > 10)
}
