import Domain
import Signing
import StrictJSON
import Testing

private let token = Secret("v-Token_0123456789")
private let key = Secret("kudryavka")
private let vector = Array(UInt8(0)..<16)
private let now = Timestamp.signed

private func scheme(
    _ key: Secret? = key, window: Duration = FeishuScheme.windowDefault,
    pointers: SchemePointers = SchemePointers()
) throws -> FeishuScheme {
    try FeishuScheme(
        apps: [.init(verificationToken: token, encryptKey: key)], window: window,
        pointers: pointers)
}

private func sealed(_ text: String, _ key: Secret = key) throws -> [UInt8] {
    let encrypt = try FeishuCipher(encryptKey: key).encrypt(text.bytes, vector: vector)
    return #"{"encrypt":"\#(encrypt)"}"#.bytes
}

private func request(
    _ text: String, key: Secret = key, at moment: Timestamp = now, nonce: String = "n0nce-1"
) throws -> IncomingRequest {
    let body = try sealed(text, key)
    let headers = try FeishuCipher(encryptKey: key).headers(at: moment, nonce: nonce, body: body)
    return IncomingRequest(headers: HeaderFields(headers), body: body)
}

private func plain(_ text: String) -> IncomingRequest {
    IncomingRequest(headers: [:], body: text.bytes)
}

private func event(_ token: String = token.exposed) -> String {
    #"{"schema":"2.0","header":{"event_id":"e-1","event_type":"im.message","#
        + #""create_time":"1773822615250","token":"\#(token)"},"event":{"n":9007199254740993}}"#
}

private func check(_ token: String = token.exposed, challenge: String = "abc") -> String {
    #"{"challenge":"\#(challenge)","token":"\#(token)","type":"url_verification"}"#
}

// contracts/sources.md section 8.
@Test func thePublishedFeishuVectorOpens() throws {
    let cipher = try FeishuCipher(encryptKey: Secret("test key"))
    let sealed = "P37w+VZImNgPEO1RBhJ6RtKl7n6zymIbEG1pReEzghk="
    #expect(cipher.decrypt(sealed) == "hello world".bytes)
    let vector = Array(try #require(Base64.decode(sealed)).prefix(16))
    #expect(try cipher.encrypt("hello world".bytes, vector: vector) == sealed)
    #expect("\(cipher)" == "<Encrypt Key>")
}

@Test func aSealedAndSignedEventOfFeishuIsStoredOpenAndWithoutItsToken() throws {
    let body = event("<secret>").bytes
    #expect(
        try scheme().verify(request(event()), at: now)
            == .event(
                VerifiedEvent(
                    key: "e-1", type: "im.message", time: now + .milliseconds(250), body: body)))
    // A token that came along must be right, and none need be there.
    #expect(try scheme().verify(request(event("other")), at: now).reason == .wrongCredentials)
    let bare = #"{"header":{"event_id":"e","event_type":"t"},"event":{}}"#
    #expect(try scheme().verify(request(bare), at: now).event?.body == bare.bytes)
    // An event whose token is being changed, the key being kept, is the same event.
    let both = try FeishuScheme(apps: [
        .init(verificationToken: Secret("new"), encryptKey: key),
        .init(verificationToken: token, encryptKey: key),
    ])
    for token in ["new", token.exposed] {
        #expect(both.verify(try request(event(token)), at: now).event?.body == body)
    }
}

@Test func aTokenAloneProvesAnEventOnlyWithoutAKey() throws {
    let open = try scheme(nil)
    #expect(open.verify(plain(event()), at: now).event?.body == event("<secret>").bytes)
    #expect(open.verify(plain(event("other")), at: now).reason == .wrongCredentials)
    #expect(open.verify(plain("{}"), at: now).reason == .missingCredentials)
    #expect(open.verify(plain("[1]"), at: now).reason == .malformedBody)
    // A token in the place of the other form is none.
    let moved = #"{"header":{"event_id":"e","event_type":"t"},"token":"\#(token.exposed)"}"#
    #expect(open.verify(plain(moved), at: now).reason == .missingCredentials)
    #expect(try scheme().verify(plain(event()), at: now).reason == .missingHeader)
    #expect(try scheme().verify(plain(check()), at: now).reason == .missingHeader)
}

