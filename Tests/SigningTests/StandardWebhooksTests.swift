import Domain
import Signing
import StrictJSON
import Testing

private let secret = "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="
private let older = "whsec_ZWZnaGlqa2xtbm9wcXJzdHV2d3h5ent8fX5/gIGCg4Q="
private let privateKey =
    "whsk_XovgJhQanUrjXPJdtLJEVw8Xj/cJI7sDDDK9Nm3QbD1uG9CKJpy9xh+ycAmv4jb++VYODu8oTmq+Ji4bWRQ+7A=="
private let publicKey = "whpk_bhvQiiacvcYfsnAJr+I2/vlWDg7vKE5qviYuG1kUPuw="
private let sent = Timestamp(milliseconds: 1_773_822_615_000)
private let body = #"{"type":"task.completed","timestamp":"2026-03-18T08:30:15.250Z","data":{}}"#

private func scheme(
    _ keys: [String] = [secret], window: Duration = .seconds(300),
    names: StandardWebhooksProof.Names = .standard, pointers: SchemePointers = .init()
) throws -> StandardWebhooksScheme {
    try StandardWebhooksScheme(
        keys: keys.map { try StandardWebhooksKey(parsing: $0) }, window: window, names: names,
        pointers: pointers)
}

private func request(
    _ body: String = body, keys: [String] = [secret], id: String = "msg_1"
) throws -> IncomingRequest {
    let signer = try StandardWebhooksSigner(secrets: keys.map(Secret.init))
    return IncomingRequest(
        headers: HeaderFields(try signer.headers(id: id, at: sent, body: body.bytes)),
        body: body.bytes)
}

private func reason(_ verdict: Verdict) -> VerificationRefusal.Reason? {
    guard case .refused(let refusal) = verdict else { return nil }
    return refusal.reason
}

private func accepted(_ verdict: Verdict) -> VerifiedEvent? {
    guard case .event(let event) = verdict else { return nil }
    return event
}

@Test func thePublishedSignaturesAreReproduced() throws {
    let signer = try StandardWebhooksSigner(secrets: [
        Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
        Secret(
            "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lM"
                + "icMFs6Kvg=="),
    ])
    let headers = try signer.headers(
        id: "msg_p5jXN8AQM9LWM0D4loKWxJek", at: Timestamp(milliseconds: 1_614_265_330_999),
        body: #"{"test": 2432232314}"#.bytes)
    #expect(headers.map(\.name) == ["webhook-id", "webhook-timestamp", "webhook-signature"])
    #expect(
        headers.map(\.value) == [
            "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330",
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= "
                + "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3"
                + "mNl8EM+m7TBAg==",
        ])
}

@Test func aSignedMessageIsAnEvent() throws {
    let event = try #require(accepted(try scheme().verify(request(), at: sent)))
    #expect(
        event
            == VerifiedEvent(
                key: "msg_1", type: "task.completed",
                time: Timestamp(milliseconds: 1_773_822_615_250)))
    #expect(event.answer == .accepted)
}

@Test func everyChangedByteOfAMessageIsNoticed() throws {
    for (keys, signing) in [([secret], secret), ([publicKey], privateKey)] {
        let scheme = try scheme(keys)
        let good = try request(keys: [signing])
        #expect(accepted(scheme.verify(good, at: sent)) != nil)
        for place in good.body.indices {
            var bad = good
            bad.body[place] ^= 1
            #expect(reason(scheme.verify(bad, at: sent)) == .badSignature, "byte \(place)")
        }
        for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
            guard case .one(let value) = good.headers.lookup(name) else { continue }
            for place in value.bytes.indices {
                var bytes = value.bytes
                bytes[place] =
                    bytes[place] == UInt8(ascii: "1") ? UInt8(ascii: "2") : UInt8(ascii: "1")
                var bad = good
                bad.headers.remove(name)
                bad.headers.append(name, String(decoding: bytes, as: UTF8.self))
                #expect(reason(scheme.verify(bad, at: sent)) == .badSignature, "\(name) \(place)")
            }
        }
    }
}

@Test(arguments: ["webhook-id", "webhook-timestamp", "webhook-signature"])
func eachWebhookHeaderMustBeThereExactlyOnce(name: String) throws {
    var doubled = try request()
    guard case .one(let value) = doubled.headers.lookup(name) else {
        Issue.record("no \(name)")
        return
    }
    doubled.headers.append(name.uppercased(), value)
    #expect(reason(try scheme().verify(doubled, at: sent)) == .malformedHeader)
    doubled.headers.remove(name)
    #expect(reason(try scheme().verify(doubled, at: sent)) == .missingHeader)
}

