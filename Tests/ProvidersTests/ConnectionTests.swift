import Domain
import Providers
import Signing
import Testing

private func refusal(_ connection: Connection) -> ProviderError? {
    do {
        _ = try copyPlatform(for: connection)
        return nil
    } catch { return error }
}

@Test func eachProviderGetsItsPlatform() throws {
    #expect(try copyPlatform(for: .coze()) is CozePlatform)
    #expect(try copyPlatform(for: .keyue()) is KeyuePlatform)
}

@Test(arguments: [
    ("https://api.coze.cn", nil), ("http://127.0.0.1:8080/", nil), ("https://gw/coze//", nil),
    ("", ProviderError.Code.badBaseURL), ("api.coze.cn", .badBaseURL), ("ftp://x", .badBaseURL),
    ("https://", .badBaseURL), ("https:///v1", .badBaseURL), ("https://:80", .badBaseURL),
    ("https://a b", .badBaseURL), ("https://u:p@host", .badBaseURL), ("https://x?y", .badBaseURL),
])
func aBaseAddressIsAbsolute(_ base: String, _ code: ProviderError.Code?) {
    let found = refusal(.coze(base: base))
    #expect(found?.code == code, "\(base)")
    if code != nil { #expect(found?.place == "connections.prod.base_url") }
}

@Test func credentialsThatNoHeaderCanCarryAreRefusedWithoutShowingThem() {
    for text in ["", "pat_secret\r\nX: y", "pat_secret\u{0}", "pat_secret\u{85}"] {
        let found = refusal(.coze(.token(Secret(text))))
        #expect(found?.code == .badCredential)
        #expect(found?.place == "connections.prod.auth.token")
        #expect(found?.description.contains("pat_secret") == false)
    }
    let keyue = Connection.keyue {
        $0.credential = .keyue(token: Secret("t"), uid: Secret("u"), username: Secret("n\n"))
    }
    #expect(refusal(keyue)?.place == "connections.ky.auth.username")
    let named = Connection.keyue {
        $0.credential = .keyue(token: Secret("t"), uid: Secret("u"), username: Secret("李雷"))
    }
    #expect(refusal(named) == nil)
}

@Test func aCredentialOfTheOtherPlatformIsRefused() {
    var coze = Connection.coze()
    coze.credential = Connection.keyue().credential
    var keyue = Connection.keyue()
    keyue.credential = Connection.coze().credential
    #expect(refusal(coze)?.place == "connections.prod.auth")
    #expect(refusal(keyue)?.place == "connections.ky.auth")
}

@Test(arguments: [
    "", "not a key", "-----BEGIN CERTIFICATE-----\nTUlJ\n-----END CERTIFICATE-----\n",
    "-----BEGIN PRIVATE KEY-----\nTUlJRXZnSUJBREFO\n-----END PRIVATE KEY-----\n",
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\nTUlJRXZnSUJBREFO\n"
        + "-----END ENCRYPTED PRIVATE KEY-----\n",
])
func aBadPrivateKeyIsRefusedWithPlaceAndRemedyWithoutShowingIt(_ pem: String) {
    let credential = Connection.Credential.jwt(
        appID: "1", keyID: "k", privateKey: Secret(pem), accountID: nil)
    let found = refusal(.coze(credential))
    #expect(found?.code == .badKey)
    #expect(found?.place == "connections.prod.auth.jwt.private_key")
    #expect(found?.detail.isEmpty == false)
    #expect(found?.detail.contains("TUlJ") == false)
}
