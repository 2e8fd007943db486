import Domain
import Signing
import StrictJSON
import Testing

// The values printed in contracts/sources.md section 10.
private let app = WeComApp(
    token: Secret("QDG6eK"),
    encodingAESKey: Secret("jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"),
    receiver: "wx5823bf96d3bd56c7")
private let now = Timestamp.signed

private func scheme(_ app: WeComApp = app) throws -> WeComScheme { try WeComScheme(apps: [app]) }

/// A callback as the platform seals and signs it.
private func request(
    _ message: String, by app: WeComApp = app, method: String = "POST",
    wrapper: (String) -> String = { "<xml><Encrypt><![CDATA[\($0)]]></Encrypt></xml>" }
) throws -> IncomingRequest {
    try request(bytes: message.bytes, by: app, method: method, wrapper: wrapper)
}

private func request(
    bytes message: [UInt8], by app: WeComApp = app, method: String = "POST",
    wrapper: (String) -> String = { "<xml><Encrypt><![CDATA[\($0)]]></Encrypt></xml>" }
) throws -> IncomingRequest {
    let cipher = try WeComCipher(
        token: app.token, encodingAESKey: app.encodingAESKey, receiver: app.receiver)
    let sealed = try cipher.encrypt(message, chance: "0123456789abcdef".bytes)
    let (timestamp, nonce) = ("1773822615", "1372623149")
    let digest = cipher.digest(timestamp: timestamp, nonce: nonce, encrypt: sealed)
    var query = [
        (name: "msg_signature", value: Hexadecimal.encode(digest)), ("timestamp", timestamp),
        ("nonce", nonce),
    ]
    if method == "GET" { query.append(("echostr", sealed)) }
    return IncomingRequest(
        method: method, headers: [:], query: query,
        body: method == "GET" ? [] : wrapper(sealed).bytes)
}

@Test func thePublishedCheckOfWeComIsAnsweredWithItsTextAlone() throws {
    var request = IncomingRequest(
        method: "GET", headers: [:],
        query: [
            ("msg_signature", "5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3"),
            ("timestamp", "1409659589"), ("nonce", "263014780"),
            (
                "echostr",
                "P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZ"
                    + "XvnaqQ=="
            ),
        ], body: [])
    let verdict = try scheme().verify(request, at: now)
    #expect(
        verdict
            == .handshake(
                answer: SchemeAnswer(
                    contentType: "text/plain", body: "1616140317555161061".bytes)))
    request.query.removeLast()
    #expect(try scheme().verify(request, at: now).reason == .missingHeader)
    #expect(try scheme().verify(request, at: now).status == 401)
    let check = try checkRequest("42")
    #expect(try scheme().verify(check, at: now).answer?.body == "42".bytes)
    var other = app
    other.receiver = "wwOTHER"
    #expect(try scheme(other).verify(check, at: now).reason == .receiverMismatch)
    // What was sealed as a check is no message, and the other way round.
    var asMessage = check
    asMessage.method = "POST"
    #expect(try scheme().verify(asMessage, at: now).refusal != nil)
    asMessage.method = "PUT"
    #expect(try scheme().verify(asMessage, at: now).reason == .wrongMethod)
}

private func checkRequest(_ text: String) throws -> IncomingRequest {
    try request(text, method: "GET")
}

@Test func aMessageOfWeComIsStoredAsAnObject() throws {
    let message =
        "<xml><ToUserName><![CDATA[wx]]></ToUserName><CreateTime>1773822614</CreateTime>"
        + "<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[a <b> & ]] c]]></Content>"
        + "<MsgId>1234567890123456</MsgId><AgentID>1</AgentID></xml>"
    #expect(
        try scheme().verify(request(message), at: now)
            == .event(
                VerifiedEvent(
                    key: "1234567890123456", type: "text",
                    time: Timestamp(milliseconds: 1_773_822_614_000),
                    body: (#"{"ToUserName":"wx","CreateTime":"1773822614","MsgType":"text","#
                        + #""Content":"a <b> & ]] c","MsgId":"1234567890123456","AgentID":"1"}"#)
                        .bytes,
                    answer: SchemeAnswer(contentType: "text/plain", body: []))))
}

