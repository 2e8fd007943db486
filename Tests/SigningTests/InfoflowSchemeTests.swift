import Domain
import Signing
import StrictJSON
import Testing

private let app = InfoflowScheme.App(
    token: Secret("infoflowToken01"), encodingAESKey: Secret("0123456789abcdefABCDEF"))
private let now = Timestamp.signed
private let message =
    #"{"eventtype":"MESSAGE_RECEIVE","message":{"header":{"messageid":1800000000000000001,"#
    + #""servertime":1773822614250}}}"#

private func cipher(_ app: InfoflowScheme.App = app) throws -> InfoflowCipher {
    try InfoflowCipher(token: app.token, encodingAESKey: app.encodingAESKey)
}

private func signature(_ app: InfoflowScheme.App = app) throws -> [(name: String, value: String)] {
    let digest = try cipher(app).digest(number: "835719", timestamp: "1773822615000")
    return [
        ("signature", Hexadecimal.encode(digest)), ("rn", "835719"),
        ("timestamp", "1773822615000"),
    ]
}

private func request(
    _ body: String, query: [(name: String, value: String)] = [], type: String = "text/plain"
) -> IncomingRequest {
    IncomingRequest(headers: ["Content-Type": type], query: query, body: body.bytes)
}

private func form(_ body: String) -> IncomingRequest {
    request(body, type: "application/x-www-form-urlencoded; charset=utf-8")
}

private func scheme(
    _ signature: InfoflowScheme.Signature = .optional, _ apps: InfoflowScheme.App...
) throws -> InfoflowScheme {
    try InfoflowScheme(apps: apps.isEmpty ? [app] : apps, signature: signature)
}

// NIST SP 800-38A, F.1.1: AES-128-ECB, the first two blocks; the third is padding.
@Test func blocksAreSealedOneByOne() throws {
    let cipher = try InfoflowCipher(
        token: Secret("t"), encodingAESKey: Secret("K34VFiiu0qar9xWICc9PPA"))
    let plain = try #require(
        Hexadecimal.decode("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"))
    let sealed = try cipher.encrypt(plain)
    let bytes = try #require(Base64.decode(sealed, .url))
    #expect(
        Hexadecimal.encode(bytes.prefix(32))
            == "3ad77bb40d7a3660a89ecaf32466ef97f5d3d58503b9699de785895a96fdbaaf")
    #expect(bytes.count == 48 && cipher.decrypt(sealed) == plain)
    for count in 0...33 {
        let text = [UInt8](repeating: 7, count: count)
        #expect(cipher.decrypt(try cipher.encrypt(text)) == text)
    }
    for text in ["", "AAAA", sealed + "=", sealed + "\n", String(sealed.dropLast(22))] {
        #expect(cipher.decrypt(text) == nil, "\(text)")
    }
}

@Test func theCheckOfInfoflowIsAnsweredWithItsText() throws {
    let good =
        "echostr=echo-123+%E4%BD%A0&signature=0102ab7b6bc017770c5917e55fb56eb4&rn=835719"
        + "&timestamp=1773822615000"
    #expect(
        try scheme().verify(form(good), at: now)
            == .handshake(
                answer: SchemeAnswer(contentType: "text/plain", body: "echo-123 你".bytes)))
    for (body, reason) in [
        (good.replacing("0102", with: "0103"), VerificationRefusal.Reason.badSignature),
        (good.replacing("rn=835719", with: "rn=835718"), .badSignature),
        (good.replacing("&rn=835719", with: ""), .missingHeader),
        (good.replacing("signature=", with: "sign="), .missingHeader),
        ("echostr=a", .missingHeader), (good.replacing("0102ab7b", with: ""), .malformedHeader),
        // A digit that moves over to the number leaves the hash as it was.
        (good.replacing("835719&timestamp=1", with: "8357191&timestamp="), .malformedHeader),
        (good + "&signature=0102ab7b6bc017770c5917e55fb56eb4", .malformedBody),
        (good.replacing("echo-123", with: String(repeating: "x", count: 1_025)), .malformedBody),
    ] {
        #expect(try scheme().verify(form(body), at: now).reason == reason, "\(body)")
    }
}

