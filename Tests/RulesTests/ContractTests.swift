import Rules
import StrictJSON
import Testing

/// A pattern, events that it matches, and events that it does not.
private typealias Row = (pattern: String, passes: [String], fails: [String])

// The tables of the contract, row by row, where the tests of single operators do not say it
// already: what arrays, nesting, null and absence do, and the differences a to h.

private let arraysAndNesting: [Row] = [
    // The event's list against the list of the leaf; lists inside lists are flat.
    (
        #"{"a":["x","y"]}"#, [#"{"a":["z","y"]}"#, #"{"a":[[["x"]]]}"#],
        [#"{"a":["z"]}"#, #"{"a":[]}"#]
    ),
    // Elements are never mixed, at any depth.
    (
        #"{"a":{"b":{"c":[1],"d":{"e":[2]}}}}"#,
        [
            #"{"a":[{"b":[{"c":0,"d":{"e":2}},{"c":1,"d":[{"e":9},{"e":2}]}]}]}"#,
            #"{"a":[{"b":{"c":0}},{"b":[[{"c":1,"d":{"e":[2]}}]]}]}"#,
        ],
        [
            #"{"a":[{"b":[{"c":1},{"d":{"e":2}}]}]}"#,
            #"{"a":[{"b":[{"c":1,"d":{"e":3}}]},{"b":[{"c":0,"d":{"e":2}}]}]}"#,
            #"{"a":[{"b":{"c":1}},{"b":{"d":{"e":2}}}]}"#,
        ]
    ),
    // Different lists are independent.
    (#"{"x":{"f":[1]},"y":{"g":[2]}}"#, [#"{"x":[{"f":0},{"f":1}],"y":[{"g":2},{"g":0}]}"#], []),
    // A list of scalars and objects: both are reached.
    (#"{"a":["x"]}"#, [#"{"a":[{"b":1},"x"]}"#], []),
    (#"{"a":{"b":[1]}}"#, [#"{"a":["x",{"b":1}]}"#, #"{"a.b":1}"#], [#"{"a":["x"]}"#]),
    // Null is a value; what is missing has none.
    (#"{"a":[null]}"#, [#"{"a":null}"#, #"{"a":[1,null]}"#], ["{}", #"{"a":[]}"#, #"{"a":{}}"#]),
    (#"{"a":[{"exists":true}]}"#, [#"{"a":null}"#], [#"{"a":[]}"#, #"{"a":{"b":1}}"#, "{}"]),
    (#"{"a":[{"exists":false}]}"#, [#"{"a":[]}"#, #"{"a":{"b":1}}"#, "{}"], [#"{"a":null}"#]),
    // Any element escapes a negation; what is no scalar does not.
    (
        #"{"a":[{"anything-but":["x"]}]}"#, [#"{"a":["x","z"]}"#, #"{"a":null}"#],
        ["{}", #"{"a":{}}"#]
    ),
    (#"{"a":[{"numeric":[">",5,"<",8]}]}"#, [#"{"a":[4,6]}"#], [#"{"a":[4,9]}"#, #"{"a":"6"}"#]),
    // A dotted key is a nested one, both ways.
    (#"{"a.b":{"c":[1]}}"#, [#"{"a":{"b.c":1}}"#, #"{"a.b.c":1}"#, #"{"a":[{"b":{"c":1}}]}"#], []),
    (#"{"a":{"b.c":[1]}}"#, [#"{"a.b":{"c":1}}"#], [#"{"a":{"b":1}}"#]),
    // Composed and decomposed letters are two.
    ("{\"\u{E9}\":[1]}", ["{\"\u{E9}\":1}"], ["{\"e\u{301}\":1}"]),
    // Numbers are what they are worth, however long.
    (
        #"{"a":[9007199254740993]}"#, [#"{"a":9007199254740993.0}"#, #"{"a":9007199254740993}"#],
        [#"{"a":9007199254740992}"#, #"{"a":"9007199254740993"}"#]
    ),
    (#"{"a":[0]}"#, [#"{"a":-0}"#, #"{"a":0e7}"#], [#"{"a":"0"}"#, #"{"a":false}"#]),
    (
        #"{"a":[{"numeric":[">",0.1234567890123456788,"<",0.1234567890123456790]}]}"#,
        [#"{"a":0.1234567890123456789}"#],
        [#"{"a":0.1234567890123456788}"#, #"{"a":0.1234567890123456790}"#]
    ),
]

private let differences: [Row] = [
    // a: absence is decided last, in the elements that the others choose, in any order of keys.
    (
        #"{"e":{"a":[1],"z":[{"exists":false}]}}"#, [#"{"e":[{"z":1},{"a":1}]}"#],
        [#"{"e":[{"a":1,"z":1},{"b":1}]}"#]
    ),
    (
        #"{"e":{"z":[1],"a":[{"exists":false}]}}"#, [#"{"e":[{"a":1},{"z":1}]}"#],
        [#"{"e":[{"z":1,"a":1},{"b":1}]}"#]
    ),
    // With no other condition: nowhere.
    (#"{"e":{"z":[{"exists":false}]}}"#, [#"{"e":[{"a":1},{}]}"#], [#"{"e":[{"a":1},{"z":1}]}"#]),
    // In an inner list the outer element is pinned and the inner one is not.
    (
        #"{"e":{"a":[1],"l":{"z":[{"exists":false}]}}}"#,
        [#"{"e":[{"a":1,"l":[{"y":1}]},{"a":2,"l":[{"z":1}]}]}"#],
        [#"{"e":[{"a":1,"l":[{"y":1},{"z":1}]}]}"#]
    ),
    // b: what looks like an address is a text.
    (#"{"a":["::1"]}"#, [#"{"a":"::1"}"#], [#"{"a":"0:0:0:0:0:0:0:1"}"#]),
    (#"{"a":["10.0.0.1"]}"#, [#"{"a":"10.0.0.1"}"#], [#"{"a":"010.0.0.1"}"#]),
    // c: one address is a block, and mapped ones are in it in both spellings.
    (
        #"{"a":[{"cidr":"10.1.2.3/32"}]}"#,
        [#"{"a":"10.1.2.3"}"#, #"{"a":"::ffff:10.1.2.3"}"#, #"{"a":"::ffff:a01:203"}"#],
        [#"{"a":"10.1.2.4"}"#]
    ),
    (#"{"a":[{"cidr":"::1/128"}]}"#, [#"{"a":"0::1"}"#], [#"{"a":"::2"}"#]),
    // d: exact decimals.
    (
        #"{"a":[{"numeric":["=",9007199254740993]}]}"#, [#"{"a":9007199254740993}"#],
        [#"{"a":9007199254740992}"#]
    ),
    // Single conditions on null and on booleans, as tests of values have them.
    (
        #"{"a":[{"anything-but":{"wildcard":["x*","*y"]}}]}"#,
        [#"{"a":null}"#, #"{"a":true}"#, #"{"a":5}"#, #"{"a":"z"}"#], [#"{"a":"xz"}"#]
    ),
    // Quamina's: presence and absence together, and an empty object in a list.
    (#"{"a":[{"exists":true}],"b":[{"exists":false}]}"#, [#"{"a":1}"#], [#"{"a":1,"b":2}"#]),
    (#"{"a":[1]}"#, [], [#"{"a":[{}]}"#]),
    // Choices inside choices, at any depth.
    (
        #"{"d":{"$or":[{"x":[1]},{"e":{"$or":[{"y":[1]},{"z":[{"prefix":"p"}]}]}}]}}"#,
        [#"{"d":{"x":1}}"#, #"{"d":{"e":{"y":1}}}"#, #"{"d":[{"e.z":"pq"}]}"#],
        [#"{"d":{"y":1}}"#, #"{"x":1}"#]
    ),
]

@Test(arguments: arraysAndNesting + differences)
private func theContractHoldsRowByRow(_ row: Row) throws {
    let pattern = try Pattern(parsing: Array(row.pattern.utf8))
    for event in row.passes {
        #expect(pattern.matches(try JSONValue(parsing: event)), "\(row.pattern) \(event)")
    }
    for event in row.fails {
        #expect(!pattern.matches(try JSONValue(parsing: event)), "\(row.pattern) \(event)")
    }
}

/// What an operator of the original takes and we refuse is refused here, and the other way round.
@Test(arguments: [
    // e and h: doubled keys and paths; f: see Mistakes.md; g: see the bounds of patterns.
    #"{"a":[1],"a":[1]}"#, #"{"a.b":[1],"a":{"b":[1]}}"#, #"{"a":[1],"$or":[{"a":[1]},{"b":[1]}]}"#,
    #"{"a":[{"regexp":"x"}]}"#, #"{"a":[{"shellstyle":"x"}]}"#, #"{"a":[{"date-on":"x"}]}"#,
    #"{"a":[{"not-wildcard":"x"}]}"#, #"{"a":[{"ip-address-in-range":"x"}]}"#,
    #"{"$or":[{"prefix":[1]},{"b":[1]}]}"#, #"{"$or":[{"numeric":[1]},{"b":[1]}]}"#,
    #"{"a":[{"anything-but":{"exists":true}}]}"#, #"{"a":[{"anything-but":[null]}]}"#,
    #"{"a":[{"numeric":[">=",5,"<=",5]}]}"#, #"{"a":[1]} {}"#, #"{"a":[1]}x"#,
])
func whatTheContractRefusesIsRefused(_ pattern: String) {
    #expect(throws: PatternRefusal.self) { try Pattern(parsing: Array(pattern.utf8)) }
}

@Test func anEventWithADoubledKeyIsRefusedBeforeMatching() {
    #expect(throws: JSONRefusal.self) { try JSONValue(eventParsing: Array(#"{"a":1,"a":2}"#.utf8)) }
    #expect(throws: JSONRefusal.self) { try JSONValue(eventParsing: Array(#"{"a":1} x"#.utf8)) }
}

/// Ways that multiply from one array to the next inside it, by an event of a kilobyte.
@Test(.timeLimit(.minutes(1))) func manyWaysInsideOneAnotherCostLittle() throws {
    let fields = (0..<11).map { "f\($0)" }
    let element = JSONValue.object(JSONObject(fields.map { ($0, "x") }))
    let inner: JSONValue = ["c": ["d": [element]], "c.d": [element]]
    let event: JSONValue = ["a": ["b": [inner, inner]], "a.b": [inner, inner]]
    let asked = JSONValue.object(JSONObject(fields.map { ($0, ["x"]) }))
    #expect(try Pattern(parsing: ["a": ["b": ["c": ["d": asked]]]]).matches(event))
    let never = JSONValue.object(JSONObject(fields.map { ($0, ["x"]) } + [("g", ["x"])]))
    #expect(try !Pattern(parsing: ["a": ["b": ["c": ["d": never]]]]).matches(event))
}

/// Values of several fields, each with many branches: what a rule is filed under does not multiply.
@Test func manyBranchesOfManyFieldsTakeLittleMemory() throws {
    var fields: [(String, JSONValue)] = []
    for name in ["a", "b", "c", "d"] {
        let branches = (0..<5).map { branch -> JSONValue in
            let values = (0..<60).filter { ($0 * 7 + branch) % 5 < 2 }
            return ["f": .array(values.map { .string("v\($0)") })]
        }
        fields.append((name, ["$or": .array(branches)]))
    }
    let pattern = try Pattern(parsing: .object(JSONObject(fields)))
    let set = RuleSet([(0, pattern)])
    #expect(set.size < 2_000_000, "\(set.size)")
    let event = #"{"a":{"f":"v1"},"b":{"f":"v2"},"c":{"f":"v3"},"d":{"f":"v59"}}"#
    #expect(set.matches(checked: Array(event.utf8)) == [0])
    #expect(set.matches(checked: Array(event.replacing("v59", with: "v60").utf8)) == [])
}

/// One path by eight ways, each a list whose elements answer one condition: what the ways can
/// answer together is found without trying every deal of the conditions.
@Test func manyWaysToOneFieldCostLittle() throws {
    func event(answering count: Int) -> JSONValue {
        let list = JSONValue.array((0..<count).map { ["c\($0)": 1] })
        let d: JSONValue = ["d": list]
        return [
            "a.b.c.d": list, "a.b.c": d, "a.b": ["c.d": list, "c": d],
            "a": ["b.c.d": list, "b.c": d, "b": ["c.d": list, "c": d]],
        ]
    }
    func pattern(_ count: Int) throws -> Pattern {
        let fields = (0..<count).map { ("c\($0)", [1] as JSONValue) }
        return try Pattern(parsing: ["a": ["b": ["c": ["d": .object(JSONObject(fields))]]]])
    }
    // Eight ways answer eight conditions and no more.
    #expect(try pattern(8).matches(event(answering: 10)))
    #expect(try !pattern(9).matches(event(answering: 10)))
    #expect(try !pattern(10).matches(event(answering: 10)))
}
