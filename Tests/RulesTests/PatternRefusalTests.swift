import Rules
import StrictJSON
import Testing

private func refusal(of pattern: String) -> PatternRefusal? {
    do throws(PatternRefusal) {
        _ = try Pattern(parsing: Array(pattern.utf8))
        return nil
    } catch {
        return error
    }
}

/// A pattern that is refused, the place, words of what is wrong, and words of what to do.
private typealias Row = (pattern: String, pointer: String, what: String, remedy: String)

private let refused: [Row] = [
    // Shape.
    ("", "", "not readable as JSON, line 1, column 1", "Write one JSON object"),
    (#"{"a":[1],"a":[2]}"#, "", "each name may stand once", "Write one JSON object"),
    ("[1]", "", "a pattern is an object, not a list", "Write an object of fields"),
    (#""bot.published""#, "", "not a string", "Write an object of fields"),
    ("{}", "", "an empty object asks nothing", #"[{"exists": true}]"#),
    (#"{"a":{}}"#, "/a", "an empty object asks nothing", "Name at least one field"),
    (#"{"a":[]}"#, "/a", "can never match", #"[{"exists": false}]"#),
    (#"{"type":"bot.published"}"#, "/type", "a list of tests, not a string", #"["bot.published"]"#),
    (#"{"a":5}"#, "/a", "not a number", #""a": [5]"#),
    (#"{"a":null}"#, "/a", "not null", "[null]"),
    (#"{"a":{"b":true}}"#, "/a/b", "not a boolean", "[true]"),
    (#"{"a":[["x"]]}"#, "/a/0", "a list inside a list", "side by side"),
    (#"{"a":{"b":[1]},"a.b":[2]}"#, "/a.b", "a.b is asked for twice", "Merge the two lists"),
    (#"{"a":[1],"$or":[{"b":[1]},{"a":[2]}]}"#, "/$or/1/a", "asked for twice", "Merge"),
    (#"{"x/y":"v"}"#, "/x~1y", "not a string", "[\"v\"]"),
    (#"{"a":[{"cidr":":/128"}]}"#, "/a/0/cidr", "no block of addresses", "10.0.0.0/8"),
    (#"{"a":[{"cidr":"::-0/128"}]}"#, "/a/0/cidr", "no block of addresses", "10.0.0.0/8"),
    // Operators in general.
    (#"{"a":[{"prefx":"x"}]}"#, "/a/0/prefx", "no operator", #"Did you mean "prefix"? Accepted"#),
    (#"{"a":[{"anything_but":"x"}]}"#, "/a/0/anything_but", "no operator", #""anything-but""#),
    (#"{"a":[{"Exists":true}]}"#, "/a/0/Exists", "no operator", #"Did you mean "exists"?"#),
    (#"{"a":[{"zzzzzzzz":1}]}"#, "/a/0/zzzzzzzz", "no operator", "Accepted are prefix, suffix"),
    (#"{"a":[{"regexp":"x"}]}"#, "/a/0/regexp", "not in this language", "Accepted are"),
    (#"{"a":[{"shellstyle":"x"}]}"#, "/a/0/shellstyle", "not in this language", "Accepted are"),
    (#"{"a":[{"date-after":"x"}]}"#, "/a/0/date-after", "not in this language", "Accepted are"),
    (#"{"a":[{}]}"#, "/a/0", "exactly one member, not 0", "one object for each"),
    (#"{"a":[{"prefix":"x","suffix":"y"}]}"#, "/a/0", "exactly one member, not 2", "one object"),
    // Each operator.
    (#"{"a":[{"prefix":5}]}"#, "/a/0/prefix", "prefix takes a string", #"{"prefix": "bot."}"#),
    (#"{"a":[{"suffix":["x"]}]}"#, "/a/0/suffix", "not a list", "one object for each string"),
    (#"{"a":[{"prefix":{"wildcard":"x"}}]}"#, "/a/0/prefix/wildcard", "no such", "ignore-case"),
    (
        #"{"a":[{"suffix":{"equals-ignore-case":1}}]}"#, "/a/0/suffix/equals-ignore-case",
        "takes a string", "Write it as"
    ),
    (#"{"a":[{"exactly":1}]}"#, "/a/0/exactly", "takes a string", "Write it as"),
    (#"{"a":[{"equals-ignore-case":["x"]}]}"#, "/a/0/equals-ignore-case", "not a list", "choice"),
    (#"{"a":[{"exists":"false"}]}"#, "/a/0/exists", "true or false, not a string", "false}]"),
    (#"{"a":[{"wildcard":"a**b"}]}"#, "/a/0/wildcard", "two stars", "One star"),
    (#"{"a":[{"wildcard":"a\\b"}]}"#, "/a/0/wildcard", "a backslash", "doubled"),
    (#"{"a":[{"wildcard":"a\\"}]}"#, "/a/0/wildcard", "a backslash", "doubled"),
    (#"{"a":[{"wildcard":null}]}"#, "/a/0/wildcard", "not null", "Write it as"),
    (#"{"a":[{"anything-but":[]}]}"#, "/a/0/anything-but", "empty list", "at least one value"),
    (#"{"a":[{"anything-but":["x",1]}]}"#, "/a/0/anything-but/1", "mixed", "only strings"),
    (#"{"a":[{"anything-but":[1,"x"]}]}"#, "/a/0/anything-but/1", "mixed", "only numbers"),
    (#"{"a":[{"anything-but":null}]}"#, "/a/0/anything-but", "not null", "Write it as"),
    (#"{"a":[{"anything-but":[true]}]}"#, "/a/0/anything-but/0", "not a boolean", "Write it as"),
    (#"{"a":[{"anything-but":{"prefix":""}}]}"#, "/a/0/anything-but/prefix", "empty prefix", "one"),
    (
        #"{"a":[{"anything-but":{"suffix":["x",""]}}]}"#, "/a/0/anything-but/suffix/1",
        "empty suffix", "one"
    ),
    (#"{"a":[{"anything-but":{"prefix":[]}}]}"#, "/a/0/anything-but/prefix", "empty list", "one"),
    (
        #"{"a":[{"anything-but":{"numeric":[">",1]}}]}"#, "/a/0/anything-but/numeric", "no such",
        "Write values"
    ),
    (
        #"{"a":[{"anything-but":{"prefx":"x"}}]}"#, "/a/0/anything-but/prefx", "no such",
        #""prefix""#
    ),
    (#"{"a":[{"numeric":5}]}"#, "/a/0/numeric", "two or four terms", "one comparison"),
    (#"{"a":[{"numeric":[">"]}]}"#, "/a/0/numeric", "two or four terms", "one comparison"),
    (#"{"a":[{"numeric":[">",1,"<"]}]}"#, "/a/0/numeric", "two or four terms", "one comparison"),
    (#"{"a":[{"numeric":["==",1]}]}"#, "/a/0/numeric/0", "no comparison", "= < <= > >="),
    (#"{"a":[{"numeric":["!=",1]}]}"#, "/a/0/numeric/0", "no comparison", "= < <= > >="),
    (#"{"a":[{"numeric":[">","1"]}]}"#, "/a/0/numeric/1", "not a string", "without quotes"),
    (#"{"a":[{"numeric":["<",5,">",1]}]}"#, "/a/0/numeric", "comes first", "lower bound"),
    (#"{"a":[{"numeric":["=",1,"<",5]}]}"#, "/a/0/numeric", "comes first", "lower bound"),
    (#"{"a":[{"numeric":[">",5,"<",5]}]}"#, "/a/0/numeric", "not below", "Swap"),
    (#"{"a":[{"numeric":["=",1e1000001]}]}"#, "/a/0/numeric/1", "exponent", "ordinary size"),
    (#"{"a":[1e9999999]}"#, "/a/0", "exponent", "ordinary size"),
    (#"{"a":[{"cidr":"10.0.0.0"}]}"#, "/a/0/cidr", "no block", "a slash"),
    (#"{"a":[{"cidr":"10.0.0.0/33"}]}"#, "/a/0/cidr", "no block", "a slash"),
    (#"{"a":[{"cidr":"10.0.0/8"}]}"#, "/a/0/cidr", "no block", "a slash"),
    (#"{"a":[{"cidr":"::/129"}]}"#, "/a/0/cidr", "no block", "a slash"),
    (#"{"a":[{"cidr":"::/+1"}]}"#, "/a/0/cidr", "no block", "a slash"),
    // Branches.
    (#"{"$or":{"a":[1]}}"#, "/$or", "takes a list, not an object", "two or more"),
    (#"{"$or":[{"a":[1]}]}"#, "/$or", "at least two branches", "two or more"),
    (#"{"$or":[{"a":[1]},[2]]}"#, "/$or/1", "not a list", "two or more"),
    (#"{"$or":[{"a":[1]},{}]}"#, "/$or/1", "an empty object", "Name at least"),
    (#"{"$or":[{"prefix":"x"},{"a":[1]}]}"#, "/$or/0/prefix", "is an operator", "list of a field"),
    (#"{"$or":[{"a":[1]},{"=":[1]}]}"#, "/$or/1/=", "is an operator", "list of a field"),
]

@Test(arguments: refused)
private func aRefusalNamesThePlaceAndTheRemedy(_ row: Row) throws {
    let found = try #require(refusal(of: row.pattern), "accepted \(row.pattern)")
    #expect(found.pointer.description == row.pointer, "\(row.pattern)\n\(found)")
    #expect(found.what.contains(row.what), "\(row.pattern)\n\(found)")
    #expect(found.remedy.contains(row.remedy), "\(row.pattern)\n\(found)")
    let lines = found.description.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count == 2, "\(found)")
}

@Test func aRefusalIsTwoLines() throws {
    let found = try #require(refusal(of: #"{"a":[{"numeric":["==",1]}]}"#))
    #expect(found.operatorName == "numeric")
    #expect(
        found.description == """
            /a/0/numeric/0 (numeric): this is no comparison
            Write one comparison (= < <= > >=) and a number, or a lower bound and an upper one: \
            [">=", 0, "<", 100]. Write instead: "a": [{"numeric": ["=", 1]}]
            """)
}

@Test(arguments: [
    #"{"a\nb\u202e":"x"}"#, #"{"a":[{"\u001b[2J\n":"x"}]}"#, "{\"\u{9B}\":\"\u{2028}\"}",
])
func aRefusalCannotBreakItsLinesOrSteerATerminal(_ pattern: String) throws {
    let text = try #require(refusal(of: pattern)).description
    #expect(text.split(separator: "\n").count == 2)
    #expect(!text.unicodeScalars.contains { $0 != "\n" && ($0.value < 0x20 || $0.value == 0x9B) })
    #expect(!text.unicodeScalars.contains { [0x2028, 0x202E].contains($0.value) })
}

// MARK: - Bounds, from both sides

@Test func combinationsAreBounded() throws {
    func branches(_ count: Int, _ name: String) -> String {
        let list = (0..<count).map { "{\"\(name)\($0)\":[1]}" }.joined(separator: ",")
        return "\"$or\":[\(list)]"
    }
    func pattern(_ inner: Int, _ outer: Int) -> String {
        "{\"x\":{\(branches(inner, "a"))},\"y\":{\(branches(outer, "b"))}}"
    }
    #expect(refusal(of: pattern(10, 100)) == nil)
    #expect(refusal(of: pattern(11, 91))?.what.contains("combinations") == true)
    #expect(refusal(of: "{\(branches(1_000, "a"))}") == nil)
    #expect(refusal(of: "{\(branches(1_001, "a"))}")?.what.contains("combinations") == true)
}

@Test func conditionsOfAllCombinationsAreBounded() throws {
    func pattern(_ branches: Int, _ fields: Int, fieldsFirst: Bool) -> String {
        let or = "\"$or\":[\((0..<branches).map { "{\"o\($0)\":[1]}" }.joined(separator: ","))]"
        let list = (0..<fields).map { "\"f\($0)\":[1]" }.joined(separator: ",")
        return fieldsFirst ? "{\(list),\(or)}" : "{\(or),\(list)}"
    }
    for isFirst in [false, true] {
        #expect(refusal(of: pattern(1_000, 19, fieldsFirst: isFirst)) == nil)
        let found = refusal(of: pattern(1_000, 20, fieldsFirst: isFirst))
        #expect(found?.what.contains("20000 conditions") == true)
        #expect(refusal(of: pattern(78, 255, fieldsFirst: isFirst)) == nil)
        #expect(refusal(of: pattern(79, 255, fieldsFirst: isFirst)) != nil)
    }
}

@Test func testsAndFieldsAreBounded() throws {
    func values(_ count: Int) -> String {
        "{\"a\":[" + (0..<count).map(String.init).joined(separator: ",") + "]}"
    }
    #expect(refusal(of: values(10_000)) == nil)
    #expect(refusal(of: values(10_001))?.what.contains("10000 tests") == true)
    func fields(_ count: Int) -> String {
        "{" + (0..<count).map { "\"f\($0)\":[1]" }.joined(separator: ",") + "}"
    }
    #expect(refusal(of: fields(256)) == nil)
    #expect(refusal(of: fields(257))?.what.contains("256 fields") == true)
}

@Test func depthStarsAndSizeAreBounded() throws {
    func nested(_ depth: Int) -> String {
        String(repeating: #"{"a":"#, count: depth) + "[1]" + String(repeating: "}", count: depth)
    }
    #expect(refusal(of: nested(64)) == nil)
    #expect(refusal(of: nested(65))?.what.contains("nested deeper") == true)
    #expect(refusal(of: nested(200))?.remedy.contains("several rules") == true)
    func dotted(_ steps: Int) -> String {
        #"{"\#(String(repeating: ".", count: steps - 1))":[1]}"#
    }
    #expect(refusal(of: dotted(64)) == nil)
    #expect(refusal(of: dotted(65))?.what.contains("65 steps") == true)
    #expect(refusal(of: dotted(20_000))?.what.contains("20000 steps") == true)
    let two = #"{"a":[{"anything-but":{"prefix":"a","suffix":"b"}}]}"#
    #expect(refusal(of: two)?.remedy.contains(#"{"wildcard": ["a*", "*b"]}"#) == true)
    #expect(refusal(of: #"{"a":[{"anything-but":{"wildcard":["a*","*b"]}}]}"#) == nil)
    func stars(_ count: Int) -> String {
        #"{"a":[{"wildcard":""# + String(repeating: "a*", count: count) + #""}]}"#
    }
    #expect(refusal(of: stars(64)) == nil)
    #expect(refusal(of: stars(65))?.what.contains("64 stars") == true)
    let long = String(repeating: "a", count: 4_097)
    #expect(refusal(of: #"{"a":[{"wildcard":"\#(long)"}]}"#)?.what.contains("4096") == true)
    let huge = String(repeating: " ", count: 256 << 10)
    #expect(refusal(of: #"{"a":[1]}"# + huge)?.what.contains("262144 are accepted") == true)
}

/// What comes from YAML has passed no parser that knows these limits.
@Test func whatIsTooLongIsRefusedHoweverItComes() throws {
    let long = try #require(JSONNumber(text: String(repeating: "7", count: 65)))
    for test: JSONValue in [.number(long), ["anything-but": .number(long)]] {
        #expect(throws: PatternRefusal.self) { try Pattern(parsing: ["a": [test]]) }
    }
    let digits = try #require(JSONNumber(text: String(repeating: "7", count: 64)))
    #expect(try Pattern(parsing: ["a": [.number(digits)]]).matches(["a": .number(digits)]))
    func values(_ bytes: Int) -> JSONValue {
        .array([.string(String(repeating: "x", count: bytes - "{'a':['']}".utf8.count))])
    }
    #expect(throws: PatternRefusal.self) { try Pattern(parsing: ["a": values(262_145)]) }
    #expect(try Pattern(parsing: ["a": values(262_144)]).source["a"] == values(262_144))
}

/// A field may be called like the word of another language.
@Test(arguments: ["or", "any", "some", "and", "all", "must", "not", "none"])
func fieldsMayBeCalledLikeWords(name: String) throws {
    for test: JSONValue in [
        ["numeric": [">", 5]], ["anything-but": ["a"]], ["prefix": ["equals-ignore-case": "B"]],
    ] {
        let pattern = try Pattern(parsing: ["data": .object(JSONObject([(name, .array([test]))]))])
        let value: JSONValue = test["numeric"] == nil ? "bc" : 9
        #expect(pattern.matches(["data": .object(JSONObject([(name, value)]))]))
    }
}

/// Nothing is proposed that would be refused in its turn.
@Test func aListWithTwoMistakesHasNoProposal() throws {
    let twice = try #require(refusal(of: #"{"a":[{"startsWith":"a"},{"startsWith":"b"}]}"#))
    #expect(twice.pointer.description == "/a/0/startsWith" && twice.correction == nil)
    #expect("\(twice)".contains("prefix"), "\(twice)")
    let once = try #require(refusal(of: #"{"a":[{"startsWith":"a"},"b"]}"#))
    #expect(once.correction != nil)
}