@Test func aMessageOfInfoflowIsStoredOpenWithItsWholeNumber() throws {
    let sealed = try cipher().encrypt(message.bytes)
    let due = VerifiedEvent(
        key: "1800000000000000001", type: "MESSAGE_RECEIVE",
        time: Timestamp(milliseconds: 1_773_822_614_250), body: message.bytes)
    #expect(try scheme().verify(request(sealed, query: signature()), at: now) == .event(due))
    #expect(try scheme().verify(request(sealed), at: now) == .event(due))
    let single = form("messageJson=%7B%22Encrypt%22%3A%22\(sealed)%22%7D")
    #expect(try scheme().verify(single, at: now) == .event(due))
    let xml = try cipher().encrypt(
        "<xml><MsgType>text</MsgType><MsgId>5</MsgId><CreateTime>1773822615</CreateTime></xml>"
            .bytes)
    let event = try scheme().verify(request(xml), at: now).event
    #expect(event?.key == "5" && event?.type == "text" && event?.time == now)
}

@Test func aSignatureThatCameAlongMustBeRight() throws {
    let sealed = try cipher().encrypt(message.bytes)
    var query = try signature()
    query[1].value = "835718"
    #expect(try scheme().verify(request(sealed, query: query), at: now).reason == .badSignature)
    query.removeFirst()
    #expect(try scheme().verify(request(sealed, query: query), at: now).reason == .missingHeader)
    query = try signature() + signature()
    #expect(
        try scheme().verify(request(sealed, query: query), at: now).reason == .malformedHeader)
    #expect(try scheme(.required).verify(request(sealed), at: now).reason == .missingHeader)
    #expect(
        try scheme(.required).verify(request(sealed, query: signature()), at: now).event != nil)
}

@Test func howAMessageOfInfoflowFailsCannotBeToldFromOutside() throws {
    let sealed = try cipher().encrypt(message.bytes)
    let letters = Array(sealed.utf8)
    for place in letters.indices {
        var changed = letters
        changed[place] = changed[place] == 0x41 ? 0x42 : 0x41
        let text = String(decoding: changed, as: UTF8.self)
        let verdict = try scheme().verify(request(text), at: now)
        #expect(verdict.status == 401, "\(place)")
    }
    // Right, but for the padding: the last block is taken away.
    let even = message + String(repeating: " ", count: 16 - message.utf8.count % 16)
    let whole = try #require(Base64.decode(try cipher().encrypt(even.bytes), .url))
    for text in [
        Base64.encode(Array(whole.dropLast(16)), .url),
        "", "AAAA", sealed + "=", sealed + "\n", try cipher().encrypt("[]".bytes),
        try cipher().encrypt([0xFF]), try cipher().encrypt([]), String(sealed.dropFirst(64)),
    ] {
        let verdict = try scheme().verify(request(text), at: now)
        #expect(verdict.reason == .decryptFailed && verdict.status == 401, "\(text)")
    }
}

@Test func tokensAndKeysOfInfoflowBelongTogether() throws {
    let new = InfoflowScheme.App(
        token: Secret("new"), encodingAESKey: Secret("ABCDEFGHIJKLMNOPQRSTUV"))
    let both = try scheme(.optional, new, app)
    let sealed = try cipher().encrypt(message.bytes)
    #expect(both.verify(request(sealed, query: try signature()), at: now).event != nil)
    #expect(both.verify(request(sealed), at: now).event != nil)
    #expect(
        both.verify(request(sealed, query: try signature(new)), at: now).reason == .badSignature)
    for (token, key) in [
        ("", "0123456789abcdefABCDEF"), ("t", "0123456789abcdefABCDE"),
        ("t", "0123456789abcdefABCDEF=="), ("t", "0123456789abcdefABCD_F"),
    ] {
        #expect(throws: SigningError.self, "\(key)") {
            try InfoflowScheme(apps: [
                .init(token: Secret(token), encodingAESKey: Secret(key))
            ])
        }
    }
    #expect(throws: SigningError.self) { try InfoflowScheme(apps: []) }
}
