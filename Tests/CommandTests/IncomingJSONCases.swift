// Bodies whose proof is right and whose JSON is not.

extension IncomingGroup {
    static var documents: IncomingGroup {
        var group = IncomingGroup(
            "JSON",
            source: "decisions 14 and 16; reliability.md 3.1 (7); RFC 8259; RFC 3629; "
                + "contracts/coze.md section 3.2")
        let texts: [(String, String)] = [
            ("nothing", ""), ("blanks alone", " \n\t "), ("a comment", "/* */ {}"),
            ("a comment of a line", "{} // a"), ("a trailing comma", #"{"a":1,}"#),
            ("a trailing comma in a list", #"{"a":[1,]}"#), ("a comma alone", "{,}"),
            ("two commas", #"{"a":[1,,2]}"#), ("no comma", #"{"a":1 "b":2}"#),
            ("no colon", #"{"a" 1}"#), ("two colons", #"{"a"::1}"#), ("no value", #"{"a":}"#),
            ("a key without quotes", "{a:1}"), ("a key in single quotes", "{'a':1}"),
            ("a key that is a number", "{1:2}"), ("a text in single quotes", #"{"a":'b'}"#),
            ("an end too early", #"{"a":1"#), ("an end in a text", #"{"a":"b"#),
            ("an end in an escape", #"{"a":"\"#), ("an end in a word", #"{"a":tru"#),
            ("an end in a number", #"{"a":-"#), ("an end in a list", #"{"a":["#),
            ("the wrong bracket", #"{"a":[1}}"#), ("a bracket too many", "{}}"),
            ("two values", "{}{}"), ("two values on two lines", "{}\n{}"),
            ("letters behind", "{} x"),
            ("a NUL behind", "{}\0"), ("a NUL before", "\0{}"), ("a form feed", "\u{C}{}"),
            ("a no-break space", "\u{A0}{}"), ("a line separator", "{}\u{2028}"),
            ("NaN", #"{"a":NaN}"#), ("an infinity", #"{"a":Infinity}"#),
            ("an infinity below zero", #"{"a":-Infinity}"#), ("a word", #"{"a":undefined}"#),
            ("a word in capitals", #"{"a":True}"#), ("nil", #"{"a":nil}"#),
            ("a plus", #"{"a":+1}"#), ("a zero in front", #"{"a":01}"#),
            ("a zero in front below zero", #"{"a":-01}"#), ("a point in front", #"{"a":.5}"#),
            ("a point behind", #"{"a":5.}"#), ("an exponent without digits", #"{"a":1e}"#),
            ("an exponent with a sign alone", #"{"a":1e+}"#), ("two points", #"{"a":1.2.3}"#),
            ("hexadecimal", #"{"a":0x10}"#), ("an underscore", #"{"a":1_000}"#),
            ("two signs", #"{"a":--1}"#), ("digits of another script", "{\"a\":\u{FF11}}"),
            ("a number of 65 characters", "{\"a\":\(String(repeating: "9", count: 65))}"),
            ("an unknown escape", #"{"a":"\x41"}"#), ("an escaped quote", #"{"a":"\'"}"#),
            ("an escape without digits", #"{"a":"\u"}"#), ("three digits", #"{"a":"\u004"}"#),
            ("an escape of letters", #"{"a":"\uzzzz"}"#),
            ("an escape with a sign", #"{"a":"\u+041"}"#),
            ("an escape in full width", "{\"a\":\"\\u\u{FF10}\u{FF10}\u{FF14}\u{FF11}\"}"),
            ("a lone high surrogate", #"{"a":"\ud800"}"#),
            ("a lone low surrogate", #"{"a":"\udc00"}"#),
            ("surrogates the wrong way round", #"{"a":"\udc00\ud800"}"#),
            ("two high surrogates", #"{"a":"\ud800\ud800"}"#),
            ("a surrogate before a letter", #"{"a":"\ud800a"}"#),
            ("a surrogate in a key", #"{"\ud800":1}"#),
            ("a line feed in a text", "{\"a\":\"b\nc\"}"), ("a tab in a text", "{\"a\":\"b\tc\"}"),
            ("a NUL in a text", "{\"a\":\"b\0c\"}"), ("a control in a key", "{\"a\u{1F}\":1}"),
            ("a doubled key", #"{"a":1,"a":1}"#),
            ("a doubled key, escaped", #"{"a":1,"\u0061":2}"#),
            ("a doubled key, escaped in capitals", #"{"j":1,"\u006A":2}"#),
            ("a doubled key, one slash escaped", #"{"a/b":1,"a\/b":2}"#),
            ("a doubled key far apart", "{\((0..<40).map { "\"k\($0)\":0," }.joined())\"k3\":1}"),
            ("a doubled empty key", #"{"":1,"":2}"#),
            (
                "a doubled pair",
                "{\"\u{1F600}\":1,\"\\ud83d\\ude00\":2}"
            ),
            ("a doubled key inside", #"{"a":[{"b":{"c":1,"c":2}}]}"#),
            ("a byte order mark", "\u{FEFF}{}"), ("a byte order mark behind", "{}\u{FEFF}"),
            ("a list", "[]"), ("a text", #""a""#), ("a number", "1"), ("null", "null"),
            ("true", "true"), ("an empty object", "{}"), ("no header", #"{"event":{}}"#),
            ("a header that is a list", #"{"header":[],"event":{}}"#),
            ("a header that is null", #"{"header":null}"#),
            ("a header without an id", #"{"header":{"event_type":"bot.deleted"}}"#),
            ("a header without a type", #"{"header":{"event_id":"a"}}"#),
            ("an id that is a number", #"{"header":{"event_type":"a","event_id":1}}"#),
            ("an empty id", #"{"header":{"event_type":"a","event_id":""}}"#),
            ("an id of null", #"{"header":{"event_type":"a","event_id":null}}"#),
            ("an id with a line feed", #"{"header":{"event_type":"a","event_id":"a\nb"}}"#),
            ("an id with a NUL", #"{"header":{"event_type":"a","event_id":"a\u0000b"}}"#),
            (
                "an id too long",
                "{\"header\":{\"event_type\":\"a\",\"event_id\":\""
                    + String(repeating: "a", count: 257) + "\"}}"
            ),
            ("a type that is a list", #"{"header":{"event_type":["a"],"event_id":"a"}}"#),
            (
                "an app that is an object",
                #"{"header":{"event_type":"a","event_id":"a","api_app_id":{}}}"#
            ),
            (
                "a check without its challenge",
                #"{"header":{"event_type":"url_verification","event_id":"a"},"event":{}}"#
            ),
            (
                "a check with a number",
                #"{"header":{"event_type":"url_verification","event_id":"a"},"#
                    + #""event":{"challenge":1}}"#
            ),
            (
                "a check with a control character",
                #"{"header":{"event_type":"url_verification","event_id":"a"},"#
                    + #""event":{"challenge":"a\u0007"}}"#
            ),
            (
                "a check with a long text",
                #"{"header":{"event_type":"url_verification","event_id":"a"},"#
                    + #""event":{"challenge":""#
                    + String(repeating: "a", count: 257) + "\"}}"
            ),
            ("deep lists", String(repeating: "[", count: 500_000)),
            ("deep objects", String(repeating: #"{"a":"#, count: 100_000)),
            ("65 deep", nested(63)), ("100 001 values", wide(99_993)),
            ("a text of 256 KiB and one", "{\"a\":\"\(String(repeating: "a", count: 262_145))\"}"),
            (
                "a key of 256 KiB and one",
                "{\"\(String(repeating: "a", count: 262_145))\":1}"
            ),
            (
                "a text of 256 KiB and one once its escapes are read",
                "{\"a\":\"\\u0061\(String(repeating: "a", count: 262_144))\"}"
            ),
        ]
        for (name, text) in texts {
            group.add(
                name, bytes: IncomingCallback(body: Array(text.utf8)).request(), 400, .answered)
        }
        for (id, event) in [
            ("64-deep", "{\"x\":\(lists(62))}"), ("100000-values", "{\"x\":\(zeros(99_992))}"),
            ("a-text-of-256-KiB", "{\"x\":\"\(String(repeating: "a", count: 262_144))\"}"),
            ("a-number-of-64-characters", "{\"x\":\(String(repeating: "9", count: 64))}"),
            ("a-pair", #"{"x":"\ud83d\ude00"}"#), ("escapes", #"{"x":"\"\\\/\b\f\n\r\t\u0000"}"#),
            // Equal to people, other bytes: Swift's own equality would call them one.
            ("two-spellings", "{\"\u{E9}\":1,\"e\u{301}\":2}"), ("no-event", "null"),
            ("many-numbers", "[1,-0,1.5e-7,12345678901234567890,1E400]"),
        ] {
            group.add(
                id, bytes: IncomingCallback(id, event: event).request(), 200, .answered,
                stores: [id])
        }
        return group
    }

    static var encodings: IncomingGroup {
        var group = IncomingGroup(
            "encodings",
            source: "reliability.md 3.1 (7): UTF-16, byte order mark refused; RFC 3629 "
                + "section 4; decision 16")
        let text = "{\"a\":\"b\"}"
        let units = Array(text.utf16)
        let wide = Array(text.unicodeScalars.map(\.value))
        func big(_ unit: UInt16) -> [UInt8] { [UInt8(unit >> 8), UInt8(unit & 0xFF)] }
        func big(_ unit: UInt32) -> [UInt8] { big(UInt16(unit >> 16)) + big(UInt16(unit & 0xFFFF)) }
        func quoted(_ bytes: [UInt8]) -> [UInt8] { latin("{\"a\":\"") + bytes + latin("\"}") }
        let extended =
            IncomingCallback("extended").body + [0x80] + [UInt8](repeating: 0, count: 40)
            + IncomingCallback("forged").body
        let bodies: [(String, [UInt8])] = [
            ("UTF-16, big end first", units.flatMap { big($0) }),
            ("UTF-16, little end first", units.flatMap { big($0).reversed() }),
            ("UTF-16 with its mark", [0xFE, 0xFF] + units.flatMap { big($0) }),
            ("UTF-16 with the other mark", [0xFF, 0xFE] + units.flatMap { big($0).reversed() }),
            ("UTF-32, big end first", wide.flatMap { big($0) }),
            ("UTF-32, little end first", wide.flatMap { big($0).reversed() }),
            ("UTF-32 with its mark", [0, 0, 0xFE, 0xFF] + wide.flatMap { big($0) }),
            ("UTF-7", latin("{\"a\":\"+AGI-\"}") + [0xFF]),
            ("Latin-1", quoted([0xE9])), ("GBK", quoted([0xC4, 0xE3])),
            ("an overlong slash of two bytes", quoted([0xC0, 0xAF])),
            ("an overlong slash of three bytes", quoted([0xE0, 0x80, 0xAF])),
            ("an overlong slash of four bytes", quoted([0xF0, 0x80, 0x80, 0xAF])),
            ("an overlong NUL", quoted([0xC0, 0x80])), ("an overlong quote", quoted([0xC0, 0xA2])),
            ("a surrogate as bytes", quoted([0xED, 0xA0, 0x80])),
            ("a pair of surrogates as bytes", quoted([0xED, 0xA0, 0xBD, 0xED, 0xB8, 0x80])),
            ("beyond the last character", quoted([0xF4, 0x90, 0x80, 0x80])),
            ("five bytes", quoted([0xF8, 0x88, 0x80, 0x80, 0x80])),
            ("six bytes", quoted([0xFC, 0x84, 0x80, 0x80, 0x80, 0x80])),
            ("a byte that never occurs", quoted([0xFF])),
            ("a byte that follows nothing", quoted([0x80])),
            ("a character cut off", quoted([0xE4, 0xBD])),
            ("a character cut off at the end", latin("{}") + [0xE4, 0xBD]),
            ("a letter in a character", quoted([0xE4, 0x41, 0xA0])),
            ("what a length extension appends", extended),
        ]
        for (name, body) in bodies {
            group.add(name, bytes: IncomingCallback(body: body).request(), 400, .answered)
        }
        for type in [
            "application/json; charset=utf-8", "application/json; charset=utf-16", "text/plain",
            "a",
            "application/json, text/plain", "",
        ] {
            // The bytes decide: contracts/coze.md section 3.1 names a type, no page a refusal.
            let id = "typed-\(type.filter { $0.isLetter || $0.isNumber })"
            let event = IncomingCallback(id)
            let head = "POST /in/coze-main HTTP/1.1\r\nHost: x\r\nContent-Type: \(type)\r\n"
            let length = "Content-Length: \(event.body.count)\r\n\r\n"
            group.add(
                "the type \"\(type)\"", bytes: latin(head + event.proof + length) + event.body, 200,
                .answered, stores: [id])
        }
        return group
    }

    private static func lists(_ depth: Int) -> String {
        String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }

    private static func zeros(_ count: Int) -> String {
        "[" + String(repeating: "0,", count: count - 1) + "0]"
    }

    /// A callback that would be taken, but for lists inside one another in its event.
    private static func nested(_ depth: Int) -> String {
        String(
            decoding: IncomingCallback("a", event: "{\"x\":\(lists(depth))}").body, as: UTF8.self)
    }

    private static func wide(_ count: Int) -> String {
        String(
            decoding: IncomingCallback("a", event: "{\"x\":\(zeros(count))}").body, as: UTF8.self)
    }
}