@Test func anEventOfTheOldFormIsReadInItsOwnPlaces() throws {
    for (time, due) in [
        ("1773822615.25", now + .milliseconds(250)), ("1773822615", now),
        ("1773822615.123456", now + .milliseconds(123)), ("1773822615.", nil), ("-1.5", nil),
        ("1773822615.+1", nil), ("x", nil), ("1773822615.1234567890", nil),
    ] {
        let body =
            #"{"ts":"\#(time)","uuid":"u-1","token":"\#(token.exposed)","#
            + #""type":"event_callback","event":{"type":"app_open"}}"#
        let event = try #require(try scheme(nil).verify(plain(body), at: now).event)
        #expect(event.key == "u-1" && event.type == "app_open", "\(time)")
        #expect(event.time == due, "\(time)")
    }
}

@Test func onlyASealedCheckWithTheRightTokenIsAnsweredUnsigned() throws {
    let due = #"{"challenge":"abc"}"#.bytes
    #expect(try scheme(nil).verify(plain(check()), at: now).answer?.body == due)
    let unsigned = IncomingRequest(headers: [:], body: try sealed(check()))
    #expect(try scheme().verify(unsigned, at: now).answer?.body == due)
    #expect(try scheme().verify(request(check()), at: now).answer?.body == due)
    for (text, reason) in [
        (check("other"), VerificationRefusal.Reason.wrongCredentials),
        (event(), .missingHeader), ("{}", .missingHeader), ("", .missingHeader),
    ] {
        let request = IncomingRequest(headers: [:], body: try sealed(text))
        #expect(try scheme().verify(request, at: now).reason == reason, "\(text)")
    }
    #expect(try scheme().verify(request(check("other")), at: now).reason == .wrongCredentials)
    let long = check(challenge: String(repeating: "x", count: 257))
    #expect(try scheme().verify(request(long), at: now).reason == .malformedBody)
}

