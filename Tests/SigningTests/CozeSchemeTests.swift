import Domain
import Signing
import StrictJSON
import Testing

private let token = Secret("TESTONLYnormalAppToken1")
private let channelToken = Secret("TESTONLYchannelAppToken2")
private let sent = Timestamp(milliseconds: 1_749_038_258_245)

private func scheme(
    _ handshake: CozeScheme.Handshake = .lenient, window: Duration? = nil,
    audit: CozeScheme.Audit = .pass
) throws -> CozeScheme {
    try CozeScheme(
        apps: [
            .init(apiAppID: "100", verifyToken: token),
            .init(apiAppID: "200", verifyToken: channelToken, audit: audit),
        ], handshake: handshake, window: window)
}

private func request(
    _ body: String, token: Secret = token, nonce: String = "q7Zt0PnXw2"
) -> IncomingRequest {
    let headers = CozeSigner.headers(
        token: token, timestamp: sent, nonce: nonce, body: body.bytes)
    return IncomingRequest(headers: HeaderFields(headers), body: body.bytes)
}

private func event(
    _ type: String, _ event: String = "{}", app: String = #","api_app_id":"100""#
) -> String {
    #"{"header":{"event_type":"\#(type)","event_id":"e-1","created_at":1749038258245\#(app)},"#
        + #""event":\#(event)}"#
}

private func reason(_ verdict: Verdict) -> VerificationRefusal.Reason? {
    guard case .refused(let refusal) = verdict else { return nil }
    return refusal.reason
}

private func accepted(_ verdict: Verdict) -> VerifiedEvent? {
    guard case .event(let event) = verdict else { return nil }
    return event
}

@Test func aSignedCallbackIsAnEvent() throws {
    let bot = #"{"bot_id":"7351","bot_name":"客服","space_id":"7481","version":"1742"}"#
    let verdict = try scheme().verify(request(event("bot.published", bot)), at: sent)
    #expect(
        verdict
            == .event(
                VerifiedEvent(
                    scope: "100", key: "e-1", type: "bot.published", time: sent,
                    entity: EntityReference(
                        type: "bot", id: "7351", name: "客服", workspaceID: "7481", version: "1742"
                    ), answer: .emptyObject)))
}

// The vector printed in contracts/coze.md section 3.2, so that the recipe is held without files.
@Test func thePublishedVectorIsReproduced() {
    let body =
        #"{"header":{"event_type":"url_verification","#
        + #""event_id":"bee31258-469c-48a6-ae48-648161d89c79","created_at":1749116452112},"#
        + #""event":{"challenge":"988df7dc-2179-4dba-95a6-af9f40b91486"}}"#
    let headers = CozeSigner.headers(
        token: Secret("TESTONLYnormalAppVerifyToken000000000000000000000000000000000001"),
        timestamp: Timestamp(milliseconds: 1_749_116_452_112), nonce: "q7Zt0PnXw2",
        body: body.bytes)
    #expect(
        headers.map(\.value) == [
            "q7Zt0PnXw2", "1749116452112", "444f47bfa7dc982dd3c9bed0c4376c4b9261a98e",
        ])
}

