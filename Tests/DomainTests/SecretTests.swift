import Domain
import Testing

private struct Holder {
    let name = "n"
    let secret = Secret("hunter2")
}

@Suite struct SecretTests {
    @Test func aSecretNeverPrintsItself() {
        let secret = Secret("hunter2")
        var dumped = ""
        dump(secret, to: &dumped)
        dump(Holder(), to: &dumped)
        let credential = Connection.Credential.jwt(
            appID: "1", keyID: "2", privateKey: secret, accountID: nil)
        let texts = [
            "\(secret)", String(describing: secret), String(reflecting: secret), dumped,
            "\(Holder())", String(reflecting: Holder()), "\(credential)",
            String(reflecting: [secret]), "\(Optional(secret) as Any)",
        ]
        for text in texts { #expect(!text.contains("hunter2"), "\(text)") }
        #expect("\(secret)" == "<secret>")
        #expect(secret.exposed == "hunter2")
    }
}
