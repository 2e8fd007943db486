import Domain
import Settings
import Testing

private let yaml = """
    sources:
      coze-main:
        scheme: coze
        apps: [{api_app_id: 7509745929591717899, verify_token: old}]
    connections:
      coze-prod:
        provider: coze
        auth: {token: "${TOKEN}"}
      bare:
        provider: coze
    """

private let token = ["TOKEN": "t", "COPYHOOK_CONNECTIONS_BARE_AUTH_TOKEN": "t2"]

@Test(arguments: [
    ("COPYHOOK_SERVER_LISTEN", "127.0.0.1:9", "  listen: 127.0.0.1:9\n"),
    ("COPYHOOK_LEASE", "5m", "lease: 5m\n"),
    ("COPYHOOK_STORE_URL", "sqlite:/tmp/other.db", "  url: sqlite:/tmp/other.db\n"),
    (
        "COPYHOOK_CONNECTIONS_COZE_PROD_BASE_URL", "https://api.coze.com",
        "    base_url: https://api.coze.com\n"
    ),
    ("COPYHOOK_CONNECTIONS_COZE_PROD_LIMITS_RATE", "9/m", "      rate: 9/m\n"),
    ("COPYHOOK_SOURCES_COZE_MAIN_APPS_0_AUDIT", "review", "        audit: review\n"),
    ("COPYHOOK_RETENTION_KEYS", "100d", "  keys: 100d\n"),
])
func aVariableOfTheEnvironmentWinsOverTheFile(
    _ name: String, value: String, shown: String
) throws {
    let plain = try Memory(yaml: yaml, environment: token).load()
    #expect(!plain.effectiveYAML.contains(shown))
    let set = try Memory(yaml: yaml, environment: token.merging([name: value]) { $1 }).load()
    #expect(set.effectiveYAML.contains(shown), "\(set.effectiveYAML)")
}

@Test func aWrongVariableIsNamedInPlaceOfTheFile() {
    var environment = token.merging(["COPYHOOK_LEASE": "hunter2"]) { $1 }
    #expect(
        Memory(yaml: yaml, environment: environment).refusal == """
            COPYHOOK_LEASE: lease: the value is not accepted
                Write a whole number and a unit (ms, s, m, h, d), from 1s to 1h.
            """)
    environment["COPYHOOK_LEASE"] = nil
    environment["COPYHOOK_SERVER_LISTN"] = "127.0.0.1:9"
    #expect(
        Memory(yaml: yaml, environment: environment).refusal == """
            COPYHOOK_SERVER_LISTN: no setting of this configuration has this name
                Did you mean "COPYHOOK_SERVER_LISTEN"? Unset it, or write the way to the key in \
            capital letters with _ between, as in COPYHOOK_SERVER_LISTEN.
            """)
}

@Test func variablesOfOtherUseAreLeftAlone() throws {
    let environment = token.merging([
        "COPYHOOK_URL": "http://127.0.0.1:1", "COPYHOOK_API_KEY": "k", "COPYHOOK_TEST_X": "1",
        "COPYHOOK_OWN": "t3",
    ]) { $1 }
    #expect(Memory(yaml: yaml, environment: environment).refusal.hasPrefix("COPYHOOK_OWN: "))
    let used = yaml.replacing("${TOKEN}", with: "${COPYHOOK_OWN}")
    #expect(Memory(yaml: used, environment: environment).refusal == "")
}

@Test func twoNamesOfOneVariableAreRefusedWhenItIsSet() throws {
    let twins = "connections:\n  a-b: {provider: coze}\n  a_b: {provider: coze}\n"
    let environment = ["COPYHOOK_CONNECTIONS_A_B_AUTH_TOKEN": "t"]
    #expect(
        Memory(yaml: twins, environment: environment).refusal.contains(
            "it could mean connections.a-b.auth.token or connections.a_b.auth.token"))
}

@Test func referencesAreFollowedAndCanBeEscaped() throws {
    let yaml = """
        connections:
          one: {provider: coze, auth: {token: "a${A}$${B}${file:t}c"}}
          two: {provider: coze, auth: {token: 0123}}
        """
    let configuration = try Memory(
        yaml: yaml, environment: ["A": "x${A}"], files: ["t": "from file\r\n\n"]
    ).load()
    #expect(configuration.connections[0].credential == .token(Secret("ax${A}${B}from filec")))
    #expect(configuration.connections[1].credential == .token(Secret("0123")))
    #expect(Memory(yaml: "server: {public_url: \"${A\"}").refusal.contains("“${” is never closed"))
    #expect(Memory(yaml: "server: {public_url: \"${A-B}\"}").refusal.contains("no reference"))
}