@Test func everyChangedByteIsNoticed() throws {
    let scheme = try scheme()
    let good = request(event("bot.deleted", #"{"bot_id":"7351"}"#))
    #expect(accepted(scheme.verify(good, at: sent)) != nil)
    for place in good.body.indices {
        for bit in [0x01, 0x80] as [UInt8] {
            var bad = good
            bad.body[place] ^= bit
            let reason = reason(scheme.verify(bad, at: sent))
            #expect(reason == .badSignature || reason == .wrongCredentials, "byte \(place)")
        }
    }
    for name in ["X-Coze-Nonce", "X-Coze-Timestamp", "X-Coze-Signature"] {
        guard case .one(let value) = good.headers.lookup(name) else { continue }
        for place in value.bytes.indices {
            var bytes = value.bytes
            bytes[place] = bytes[place] == UInt8(ascii: "1") ? UInt8(ascii: "2") : UInt8(ascii: "1")
            var bad = good
            bad.headers.remove(name)
            bad.headers.append(name, String(decoding: bytes, as: UTF8.self))
            #expect(reason(scheme.verify(bad, at: sent)) == .badSignature, "\(name) \(place)")
        }
    }
}

@Test(arguments: ["X-Coze-Nonce", "X-Coze-Timestamp", "X-Coze-Signature"])
func eachHeaderMustBeThereExactlyOnce(name: String) throws {
    let good = request(event("bot.deleted"))
    guard case .one(let value) = good.headers.lookup(name) else {
        Issue.record("no \(name)")
        return
    }
    var doubled = good
    doubled.headers.append(name.lowercased(), value)
    #expect(reason(try scheme().verify(doubled, at: sent)) == .malformedHeader)

    var without = good
    without.headers.remove(name)
    #expect(reason(try scheme().verify(without, at: sent)) == .missingHeader)

    without.headers.append(name, "")
    #expect(reason(try scheme().verify(without, at: sent)) == .missingHeader)
}

@Test(arguments: [
    ("X-Coze-Timestamp", "174903825824"), ("X-Coze-Timestamp", "17490382582450"),
    ("X-Coze-Timestamp", "174903825824x"), ("X-Coze-Timestamp", " 174903825824"),
    ("X-Coze-Timestamp", "１２３４"), ("X-Coze-Timestamp", "-749038258245"),
    ("X-Coze-Nonce", "a b"), ("X-Coze-Nonce", "a.b"), ("X-Coze-Nonce", "é"),
    ("X-Coze-Nonce", String(repeating: "a", count: 65)),
    ("X-Coze-Signature", "00f691370488d6a9f8b24310dd3af349889ca7c"),
    ("X-Coze-Signature", "00F691370488d6a9f8b24310dd3af349889ca7c6"),
    ("X-Coze-Signature", "00f691370488d6a9f8b24310dd3af349889ca7c6 "),
])
func headersOfAnotherFormAreRefused(name: String, value: String) throws {
    var bad = request(event("bot.deleted"))
    bad.headers.remove(name)
    bad.headers.append(name, value)
    #expect(reason(try scheme().verify(bad, at: sent)) == .malformedHeader)
}

@Test(arguments: ["a", "Az09_-", String(repeating: "a", count: 64)])
func noncesOfTheAllowedFormPass(nonce: String) throws {
    let good = request(event("bot.deleted"), nonce: nonce)
    #expect(accepted(try scheme().verify(good, at: sent)) != nil)
}

// Nothing separates timestamp and nonce in what is hashed.
@Test func aDigitCannotMoveBetweenTimestampAndNonce() throws {
    let body = event("bot.deleted")
    let headers = CozeSigner.headers(
        token: token, timestamp: sent, nonce: "9q7Zt0PnXw2", body: body.bytes)
    var shifted = IncomingRequest(headers: HeaderFields(headers), body: body.bytes)
    #expect(accepted(try scheme().verify(shifted, at: sent)) != nil)
    shifted.headers.remove("X-Coze-Timestamp")
    shifted.headers.remove("X-Coze-Nonce")
    shifted.headers.append("X-Coze-Timestamp", "17490382582459")
    shifted.headers.append("X-Coze-Nonce", "q7Zt0PnXw2")
    #expect(reason(try scheme().verify(shifted, at: sent)) == .malformedHeader)
}

@Test(arguments: [
    // The app's own token, another app's, and nobody's.
    (#","api_app_id":"100""#, token, nil as VerificationRefusal.Reason?),
    (#","api_app_id":100"#, token, nil),
    (#","api_app_id":"200""#, channelToken, nil),
    (#","api_app_id":"100""#, channelToken, .badSignature),
    (#","api_app_id":"200""#, token, .badSignature),
    (#","api_app_id":"300""#, token, .wrongCredentials),
    // Without an id every token is tried.
    ("", token, nil), ("", channelToken, nil), ("", Secret("other"), .badSignature),
    (#","api_app_id":"""#, channelToken, nil), (#","api_app_id":null"#, channelToken, nil),
    // An id that is none chooses nothing, and is refused once the proof holds.
    (#","api_app_id":{}"#, channelToken, .malformedBody),
    (#","api_app_id":1.5"#, Secret("other"), .badSignature),
])
func theAppChoosesTheToken(
    app: String, token: Secret, expected: VerificationRefusal.Reason?
) throws {
    let verdict = try scheme().verify(
        request(event("bot.deleted", app: app), token: token), at: sent)
    #expect(reason(verdict) == expected)
    #expect((accepted(verdict) == nil) == (expected != nil))
}

@Test func twoTokensOfOneAppCountWhileItIsRotated() throws {
    let scheme = try CozeScheme(apps: [
        .init(apiAppID: "100", verifyToken: Secret("new")),
        .init(apiAppID: "100", verifyToken: Secret("old")),
    ])
    for token in ["new", "old"] {
        let request = request(event("bot.deleted"), token: Secret(token))
        #expect(accepted(scheme.verify(request, at: sent)) != nil)
    }
}

@Test(arguments: [
    "", "{", "[]", "1", "{}", #"{"header":1}"#, #"{"header":{"event_type":"a"}}"#,
    #"{"header":{"event_type":"","event_id":"b"}}"#, #"{"header":{"event_type":1,"event_id":"b"}}"#,
    #"{"header":{"event_type":"a","event_id":""}}"#,
    #"{"header":{"event_type":"a","event_id":"b","event_id":"c"}}"#,
    #"{"header":{"event_type":"a","event_id":"b"}} x"#,
    #"{"header":{"event_type":"a","event_id":"b"}}{}"#,
])
func aProvedBodyThatIsNoEventIsMalformed(body: String) throws {
    #expect(reason(try scheme().verify(request(body), at: sent)) == .malformedBody)
    // The same without proof: the proof is what counts first.
    let unsigned = IncomingRequest(headers: [:], body: body.bytes)
    #expect(reason(try scheme().verify(unsigned, at: sent)) == .missingHeader)
}

@Test func typeAndIdAreAllThatIsMandatory() throws {
    let body = #"{"header":{"event_type":"a","event_id":"b"}}"#
    #expect(
        try scheme().verify(request(body), at: sent)
            == .event(VerifiedEvent(key: "b", type: "a", answer: .emptyObject)))
}

@Test(arguments: [
    (CozeScheme.Audit.pass, 2), (CozeScheme.Audit.reject, 3), (CozeScheme.Audit.review, 1),
])
func aPublicationToOurChannelIsAudited(audit: CozeScheme.Audit, status: Int) throws {
    let app = #","api_app_id":"200","connector_id":"74""#
    let scheme = try scheme(audit: audit)
    func answer(_ type: String, _ app: String) throws -> JSONValue {
        let verdict = scheme.verify(
            request(event(type, app: app), token: channelToken), at: sent)
        let answer = try #require(accepted(verdict)).answer
        #expect(answer.status == 200 && answer.contentType == "application/json")
        return try JSONValue(parsing: answer.body)
    }
    let audited = try answer("bot.published", app)
    #expect(audited["audit"]?["audit_status"] == .number(JSONNumber(status)))
    #expect(audited["audit"]?["reason"]?.string?.isEmpty == (audit != .reject))
    #expect(try answer("bot.deleted", app) == [:])
    #expect(try answer("bot.published", #","api_app_id":"200","connector_id":"""#) == [:])
    #expect(try answer("bot.published", #","api_app_id":"200""#) == [:])
}

@Test func theAddressCheckIsAnsweredAndNeverAnEvent() throws {
    let body =
        #"{"header":{"event_type":"url_verification","event_id":"x"},"#
        + #""event":{"challenge":"a\"é"}}"#
    let answer = Verdict.handshake(answer: .json(#"{"challenge":"a\"é"}"#))
    let unsigned = IncomingRequest(headers: [:], body: body.bytes)
    #expect(try scheme(.lenient).verify(unsigned, at: sent) == answer)
    #expect(reason(try scheme(.strict).verify(unsigned, at: sent)) == .missingHeader)
    for handshake in CozeScheme.Handshake.allCases {
        for token in [token, channelToken] {
            let signed = request(body, token: token)
            #expect(try scheme(handshake).verify(signed, at: sent) == answer)
        }
        // A wrong proof is worse than none.
        let forged = request(body, token: Secret("other"))
        #expect(reason(try scheme(handshake).verify(forged, at: sent)) == .badSignature)
        var half = request(body)
        half.headers.remove("X-Coze-Nonce")
        #expect(reason(try scheme(handshake).verify(half, at: sent)) == .missingHeader)
    }
    let other = IncomingRequest(headers: [:], body: event("bot.deleted").bytes)
    #expect(reason(try scheme().verify(other, at: sent)) == .missingHeader)
}

@Test(arguments: [
    (#""""#, true), (#""客服""#, true), ("\"" + String(repeating: "é", count: 256) + "\"", true),
    ("\"" + String(repeating: "a", count: 257) + "\"", false), (#""a\nb""#, false),
    (#""a\u202eb""#, false), (#""a\u0000""#, false), (#""a\u2028""#, false), ("1", false),
    ("null", false), (#"{"a":1}"#, false),
])
func onlyAShortPrintableChallengeIsEchoed(challenge: String, isEchoed: Bool) throws {
    let body =
        #"{"header":{"event_type":"url_verification","event_id":"x"},"#
        + #""event":{"challenge":\#(challenge)}}"#
    for request in [request(body), IncomingRequest(headers: [:], body: body.bytes)] {
        let verdict = try scheme().verify(request, at: sent)
        if isEchoed {
            #expect(verdict == .handshake(answer: .json(#"{"challenge":\#(challenge)}"#)))
        } else {
            #expect(reason(verdict) == .malformedBody)
        }
    }
}

@Test(arguments: [
    (Duration.seconds(-300), nil as VerificationRefusal.Reason?), (.seconds(300), nil),
    (.milliseconds(300_001), .timestampTooOld), (.milliseconds(-300_001), .timestampTooNew),
])
func aWindowIsInclusiveAndOffByDefault(
    age: Duration, expected: VerificationRefusal.Reason?
) throws {
    let good = request(event("bot.deleted"))
    #expect(reason(try scheme(window: .seconds(300)).verify(good, at: sent + age)) == expected)
    #expect(accepted(try scheme().verify(good, at: sent + age)) != nil)
}

@Test func onlyPOSTIsHeard() throws {
    var get = request(event("bot.deleted"))
    get.method = "GET"
    #expect(reason(try scheme().verify(get, at: sent)) == .wrongMethod)
    #expect(try scheme().methods == ["POST"])
}

@Test func anAppNeedsAnIdAndAToken() {
    #expect(throws: SigningError.self) { try CozeScheme(apps: []) }
    for (id, token) in [("", "t"), ("1", "")] {
        #expect(throws: SigningError(.empty, "api_app_id and verify_token must not be empty")) {
            try CozeScheme(apps: [.init(apiAppID: id, verifyToken: Secret(token))])
        }
    }
}

@Test(arguments: [
    (#"{"bot_id_str":"1","bot_id":"2"}"#, "1" as String?), (#"{"bot_id":"2"}"#, "2"),
    (#"{"bot_id_str":7512041635401000001}"#, "7512041635401000001"),
    (#"{"bot_id":7512041635401000001}"#, "7512041635401000001"),
    (#"{"bot_id_str":null,"bot_id":2}"#, "2"), (#"{"bot_id_str":"","bot_id":2}"#, "2"),
    (#"{"bot_id":1.5}"#, nil), (#"{"bot_id":-1}"#, nil), (#"{"bot_id":12345678901234567890}"#, nil),
    ("{}", nil), ("[]", nil), ("null", nil),
])
func theBotIsReadInEverySpelling(json: String, id: String?) throws {
    for type in ["bot.published", "bot.unpublished", "bot.deleted"] {
        let verdict = try scheme().verify(request(event(type, json)), at: sent)
        #expect(try #require(accepted(verdict)).entity?.id == id)
    }
    for type in ["benefit.usage", "bot.created", "Bot.published"] {
        let verdict = try scheme().verify(request(event(type, json)), at: sent)
        #expect(try #require(accepted(verdict)).entity == nil)
    }
}

@Test func aNameThatNoStoreCanHoldIsMended() throws {
    let json = #"{"bot_id":"1","bot_name":"a\u0000b"}"#
    let verdict = try scheme().verify(request(event("bot.published", json)), at: sent)
    #expect(try #require(accepted(verdict)).entity?.name == "a\u{FFFD}b")
}

@Test func aNonceIsOfTheFormThatWeAccept() throws {
    var generator = SplitMix(state: 7)
    let nonces = (0..<20).map { _ in CozeSigner.nonce(using: &generator) }
    #expect(Set(nonces).count == 20)
    for nonce in nonces {
        let good = request(event("bot.deleted"), nonce: nonce)
        #expect(accepted(try scheme().verify(good, at: sent)) != nil)
    }
}

/// Source: Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators", 2014.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
