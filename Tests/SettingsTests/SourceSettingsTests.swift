import Domain
import Settings
import Signing
import Testing

private let secret = "TESTONLY-source-secret"
private let key = "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="

/// One source named `s`, its keys a line each from the third line on.
private func memory(_ keys: [String]) -> Memory {
    Memory(yaml: "sources:\n  s:\n" + keys.map { "    \($0)\n" }.joined())
}

@Test(arguments: [
    ["scheme: github", "secret: \(secret)"], ["scheme: gitlab", "secrets: [\(secret), other-one]"],
    ["scheme: gitlab", "proof: signing_token", "secret: \(key)", "window: 1m"],
    ["scheme: gitlab", "proof: token", "secret: \(key)"],
    ["scheme: stripe", "secret: \(key)", "window: 10m"], ["scheme: slack", "secret: \(secret)"],
    ["scheme: svix", "secret: \(key)"], ["scheme: telegram", "secret: \(secret)"],
    ["scheme: hmac", "header: X-Sig", "secret: \(secret)"],
    ["scheme: hmac", "header: X", "secret: \(secret)", "algorithm: sha1", "allow_sha1: on"],
    ["scheme: hmac", "header: X", "secret: \(secret)", "timestamp_header: T", "window: 1m"],
    ["scheme: bearer", "secret: \(secret)", "query_token: on"],
    ["scheme: basic", "users: [{name: a, password: \(secret)}, {name: a, password: \(key)}]"],
    ["scheme: header", "header: X-Key", "secret: \(secret)", "key: /id", "type_header: X-T"],
    ["scheme: cloudevents", "secret: \(secret)", "origins: [a.example, b.example]", "rate: 1/s"],
    ["scheme: cloudevents", "proof: standard-webhooks", "secret: \(key)"],
    ["scheme: cloudevents", "proof: hmac", "header: X-Sig", "secret: \(secret)"],
    ["scheme: cloudevents", "proof: header", "header: X-Key", "secret: \(secret)"],
    ["scheme: cloudevents", "proof: basic", "users: [{name: a, password: \(secret)}]"],
])
func aSourceNeedsItsSecretAndLittleElse(keys: [String]) throws {
    let configuration = try memory(keys).load()
    let source = try #require(configuration.sources.first)
    #expect(source.pathSecrets.isEmpty)
    let shown = configuration.effectiveYAML + String(reflecting: configuration) + "\(source)"
    #expect(!shown.contains(secret) && !shown.contains(key))
    #expect(shown.contains("<secret>"))
}

/// What proves with one secret takes another; what has several apps or users, none.
@Test(arguments: [
    ["scheme: github", "secret: \(secret)"], ["scheme: gitlab", "secrets: [\(secret), other-one]"],
    ["scheme: hmac", "header: X", "secret: \(secret)", "timestamp_header: T", "window: 1m"],
    ["scheme: cloudevents", "proof: header", "header: X-Key", "secret: \(secret)"],
    ["scheme: telegram", "secret: \(secret)"], ["scheme: path", "secret: \(secret)"],
    ["scheme: bearer", "secret: \"${TOKEN}\"", "key: \"${POINTER}\""],
])
func aSourceTakesOtherSecretsAndIsTheSameOtherwise(keys: [String]) throws {
    var memory = memory(keys)
    memory.environment = ["TOKEN": secret, "POINTER": "/id"]
    let source = try #require(try memory.load().sources.first)
    #expect(source.secrets.first == Secret(secret))
    let new = Secret("TESTONLY-new-secret-0001")
    let taken = try source.taking([new, Secret(secret)])
    #expect(taken.secrets == [new, Secret(secret)] && taken.kind == source.kind)
    #expect(source.pathSecrets.isEmpty ? taken.pathSecrets.isEmpty : taken.pathSecrets.count == 2)
    var chance = Chance { 7 }
    let made = try #require(source.newSecret(using: &chance))
    #expect(try source.taking([made]).secrets == [made])
    #expect(throws: DefinitionRefusal.self) { try source.taking([Secret("")]) }
    #expect(throws: DefinitionRefusal.self) { try source.taking([Secret("a\nb")]) }
}

@Test func aSecretIsMadeAsTheSenderIsToldIt() throws {
    func made(_ keys: String...) throws -> String? {
        let source = try #require(try memory(keys).load().sources.first)
        var chance = Chance { 7 }
        return source.newSecret(using: &chance)?.exposed
    }
    #expect(try made("scheme: standard-webhooks", "secret: \(key)")?.hasPrefix("whsec_") == true)
    #expect(
        try made("scheme: cloudevents", "proof: standard-webhooks", "secret: \(key)")?
            .hasPrefix("whsec_") == true)
    #expect(try made("scheme: github", "secret: \(key)")?.count == 64)
    for scheme in ["stripe", "slack", "svix", "dingtalk-robot"] {
        #expect(try made("scheme: \(scheme)", "secret: \(key)") == nil, "\(scheme)")
    }
    #expect(try made("scheme: gitlab", "proof: signing_token", "secret: \(key)") == nil)
    let users = try #require(
        try memory(["scheme: basic", "users: [{name: a, password: \(secret)}]"]).load().sources
            .first)
    #expect(users.secrets.isEmpty)
}

