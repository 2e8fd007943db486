import Domain
import Providers
import Signing
import StrictJSON
import Testing
import Transport

private let key = try? RSAPrivateKey.make()

private func platform(account: String? = nil, base: String = "https://api.coze.cn") throws
    -> CozePlatform
{
    let key = try #require(key)
    return try CozePlatform(
        .coze(
            .jwt(appID: "1127900106117", keyID: "kid", privateKey: key.pem, accountID: account),
            base: base))
}

private func authorize(_ reply: Reply) throws -> Authorization {
    let talk = try platform().authorize(at: .noon, tokenID: "jti")
    return try #require(Conversation(talk, [reply]).outcome)
}

@Test func aFixedTokenIsGrantedWithoutAsking() throws {
    let talk = Conversation(try CozePlatform(.coze()).authorize(at: .noon, tokenID: "x"))
    #expect(talk.asked.isEmpty)
    #expect(talk.outcome == .granted(grant))
    #expect(!grant.isRenewable)
}

@Test func anAssertionIsSignedForTheHostOfTheBaseAddressAndSentOnce() throws {
    let platform = try platform(base: "http://127.0.0.1:8080")
    let asked = Conversation(platform.authorize(at: .noon, tokenID: "jti-1")).asked
    let request = try #require(asked.first?.request)
    #expect(request.url == "http://127.0.0.1:8080/api/permission/oauth2/token")
    #expect(request.method == .post)
    #expect(request.isOnFreshConnection)
    #expect(asked.first?.mayBeSharedFor == .zero)
    let body = try JSONValue(parsing: request.body)
    #expect(body["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer")
    let bearer = try #require(request.headers.first("authorization"))
    let token = String(bearer.dropFirst("Bearer ".count))
    let claims = try JSONWebToken.verify(token, with: try #require(key).publicKey)
    #expect(claims.header["kid"] == "kid")
    #expect(claims.payload["iss"] == "1127900106117")
    #expect(claims.payload["aud"] == "127.0.0.1:8080")
    #expect(claims.payload["iat"] == 1_773_835_200)
    #expect(claims.payload["exp"] == 1_773_835_800)
    #expect(claims.payload["jti"] == "jti-1")
}

@Test func anOrganisationHasItsOwnPath() throws {
    let talk = try platform(account: "749/1").authorize(at: .noon, tokenID: "j")
    #expect(
        Conversation(talk).urls
            == ["https://api.coze.cn/api/permission/oauth2/account/749%2F1/token"])
}

@Test func theExpiryIsAnAbsoluteSecondOfTheirClock() throws {
    let body: JSONValue = ["access_token": "czs_x", "expires_in": 1_773_836_100]
    let end = Timestamp(milliseconds: 1_773_836_100_000)
    #expect(
        try authorize(.answer(200, body))
            == .granted(Grant(token: Secret("czs_x"), renewAt: end - .seconds(60))))
    // Their clock is five seconds ahead of ours, so by ours it ends five seconds earlier.
    #expect(
        try authorize(.answer(200, body, headers: [.fiveAhead]))
            == .granted(Grant(token: Secret("czs_x"), renewAt: end - .seconds(65))))
}

@Test(
    arguments: [
        ["access_token": "", "expires_in": 1_773_836_100], ["access_token": "czs_x"],
        ["access_token": "a b", "expires_in": 1_773_836_100], ["expires_in": 1_773_836_100],
        ["access_token": "czs_x", "expires_in": "soon"],
        ["access_token": "czs_x", "expires_in": -1],
        ["code": 0], [],
    ] as [JSONValue])
func aTokenAnswerWithoutTokenAndExpiryIsTrouble(_ body: JSONValue) throws {
    guard case .trouble(let trouble) = try authorize(.answer(200, body)) else {
        Issue.record("\(body)")
        return
    }
    #expect(trouble.failure.kind == .malformedAnswer)
}

@Test(arguments: [
    ("invalid_client", 401, true), ("invalid_client", 200, true), ("access_deny", 403, true),
    ("invalid_request", 400, true), ("unsupported_grant_type", 400, true),
    ("internal_error", 500, false), ("internal_error", 200, false), ("brand_new", 400, true),
    ("brand_new", 429, false), ("brand_new", 503, false), ("brand_new", 200, false),
])
func oauthErrorsAreReadByTheirWord(_ word: String, _ status: Int, _ isRefused: Bool) throws {
    let reply = Reply.answer(
        status, ["error_code": .string(word), "error_message": "why", "error": ""],
        headers: [HTTPField("X-Tt-Logid", "LOG1")])
    switch try authorize(reply) {
    case .granted: Issue.record("granted")
    case .refused(let failure):
        #expect(isRefused, "\(word) \(status)")
        #expect(failure.kind == .unauthorized)
        #expect(failure.code == word)
        #expect(failure.logID == "LOG1")
        #expect(failure.message.contains("why"))
    case .trouble(let trouble):
        #expect(!isRefused, "\(word) \(status)")
        #expect(trouble.failure.code == word)
    }
}

@Test func answersWithoutTheirEnvelopeAreReadByStatus() throws {
    for reply in [
        Reply.coze(refusing: 4100), .coze(refusing: 4101), .text(401, ""), .text(400, "no"),
    ] {
        guard case .refused = try authorize(reply) else {
            Issue.record("\(reply)")
            continue
        }
    }
    for reply in [
        Reply.coze(refusing: 4008), .coze(refusing: 5000), .text(502, "<html>"), .text(429, ""),
        .text(200, "czs"), .failure(.timedOut, isSent: true),
        .failure(.couldNotConnect, isSent: false),
    ] {
        guard case .trouble = try authorize(reply) else {
            Issue.record("\(reply)")
            continue
        }
    }
}

@Test func theContractsTokenExchangesAreRead() throws {
    guard SharedFiles.areThere else { return SharedFiles.skip("coze/auth_*.json") }
    for name in ["auth_jwt_token", "auth_jwt_token_account"] {
        let fixture = try CozeFixture(name)
        let account = name.hasSuffix("account") ? "7490888144456000001" : nil
        let talk = Conversation(
            try platform(account: account).authorize(at: .noon, tokenID: "j"), [.of(fixture.answer)]
        )
        #expect(talk.urls == ["https://api.coze.cn" + (fixture.request["path"]?.string ?? "")])
        guard case .granted(let grant) = talk.outcome else {
            Issue.record("\(name)")
            continue
        }
        #expect(grant.token.exposed.hasPrefix("czs_TESTONLY"))
        #expect(grant.renewAt == Timestamp(milliseconds: (1_757_473_199 - 60) * 1_000))
    }
    let refused = [
        "auth_error_access_deny", "auth_error_invalid_client", "auth_error_unsupported_grant",
    ]
    for name in refused + ["auth_error_internal"] {
        let authorization = try authorize(.of(try CozeFixture(name).answer))
        switch authorization {
        case .granted: Issue.record("\(name)")
        case .refused: #expect(refused.contains(name))
        case .trouble: #expect(!refused.contains(name))
        }
    }
}