@Test(arguments: [
    ("<xml><MsgType>event</MsgType><Event>subscribe</Event></xml>", "subscribe"),
    ("<xml><MsgType>event</MsgType></xml>", "event"),
    ("<xml><MsgType>image</MsgType><Event>x</Event></xml>", "image"),
    ("<xml><InfoType>create_auth</InfoType></xml>", "create_auth"), ("<xml></xml>", "message"),
    (#"{"msgtype":"text"}"#, "text"),
    (#"{"msgtype":"event","event":{"eventtype":"enter_chat"}}"#, "enter_chat"), ("{}", "message"),
])
func whatHappenedInWeComIsTheType(message: String, type: String) throws {
    let event = try #require(try scheme().verify(request(message), at: now).event)
    #expect(event.type == type)
    // Without an id of its own it is known by all that it says, and dated by its request.
    #expect(event.key?.hasPrefix("sha256:") == true)
    #expect(event.time == now)
    let other = try scheme().verify(request(message + " "), at: now).event
    #expect(other?.key != event.key)
}

@Test func anIntelligentBotSpeaksJSONAndNamesNoReceiver() throws {
    var bot = app
    bot.receiver = ""
    let message = #"{"msgid":"m-77","msgtype":"text","text":{"content":"x"}}"#
    let sent = try request(message, by: bot) { #"{"encrypt":"\#($0)"}"# }
    let event = try #require(try scheme(bot).verify(sent, at: now).event)
    #expect(event.key == "m-77" && event.type == "text" && event.body == message.bytes)
    #expect(try scheme().verify(sent, at: now).reason == .receiverMismatch)
    #expect(try scheme(bot).verify(request(message), at: now).reason == .receiverMismatch)
}

@Test func everythingSignedByWeComCounts() throws {
    let good = try request("<xml/>")
    for place in good.query.indices {
        var changed = good
        changed.query.append(changed.query[place])
        #expect(try scheme().verify(changed, at: now).reason == .malformedHeader)
        changed = good
        changed.query.remove(at: place)
        #expect(try scheme().verify(changed, at: now).reason == .missingHeader)
        changed = good
        changed.query[place].value = String(good.query[place].value.dropLast()) + "0"
        guard changed.query[place].value != good.query[place].value else { continue }
        #expect(try scheme().verify(changed, at: now).reason == .badSignature)
    }
    var renamed = good
    renamed.query[0].name = "signature"
    #expect(try scheme().verify(renamed, at: now).reason == .missingHeader)
    for (body, reason) in [
        ("", VerificationRefusal.Reason.malformedBody), ("<xml></xml>", .missingCredentials),
        ("<xml><Encrypt></Encrypt></xml>", .badSignature), ("{}", .missingCredentials),
        ("<xml><Encrypt>a</Encrypt><Encrypt>a</Encrypt></xml>", .missingCredentials),
        ("<xml", .malformedBody),
    ] {
        var changed = good
        changed.body = body.bytes
        #expect(try scheme().verify(changed, at: now).reason == reason, "\(body)")
    }
}

// MARK: - XML

private func stored(_ xml: String) throws -> String? {
    let verdict = try scheme().verify(request(xml), at: now)
    return verdict.event?.body.map { String(decoding: $0, as: UTF8.self) }
}

@Test(arguments: [
    ("<xml/>", "{}"), (" <xml > </xml >\n", "{}"),
    ("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<xml><A>1</A></xml>", #"{"A":"1"}"#),
    ("<xml><A/><B></B><C> x\n</C></xml>", #"{"A":"","B":"","C":" x\n"}"#),
    ("<xml>\n <A>x</A>\n</xml>", #"{"A":"x"}"#),
    (
        "<xml><A>&lt;&gt;&amp;&quot;&apos;&#65;&#x4e2d;</A></xml>",
        #"{"A":"<>&\"'A中"}"#
    ),
    ("<xml><A>a<![CDATA[<b>&amp;]]>c<![CDATA[]]></A></xml>", #"{"A":"a<b>&amp;c"}"#),
    ("<xml><A><B>1</B><B>2</B></A><C>3</C><A>4</A></xml>", #"{"A":[{"B":["1","2"]},"4"],"C":"3"}"#),
    ("<xml><A_1.x-y>1</A_1.x-y></xml>", #"{"A_1.x-y":"1"}"#),
    ("<xml><A>客服 🤖</A></xml>", #"{"A":"客服 🤖"}"#),
    ("<xml><A>a > b ]]></A></xml>", #"{"A":"a > b ]]>"}"#),
])
func smallXMLBecomesAnObject(xml: String, json: String) throws {
    #expect(try stored(xml) == json)
}

@Test(arguments: [
    "<xml>", "<xml></xml", "<xml></xm>", "<xml></xml>x", "<xml></xml><xml></xml>", "<a></a>",
    "<xml>text</xml>", "<xml>text<A/></xml>", "<xml><A>x<B/></A></xml>", "<xml><A></xml></A>",
    "<xml><A b=\"1\"></A></xml>", "<xml xmlns=\"x\"/>", "<xml><!-- x --></xml>",
    "<xml><?php x?></xml>", "<?xml version=\"1.0\"", "<?xml version=\"1.0\"<xml/>",
    "<!DOCTYPE xml><xml/>", "<!DOCTYPE xml [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><xml/>",
    "<xml><A>&e;</A></xml>", "<xml><A>&</A></xml>", "<xml><A>&amp</A></xml>",
    "<xml><A>&#xD800;</A></xml>", "<xml><A>&#x110000;</A></xml>", "<xml><A>&#;</A></xml>",
    "<xml><A>&#x;</A></xml>", "<xml><A>&#+65;</A></xml>", "<xml><A>&#0;</A></xml>",
    "<xml><A>&#1;</A></xml>", "<xml><A>\u{1}</A></xml>", "<xml><A><![CDATA[</A></xml>",
    "<xml><A><![CDATA[]]</A></xml>", "<xml><1/></xml>", "<xml>< A/></xml>", "<xml><A:B/></xml>",
    "<xml><-/></xml>", "<xml></ xml>", "\u{FEFF}<xml/>", "<XML/>",
    "<xml><\(String(repeating: "a", count: 65))/></xml>",
    "<xml>" + String(repeating: "<A>", count: 8) + String(repeating: "</A>", count: 8) + "</xml>",
    "<xml>" + String(repeating: "<A/>", count: 2_000) + "</xml>",
    "<xml><A>" + String(repeating: "x", count: (256 << 10) + 1) + "</A></xml>",
])
func otherXMLIsRefused(xml: String) throws {
    #expect(try scheme().verify(request(xml), at: now).reason == .malformedBody)
}

@Test func xmlMayBeSoLargeAndSoDeep() throws {
    let deep = String(repeating: "<A>", count: 7) + String(repeating: "</A>", count: 7)
    #expect(try stored("<xml>\(deep)</xml>") != nil)
    let many = String(repeating: "<A/>", count: 1_999)
    #expect(try stored("<xml>\(many)</xml>") != nil)
    let long = String(repeating: "x", count: 256 << 10)
    #expect(try stored("<xml><A>\(long)</A></xml>") == #"{"A":"\#(long)"}"#)
}

@Test func xmlThatIsNoTextIsRefused() throws {
    let broken = "<xml><A>".bytes + [0xFF] + "</A></xml>".bytes
    #expect(try scheme().verify(request(bytes: broken), at: now).reason == .malformedBody)
}

// Whatever somebody with our keys sends, it ends as an event that is one strict object, or as a
// refusal, and never takes us down.
@Test func brokenXMLNeverMakesABrokenEvent() throws {
    let seeds = [
        "<?xml version=\"1.0\"?><xml><A>1</A><B><![CDATA[x]]></B><C><D>&lt;&#65;</D><D/></C></xml>",
        "<xml><ToUserName><![CDATA[客服]]></ToUserName><MsgId>1</MsgId></xml>",
    ]
    let pieces = ["<", ">", "/", "&", ";", "]]>", "<![CDATA[", "<A>", "</A>", "\u{0}", "&#x"]
    let scheme = try scheme()
    var generator = SplitMix(state: 5)
    var counts = [true: 0, false: 0]
    for round in 0..<1_000 {
        var bytes = seeds[round % seeds.count].bytes
        for _ in 0...Int.random(in: 0..<3, using: &generator) {
            let place = Int.random(in: 0..<bytes.count, using: &generator)
            if Bool.random(using: &generator) {
                bytes[place] = UInt8.random(in: .min ... .max, using: &generator)
            } else {
                let piece = pieces[Int.random(in: 0..<pieces.count, using: &generator)]
                bytes.insert(contentsOf: piece.bytes, at: place)
            }
        }
        let verdict = scheme.verify(try request(bytes: bytes), at: now)
        if let event = verdict.event {
            let body = try JSONValue(parsing: try #require(event.body))
            #expect(body.object != nil, "\(bytes)")
        } else {
            #expect(verdict.reason == .malformedBody, "\(bytes)")
        }
        counts[verdict.event != nil, default: 0] += 1
    }
    #expect((counts[true] ?? 0) > 20 && (counts[false] ?? 0) > 200, "\(counts)")
}