@Test(arguments: [
    ("webhook-timestamp", "1773822615.0"), ("webhook-timestamp", "+1773822615"),
    ("webhook-timestamp", "-1"), ("webhook-timestamp", " 1773822615"),
    ("webhook-timestamp", "1234567890123456789"), ("webhook-timestamp", "１７７３８２２６１５"),
    ("webhook-id", "a b"), ("webhook-id", "é"), ("webhook-id", String(repeating: "a", count: 257)),
    ("webhook-signature", Array(repeating: "v1,AA==", count: 33).joined(separator: " ")),
])
func webhookHeadersOfAnotherFormAreRefused(name: String, value: String) throws {
    var bad = try request()
    bad.headers.remove(name)
    bad.headers.append(name, value)
    #expect(reason(try scheme().verify(bad, at: sent)) == .malformedHeader)
}

@Test func eighteenDigitsAreATimeFarAway() throws {
    var bad = try request()
    bad.headers.remove("webhook-timestamp")
    bad.headers.append("webhook-timestamp", "999999999999999999")
    #expect(reason(try scheme().verify(bad, at: sent)) == .badSignature)
}

@Test(arguments: [
    (Int64(300_000), nil as VerificationRefusal.Reason?), (300_999, nil),
    (301_000, .timestampTooOld),
    (-300_000, nil), (-300_001, .timestampTooNew),
])
func theWindowOfAMessageIsInclusive(
    age: Int64, expected: VerificationRefusal.Reason?
) throws {
    #expect(reason(try scheme().verify(request(), at: sent + .milliseconds(age))) == expected)
}

@Test func aSecretIsRotatedOnEitherSide() throws {
    let both = try request(keys: [secret, older])
    #expect(accepted(try scheme([secret]).verify(both, at: sent)) != nil)
    #expect(accepted(try scheme([older]).verify(both, at: sent)) != nil)
    #expect(accepted(try scheme([secret, older]).verify(request(keys: [older]), at: sent)) != nil)
    #expect(reason(try scheme([secret]).verify(request(keys: [older]), at: sent)) == .badSignature)
}

@Test func aPublicKeyIsNeverASecret() throws {
    let bytes = String(publicKey.dropFirst("whpk_".count))
    let forged = try request(keys: ["whsec_" + bytes])
    #expect(reason(try scheme([publicKey]).verify(forged, at: sent)) == .badSignature)
    let mixed = try request(keys: [secret, privateKey])
    #expect(accepted(try scheme([publicKey]).verify(mixed, at: sent)) != nil)
    #expect(accepted(try scheme([secret]).verify(mixed, at: sent)) != nil)
}

@Test func whatASourceOrASignerCannotUseIsRefused() throws {
    #expect(throws: SigningError.self) { try scheme([]) }
    #expect(throws: SigningError.self) { try scheme([secret, publicKey]) }
    let refusal = #expect(throws: SigningError.self) { try scheme([privateKey]) }
    #expect(refusal?.detail.contains(publicKey) == true)
    #expect(throws: SigningError.self) { try StandardWebhooksSigner(secrets: []) }
    #expect(throws: SigningError.self) { try StandardWebhooksSigner(secrets: [Secret(publicKey)]) }
    let signer = try StandardWebhooksSigner(secrets: [Secret(secret)])
    for id in ["", "a.b", "a b", "a\n", "é", String(repeating: "a", count: 257)] {
        #expect(throws: SigningError.self) { try signer.headers(id: id, at: sent, body: []) }
    }
    #expect(throws: Never.self) {
        try signer.headers(id: String(repeating: "a", count: 256), at: sent, body: [])
    }
}

@Test func svixNamesCountForSvixAlone() throws {
    let standard = try request()
    let svix = IncomingRequest(
        headers: HeaderFields(
            standard.headers.lines.map {
                ($0.name.replacing("webhook-", with: "Svix-"), $0.value)
            }), body: standard.body)
    #expect(accepted(try scheme(names: .svix).verify(svix, at: sent)) != nil)
    #expect(reason(try scheme().verify(svix, at: sent)) == .missingHeader)
    #expect(reason(try scheme(names: .svix).verify(standard, at: sent)) == .missingHeader)
}

@Test(arguments: [
    "", "[]", "{}", #"{"type":""}"#, #"{"type":null}"#, #"{"type":["a"]}"#,
    #"{"type":"a","type":"b"}"#, #"{"type":"a"} {}"#,
])
func aProvedMessageThatIsNoEventIsMalformed(body: String) throws {
    #expect(reason(try scheme().verify(request(body), at: sent)) == .malformedBody)
}