// Whoever may ask again and again must never learn from the answer whether the padding was right.
@Test func howASealedBodyFailsToOpenCannotBeToldFromOutside() throws {
    let bytes = try #require(
        Base64.decode(try FeishuCipher(encryptKey: key).encrypt(check().bytes, vector: vector)))
    var details: Set<Int> = []
    for value in UInt8.min ... .max {
        var changed = bytes
        changed[changed.count - 17] = value
        guard changed != bytes else { continue }
        let body = #"{"encrypt":"\#(Base64.encode(changed))"}"#.bytes
        let verdict = try scheme().verify(IncomingRequest(headers: [:], body: body), at: now)
        details.insert(try #require(verdict.refusal).status)
    }
    for text in ["", "AAAA", "A", "=", String(repeating: "A", count: 64)] {
        let body = #"{"encrypt":"\#(text)"}"#.bytes
        let verdict = try scheme().verify(IncomingRequest(headers: [:], body: body), at: now)
        details.insert(try #require(verdict.refusal).status)
    }
    // A check that would be right, but for its padding: the last block is taken away.
    let text = check(challenge: "abcdefghi")
    try #require(text.utf8.count.isMultiple(of: 16))
    let whole = try FeishuCipher(encryptKey: key).encrypt(text.bytes, vector: vector)
    let less = Base64.encode(Array(try #require(Base64.decode(whole)).dropLast(16)))
    let body = #"{"encrypt":"\#(less)"}"#.bytes
    let verdict = try scheme().verify(IncomingRequest(headers: [:], body: body), at: now)
    details.insert(try #require(verdict.refusal).status)
    #expect(details == [401])
}

@Test func everythingSignedByFeishuCounts() throws {
    let good = try request(event())
    func refused(_ change: (inout IncomingRequest) -> Void) throws -> VerificationRefusal? {
        var request = good
        change(&request)
        return try scheme().verify(request, at: now).refusal
    }
    for name in [
        FeishuCipher.timestampHeader, FeishuCipher.nonceHeader, FeishuCipher.signatureHeader,
    ] {
        let gone = try refused { $0.headers.remove(name) }
        #expect(gone?.reason == .missingHeader && gone?.status == 401, "\(name)")
        let value = good.headers.values(of: name)[0]
        let twice = try refused { $0.headers.append(name.lowercased(), value) }
        #expect(twice?.reason == .malformedHeader && twice?.status == 401, "\(name)")
    }
    for place in good.body.indices {
        let reason = try refused { $0.body[place] ^= 1 }?.reason
        #expect(reason == .badSignature || reason == .decryptFailed, "\(place)")
    }
    let other = try request(event(), key: Secret("other"))
    #expect(try scheme().verify(other, at: now).reason == .decryptFailed)
    // A digit that moves over to the nonce leaves the hash as it was.
    let moved = try refused {
        $0.headers.remove(FeishuCipher.timestampHeader)
        $0.headers.remove(FeishuCipher.nonceHeader)
        $0.headers.append(FeishuCipher.timestampHeader, "177382261")
        $0.headers.append(FeishuCipher.nonceHeader, "5n0nce-1")
    }
    #expect(moved?.reason == .malformedHeader)
    #expect(try scheme().verify(request(event(), nonce: "a b"), at: now).status == 401)
    let get = try refused { $0.method = "GET" }
    #expect(get?.reason == .wrongMethod)
}

@Test(arguments: [
    (3_600, VerificationRefusal.Reason?.none), (3_601, .timestampTooOld), (-3_600, .none),
    (-3_601, .timestampTooNew),
])
func anHourPassesOnBothSides(age: Int, reason: VerificationRefusal.Reason?) throws {
    let request = try request(event(), at: now - .seconds(age))
    #expect(try scheme().verify(request, at: now).reason == reason)
}

@Test func whatIsSignedButNotSealedIsRefused() throws {
    let body = event().bytes
    let headers = try FeishuCipher(encryptKey: key).headers(at: now, nonce: "n", body: body)
    let request = IncomingRequest(headers: HeaderFields(headers), body: body)
    #expect(try scheme().verify(request, at: now).reason == .missingCredentials)
}

@Test func twoEntriesOfAnAppLetItsKeysBeChanged() throws {
    let (newToken, newKey) = (Secret("v-new"), Secret("new key"))
    let both = try FeishuScheme(apps: [
        .init(verificationToken: newToken, encryptKey: newKey),
        .init(verificationToken: token, encryptKey: key),
    ])
    #expect(both.verify(try request(event()), at: now).event?.key == "e-1")
    let new = try request(event(newToken.exposed), key: newKey)
    #expect(both.verify(new, at: now).event?.key == "e-1")
    // Keys and tokens belong together.
    let crossed = IncomingRequest(headers: [:], body: try sealed(check(), newKey))
    #expect(both.verify(crossed, at: now).reason == .wrongCredentials)
    #expect(throws: SigningError.self) {
        try FeishuScheme(apps: [
            .init(verificationToken: newToken), .init(verificationToken: token, encryptKey: key),
        ])
    }
    #expect(throws: SigningError.self) { try FeishuScheme(apps: []) }
    #expect(throws: SigningError.self) {
        try FeishuScheme(apps: [.init(verificationToken: Secret(""))])
    }
    #expect(throws: SigningError.self) {
        try FeishuScheme(apps: [.init(verificationToken: token, encryptKey: Secret(""))])
    }
}

@Test func pointersMoveThePartsOfAnEventOfFeishu() throws {
    let text =
        #"{"header":{"event_id":"e","event_type":"t"},"event":{"bot":{"type":"bot","id":7},"#
        + #""at":1773822615,"k":"key"}}"#
    let pointers = SchemePointers(
        type: JSONPointer("/event/bot/type"), key: JSONPointer("/event/k"),
        time: JSONPointer("/event/at"), entity: JSONPointer("/event/bot"))
    let event = try scheme(pointers: pointers).verify(request(text), at: now).event
    #expect(event?.type == "bot" && event?.key == "key" && event?.time == now)
    #expect(event?.entity == EntityReference(type: "bot", id: "7"))
}

extension Verdict {
    var event: VerifiedEvent? { if case .event(let event) = self { event } else { nil } }
    var answer: SchemeAnswer? { if case .handshake(let answer) = self { answer } else { nil } }
    var refusal: VerificationRefusal? {
        if case .refused(let refusal) = self { refusal } else { nil }
    }
    var reason: VerificationRefusal.Reason? { refusal?.reason }
    var status: Int? { refusal?.status }
}
