import Domain
import Signing
import StrictJSON
import Testing

// The values printed in contracts/sources.md section 9.
private let app = WeComApp(
    token: Secret("mryue"),
    encodingAESKey: Secret("Yue0EfdN5900c1ce5cf6A152c63DDe1808a60c5ecd7"),
    receiver: "ding6ccabc44d2c8d38b")
private let now = Timestamp.signed

private func cipher(_ app: WeComApp = app) throws -> WeComCipher {
    try WeComCipher(
        token: app.token, encodingAESKey: app.encodingAESKey, receiver: app.receiver)
}

private func request(
    _ text: String, by app: WeComApp = app, timestamp: String = "1773822615000",
    nonce: String = "Nonce123", chance: String = "0123456789abcdef"
) throws -> IncomingRequest {
    let cipher = try cipher(app)
    let sealed = try cipher.encrypt(text.bytes, chance: chance.bytes)
    let digest = cipher.digest(timestamp: timestamp, nonce: nonce, encrypt: sealed)
    return IncomingRequest(
        headers: [:],
        query: [
            ("signature", Hexadecimal.encode(digest)), ("timestamp", timestamp), ("nonce", nonce),
        ], body: #"{"encrypt":"\#(sealed)"}"#.bytes)
}

private func scheme(_ apps: WeComApp..., window: Duration? = nil) throws -> DingTalkScheme {
    try DingTalkScheme(apps: apps.isEmpty ? [app] : apps, window: window)
}

private let text = #"{"EventType":"user_add_org","TimeStamp":"1773822614250","UserId":["1"]}"#

@Test func thePublishedCheckOfDingTalkIsAnsweredWithSealedSuccess() throws {
    let sealed =
        "0vJiX6vliEpwG3U45CtXqi+m8PXbQRARJ8p8BbDuD1EMTDf0jKpQ79QS93qEk7XHpP6u+oTTrd15NRPvNvmBKyDC"
        + "YxxOK+HZeKju4yhELOFchzNukR+t8SB/qk4ROMu3"
    let cipher = try cipher()
    #expect(try cipher.decrypt(sealed) == #"{"EventType":"check_url"}"#.bytes)
    let request = IncomingRequest(
        headers: [:],
        query: [
            ("signature", "03044561471240d4a14bb09372dfcfd4fd0e40cb"),
            ("timestamp", "1608001896814"), ("nonce", "WL4PK6yA"),
        ], body: #"{"encrypt":"\#(sealed)"}"#.bytes)
    let answer = try #require(try scheme().verify(request, at: now).answer)
    let body = try JSONValue(parsing: answer.body)
    #expect(try cipher.opened(body) == "success".bytes)
    #expect(body["timeStamp"]?.string == "1773822615000")
    #expect(body["nonce"]?.string?.utf8.count == 16)
    // Another moment, other chance; the same one, the same answer.
    #expect(try scheme().verify(request, at: now).answer == answer)
    #expect(try scheme().verify(request, at: now + .milliseconds(1)).answer != answer)
}

@Test func anEventOfDingTalkIsStoredOpenAndAnsweredWithSealedSuccess() throws {
    let event = try #require(try scheme().verify(request(text), at: now).event)
    #expect(event.type == "user_add_org" && event.body == text.bytes)
    #expect(event.time == Timestamp(milliseconds: 1_773_822_614_250))
    #expect(try cipher().opened(JSONValue(parsing: event.answer.body)) == "success".bytes)
    // A repeat is sealed anew and says the same.
    let again = try request(
        text, timestamp: "1773822699000", nonce: "other", chance: "fedcba9876543210")
    #expect(try scheme().verify(again, at: now).event?.key == event.key)
    let other = try request(#"{"EventType":"user_add_org"}"#)
    let otherEvent = try #require(try scheme().verify(other, at: now).event)
    #expect(otherEvent.key != event.key)
    // What does not say when it happened did so when it was pushed.
    #expect(otherEvent.time == now)
}

@Test func bothNamesOfAParameterMayStandThereWhenTheyAgree() throws {
    let good = try request(text)
    func verdict(_ change: (inout IncomingRequest) -> Void) throws -> Verdict {
        var request = good
        change(&request)
        return try scheme().verify(request, at: now)
    }
    let (signature, timestamp) = (good.query[0].value, good.query[1].value)
    #expect(try verdict { $0.query.append(("msg_signature", signature)) }.event != nil)
    #expect(try verdict { $0.query.append(("timeStamp", timestamp)) }.event != nil)
    #expect(try verdict { $0.query[0].name = "msg_signature" }.event != nil)
    #expect(
        try verdict { $0.query.append(("msg_signature", String(signature.reversed()))) }.reason
            == .malformedHeader)
    for place in 0..<3 {
        let name = good.query[place].name
        #expect(try verdict { $0.query.append($0.query[place]) }.reason == .malformedHeader)
        #expect(try verdict { $0.query.remove(at: place) }.reason == .missingHeader, "\(name)")
        #expect(try verdict { $0.query[place].value = "" }.reason == .missingHeader, "\(name)")
        #expect(
            try verdict { $0.query[place].value = $0.query[place].value.uppercased() + "0" }
                .status == 401, "\(name)")
    }
    #expect(try verdict { $0.query[0].value = signature.uppercased() }.status == 401)
    #expect(try verdict { $0.method = "GET" }.reason == .wrongMethod)
}

@Test func everythingSignedByDingTalkCounts() throws {
    let good = try request(text)
    for place in good.body.indices.dropFirst(12).dropLast(2) {
        var changed = good
        changed.body[place] = changed.body[place] == 0x41 ? 0x42 : 0x41
        guard changed.body != good.body else { continue }
        #expect(try scheme().verify(changed, at: now).reason == .badSignature, "\(place)")
    }
    for (body, reason) in [
        ("", VerificationRefusal.Reason.malformedBody), ("{}", .missingCredentials),
        ("[]", .missingCredentials), (#"{"encrypt":1}"#, .missingCredentials),
        (#"{"encrypt":""}"#, .badSignature),
    ] {
        var changed = good
        changed.body = body.bytes
        #expect(try scheme().verify(changed, at: now).reason == reason, "\(body)")
    }
    var foreign = app
    foreign.receiver = "dingOTHER"
    #expect(try scheme(foreign).verify(good, at: now).reason == .receiverMismatch)
    foreign = app
    foreign.encodingAESKey = Secret(String(app.encodingAESKey.exposed.reversed()))
    #expect(try scheme(foreign).verify(good, at: now).reason == .decryptFailed)
    foreign = app
    foreign.token = Secret("other")
    #expect(try scheme(foreign).verify(good, at: now).reason == .badSignature)
    // Signed, sealed and for us, but nothing that could be stored.
    #expect(try scheme().verify(request("[]"), at: now).reason == .malformedBody)
    #expect(try scheme().verify(request("{}"), at: now).reason == .malformedBody)
}

@Test func aKeyMayBeChangedAndTheTokenKept() throws {
    var new = app
    new.encodingAESKey = Secret(String(app.encodingAESKey.exposed.reversed()))
    let both = try scheme(new, app)
    let event = try #require(both.verify(try request(text), at: now).event)
    // Answered by the key that the sender used.
    #expect(try cipher().opened(JSONValue(parsing: event.answer.body)) == "success".bytes)
    #expect(both.verify(try request(text, by: new), at: now).event?.key == event.key)
}

@Test func aWindowHoldsWhereTheSettingsAskForOne() throws {
    for (age, reason) in [
        (300, VerificationRefusal.Reason?.none), (301, .timestampTooOld), (-300, .none),
        (-301, .timestampTooNew),
    ] {
        let time = String((now - .seconds(age)).milliseconds)
        let request = try request(text, timestamp: time)
        #expect(
            try scheme(window: .seconds(300)).verify(request, at: now).reason == reason, "\(age)")
        #expect(try scheme().verify(request, at: now).event != nil)
    }
}

@Test(arguments: [
    ("Yue0EfdN5900c1ce5cf6A152c63DDe1808a60c5ecd7", true),
    // The last letter has two bits that belong to no byte.
    ("Yue0EfdN5900c1ce5cf6A152c63DDe1808a60c5ecd4", true),
    ("Yue0EfdN5900c1ce5cf6A152c63DDe1808a60c5ecd", false),
    ("Yue0EfdN5900c1ce5cf6A152c63DDe1808a60c5ecd7=", false),
    ("Yue0EfdN5900c1ce5cf6A152c63DDe1808a60c5ec_7", false), ("", false),
])
func anEncodingAESKeyHas43LettersAndDigits(text: String, isOne: Bool) throws {
    var app = app
    app.encodingAESKey = Secret(text)
    if isOne {
        let request = try request(#"{"EventType":"a"}"#)
        #expect(try scheme(app).verify(request, at: now).event?.type == "a")
    } else {
        #expect(throws: SigningError.self) { try scheme(app) }
    }
}

@Test func textsWithoutATokenOrAnAppAreNoSource() {
    var app = app
    app.token = Secret("")
    #expect(throws: SigningError.self) { try scheme(app) }
    app = WeComApp(
        token: Secret("t"), encodingAESKey: app.encodingAESKey,
        receiver: String(repeating: "x", count: 65))
    #expect(throws: SigningError.self) { try scheme(app) }
    #expect(throws: SigningError.self) { try DingTalkScheme(apps: []) }
    #expect(throws: SigningError.self) { try DingTalkRobotScheme(secrets: []) }
    #expect(throws: SigningError.self) { try DingTalkRobotScheme(secrets: [Secret("")]) }
}

// MARK: - Robots

private let robotSecret = Secret("dingtalk-app-secret-0123456789")

private func message(
    at moment: Timestamp = now, secret: Secret = robotSecret,
    body: String = #"{"msgId":"m-1","msgtype":"text","createAt":1773822614250}"#
) throws -> IncomingRequest {
    IncomingRequest(
        headers: HeaderFields(try DingTalkRobotScheme.headers(secret: secret, at: moment)),
        body: body.bytes)
}

@Test func aMessageToARobotOfDingTalkIsAnEvent() throws {
    let scheme = try DingTalkRobotScheme(secrets: [Secret("new"), robotSecret])
    #expect(
        scheme.verify(try message(), at: now)
            == .event(
                VerifiedEvent(
                    key: "m-1", type: "text", time: Timestamp(milliseconds: 1_773_822_614_250),
                    answer: .emptyObject)))
    #expect(scheme.verify(try message(secret: Secret("new")), at: now).event != nil)
    #expect(scheme.verify(try message(secret: Secret("old")), at: now).reason == .badSignature)
    #expect(scheme.verify(try message(body: "{}"), at: now).reason == .malformedBody)
    for (age, reason) in [
        (3_600_000, VerificationRefusal.Reason?.none), (3_600_001, .timestampTooOld),
        (-3_600_000, .none), (-3_600_001, .timestampTooNew),
    ] {
        let request = try message(at: now - .milliseconds(age))
        #expect(scheme.verify(request, at: now).reason == reason, "\(age)")
    }
    for name in ["timestamp", "sign"] {
        var request = try message()
        let value = request.headers.values(of: name)[0]
        request.headers.append(name.uppercased(), value)
        #expect(scheme.verify(request, at: now).reason == .malformedHeader, "\(name)")
        request.headers.remove(name)
        #expect(scheme.verify(request, at: now).reason == .missingHeader, "\(name)")
        for wrong in ["x", "1.5", "AAAA", String(value.dropLast())] {
            request.headers.remove(name)
            request.headers.append(name, wrong)
            #expect(scheme.verify(request, at: now).status == 401, "\(name) \(wrong)")
        }
    }
}
