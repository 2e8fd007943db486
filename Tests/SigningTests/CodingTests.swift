import Domain
import Signing
import StrictJSON
import Testing

// RFC 4648 section 10.
@Test(arguments: [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
    ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
])
func base64FollowsThePublishedExamples(plain: String, coded: String) {
    let unpadded = String(coded.prefix { $0 != "=" })
    #expect(Base64.encode(plain.bytes) == coded)
    #expect(Base64.encode(plain.bytes, .url) == unpadded)
    #expect(Base64.decode(coded) == plain.bytes)
    #expect(Base64.decode(unpadded, .url) == plain.bytes)
    #expect(Base64.decode(unpadded, .standardPaddingOptional) == plain.bytes)
    #expect(Base64.decode(coded, .standardPaddingOptional) == plain.bytes)
}

@Test func everyByteSurvivesEveryForm() {
    let bytes = (0...255).map { UInt8($0) }
    for form in [Base64.Form.standard, .standardPaddingOptional, .url] {
        for count in [253, 254, 255, 256] {
            let part = Array(bytes.prefix(count))
            #expect(Base64.decode(Base64.encode(part, form), form) == part)
        }
    }
    #expect(Base64.encode([0xFB, 0xFF], .url) == "-_8")
    #expect(Base64.encode([0xFB, 0xFF]) == "+/8=")
}

@Test(arguments: [
    ("Zg", Base64.Form.standard), ("Zg=", .standard), ("Zg===", .standard), ("Zh==", .standard),
    ("Zm9=", .standard), ("Z", .standardPaddingOptional), ("Zg=", .standardPaddingOptional),
    ("Z g==", .standard), ("Zg==\n", .standard), ("=Zg=", .standard), ("Zg=g", .standard),
    ("-_8=", .standard), ("+/8", .url), ("Zg==", .url), ("Zm9vé", .standard), ("====", .standard),
])
func base64HasOneSpellingOnly(text: String, form: Base64.Form) {
    #expect(Base64.decode(text, form) == nil)
}

@Test(arguments: [
    ("00ff10", [0x00, 0xFF, 0x10] as [UInt8]?, true), ("00FF10", [0x00, 0xFF, 0x10], false),
    ("", [], true), ("0", nil, true), ("0g", nil, true), (" 00", nil, true), ("0x00", nil, true),
    ("００", nil, true),
])
func hexadecimalIsRead(text: String, bytes: [UInt8]?, isLowerCase: Bool) {
    #expect(Hexadecimal.decode(text) == bytes)
    #expect(Hexadecimal.decode(text, acceptsUpperCase: false) == (isLowerCase ? bytes : nil))
    if let bytes, isLowerCase { #expect(Hexadecimal.encode(bytes) == text) }
}

@Test func comparisonsAreByBytesAndLengths() {
    #expect(ConstantTime.areEqual([1, 2, 3], [1, 2, 3]))
    #expect(!ConstantTime.areEqual([1, 2, 3], [1, 2]))
    #expect(!ConstantTime.areEqual([1, 2, 3], [1, 2, 4]))
    #expect(!ConstantTime.areEqual([], [0]))
    #expect(ConstantTime.areEqual("", ""))
    // Canonically equivalent, and still two tokens.
    #expect("\u{E9}" == "e\u{301}")
    #expect(!ConstantTime.areEqual("\u{E9}", "e\u{301}"))
}

@Test func digestsAreThePublishedOnes() {
    // FIPS 180-4, the example `abc`.
    #expect(
        sha256Hex("abc".bytes)
            == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(sha256("abc".bytes) == Hexadecimal.decode(sha256Hex("abc".bytes)))
}

@Test func derivedTextIsStableAndKnowsItsParts() {
    // Fixed for ever: stored identifiers depend on it. Recomputed with Python's hashlib.
    #expect(derivedText(["evt_1", "backup", "0", "0"]) == "110fqdj53209c3f7fj54zrnznj")
    #expect(derivedText([]) == "73p324567w3ga9nyzms2cpze94")
    let texts = [
        ["ab", "c"], ["a", "bc"], ["abc"], ["abc", ""], ["", "abc"], ["c", "ab"], [""],
        ["\u{E9}"], ["e\u{301}"],
    ].map(derivedText)
    #expect(Set(texts).count == texts.count)
    #expect(texts.allSatisfy { $0.utf8.count == 26 })
    #expect(
        Identifier<Event>.derived("evt_", from: ["a"]).rawValue == "evt_" + derivedText(["a"]))
}

@Test func headersAreFoundWhateverTheirCaseAndCounted() {
    let headers = HeaderFields([("X-Nonce", "1"), ("x-time", "2"), ("X-TIME", "3"), ("E", "")])
    #expect(headers.lookup("x-nonce") == .one("1"))
    #expect(headers.lookup("X-Time") == .several)
    #expect(headers.lookup("X-Tim") == .absent)
    #expect(headers.values(of: "x-Time") == ["2", "3"])
    #expect(throws: VerificationRefusal(.missingHeader, "e is empty")) {
        try headers.required("e")
    }
    #expect(throws: VerificationRefusal(.malformedHeader, "x-time occurs twice")) {
        try headers.required("x-time")
    }
}

@Test(arguments: [
    ("\"a\"", "a" as String?), ("\"\"", nil), ("7512041635401000001", "7512041635401000001"),
    ("9999999999999999999", "9999999999999999999"), ("10000000000000000000", nil), ("0", "0"),
    ("-1", nil), ("1.0", nil), ("1e3", nil), ("null", nil), ("true", nil), ("[1]", nil),
    (#""a b""#, "a b"), (#""a\u0000""#, nil), (#""\n""#, nil), (#""\u007f""#, nil), (#""é""#, "é"),
])
func idsAreReadExactly(json: String, id: String?) throws {
    #expect(try JSONValue(parsing: json).exactID == id)
}

@Test func anIdHasALongestLength() {
    #expect(JSONValue.string(String(repeating: "x", count: keyBytesMax)).exactID != nil)
    #expect(JSONValue.string(String(repeating: "x", count: keyBytesMax + 1)).exactID == nil)
}

@Test(arguments: VerificationRefusal.Reason.allCases)
func statusesAreThoseOfTheDecision(reason: VerificationRefusal.Reason) {
    let status = VerificationRefusal(reason, "").status
    switch reason {
    case .malformedBody: #expect(status == 400)
    case .wrongMethod: #expect(status == 405)
    case .unsupportedContent: #expect(status == 415)
    default: #expect(status == 401)
    }
    #expect(VerificationRefusal(reason, "", status: 400).status == 400)
}
