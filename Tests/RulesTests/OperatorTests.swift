import Rules
import StrictJSON
import Testing

/// What stands in the list of a field, the values of that field that pass, and those that do not.
private typealias Row = (tests: JSONValue, passes: [JSONValue], fails: [JSONValue])

private func number(_ text: String) throws -> JSONValue {
    .number(try #require(JSONNumber(text: text)))
}

private let literals: [Row] = [
    (["a"], ["a"], ["A", "", "ab", .null, 5, true]),
    (["5"], ["5"], [5, "5.0"]),
    ([5], [5], ["5", 50, -5, true, .null]),
    ([.null], [.null], ["", "null", 0, false]),
    ([true], [true], [false, "true", 1]),
    ([false], [false], [true, 0, .null]),
    ([""], [""], [.null, " "]),
    (["a", 1, .null], ["a", 1, .null], ["b", 2, false]),
    (["\u{E9}"], ["\u{E9}"], ["e\u{301}", "e"]),
    (["::1"], ["::1"], ["0:0:0:0:0:0:0:1"]),
    ([["exactly": "a*"]], ["a*"], ["ab", "A*"]),
]

private let affixes: [Row] = [
    (
        [["prefix": "bot."]], ["bot.published", "bot."],
        ["", "bot", "Bot.x", "a bot.", .null, 5, true]
    ),
    ([["prefix": ""]], ["", "a"], [.null, 0, false]),
    ([["suffix": "客"]], ["客", "悦客"], ["", "客悦", .null]),
    ([["suffix": ""]], ["", "a"], [.null, 0]),
    ([["prefix": "\u{E9}"]], ["\u{E9}a"], ["e\u{301}a"]),
    ([["prefix": ["equals-ignore-case": "Bot"]]], ["bot", "BOTTOM"], ["bo", "a bot", .null, 1]),
    ([["suffix": ["equals-ignore-case": "ED"]]], ["published", "eD"], ["edit", "d", .null]),
    ([["equals-ignore-case": "Straße"]], ["STRASSE", "straße", "StRaßE"], ["STRAẞE", "stra", 1]),
    ([["equals-ignore-case": "i"]], ["I", "i"], ["İ", "ı"]),
    ([["equals-ignore-case": "ı"]], ["ı", "I"], ["i", "İ"]),
    ([["equals-ignore-case": "k"]], ["K"], ["\u{212A}"]),
    ([["equals-ignore-case": "\u{212A}"]], ["\u{212A}", "k"], ["K"]),
    ([["equals-ignore-case": "Σ"]], ["σ", "Σ"], ["ς"]),
    ([["equals-ignore-case": "ς"]], ["ς", "Σ"], ["σ"]),
    ([["equals-ignore-case": "ẞ"]], ["ẞ", "ß"], ["ss", "SS"]),
    ([["equals-ignore-case": "ſ"]], ["ſ", "S"], ["s"]),
    ([["equals-ignore-case": "ⱥ"]], ["Ⱥ", "ⱥ"], ["a", "A"]),
    ([["equals-ignore-case": "𐐨"]], ["𐐀", "𐐨"], ["𐐁"]),
    ([["prefix": ["equals-ignore-case": "GRÖ"]]], ["größe", "Grö"], ["GRO", "GR\u{C3}"]),
    ([["suffix": ["equals-ignore-case": "ÖN"]]], ["schön", "ÖN"], ["on", "\u{F6}"]),
    ([["equals-ignore-case": ""]], [""], ["a", .null]),
]

private let wildcards: [Row] = [
    ([["wildcard": "a*b"]], ["ab", "aXb", "a\nb", "abb", "aab"], ["a", "b", "abc", "", .null]),
    ([["wildcard": "*"]], ["", "x", "\n"], [.null, 1, true]),
    ([["wildcard": ""]], [""], ["a"]),
    ([["wildcard": "a"]], ["a"], ["aa", ""]),
    ([["wildcard": "*a*b*"]], ["ab", "xaybz"], ["ba", "a", "b"]),
    ([["wildcard": "aba*aba"]], ["abaaba", "abaXaba"], ["aba", "ababa"]),
    ([["wildcard": "*aab*"]], ["aaab", "xaaaabx"], ["aa", "abab"]),
    ([["wildcard": #"a\*b"#]], ["a*b"], ["aXb", #"a\*b"#]),
    ([["wildcard": #"\\*"#]], [#"\x"#, #"\"#], ["x", "*"]),
    ([["wildcard": "a?"]], ["a?"], ["ab"]),
    ([["wildcard": "*\u{E9}"]], ["x\u{E9}"], ["e\u{301}"]),
]

private let exclusions: [Row] = [
    ([["anything-but": "a"]], ["b", "", 5, true, .null], ["a"]),
    ([["anything-but": ["a", "b"]]], ["c", "ab", .null], ["a", "b"]),
    ([["anything-but": 5]], [6, "5", .null, false], [5]),
    ([["anything-but": [1, 2]]], [3, "1"], [1, 2]),
    ([["anything-but": ["prefix": "bot."]]], ["app.x", "", .null, 1], ["bot.", "bot.x"]),
    ([["anything-but": ["prefix": ["a", "b"]]]], ["c"], ["ax", "bx"]),
    ([["anything-but": ["suffix": ["a", "b"]]]], ["c", "ac"], ["xa", "xb"]),
    ([["anything-but": ["equals-ignore-case": ["A", "b"]]]], ["c", .null], ["a", "A", "B"]),
    ([["anything-but": ["wildcard": "a*c"]]], ["ab", 1], ["ac", "abc"]),
    ([["anything-but": ["wildcard": ["a*", "*z"]]]], ["b"], ["ab", "yz"]),
]

private let ranges: [Row] = [
    ([["numeric": ["=", 5]]], [5], ["5", 4, .null, true]),
    ([["numeric": ["<", 0]]], [-1], [0, 1, "-1"]),
    ([["numeric": ["<=", 0]]], [-1, 0], [1]),
    ([["numeric": [">", 0]]], [1], [0, -1]),
    ([["numeric": [">=", 0]]], [1, 0], [-1]),
    ([["numeric": [">", 0, "<", 5]]], [1, 4], [0, 5]),
    ([["numeric": [">=", 0, "<=", 5]]], [0, 5], [-1, 6]),
]

private let addresses: [Row] = [
    (
        [["cidr": "10.0.0.9/24"]],
        ["10.0.0.0", "10.0.0.255", "010.0.0.1", "::ffff:10.0.0.7", "::ffff:a00:7"],
        ["10.0.1.0", "10.0.0", "10.0.0.256", "10.0.0.1 ", "", "::10.0.0.7", .null, 10]
    ),
    ([["cidr": "0.0.0.0/0"]], ["1.2.3.4", "::ffff:1.2.3.4"], ["::1", "1.2.3", "a"]),
    (
        [["cidr": "::/0"]], ["::", "::1", "1::", "a:B::f"],
        [":", "::-0", "-0::", "0::-0", "::+1", "1:", ":::", "::g"]
    ),
    ([["cidr": "10.1.2.3/32"]], ["10.1.2.3"], ["10.1.2.4"]),
    (
        [["cidr": "2001:db8::/32"]], ["2001:db8::1", "2001:DB8:0:0:0:0:0:1", "2001:db8:1::"],
        ["2001:db9::", "2001:db8", "2001:db8:::1", "2001:db8::1%eth0", "1.2.3.4"]
    ),
    ([["cidr": "::1/128"]], ["::1", "0:0:0:0:0:0:0:1", "::0.0.0.1"], ["::2", "::", ":1", "1"]),
    ([["cidr": "::ffff:10.0.0.0/104"]], ["10.9.9.9", "::ffff:10.9.9.9"], ["11.0.0.0"]),
    (
        [["cidr": "::/0"]],
        ["::", "fe80::1", "::ffff:1.2.3.4", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "1::1.2.3.4"],
        [
            "1.2.3.4", "1:2:3:4:5:6:7:8::", "1:2:3:4::5:6:7:8", "1::2::3", "1:2:3:4:5:6:7:8:9",
            "1:2:3:4:5:6:7", "12345::", "g::", "1:", "::1.2.3", "1:2:3:4:5:6:7:1.2.3.4", "+1::",
            "1.2.3.4::",
        ]
    ),
]

private let presence: [Row] = [
    (
        [["exists": true]], ["", 0, false, .null, [1], [[], "x"]], [[:], [], ["y": 1], [[:]], [[]]]
    ),
    (
        [["exists": false]], [[:], [], ["y": 1], [["y": 1]], [[]]],
        ["", 0, false, .null, [1], [[1]]]
    ),
    ([["exists": false], "a"], [[:], "a", ["b", "a"]], ["b", .null]),
]

private let arrays: [Row] = [
    (["a"], [["a"], ["b", "a"], [["a"]], [[], [["b"], "a"]]], [[], ["b"], [["b"]]]),
    ([["anything-but": "a"]], [["a", "b"]], [["a"], [], [:], ["a", "a"]]),
    ([["numeric": [">", 5, "<", 8]]], [[4, 6]], [[4, 9]]),
]

@Test(
    arguments: literals + affixes + wildcards + exclusions + ranges + addresses + presence + arrays)
private func answersForValuesOnBothSides(_ row: Row) throws {
    let pattern = try Pattern(parsing: ["x": row.tests])
    let set = RuleSet([(0, pattern)])
    for value in row.passes {
        #expect(pattern.matches(["x": value]), "\(row.tests) refused \(value)")
        #expect(try set.matches(document: (["x": value] as JSONValue).bytes()) == [0])
    }
    for value in row.fails {
        #expect(!pattern.matches(["x": value]), "\(row.tests) accepted \(value)")
        #expect(try set.matches(document: (["x": value] as JSONValue).bytes()) == [])
    }
}

/// Over all letters there are that have one upper and one lower case.
@Test func aLetterOfAPatternIsItselfItsUpperAndItsLowerCase() throws {
    // By code points: as texts, an Ohm sign and an omega are equal.
    func cases(of letter: Unicode.Scalar) -> [Unicode.Scalar] {
        let mappings = [letter.properties.uppercaseMapping, letter.properties.lowercaseMapping]
        return mappings.allSatisfy { $0.unicodeScalars.count == 1 }
            ? mappings.compactMap(\.unicodeScalars.first) : []
    }
    let letters = (UInt32(0)...0x1_FFFF).compactMap(Unicode.Scalar.init).filter { letter in
        letter.properties.changesWhenCaseMapped && !cases(of: letter).isEmpty
    }
    let set = RuleSet(
        try letters.enumerated().map { number, letter in
            (number, try Pattern(parsing: ["x": [["equals-ignore-case": .string("\(letter)")]]]))
        })
    var expected: [Unicode.Scalar: Set<Int>] = [:]
    for (number, letter) in letters.enumerated() {
        for spelling in cases(of: letter) + [letter] {
            expected[spelling, default: []].insert(number)
        }
    }
    for letter in letters {
        let found = try set.matches(document: Array("{\"x\":\"\(letter)\"}".utf8))
        #expect(found == expected[letter]?.sorted(), "\(letter)")
    }
    #expect(letters.count > 2_700)
}

/// Over all letters, those too whose cases are several code points.
@Test func everySpellingOfALetterIsFoundAmongOtherText() throws {
    var spellings = 0
    for number in UInt32(0)...0x1_FFFF {
        guard let letter = Unicode.Scalar(number), letter.properties.changesWhenCaseMapped else {
            continue
        }
        let asked = ["x\(letter)", "\(letter)x", "x\(letter)x"].map { ["equals-ignore-case": $0] }
        let tests: [JSONValue] = [
            ["suffix": .test(asked[0])], ["prefix": .test(asked[1])], .test(asked[2]),
        ]
        let patterns = try tests.map { try Pattern(parsing: ["x": [$0]]) }
        let properties = letter.properties
        for spelling in [properties.uppercaseMapping, properties.lowercaseMapping, "\(letter)"] {
            for (pattern, text) in zip(
                patterns, ["yX\(spelling)", "\(spelling)Xy", "X\(spelling)x"])
            {
                #expect(pattern.matches(["x": .string(text)]), "\(letter) as \(spelling)")
                #expect(!pattern.matches(["x": .string("y\(text)y")]))
                spellings += 1
            }
        }
    }
    #expect(spellings > 24_000)
}

extension JSONValue {
    fileprivate static func test(_ test: [String: String]) -> JSONValue {
        .object(JSONObject(test.map { ($0.key, .string($0.value)) }))
    }
}

// MARK: - Numbers

@Test(arguments: [
    ["5", "5.0", "50e-1", "0.5E+1", "500000e-5"], ["0", "-0", "0.0", "0e99", "-0.0e-9"],
    ["300", "3e2", "3.00e2"], ["-12.5", "-125e-1"], ["0.000033", "33e-6"],
    ["1e400", "10e399"],
])
func numbersOfOneValueAreEqual(_ spellings: [String]) throws {
    for one in spellings {
        let literal = try Pattern(parsing: ["x": [try number(one)]])
        let range = try Pattern(parsing: ["x": [["numeric": ["=", try number(one)]]]])
        for other in spellings {
            #expect(literal.matches(["x": try number(other)]), "\(one) \(other)")
            #expect(range.matches(["x": try number(other)]), "\(one) \(other)")
        }
    }
}

@Test func numbersAreOrderedExactly() throws {
    let ascending = [
        "-1e999999999999999999999", "-1e400", "-9007199254740993", "-9007199254740992", "-2",
        "-1.5",
        "-1e-400", "0", "1e-99999999999", "1e-400", "0.1", "0.1000000000000000000000001", "1",
        "1.5",
        "10", "9007199254740992", "9007199254740993", "7505309748215939108", "1e400",
        "1e99999999999999999999999",
    ]
    for (place, text) in ascending.enumerated() {
        guard ExactDecimal(try #require(JSONNumber(text: text))).isInRange else { continue }
        for (other, candidate) in ascending.enumerated() {
            for (word, expected) in [
                ("<", other < place), (">", other > place), ("=", other == place),
            ] {
                let pattern = try Pattern(
                    parsing: ["x": [["numeric": [.string(word), try number(text)]]]])
                let value = try number(candidate)
                #expect(pattern.matches(["x": value]) == expected, "\(candidate) \(word) \(text)")
            }
        }
    }
}
