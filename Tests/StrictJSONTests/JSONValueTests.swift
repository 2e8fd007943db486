import StrictJSON
import Testing

@Test(
    arguments: [
        ("null", .null), (" true\n", true), ("\tfalse\r\n", false), ("0", 0),
        ("[]", []), ("[ ]", []), ("{}", [:]), ("{ }", [:]), (#""""#, ""),
        ("[1,[2,[3]],{}]", [1, [2, [3]], [:]]),
        (#"{"b":1,"a":{"c":[null]}}"#, ["b": 1, "a": ["c": [.null]]]),
        (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"), (#""\u0041\u00e9\u4e2d""#, "Aé中"),
        (#""\ud83d\ude00\uDBFF\uDFFF""#, "😀\u{10FFFF}"), (#""\u0000""#, "\u{0}"),
        (#""\uD7FF\uE000""#, "\u{D7FF}\u{E000}"),
        ("\"\u{7F}\u{2028}😀\u{FEFF}\"", "\u{7F}\u{2028}😀\u{FEFF}"),
        (#"{"":0}"#, ["": 0]), (#" [ 1 , { "a" : 2 } ] "#, [1, ["a": 2]]),
    ] as [(String, JSONValue)])
func aWellFormedTextIsRead(_ text: String, as expected: JSONValue) throws {
    #expect(try JSONValue(parsing: text) == expected)
}

@Test(arguments: [
    "0", "-0", "5", "5.0", "5e0", "-12.50E+03", "1e-999999", "7505309748215939108",
    "123456789012345678901234567890.123456789",
])
func aNumberKeepsItsText(_ text: String) throws {
    let value = try JSONValue(parsing: "[\(text)]")
    #expect(value[0]?.number?.text == text)
    #expect(value.bytes() == Array("[\(text)]".utf8))
    #expect(JSONNumber(text: text)?.text == text)
}

@Test(arguments: ["", "+1", "01", "1.", ".1", "1e", " 1", "1 ", "0x1", "nan", "١", "1\u{301}"])
func textThatIsNoNumberMakesNone(_ text: String) {
    #expect(JSONNumber(text: text) == nil)
}

@Test(
    arguments: [
        ("0", 0), ("-0", 0), ("9223372036854775807", .max), ("-9223372036854775808", .min),
        ("9223372036854775808", nil), ("5.0", nil), ("1e3", nil), ("-1", -1),
    ] as [(String, Int64?)])
func onlyAPlainIntegerIsAnInteger(_ text: String, is expected: Int64?) {
    #expect(JSONNumber(text: text)?.int64 == expected)
}

@Test func aDoubleIsReadWhereThereIsOne() {
    #expect(JSONNumber(text: "-2.5e1")?.double == -25)
    #expect(JSONNumber(text: "1e999")?.double == nil)
    #expect(JSONNumber(0.1)?.text == "0.1")
    #expect(JSONNumber(1e300)?.double == 1e300)
    #expect(JSONNumber(Double.infinity) == nil)
    #expect(JSONNumber(Double.nan) == nil)
    #expect(JSONNumber(UInt64.max).text == "18446744073709551615")
}

@Test func stringsAreEqualByteForByte() {
    let (composed, decomposed): (JSONValue, JSONValue) = ("\u{E9}", "e\u{301}")
    #expect(composed != decomposed)
    #expect(Set([composed, decomposed]).count == 2)
    let object: JSONObject = ["\u{E9}": 1, "e\u{301}": 2]
    #expect(object["\u{E9}"] == 1)
    #expect(object["e\u{301}"] == 2)
    #expect(object["E"] == nil)
    #expect(JSONValue.number(5) != .number(JSONNumber(text: "5.0") ?? 5))
}

@Test func membersKeepTheirOrderAndAreReplacedInPlace() throws {
    var object = try #require(try JSONValue(parsing: #"{"z":1,"a":2,"m":3}"#).object)
    #expect(object.keys == ["z", "a", "m"])
    object["a"] = "x"
    object["n"] = .null
    object["z"] = nil
    #expect(JSONValue.object(object).bytes() == Array(#"{"a":"x","m":3,"n":null}"#.utf8))
    #expect(object != ["m": 3, "a": "x", "n": .null])
    #expect(JSONObject([("a", 1), ("b", 2), ("a", 3)]) == ["a": 3, "b": 2])
}

@Test func anIDIsReadFromAStringOrANumber() throws {
    let value = try JSONValue(
        parsing: #"{"a":"7505309748215939108","b":7505309748215939108,"c":true}"#)
    #expect(value["a"]?.text == "7505309748215939108")
    #expect(value["b"]?.text == "7505309748215939108")
    #expect(value["c"]?.text == nil)
    #expect(value["d"]?.text == nil)
}

@Test func readersAnswerOnlyForTheirType() {
    let values: [JSONValue] = [.null, true, 1, "s", [1], ["a": 1]]
    #expect(values.map(\.isNull) == [true, false, false, false, false, false])
    #expect(values.map { $0.bool != nil } == [false, true, false, false, false, false])
    #expect(values.map { $0.number != nil } == [false, false, true, false, false, false])
    #expect(values.map { $0.string != nil } == [false, false, false, true, false, false])
    #expect(values.map { $0.array != nil } == [false, false, false, false, true, false])
    #expect(values.map { $0.object != nil } == [false, false, false, false, false, true])
    #expect(values.map { $0[0] != nil } == [false, false, false, false, true, false])
    #expect(values.map { $0["a"] != nil } == [false, false, false, false, false, true])
}

// MARK: - Pointers

// The document and the answers of RFC 6901 section 5.
@Test(
    arguments: [
        ("/foo", ["bar", "baz"]), ("/foo/0", "bar"), ("/", 0), ("/a~1b", 1), ("/c%d", 2),
        ("/e^f", 3),
        ("/g|h", 4), ("/i\\j", 5), ("/k\"l", 6), ("/ ", 7), ("/m~0n", 8),
        ("/foo/00", nil), ("/foo/2", nil), ("/foo/-", nil), ("/foo/-1", nil), ("/foo/+1", nil),
        ("/foo/0/x", nil), ("/nothing", nil), ("foo", nil), ("/m~n", nil), ("/m~2n", nil),
        ("/a~", nil),
        ("/foo/99999999999999999999", nil),
    ] as [(String, JSONValue?)])
func aPointerLeadsToItsValue(_ pointer: String, _ expected: JSONValue?) throws {
    let document = try JSONValue(
        parsing: """
            {"foo": ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, "e^f": 3, "g|h": 4, "i\\\\j": 5,
            "k\\"l": 6, " ": 7, "m~n": 8}
            """)
    #expect(document.value(at: pointer) == expected)
    #expect(document.value(at: "") == document)
    if expected != nil { #expect(JSONPointer(pointer)?.description == pointer) }
}

@Test func aPointerGrowsAndEscapes() {
    let pointer = JSONPointer.root.appending("a/b").appending("~").appending(3).appending("")
    #expect(pointer.description == "/a~1b/~0/3/")
    #expect(JSONPointer(pointer.description) == pointer)
    #expect(JSONPointer.root.description == "")
}

// MARK: - Writing

@Test func compactTextEscapesOnlyWhatItMust() {
    let value: JSONValue = ["a/b": "\"\\\u{0}\u{1F}\n\r\t\u{8}\u{C}\u{7F}é中😀\u{2028}</script>"]
    let text = String(decoding: value.bytes(), as: UTF8.self)
    let expected =
        #"{"a/b":"\"\\\u0000\u001f\n\r\t\b\f"# + "\u{7F}é中😀\u{2028}</script>\"}"
    #expect(text == expected)
}

@Test(arguments: [
    "null", "[]", "{}", #"{"a":{},"b":[]}"#, #"[1,-2.50,"x",true,false,null]"#,
    #"{"z":[[[{"y":"\u001b[31m"}]]],"é":"é","e":1}"#, #""""#, #"{"":{"":""}}"#,
])
func whatIsWrittenIsReadBack(_ text: String) throws {
    let value = try JSONValue(parsing: text)
    #expect(String(decoding: value.bytes(), as: UTF8.self) == text)
    #expect(try JSONValue(parsing: value.bytes()) == value)
    #expect(try JSONValue(parsing: value.prettyText()) == value)
}

@Test func randomValuesComeBackUnchanged() throws {
    var generator = SplitMix(state: 7)
    for _ in 0..<300 {
        let value = JSONValue.random(depth: 5, using: &generator)
        #expect(try JSONValue(parsing: value.bytes()) == value)
        #expect(try JSONValue(parsing: value.prettyText()) == value)
    }
}

@Test(arguments: UInt64(0)..<20)
func damagedTextIsReadBackOrRefusedInside(seed: UInt64) throws {
    var generator = SplitMix(state: seed)
    let damage = Array("{}[]\",:\\u0d8e-+.tfn \n".utf8) + [0x00, 0x80, 0xC3, 0xED, 0xF4, 0xFF]
    for _ in 0..<300 {
        var bytes = JSONValue.random(depth: 4, using: &generator).bytes()
        for _ in 0..<Int.random(in: 1...3, using: &generator) {
            let place = Int.random(in: 0...bytes.count, using: &generator)
            let byte = damage[Int.random(in: 0..<damage.count, using: &generator)]
            switch Int.random(in: 0..<3, using: &generator) {
            case 0: bytes.insert(byte, at: place)
            case 1 where place < bytes.count: bytes[place] = byte
            default: bytes.removeSubrange(place..<min(place + 2, bytes.count))
            }
        }
        do throws(JSONRefusal) {
            let value = try JSONValue(parsing: bytes)
            #expect(try JSONValue(parsing: value.bytes()) == value, "seed \(seed)")
        } catch {
            #expect((0...bytes.count).contains(error.offset), "seed \(seed)")
        }
    }
}

@Test func prettyTextIsIndentedAndHarmlessOnATerminal() {
    let value: JSONValue = [
        "name": "a\u{1B}[2J\u{9B}\u{202E}", "list": [1, [], [:]], "object": ["k": .null],
    ]
    let expected = #"""
        {
          "name": "a\u001b[2J\u009b\u202e",
          "list": [
            1,
            [],
            {}
          ],
          "object": {
            "k": null
          }
        }
        """#
    #expect(value.prettyText() == expected)
}

@Test func aWriterEmbedsBytesAsTheyAre() {
    var writer = JSONWriter()
    writer.beginObject()
    writer.member("id", "evt_1")
    writer.key("data")
    writer.raw(Array(#"{ "n": 1.0 }"#.utf8))
    writer.key("list")
    writer.beginArray()
    writer.value(1)
    writer.raw("2".utf8)
    writer.beginObject()
    writer.endObject()
    writer.endArray()
    writer.endObject()
    let text = String(decoding: writer.bytes, as: UTF8.self)
    #expect(text == #"{"id":"evt_1","data":{ "n": 1.0 },"list":[1,2,{}]}"#)
}

// MARK: - Random values

/// Sebastiano Vigna's SplitMix64: small, seeded, the same everywhere.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

extension JSONValue {
    fileprivate static func random(depth: Int, using generator: inout SplitMix) -> JSONValue {
        func text(_ generator: inout SplitMix) -> String {
            var text = String.UnicodeScalarView()
            for _ in 0..<Int.random(in: 0..<6, using: &generator) {
                let limit: UInt32 =
                    [0x80, 0x800, 0x10000, 0x110000].randomElement(using: &generator) ?? 1
                if let scalar = Unicode.Scalar(UInt32.random(in: 0..<limit, using: &generator)) {
                    text.append(scalar)
                }
            }
            return String(text)
        }
        switch Int.random(in: 0..<(depth > 0 ? 8 : 5), using: &generator) {
        case 0: return .null
        case 1: return .bool(.random(using: &generator))
        case 2: return .number(JSONNumber(Int64(bitPattern: generator.next())))
        case 3: return .number(JSONNumber(Double.random(in: -1...1, using: &generator)) ?? 0)
        case 4: return .string(text(&generator))
        case 5:
            return .array(
                (0..<Int.random(in: 0..<5, using: &generator)).map { _ in
                    random(depth: depth - 1, using: &generator)
                })
        default:
            return .object(
                JSONObject(
                    (0..<Int.random(in: 0..<12, using: &generator)).map { _ in
                        (text(&generator), random(depth: depth - 1, using: &generator))
                    }))
        }
    }
}
