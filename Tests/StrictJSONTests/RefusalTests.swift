import StrictJSON
import Testing

// What is refused, why, and where. A new refusal is a new row.

private func refusal(of text: String, limits: JSONLimits = .intake) -> JSONRefusal? {
    refusal(of: Array(text.utf8), limits: limits)
}

private func refusal(of bytes: [UInt8], limits: JSONLimits = .intake) -> JSONRefusal? {
    do throws(JSONRefusal) {
        _ = try JSONValue(parsing: bytes, limits: limits)
        return nil
    } catch {
        return error
    }
}

/// A malformed text, the code it is refused with and the bytes before the place.
private typealias Row = (text: String, code: JSONRefusal.Code, offset: Int)

private let malformed: [Row] = [
    // Nothing, or too little.
    ("", .unexpectedEnd, 0), (" \n\t\r", .unexpectedEnd, 4), ("[", .unexpectedEnd, 1),
    ("{", .unexpectedEnd, 1), ("[1", .unexpectedEnd, 2), ("[1,", .unexpectedEnd, 3),
    (#"{"a""#, .unexpectedEnd, 4), (#"{"a":"#, .unexpectedEnd, 5), (#"{"a":1"#, .unexpectedEnd, 6),
    (#"{"a":1,"#, .unexpectedEnd, 7), (#"""#, .unexpectedEnd, 1), (#""abc"#, .unexpectedEnd, 4),
    (#""\"#, .unexpectedEnd, 2), (#""\u12"#, .unexpectedEnd, 5), ("t", .unexpectedEnd, 1),
    ("tru", .unexpectedEnd, 3), ("-", .unexpectedEnd, 1), ("1.", .unexpectedEnd, 2),
    ("1e", .unexpectedEnd, 2), ("1e+", .unexpectedEnd, 3), (#""\""#, .unexpectedEnd, 3),
    // Words.
    ("True", .syntax, 0), ("TRUE", .syntax, 0), ("nul1", .syntax, 3), ("NaN", .syntax, 0),
    ("nan", .syntax, 1), ("Infinity", .syntax, 0), ("-Infinity", .syntax, 1),
    ("undefined", .syntax, 0), ("nulll", .trailingBytes, 4), ("truefalse", .trailingBytes, 4),
    // Numbers.
    ("01", .syntax, 1), ("-01", .syntax, 2), ("00", .syntax, 1), ("+1", .syntax, 0),
    (".5", .syntax, 0), ("-.5", .syntax, 1), ("1.e3", .syntax, 2), ("1.5.2", .trailingBytes, 3),
    ("0x10", .trailingBytes, 1), ("1_000", .trailingBytes, 1), ("1e5.5", .trailingBytes, 3),
    ("1ee5", .syntax, 2), ("--1", .syntax, 1), ("1 2", .trailingBytes, 2), ("[1 2]", .syntax, 3),
    ("١", .syntax, 0), ("[- 1]", .syntax, 2), ("1,5", .trailingBytes, 1),
    // Strings.
    ("'a'", .syntax, 0), ("“a”", .syntax, 0), (#""\x41""#, .syntax, 2), (#""\'""#, .syntax, 2),
    (#""\0""#, .syntax, 2), (#""\U0041""#, .syntax, 2), (#""\u004g""#, .syntax, 6),
    (#""\u 041""#, .syntax, 3), (#""\u{41}""#, .syntax, 3), ("\"a\nb\"", .syntax, 2),
    ("\"\t\"", .syntax, 1), ("\"\u{0}\"", .syntax, 1), ("\"\u{1F}\"", .syntax, 1),
    (#""\\\"#, .unexpectedEnd, 4), (#""a""b""#, .trailingBytes, 3),
    // Surrogate halves as escapes.
    (#""\ud800""#, .loneSurrogate, 1), (#""\udbff!""#, .loneSurrogate, 1),
    (#""\udc00""#, .loneSurrogate, 1), (#""ab\uDFFF""#, .loneSurrogate, 3),
    (#""\ud83d\n""#, .loneSurrogate, 1), (#""\ud83d\ud83d""#, .loneSurrogate, 1),
    (#""\ud83d\u0041""#, .loneSurrogate, 1), (#""\ud83d\"#, .loneSurrogate, 1),
    (#"{"\ud800":1}"#, .loneSurrogate, 2), (#""\ude00\ud83d""#, .loneSurrogate, 1),
    // Lists.
    ("[1,]", .syntax, 3), ("[,1]", .syntax, 1), ("[1,,2]", .syntax, 3), ("[1;2]", .syntax, 2),
    ("]", .syntax, 0), ("[1}", .syntax, 2), ("[]]", .trailingBytes, 2), ("[1:2]", .syntax, 2),
    ("[[1]", .unexpectedEnd, 4), ("[,]", .syntax, 1),
    // Objects.
    (#"{"a":1,}"#, .syntax, 7), ("{a:1}", .syntax, 1), ("{'a':1}", .syntax, 1),
    (#"{"a" 1}"#, .syntax, 5), (#"{"a":}"#, .syntax, 5), (#"{"a"}"#, .syntax, 4),
    (#"{"a":1 "b":2}"#, .syntax, 7), ("{1:2}", .syntax, 1), (#"{"a":1]"#, .syntax, 6),
    ("}", .syntax, 0), (#"{,"a":1}"#, .syntax, 1), (#"{"a"::1}"#, .syntax, 5),
    (#"{"a":1}}"#, .trailingBytes, 7), (#"{"a":1}{"b":2}"#, .trailingBytes, 7),
    (#"{null:1}"#, .syntax, 1), (#"{"a":1;"b":2}"#, .syntax, 6),
    // Comments and other dialects.
    ("// a\n1", .syntax, 0), ("1 // a", .trailingBytes, 2), ("/**/1", .syntax, 0),
    ("# a", .syntax, 0), ("[1]\u{0}", .trailingBytes, 3), ("\u{B}1", .syntax, 0),
    ("\u{A0}1", .syntax, 0), ("1\u{2028}", .trailingBytes, 1), ("`1`", .syntax, 0),
    // Doubled keys, after escapes are resolved.
    (#"{"a":1,"a":1}"#, .doubledKey, 7), (#"{"a":1,"\u0061":2}"#, .doubledKey, 7),
    (#"{"":1,"":2}"#, .doubledKey, 6), (#"[{"b":{"a":1,"c":2,"a":3}}]"#, .doubledKey, 19),
    (#"{"/":1,"\/":2}"#, .doubledKey, 7),
    // A byte order mark.
    ("\u{FEFF}1", .byteOrderMark, 0), (" \u{FEFF}1", .syntax, 1),
]

@Test(arguments: malformed)
private func aMalformedTextIsRefusedAtItsPlace(_ row: Row) throws {
    let found = try #require(refusal(of: row.text), "accepted \(row.text.debugDescription)")
    #expect(found.code == row.code, "\(row.text.debugDescription): \(found)")
    #expect(found.offset == row.offset, "\(row.text.debugDescription): \(found)")
    #expect(!found.detail.isEmpty)
}

@Test(
    arguments: [
        ([0x80], 1), ([0xBF], 1), ([0xC0, 0x80], 1), ([0xC1, 0xBF], 1), ([0xC2], 1),
        ([0xC2, 0x41], 1),
        ([0xE0, 0x80, 0x80], 1), ([0xE0, 0x9F, 0xBF], 1), ([0xE4, 0xB8], 1),
        ([0xE4, 0xB8, 0x22], 1),
        ([0xED, 0xA0, 0x80], 1), ([0xED, 0xBF, 0xBF], 1), ([0xF0, 0x80, 0x80, 0x80], 1),
        ([0xF0, 0x8F, 0xBF, 0xBF], 1), ([0xF0, 0x9F, 0x98], 1), ([0xF4, 0x90, 0x80, 0x80], 1),
        ([0xF5, 0x80, 0x80, 0x80], 1), ([0xF8, 0x88, 0x80, 0x80, 0x80], 1), ([0xFF], 1),
        ([0xFE], 1),
        ([0x41, 0xC3, 0xA9, 0xE9], 4),
    ] as [([UInt8], Int)])
private func bytesThatAreNotUTF8AreRefused(_ bytes: [UInt8], at offset: Int) throws {
    let found = try #require(refusal(of: [0x22] + bytes + [0x22]))
    #expect(found.code == .notUTF8)
    #expect(found.offset == offset)
}

@Test(
    arguments: [
        [0xEF, 0xBB, 0xBF, 0x31], [0xFF, 0xFE, 0x31, 0x00], [0xFE, 0xFF, 0x00, 0x31],
    ] as [[UInt8]])
private func everyByteOrderMarkIsRefused(_ bytes: [UInt8]) {
    #expect(refusal(of: bytes)?.code == .byteOrderMark)
}

@Test func utf16WithoutAMarkIsRefused() {
    #expect(refusal(of: [0x5B, 0x00, 0x5D, 0x00])?.code == .syntax)
    #expect(refusal(of: [0x00, 0x5B, 0x00, 0x5D])?.code == .syntax)
}

@Test func everyCutOfADocumentIsRefused() throws {
    let text = #"{"a":[1.5e-3,true,null,{"é\u00e9\ud83d\ude00":"x\n"}],"b":{}}"#
    let bytes = Array(text.utf8)
    _ = try JSONValue(parsing: bytes)
    for length in bytes.indices {
        #expect(refusal(of: Array(bytes[..<length])) != nil, "accepted \(length) bytes")
    }
}

@Test func aRefusalCountsLinesAndCharacters() throws {
    let found = try #require(refusal(of: "{\n  \"名字\": 1,\n  \"é\": tru\n}"))
    #expect(found.line == 3)
    #expect(found.column == 11)
    #expect(found.description.hasPrefix("line 3, column 11: "))
}

@Test func aRefusalDoesNotRepeatTheText() throws {
    let text = #"{"token": "s3cret-s3cret", "token": "s3cret-s3cret"}"#
    let found = try #require(refusal(of: text))
    #expect(!found.description.contains("s3cret"))
    #expect(!found.description.contains("token"))
}

// MARK: - Limits, from both sides

private func nested(_ depth: Int) -> String {
    String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
}

@Test func depthHasItsLimit() {
    #expect(refusal(of: nested(64)) == nil)
    #expect(refusal(of: nested(65))?.code == .tooDeep)
    let objects = String(repeating: #"{"a":"#, count: 64) + "1" + String(repeating: "}", count: 64)
    #expect(refusal(of: objects) == nil)
    #expect(refusal(of: "[" + objects + "]")?.code == .tooDeep)
    #expect(refusal(of: nested(1_000), limits: .match) == nil)
    #expect(refusal(of: nested(1_001), limits: .match)?.code == .tooDeep)
    let flat = "[" + repeatElement("[]", count: 200).joined(separator: ",") + "]"
    #expect(refusal(of: flat, limits: JSONLimits(depthMax: 2)) == nil)
}

@Test func theNumberOfValuesHasItsLimit() {
    func list(_ count: Int) -> String {
        "[" + repeatElement("0", count: count).joined(separator: ",") + "]"
    }
    #expect(refusal(of: list(99_999)) == nil)
    #expect(refusal(of: list(100_000))?.code == .tooManyValues)
    #expect(refusal(of: list(100_000), limits: .match) == nil)
}

@Test func theSizeHasItsLimit() {
    let limits = JSONLimits(bytesMax: 8)
    #expect(refusal(of: "[1,2,33]", limits: limits) == nil)
    #expect(refusal(of: "[1,2,33] ", limits: limits)?.code == .tooLarge)
    #expect(refusal(of: String(repeating: " ", count: 1 << 20))?.code == .unexpectedEnd)
    #expect(refusal(of: String(repeating: " ", count: 1 + 1 << 20))?.code == .tooLarge)
}

@Test func aStringHasItsLimit() {
    let limits = JSONLimits(stringBytesMax: 4)
    #expect(refusal(of: #""éé""#, limits: limits) == nil)
    #expect(refusal(of: #""ééa""#, limits: limits)?.code == .stringTooLong)
    #expect(refusal(of: #""\u00e9\u00e9""#, limits: limits) == nil)
    #expect(refusal(of: #""\u00e9\u00e9a""#, limits: limits)?.code == .stringTooLong)
    #expect(refusal(of: #"{"abcde":1}"#, limits: limits)?.code == .stringTooLong)
    let long = String(repeating: "a", count: 256 << 10)
    #expect(refusal(of: "\"\(long)\"") == nil)
    #expect(refusal(of: "\"\(long)a\"")?.code == .stringTooLong)
}

@Test func aNumberHasItsLimit() {
    let digits = String(repeating: "7", count: 64)
    #expect(refusal(of: digits) == nil)
    #expect(refusal(of: digits + "7")?.code == .numberTooLong)
    #expect(refusal(of: digits + "7", limits: .match) == nil)
}

@Test(arguments: [2, 8, 9, 10, 500])
func aDoubledKeyIsFoundAmongAnyNumberOfKeys(_ count: Int) throws {
    let members = (0..<count).map { "\"k\($0)\":0" }
    #expect(refusal(of: "{" + members.joined(separator: ",") + "}") == nil)
    for double in Set([0, count / 2, count - 1]).sorted() {
        let text = "{" + (members + [members[double]]).joined(separator: ",") + "}"
        #expect(refusal(of: text)?.code == .doubledKey, "\(count) keys, \(double) doubled")
    }
}

@Test func keysThatOnlyLookAlikeAreDifferent() {
    #expect(refusal(of: "{\"\u{E9}\":1,\"e\u{301}\":2,\"E\u{301}\":3}") == nil)
    let many = (0..<20).map { "\"k\($0)\":0" }.joined(separator: ",")
    #expect(refusal(of: "{\(many),\"\u{E9}\":1,\"e\u{301}\":2}") == nil)
}