@Test func pointersMoveThePartsOfAnEvent() throws {
    let body = #"{"kind":"copied","n":{"id":77,"at":1773822615},"what":{"type":"bot","id":5}}"#
    let pointers = SchemePointers(
        type: JSONPointer("/kind"), key: JSONPointer("/n/id"), time: JSONPointer("/n/at"),
        entity: JSONPointer("/what"))
    let event = try #require(
        accepted(try scheme(pointers: pointers).verify(request(body), at: sent)))
    #expect(
        event
            == VerifiedEvent(
                key: "77", type: "copied", time: sent, entity: EntityReference(type: "bot", id: "5")
            ))
    #expect(reason(try scheme(pointers: pointers).verify(request(), at: sent)) == .malformedBody)
    // A pointer to nothing readable: the key is mandatory, an entity is not.
    let lost = SchemePointers(key: JSONPointer("/none"))
    #expect(reason(try scheme(pointers: lost).verify(request(), at: sent)) == .malformedBody)
    let elsewhere = SchemePointers(entity: JSONPointer("/none"))
    let bot = #"{"type":"a","entity":{"type":"bot","id":"1"}}"#
    #expect(
        try #require(accepted(try scheme(pointers: elsewhere).verify(request(bot), at: sent)))
            .entity == nil)
}

@Test(arguments: [
    (
        #""entity":{"type":"bot","id":"1","name":"n","workspace_id":2,"version":"3"}"#,
        "bot" as String?
    ),
    (#""data":{"entity":{"type":"app","id":"1"}}"#, "app"),
    (#""entity":{"type":"bot","id":"1"},"data":{"entity":{"type":"app","id":"1"}}"#, "bot"),
    (#""entity":"bot","data":{"entity":{"type":"app","id":"1"}}"#, "app"),
    (#""entity":{"type":"bot"}"#, nil), (#""entity":{"id":"1"}"#, nil),
    (#""data":{"task":{"entity":{"type":"app","id":"1"}}}"#, nil), (#""data":[]"#, nil),
])
func anEntityIsFoundInItsUsualPlaces(member: String, type: String?) throws {
    let verdict = try scheme().verify(request(#"{"type":"a",\#(member)}"#), at: sent)
    #expect(try #require(accepted(verdict)).entity?.type == type)
}

@Test(arguments: [
    (#""2026-03-18T08:30:15Z""#, 1_773_822_615_000 as Int64?), ("1773822615", 1_773_822_615_000),
    ("1773822615250", 1_773_822_615_250), ("99999999999", 99_999_999_999_000),
    ("100000000000", 100_000_000_000), (#""soon""#, nil), ("-1", nil), ("1.5", nil),
    ("9223372036854775807", nil), ("null", nil),
])
func timesAreReadOrAbsent(json: String, milliseconds: Int64?) throws {
    let verdict = try scheme().verify(request(#"{"type":"a","timestamp":\#(json)}"#), at: sent)
    #expect(try #require(accepted(verdict)).time?.milliseconds == milliseconds)
}

@Test(arguments: [
    ("whsec_", SigningError.Code.empty), ("", .empty), ("whsk_", .empty), ("whpk_", .empty),
    ("whsec_%%%%", .undecodable), ("whsec_AAAA", .wrongLength), ("hex:abc", .undecodable),
    ("hex:abcd", .wrongLength), ("base64:AAAA", .wrongLength), ("WHSEC_AAAA", .undecodable),
    ("whsk_AAAA", .wrongLength), ("whpk_AAAA", .wrongLength),
    // The seed of one key with the public half of another.
    (
        "whsk_XovgJhQanUrjXPJdtLJEVw8Xj/cJI7sDDDK9Nm3QbD0uaM0u2jKcGhSxpaabZE3wen1GcYTv19JJK0+M"
            + "w/be6w==", .inconsistent
    ),
])
func aBadKeyIsRefusedInWordsThatHelp(text: String, code: SigningError.Code) {
    let refusal = #expect(throws: SigningError.self) { try StandardWebhooksKey(parsing: text) }
    #expect(refusal?.code == code)
    #expect(refusal?.detail.contains("AAAA") == false)
}

@Test func keysAreReadInEverySpelling() throws {
    let hex = "hex:" + String(repeating: "0f", count: 24)
    #expect(try StandardWebhooksKey(parsing: hex).byteCount == 24)
    let plain = String(secret.dropFirst("whsec_".count))
    for text in [secret, plain, "base64:" + plain] {
        #expect(accepted(try scheme([text]).verify(request(), at: sent)) != nil)
    }
    var generator = SplitMix(state: 1)
    let made = StandardWebhooksKey.makeSecret(using: &generator)
    #expect(try StandardWebhooksKey(parsing: made).byteCount == 32)
    #expect(try "\(StandardWebhooksKey(parsing: made))" == "<hmac key>")
    #expect(try secretBytes(parsing: Secret("hex:00ff")) == [0, 0xFF])
    #expect(try secretBytes(parsing: Secret("base64:AP8")) == [0, 0xFF])
    #expect(try secretBytes(parsing: Secret("It's")) == "It's".bytes)
    for text in ["", "hex:", "hex:0", "base64:", "base64:?"] {
        #expect(throws: SigningError.self) { try secretBytes(parsing: Secret(text)) }
    }
}
