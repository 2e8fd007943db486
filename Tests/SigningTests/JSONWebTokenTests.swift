import Domain
import Signing
import StrictJSON
import Testing

private func pem(_ label: String, _ der: [UInt8]) -> String {
    var lines = ["-----BEGIN \(label)-----"]
    let text = Array(Base64.encode(der))
    for start in stride(from: 0, to: text.count, by: 64) {
        lines.append(String(text[start..<min(start + 64, text.count)]))
    }
    return (lines + ["-----END \(label)-----", ""]).joined(separator: "\n")
}

/// What is between the lines of a PEM block.
private func der(_ pem: Secret) throws -> [UInt8] {
    let lines = pem.exposed.split(separator: "\n").filter { !$0.hasPrefix("-") }
    return try #require(Base64.decode(lines.joined()))
}

@Test func thePlatformsVectorIsReproducedByteForByte() throws {
    guard SharedFiles.areThere else { return SharedFiles.skip("jwt_rs256_vector.json") }
    let vector = try SharedFiles.json("coze/jwt_rs256_vector.json")
    let pkcs8 = try #require(vector["private_key_pkcs8_der_base64"]?.base64)
    let header = try #require(vector["header_json"]?.string)
    let payload = try #require(vector["payload_json"]?.string)
    let due = try #require(vector["jwt"]?.string)
    // A PKCS#8 key of this kind is the PKCS#1 key behind 26 bytes.
    for text in [pem("PRIVATE KEY", pkcs8), pem("RSA PRIVATE KEY", Array(pkcs8[26...]))] {
        let key = try RSAPrivateKey(pem: Secret(text))
        #expect(try JSONWebToken.sign(header: header, payload: payload, with: key) == due)
        let assertion = CozeAssertion(
            appID: "1127900106117", keyID: "TESTONLY_v0VjcMlLdQc3tRTD3jC5Xz29TUnKQOhtuD5k",
            audience: "api.coze.cn", issuedAt: Timestamp(milliseconds: 1_757_386_800_000),
            tokenID: "3f0d6b1c9e5a4c2d8b7f6e5d4c3b2a190f8e7d6c")
        #expect(assertion.header == header)
        #expect(assertion.payload == payload)
        #expect(try assertion.signed(with: key) == due)
    }
    let spki = try #require(vector["public_key_spki_der_base64"]?.base64)
    let claims = try JSONWebToken.verify(due, with: RSAPublicKey(pem: pem("PUBLIC KEY", spki)))
    #expect(claims.payload["iss"] == "1127900106117")
    #expect(claims.payload["exp"] == 1_757_387_400)
    #expect(JSONWebToken.claimedKeyID(due) == claims.header["kid"]?.string)
}

@Test func aTokenIsProvedByItsOwnKeyAlone() throws {
    let key = try RSAPrivateKey.make()
    let token = try JSONWebToken.sign(
        header: #"{"alg":"RS256","kid":"k"}"#, payload: #"{"iss":"1"}"#, with: key)
    let publicKey = try RSAPublicKey(pem: key.publicKey.pem)
    #expect(try JSONWebToken.verify(token, with: publicKey).payload == ["iss": "1"])

    let stranger = try RSAPrivateKey.make().publicKey
    #expect(throws: SigningError.self) { try JSONWebToken.verify(token, with: stranger) }
    // Every character of the token counts.
    for place in token.bytes.indices {
        var bytes = token.bytes
        bytes[place] = bytes[place] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
        let changed = String(decoding: bytes, as: UTF8.self)
        #expect(throws: SigningError.self, "\(place)") {
            try JSONWebToken.verify(changed, with: publicKey)
        }
    }
    for bad in ["", "a", "a.b", token + ".", token + "=", token + "." + token, "." + token] {
        #expect(throws: SigningError.self) { try JSONWebToken.verify(bad, with: publicKey) }
    }
    for (header, payload) in [
        (#"{"alg":"none"}"#, "{}"), (#"{"alg":"HS256"}"#, "{}"), ("{}", "{}"),
        (#"{"alg":"RS256"}"#, "[]"), (#"{"alg":"RS256"}"#, #"{"a":1,"a":2}"#), ("x", "{}"),
    ] {
        let token = try JSONWebToken.sign(header: header, payload: payload, with: key)
        #expect(throws: SigningError.self) { try JSONWebToken.verify(token, with: publicKey) }
    }
}

@Test func aPrivateKeyIsReadInTheSpellingsThatOccur() throws {
    let key = try RSAPrivateKey.make()
    let text = key.pem.exposed
    let pkcs1 = pem("RSA PRIVATE KEY", Array(try der(key.pem)[26...]))
    let spellings = [
        text, pkcs1, "\n  " + text + "\n\n", text.replacing("\n", with: "\r\n"),
        text.replacing("\n", with: "\\n"), String(text.dropLast()),
    ]
    let due = try JSONWebToken.sign(header: "{}", payload: "{}", with: key)
    for spelling in spellings {
        let read = try RSAPrivateKey(pem: Secret(spelling))
        #expect(try JSONWebToken.sign(header: "{}", payload: "{}", with: read) == due)
    }
    let encrypted = text.replacing("PRIVATE KEY", with: "ENCRYPTED PRIVATE KEY")
    let legacy = pkcs1.replacing(
        "KEY-----\nM", with: "KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: x\n\nM")
    for (bad, code) in [
        ("", SigningError.Code.undecodable), ("x", .undecodable), (text + text, .undecodable),
        (encrypted, .wrongKind), (legacy, .wrongKind), (key.publicKey.pem, .wrongKind),
        (pem("PRIVATE KEY", [1, 2, 3]), .undecodable),
    ] {
        let refusal = #expect(throws: SigningError.self) { try RSAPrivateKey(pem: Secret(bad)) }
        #expect(refusal?.code == code)
    }
    #expect("\(key)" == "<RSA private key>")
    #expect(throws: SigningError.self) { try RSAPublicKey(pem: text) }
}

@Test func textInAnAssertionIsEscaped() throws {
    var generator = SplitMix(state: 3)
    let first = CozeAssertion.tokenID(using: &generator)
    #expect(first.utf8.count == 64 && CozeAssertion.tokenID(using: &generator) != first)
    let assertion = CozeAssertion(
        appID: #"a"b"#, keyID: #"k\"#, audience: "api.coze.cn",
        issuedAt: Timestamp(milliseconds: 1_500), lifetime: .seconds(60), tokenID: "t")
    #expect(assertion.header == #"{"alg":"RS256","typ":"JWT","kid":"k\\"}"#)
    #expect(
        assertion.payload
            == #"{"iss":"a\"b","aud":"api.coze.cn","iat":1,"exp":61,"jti":"t"}"#)
}

@Test func anAPIKeyIsKnownByItsForm() {
    var generator = SplitMix(state: 5)
    let key = APIKey.make(using: &generator)
    let text = key.exposed
    #expect(text.hasPrefix("chk_") && text.utf8.count == 62)
    #expect(APIKey.isWellFormed(text))
    #expect(APIKey.make(using: &generator) != key)
    #expect(APIKey.hash(key) == sha256Hex(text.bytes))
    for place in text.bytes.indices {
        var bytes = text.bytes
        bytes[place] = bytes[place] == UInt8(ascii: "0") ? UInt8(ascii: "1") : UInt8(ascii: "0")
        #expect(!APIKey.isWellFormed(String(decoding: bytes, as: UTF8.self)), "\(place)")
    }
    for bad in ["", "chk_", text + "0", String(text.dropLast()), text.uppercased(), " " + text] {
        #expect(!APIKey.isWellFormed(bad))
    }
}