@Test(arguments: ["scheme: path", "scheme: keyue", "scheme: cloudevents\n    proof: path"])
func aSecretPathIsReadAsOne(scheme: String) throws {
    let one = try memory([scheme, "secret: \(secret)"]).load()
    #expect(one.sources.first?.pathSecrets == [Secret(secret)])
    let two = try memory([scheme, "secrets: [\(secret), other-secret-0123]"]).load()
    #expect(two.sources.first?.pathSecrets.count == 2)
    #expect(memory([scheme]).refusal.contains("sources.s.secret: this key is missing"))
}

@Test func whatIsReadIsWhatVerifies() throws {
    let body = Array(#"{"n":1}"#.utf8)
    let now = Timestamp(milliseconds: 1_773_822_615_000)
    let configuration = try memory([
        "scheme: hmac", "header: X-Shop", "secrets: [new-secret-0123456, \(secret)]",
        "algorithm: sha512", "encoding: base64url", "prefix: v1=", "timestamp_header: X-Time",
        "signed: \"{timestamp}.{body}\"", "window: 10s", "type: /n", "key: /n",
    ]).load()
    let scheme = try #require(configuration.sources.first?.scheme)
    let form = HMACProof.Form(
        algorithm: .sha512, encoding: .base64url, header: "X-Shop", prefix: "v1=",
        timestampHeader: "X-Time", signed: SignedTemplate("{timestamp}.{body}"))
    let headers = try form.headers(secret: Secret(secret), at: now, body: body)
    let request = IncomingRequest(headers: HeaderFields(headers), body: body)
    let event = Verdict.event(VerifiedEvent(key: "1", type: "1"))
    #expect(scheme.verify(request, at: now + .seconds(10)) == event)
    guard case .refused(let refusal) = scheme.verify(request, at: now + .seconds(11)) else {
        Issue.record("a stale time is taken")
        return
    }
    #expect(refusal.reason == .timestampTooOld)
}

/// Each is a mistake that people make, with what they are told about it.
@Test(arguments: [
    (["scheme: github"], "copyhook.yaml:2: sources.s.secret: this key is missing"),
    (["scheme: github"], "Add secret: \"${SECRET}\""),
    (["scheme: github", "secret: \"\""], "sources.s.secret: the secret is empty"),
    (["scheme: github", "secret: hex:zz"], "text behind hex: or base64: is not that"),
    (["scheme: github", "secret: a", "secrets: [b]"], "secret and secrets stand side by side"),
    (["scheme: github", "secret: a", "window: 1m"], "there is no key of this name"),
    (["scheme: gitlab", "secret: \(key)"], "this looks like a signing token"),
    (["scheme: gitlab", "secret: a", "proof: both"], "Write one of token, signing_token."),
    (["scheme: gitlab", "proof: signing_token", "secret: abc"], "the secret cannot be used"),
    (["scheme: stripe", "secret: a", "window: 8d"], "from 1s to 7d"),
    (["scheme: telegram", "secret: a b"], "letters, digits, _ and -"),
    (["scheme: hmac", "secret: a"], "sources.s.header: this key is missing"),
    (["scheme: hmac", "secret: a", "header: \"X Y\""], "Write the name of a header"),
    (["scheme: hmac", "secret: a", "header: X", "algorithm: md5"], "sha256, sha512, sha1"),
    (["scheme: hmac", "secret: a", "header: X", "algorithm: sha1"], "add allow_sha1: on"),
    (["scheme: hmac", "secret: a", "header: X", "encoding: raw"], "hex, base64, base64url"),
    (["scheme: hmac", "secret: a", "header: X", "signed: body"], "with {body} in it once"),
    (
        ["scheme: hmac", "secret: a", "header: X", "signed: \"{timestamp}{body}\""],
        "Name timestamp_header"
    ),
    (
        ["scheme: hmac", "secret: a", "header: X", "timestamp_header: T", "signed: \"{body}\""],
        "the time is read but not signed"
    ),
    (["scheme: hmac", "secret: a", "header: X", "window: 1m"], "there is no key of this name"),
    (["scheme: header", "secret: a"], "sources.s.header: this key is missing"),
    (["scheme: basic"], "Add users: [{name: hook, password: \"${PASSWORD}\"}]."),
    (["scheme: basic", "users: [{name: \"a:b\", password: c}]"], "without a colon"),
    (["scheme: basic", "users: [{name: a}]"], "sources.s.users[0].password: this key is missing"),
    (["scheme: bearer", "secret: a", "query_token: maybe"], "Write on or off."),
    (["scheme: bearer", "secret: a", "key: id"], "Write a JSON pointer into the body"),
    (
        ["scheme: bearer", "secret: a", "key: /id", "key_header: X-Id"],
        "sources.s.key_header: key and key_header stand side by side"
    ),
    (["scheme: github", "secret: a", "key_header: X-Id"], "there is no key of this name"),
    (["scheme: cloudevents", "proof: none"], "standard-webhooks, path"),
    (["scheme: cloudevents", "secret: a", "rate: 59/h"], "Write at least 1/m."),
    (["scheme: cloudevents", "secret: a", "users: []"], "there is no key of this name"),
])
func aBrokenSourceIsRefusedWithPlaceAndRemedy(keys: [String], words: String) {
    let refusal = memory(keys).refusal
    #expect(refusal.contains(words), "\(refusal)")
    #expect(refusal.contains("copyhook.yaml:"))
}

@Test(arguments: [
    (["scheme: github", "secret: 123456789012345a"], 0),
    (["scheme: github", "secret: 12345678901234a"], 1),
    (["scheme: path", "secrets: [short, shorter]", "key: /id"], 2),
    (["scheme: basic", "key: /id", "users: [{name: a, password: short}]"], 1),
])
func aSecretThatCanBeGuessedIsWarnedOf(keys: [String], count: Int) throws {
    let warnings = try memory(keys).load().warnings
    #expect(warnings.count == count)
    #expect(warnings.allSatisfy { "\($0)".contains("can be guessed") })
}

@Test(
    arguments: [
        (["scheme: bearer", "secret: \(secret)"], "without a key"),
        (["scheme: bearer", "secret: \(secret)", "key: /id"], nil),
        (["scheme: bearer", "secret: \(secret)", "key_header: X-Id"], nil),
        (["scheme: cloudevents", "secret: \(secret)"], nil),
        (["scheme: cloudevents", "secret: \(secret)", "query_token: on"], "written to the logs"),
    ] as [([String], String?)])
func aConsequenceThatIsOverlookedIsHintedAt(keys: [String], words: String?) throws {
    let hints = try memory(keys).load().hints.map { "\($0)" }
    #expect(hints.count == (words == nil ? 0 : 1))
    if let words { #expect(hints.first?.contains(words) == true) }
}

@Test func theEnvironmentSetsASourcesSecret() throws {
    let memory = Memory(
        yaml: "sources:\n  s:\n    scheme: slack\n",
        environment: ["COPYHOOK_SOURCES_S_SECRET": secret])
    #expect(try memory.load().sources.first?.kind == .slack)
}

@Test(arguments: [
    ("a/b-planted-secret", false), ("a?b-planted-secret", false), ("a#b-planted-secret", false),
    ("a%2Fplanted-secret", false), ("a b-planted-secret", false), ("客-planted-secret", false),
    ("..", false), (".", false), ("a.b_c~d-e!$&'()*+,;=:@f", true),
])
func aSecretThatAnAddressCannotCarryAsItIsIsWarnedOf(_ secret: String, _ isPlain: Bool) throws {
    let written = secret.replacing("'", with: "''").replacing("$", with: "$")
    for keys in [
        ["scheme: path"], ["scheme: keyue"], ["scheme: cloudevents", "proof: path"],
    ] {
        let configuration = try memory(keys + ["secret: '\(written)'"]).load()
        let warnings = configuration.warnings.map { "\($0)" }.joined()
        #expect(
            warnings.contains("sources.s.secret: the secret holds a character") != isPlain)
        #expect(!warnings.contains("planted"))
        #expect(configuration.sources.first?.pathSecrets == [Secret(secret)])
    }
}

@Test(arguments: [
    (
        ["scheme: hmac", "header: X-Sig", "timestamp_header: x-sig", "secret: \(secret)"],
        "sources.s.timestamp_header: the code and the time cannot stand in one header"
    ),
    (
        ["scheme: header", "header: X-Key", "key_header: x-key", "secret: \(secret)"],
        "sources.s.key_header: what this header proves with would be stored"
    ),
    (
        ["scheme: bearer", "type_header: Authorization", "secret: \(secret)"],
        "sources.s.type_header: what this header proves with would be stored"
    ),
    (
        ["scheme: hmac", "header: X-Sig", "key_header: X-SIG", "secret: \(secret)"],
        "Name the header with the event's own key."
    ),
])
func aHeaderThatProvesIsNothingElse(keys: [String], due: String) {
    let refusal = memory(keys).refusal
    #expect(refusal.contains(due), "\(refusal)")
}
