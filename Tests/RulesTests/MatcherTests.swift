import Rules
import StrictJSON
import Testing

private func json(_ text: String) throws -> JSONValue { try JSONValue(parsing: text) }

// MARK: - Objects, arrays, absence

@Test(arguments: [
    (
        #"{"a":[1],"b":[2]}"#, passes: [#"{"a":1,"b":2,"c":3}"#],
        fails: [#"{"a":1}"#, "{}", "[]", "1"]
    ),
    (
        #"{"e":{"f":["x"]}}"#, [#"{"e":{"f":"x"}}"#, #"{"e.f":"x"}"#, #"{"e":[[{"f":"x"}]]}"#],
        [#"{"f":"x"}"#, #"{"e":"x"}"#, #"{"e.f.g":"x"}"#, #"{"ef":"x"}"#, #"{"e.":{"f":"x"}}"#]
    ),
    (#"{"e.f":["x"]}"#, [#"{"e":{"f":"x"}}"#, #"{"e.f":"x"}"#], [#"{"e":{"g":"x"}}"#]),
    // One element must have all that is asked of it.
    (
        #"{"e":{"f":["A"],"l":["J"]}}"#,
        [#"{"e":[{"f":"A","l":"J"}]}"#, #"{"e":[{"f":"B"},{"f":["C","A"],"l":["J"]}]}"#],
        [#"{"e":[{"f":"A","l":"S"},{"f":"P","l":"J"}]}"#, #"{"e":[[{"f":"A"},{"l":"J"}]]}"#]
    ),
    (
        #"{"e":{"x":{"a":[1]},"y":{"b":[2]}}}"#,
        [
            #"{"e":{"x":[{"a":0},{"a":1}],"y":[{"b":2}]}}"#,
            #"{"e":[{"x":[{"a":1}],"y":[{"b":2}]}]}"#,
        ],
        [#"{"e":[{"x":[{"a":1}]},{"y":[{"b":2}]}]}"#]
    ),
    (#"{"e":{"a":[1]},"g":{"a":[2]}}"#, [#"{"e":[{"a":3},{"a":1}],"g":[{"a":2}]}"#], []),
    // Absence comes last, whatever the order of the keys.
    (
        #"{"e":{"a":[1],"z":[{"exists":false}]}}"#,
        [#"{"e":[{"z":1},{"a":1}]}"#, #"{"e":{"a":1}}"#],
        [#"{"e":[{"z":1,"a":1}]}"#, #"{"e":[{"z":1},{"a":2}]}"#]
    ),
    (
        #"{"e":{"z":[1],"a":[{"exists":false}]}}"#, [#"{"e":[{"a":1},{"z":1}]}"#],
        [#"{"e":[{"z":1,"a":1}]}"#]
    ),
    (
        #"{"e":{"a":[{"exists":false}]}}"#,
        ["{}", #"{"e":[]}"#, #"{"e":[{"b":1},{}]}"#, #"{"e":1}"#],
        [#"{"e":[{"b":1},{"a":null}]}"#, #"{"e.a":1}"#]
    ),
    (
        #"{"b":[1],"e":{"a":[{"exists":false}]}}"#, [#"{"b":1,"e":[{}]}"#],
        [#"{"b":1,"e":[{"a":1}]}"#]
    ),
    // Dotted keys lead to one path by several ways, each with arrays of its own.
    (
        #"{"e":{"a":[1],"b":[2]}}"#,
        [#"{"e":[{"a":1},{"b":3}],"e.b":2}"#, #"{"e.a":1,"e":{"b":[2]}}"#],
        [#"{"e":[{"a":1},{"b":2}],"e.b":3}"#]
    ),
    (
        #"{"p.q":{"a":[1],"b":[2]}}"#, [#"{"p.q":[{"a":1}],"p":{"q":[{"b":2}]}}"#],
        [#"{"p.q":[{"a":1}],"p":{"q":[{"b":3}]}}"#]
    ),
    (
        #"{"p.q":{"a":[1],"b":[{"exists":false}]}}"#, [#"{"p.q":[{"a":1},{"b":2}],"p":{"q":[]}}"#],
        [#"{"p.q":[{"a":1},{"b":2}],"p":{"q":[{"a":1},{"b":2}]}}"#]
    ),
    // Branches.
    (
        #"{"a":[1],"$or":[{"b":[2]},{"c":{"$or":[{"d":[3]},{"e":[4]}]}}]}"#,
        [#"{"a":1,"b":2}"#, #"{"a":1,"c":{"d":3}}"#, #"{"a":1,"c":{"e":4}}"#],
        [#"{"a":1}"#, #"{"b":2}"#, #"{"a":1,"b":3,"c":{"d":4}}"#]
    ),
    (
        #"{"e":{"$or":[{"a":[1],"b":[2]},{"c":[3]}]}}"#,
        [#"{"e":[{"a":1,"b":2}]}"#, #"{"e":[{"a":1},{"c":3}]}"#], [#"{"e":[{"a":1},{"b":2}]}"#]
    ),
    (#"{"":[1]}"#, [#"{"":1}"#], [#"{"a":1}"#]), (#"{"prefix":["x"]}"#, [#"{"prefix":"x"}"#], []),
])
func anEventAnswersAPattern(_ pattern: String, passes: [String], fails: [String]) throws {
    let compiled = try Pattern(parsing: Array(pattern.utf8))
    for event in passes { #expect(compiled.matches(try json(event)), "\(pattern) \(event)") }
    for event in fails { #expect(!compiled.matches(try json(event)), "\(pattern) \(event)") }
}

// MARK: - Against the definition, word for word

/// The definition taken literally.
///
/// All leaves of the event with the elements they stand in, every choice of them tried: slow, and
/// obviously right.
private struct Definition {
    struct Leaf {
        let path: String
        let value: JSONValue
        /// Which element of which array, arrays being numbered as met.
        let elements: [Int: Int]
    }

    var leaves: [Leaf] = []
    private var arrays = 0

    init(_ event: JSONValue) { walk(event, nil, [:]) }

    private mutating func walk(_ value: JSONValue, _ path: String?, _ elements: [Int: Int]) {
        switch value {
        case .object(let object):
            for member in object.members {
                walk(member.value, path.map { "\($0).\(member.key)" } ?? member.key, elements)
            }
        case .array(let array):
            arrays += 1
            let number = arrays
            for (index, element) in array.enumerated() {
                walk(element, path, elements.merging([number: index]) { $1 })
            }
        default:
            leaves.append(Leaf(path: path ?? "", value: value, elements: elements))
        }
    }

    /// - Parameter wanted: Paths with the number that a leaf there must be, or `nil` for absence.
    func holds(_ wanted: ArraySlice<(String, Int?)>, chosen: [Int: Int] = [:]) -> Bool {
        func areCompatible(_ leaf: Leaf) -> Bool {
            leaf.elements.allSatisfy { chosen[$0.key] == nil || chosen[$0.key] == $0.value }
        }
        let values = wanted.filter { $0.1 != nil }
        guard let (path, number) = values.first, let number else {
            return wanted.allSatisfy { path, _ in
                !leaves.contains { $0.path == path && areCompatible($0) }
            }
        }
        let rest = wanted.filter { $0.0 != path }[...]
        return leaves.contains { leaf in
            leaf.path == path && leaf.value == .number(JSONNumber(number)) && areCompatible(leaf)
                && holds(rest, chosen: chosen.merging(leaf.elements) { $1 })
        }
    }
}

private func randomEvent(
    depth: Int, using generator: inout SeededGenerator
) -> JSONValue {
    let kind = Int.random(in: 0..<(depth == 0 ? 2 : 8), using: &generator)
    switch kind {
    case 0, 1: return .number(JSONNumber(Int.random(in: 0..<2, using: &generator)))
    case 2, 3, 4:
        return .array(
            (0..<Int.random(in: 0..<4, using: &generator)).map { _ in
                randomEvent(depth: depth - 1, using: &generator)
            })
    default: return .object(randomObject(depth: depth - 1, using: &generator))
    }
}

private func randomObject(depth: Int, using generator: inout SeededGenerator) -> JSONObject {
    let keys = ["a", "b", "c", "a.b", "b.a", "a.b.a", "b.c"]
    return JSONObject(
        (0..<Int.random(in: 0..<5, using: &generator)).map { _ in
            (
                keys[Int.random(in: 0..<keys.count, using: &generator)],
                randomEvent(depth: depth, using: &generator)
            )
        })
}

@Test(arguments: UInt64(0)..<40)
func theMatcherAgreesWithTheDefinition(seed: UInt64) throws {
    var generator = SeededGenerator(state: seed)
    let paths = ["a", "b", "a.a", "a.b", "a.c", "b.a", "b.c", "a.b.a", "a.b.c", "a.b.b", "b.a.c"]
    var matches = 0
    for _ in 0..<250 {
        let event = JSONValue.object(randomObject(depth: 5, using: &generator))
        let chosen = paths.shuffled(using: &generator).prefix(
            Int.random(in: 1...4, using: &generator))
        let wanted = chosen.map { path -> (String, Int?) in
            let kind = Int.random(in: 0..<3, using: &generator)
            return (path, kind == 0 ? Int?.none : kind - 1)
        }
        let pattern = try Pattern(
            parsing: .object(
                JSONObject(
                    wanted.map { path, number in
                        (path, number.map { [.number(JSONNumber($0))] } ?? [["exists": false]])
                    })))
        let expected = Definition(event).holds(wanted[...])
        #expect(pattern.matches(event) == expected, "seed \(seed): \(pattern.source) \(event)")
        let hitsMax = Int.random(in: 1...8, using: &generator)
        for set in [RuleSet([(0, pattern)]), RuleSet([(0, pattern)], hitsMax: hitsMax)] {
            let found = set.matches(checked: event.bytes())
            #expect(found == (expected ? [0] : []), "seed \(seed): \(pattern.source) \(event)")
        }
        if expected { matches += 1 }
    }
    #expect((10...240).contains(matches), "seed \(seed) shows only one side")
}

/// Sebastiano Vigna's SplitMix64.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

// MARK: - Explanations

@Test func anExplanationNamesTheLeafThatFailed() throws {
    let pattern = try Pattern(
        parsing: [
            "type": ["bot.published"],
            "entity": ["workspace_id": ["7481"], "id": [["exists": false]]],
        ])
    let event: JSONValue = ["type": "bot.published", "entity": ["workspace_id": "7498"]]
    let explanation = pattern.explain(event)
    #expect(!explanation.isMatch)
    #expect(explanation.leaves.map(\.isPassed) == [true, false, true])
    #expect(explanation.leaves[1].pointer.description == "/entity/workspace_id")
    #expect(explanation.leaves[1].path == "entity.workspace_id")
    #expect(explanation.leaves[1].found == ["7498"])
    #expect(!explanation.isSplitOverElements)
    #expect(
        explanation.description == """
            no match
              passed  type  asked ["bot.published"]  found "bot.published"
              failed  entity.workspace_id  asked ["7481"]  found "7498"
              passed  entity.id  asked [{"exists":false}]  found nothing
            """)
}

@Test func anExplanationTellsWhenValuesAreSplitOverElements() throws {
    let pattern = try Pattern(parsing: ["e": ["a": [1], "b": [2]]])
    let split = pattern.explain(["e": [["a": 1], ["b": 2]]])
    #expect(split.isSplitOverElements)
    #expect(split.leaves.allSatisfy { $0.isPassed })
    #expect(!split.isMatch)
    #expect(!pattern.explain(["e": [["a": 1, "b": 2]]]).isSplitOverElements)
    #expect(!pattern.explain(["e": [["a": 1, "b": 3]]]).isSplitOverElements)
}

@Test func anExplanationShowsAtMostTwentyValues() throws {
    let pattern = try Pattern(parsing: ["a": [30]])
    let leaf = pattern.explain(["a": .array((0..<25).map { .number(JSONNumber($0)) })]).leaves[0]
    #expect(leaf.found.count == 20)
    #expect(leaf.hasMore)
}

/// Twelve conditions that two arrays at one path could each answer, and one of them does alone.
@Test func manyConditionsOnTwoWaysAreNotMissed() throws {
    let keys = (0..<12).map { "k\($0)" }
    let asked = "{" + keys.map { "\"\($0)\":[1]" }.joined(separator: ",") + "}"
    let pattern = try Pattern(parsing: Array(#"{"a":{"b":\#(asked)}}"#.utf8))
    let whole = "{" + keys.map { "\"\($0)\":1" }.joined(separator: ",") + "}"
    let apart = keys.map { "{\"\($0)\":1}" }.joined(separator: ",")
    let last = whole.replacing("\"k11\":1", with: "\"k11\":2")
    for (event, isMatch) in [
        (#"{"a.b":[\#(apart)],"a":{"b":[\#(whole)]}}"#, true),
        (#"{"a.b":[\#(last)],"a":{"b":[{"k11":1}]}}"#, true),
        (#"{"a.b":[\#(last)],"a":{"b":[{"k10":1}]}}"#, false),
    ] {
        let bytes = Array(event.utf8)
        #expect(pattern.matches(try JSONValue(eventParsing: bytes)) == isMatch)
        #expect(RuleSet([(0, pattern)]).matches(checked: bytes) == (isMatch ? [0] : []))
    }
}
