import Domain
import Signing
import StrictJSON
import Testing

private func verify(
    _ body: String, _ type: String? = "application/cloudevents+json",
    headers: [(name: String, value: String)] = [], pointers: SchemePointers = .init()
) -> Verdict {
    let lines = headers + (type.map { [(name: "Content-Type", value: $0)] } ?? [])
    return ProvedScheme(PathProof(), CloudEventsReading(pointers: pointers)).verify(
        IncomingRequest(headers: HeaderFields(lines), body: body.bytes),
        at: Timestamp(milliseconds: 0))
}

private func event(_ verdict: Verdict) -> VerifiedEvent? {
    guard case .event(let event) = verdict else { return nil }
    return event
}

private func refusal(_ verdict: Verdict) -> VerificationRefusal? {
    guard case .refused(let refusal) = verdict else { return nil }
    return refusal
}

private let attributes = #""specversion":"1.0","id":"1","source":"/s","type":"t""#
private let headers: [(name: String, value: String)] = [
    ("ce-specversion", "1.0"), ("ce-id", "1"), ("CE-Source", "/s"), ("ce-type", "t"),
]

@Test(arguments: [
    ("", 200), (#","time":"2026-03-18T08:30:15Z""#, 200), (#","time":"yesterday""#, 200),
    (#","ext1":5"#, 200), (#","ext1":true"#, 200), (#","ext1":[]"#, 400), (#","ext1":{}"#, 400),
    (#","Ext":1"#, 400), (#","":1"#, 400), (#","data":null,"data_base64":"AA==""#, 200),
    (#","data":1,"data_base64":null"#, 200), (#","data_base64":"A""#, 400),
    (#","data_base64":1"#, 400), (#","data":{"a":1},"data_base64":"""#, 400),
])
func attributesAreCheckedAndExtensionsKept(more: String, status: Int) {
    let verdict = verify("{\(attributes)\(more)}")
    #expect((refusal(verdict)?.status ?? 200) == status)
    #expect(event(verdict)?.body == nil)
}

@Test(arguments: [
    "application/cloudevents+json", "application/cloudevents+json; charset=\"UTF-8\"",
    "APPLICATION/CLOUDEVENTS+JSON ;Charset=utf-8",
])
func theModeFollowsFromTheContentType(type: String) {
    #expect(event(verify("{\(attributes)}", type)) != nil)
    // Headers of binary mode change nothing about it.
    let both = verify(
        "{\(attributes)}", type, headers: [("ce-id", "2"), ("ce-specversion", "1.0")])
    #expect(event(both)?.key == "1")
}

@Test(arguments: [
    "application/cloudevents", "application/cloudevents+xml", "application/cloudevents-batch",
    "application/cloudevents-batch+avro", "application/cloudevents+json; charset=gbk",
    "application/cloudevents+json+x", "application/cloudeventsx",
])
func aFormatThatWeDoNotReadIsNeverBinary(type: String) {
    #expect(refusal(verify("{\(attributes)}", type, headers: headers))?.status == 415)
}

@Test func twoContentTypesAreNone() {
    let second = [(name: "content-type", value: "application/json")]
    #expect(refusal(verify("{\(attributes)}", headers: second))?.status == 415)
}

/// What is kept of an event in binary mode is what structured mode would have sent.
@Test(
    arguments: [
        (nil, "", ""), (nil, #"{"n":1.50}"#, #","data":{"n":1.50}"#),
        ("application/json", "7350000000000000001", #","data":7350000000000000001"#),
        ("application/vnd.x+json; charset=utf-8", "[]", #","data":[]"#),
        ("text/plain", "完成", #","data":"完成""#), ("text/plain", "", ""),
        ("image/png", "\u{1}", #","data_base64":"AQ==""#), ("text/json", "null", #","data":null"#),
    ] as [(String?, String, String)])
func binaryModeIsKeptAsStructured(type: String?, body: String, kept: String) throws {
    let due = type.map { #","datacontenttype":"\#($0)""# } ?? ""
    let read = try #require(event(verify(body, type, headers: headers)))
    #expect(String(decoding: read.body ?? [], as: UTF8.self) == "{\(attributes)\(due)\(kept)}")
    #expect(read.key == "1" && read.scope == "/s" && read.type == "t")
    let structured = verify(String(decoding: read.body ?? [], as: UTF8.self))
    #expect(event(structured)?.key == "1")
}

@Test func headersOfBinaryModeAreThereOnce() {
    for (name, value) in headers {
        let without = headers.filter { $0.name != name }
        #expect(refusal(verify("{}", "a/b", headers: without))?.status == 400, "\(name)")
        let empty = without + [(name, "")]
        #expect(refusal(verify("{}", "a/b", headers: empty))?.status == 400, "\(name)")
        let twice = headers + [(name.uppercased(), value)]
        #expect(refusal(verify("{}", "a/b", headers: twice))?.reason == .malformedHeader, "\(name)")
    }
    for (name, value) in [
        ("ce-", "x"), ("ce-data", "x"), ("ce-data_base64", "AA=="), ("ce-a-b", "x"),
        ("ce-subject", "%"), ("ce-subject", "%ff"), ("ce-subject", "\"x"),
    ] {
        let verdict = verify("{}", "a/b", headers: headers + [(name, value)])
        #expect(refusal(verdict)?.status == 400, "\(name): \(value)")
    }
    let version = headers.map { $0.name == "ce-specversion" ? ($0.name, "0.3") : $0 }
    #expect(refusal(verify("{}", "a/b", headers: version))?.status == 400)
    #expect(refusal(verify("{", "application/json", headers: headers))?.status == 400)
    #expect(event(verify("{}", "a/b", headers: headers + [("ce-datacontenttype", "x")])) != nil)
}

@Test(
    arguments: [
        ("a", "a"), ("", ""), ("\"\"", ""), (#""a\"b""#, "a\"b"), (#""a\\b""#, "a\\b"),
        ("%41%2f", "A/"), ("a%", nil), ("a%4", nil), ("%zz", nil), ("\"a", nil), ("\"a\"b", nil),
        ("\"a\\", nil), ("\"", nil), ("%E5%AE%A2", "客"), ("%E5", nil),
    ] as [(String, String?)])
func aHeadersValueIsUnquotedThenDecodedOnce(value: String, text: String?) {
    #expect(CloudEventsHeader.decode(value) == text)
}

@Test func aBatchIsSeveralEventsOrNone() throws {
    let type = "application/cloudevents-batch+json"
    func batch(_ count: Int) -> String {
        let ids = (0..<count).map {
            #"{"specversion":"1.0","id":"\#($0)","source":"/","type":"t"}"#
        }
        return "[\(ids.joined(separator: " , "))]"
    }
    guard case .batch(let events, let answer) = verify(batch(CloudEventsReading.batchMax), type)
    else {
        Issue.record("no batch")
        return
    }
    #expect(events.count == CloudEventsReading.batchMax && answer == .accepted)
    #expect(events[7].key == "7" && events[7].scope == "/")
    let kept = #"{"specversion":"1.0","id":"7","source":"/","type":"t"}"#
    #expect(events[7].body == kept.bytes)
    #expect(refusal(verify(batch(CloudEventsReading.batchMax + 1), type))?.status == 413)
    let spoilt = [
        #"[{"specversion":"1.0","id":"1","source":"/","type":"t"},{}]"#, "{}", "[1]", "[", "",
    ]
    for body in spoilt { #expect(refusal(verify(body, type))?.status == 400, "\(body)") }
}

@Test func longSourcesAndIdsAreHashedAndLongTypesRefused() throws {
    func read(_ source: Int, _ id: Int, _ type: Int) -> Verdict {
        func text(_ count: Int) -> String { String(repeating: "x", count: count) }
        return verify(
            #"{"specversion":"1.0","id":"\#(text(id))","source":"\#(text(source))","#
                + #""type":"\#(text(type))"}"#)
    }
    let longest = try #require(event(read(256, 256, 256)))
    #expect(longest.scope.utf8.count == 256 && longest.key?.utf8.count == 256)
    let longer = try #require(event(read(257, 257, 256)))
    #expect(longer.scope == longer.key && longer.scope.hasPrefix("sha256:"))
    #expect(refusal(read(1, 1, 257))?.status == 400)
}

@Test func pointersMoveThePartsOfACloudEvent() {
    let pointers = SchemePointers(
        type: JSONPointer("/data/kind"), entity: JSONPointer("/data/what"))
    let verdict = verify(
        #"{\#(attributes),"data":{"kind":"k","what":{"type":"bot","id":"5"}}}"#,
        pointers: pointers)
    #expect(
        event(verdict)
            == VerifiedEvent(
                scope: "/s", key: "1", type: "k", entity: EntityReference(type: "bot", id: "5")))
}

@Test func aGrantIsForWhoIsKnownAndNoMoreThanIsAllowed() throws {
    func grant(
        _ origins: CloudEventsHandshake.Origins, _ most: Int?, _ lines: HeaderFields
    ) throws -> SchemeAnswer {
        let reading = CloudEventsReading(
            handshake: CloudEventsHandshake(origins: origins, perMinuteMax: most))
        return try #require(
            reading.greet(IncomingRequest(method: "OPTIONS", headers: lines, body: [])))
    }
    func granted(_ answer: SchemeAnswer) -> [String] {
        ["WebHook-Allowed-Origin", "WebHook-Allowed-Rate"].compactMap { name in
            answer.headers.first { $0.name == name }?.value
        }
    }
    let known = CloudEventsHandshake.Origins.only(["events.example.com"])
    let origin: HeaderFields = ["webhook-request-origin": "Events.Example.com"]
    #expect(granted(try grant(known, 60, origin)) == ["Events.Example.com", "60"])
    #expect(granted(try grant(known, nil, origin)) == ["Events.Example.com", "*"])
    for (asked, rate) in [("59", "59"), ("60", "60"), ("61", "60"), ("0", "60"), ("x", "60")] {
        var lines = origin
        lines.append("WebHook-Request-Rate", asked)
        #expect(granted(try grant(known, 60, lines)) == ["Events.Example.com", rate])
    }
    #expect(granted(try grant(.only([]), 60, origin)).isEmpty)
    #expect(granted(try grant(.any, 60, [:])).isEmpty)
    var twice = origin
    twice.append("WebHook-Request-Origin", "evil.example")
    #expect(granted(try grant(.any, nil, twice)).isEmpty)
    // A foreign name goes back only where it is one.
    #expect(granted(try grant(.only(["a b"]), 1, ["WebHook-Request-Origin": "a b"])).isEmpty)
    let callback = try grant(
        known, 60, ["WebHook-Request-Callback": "http://169.254.169.254/"])
    #expect(callback.note == "not called: http://169.254.169.254/")
    for (address, shown) in [
        ("https://a.example/grant?code=s3cret&x", "https://a.example/grant?<secret>"),
        ("https://u:s3cret@a.example/@b?", "https://<secret>@a.example/@b?<secret>"),
        ("https://a.example/#s3cret", "https://a.example/?<secret>"), ("?s3cret", "?<secret>"),
    ] {
        let answer = try grant(known, 60, ["WebHook-Request-Callback": address])
        #expect(answer.note == "not called: \(shown)")
    }
    let post = IncomingRequest(headers: origin, body: [])
    #expect(CloudEventsReading().greet(post) == nil)
}
