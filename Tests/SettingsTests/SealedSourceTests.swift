import Settings
import Testing

private let token = "TESTONLY-token-0123456789"
private let longKey = "Yue0EfdN5900c1ce5cf6A152c63DDe1808a60c5ecd7"
private let shortKey = "0123456789abcdefABCDEF"

private func source(_ lines: String...) -> String {
    "sources:\n  s:\n" + lines.map { "    \($0)\n" }.joined()
}

/// What is wrong with a source that seals what it sends, and all that is said about it.
@Test(arguments: [
    (
        "a key cut short",
        source(
            "scheme: dingtalk",
            "apps: [{token: \(token), encoding_aes_key: \(longKey.dropLast()), receiver: ding1}]"),
        """
        copyhook.yaml:4: sources.s.apps[0].encoding_aes_key: the key cannot be used: an \
        EncodingAESKey has 43 characters, not 42
            Copy the EncodingAESKey of the platform's page for callbacks, all 43 characters of it.
        """
    ),
    (
        "the key of another platform",
        source("scheme: infoflow", "apps: [{token: \(token), encoding_aes_key: \(longKey)}]"),
        """
        copyhook.yaml:4: sources.s.apps[0].encoding_aes_key: the key cannot be used: an \
        EncodingAESKey has 22 characters, not 43
            Copy the EncodingAESKey of the platform's page for callbacks, all 22 characters of it.
        """
    ),
    (
        "a key with a foreign character",
        source(
            "scheme: wecom",
            "apps: [{token: \(token), encoding_aes_key: \"\(longKey.dropLast())!\", "
                + "receiver: \"\"}]"),
        """
        copyhook.yaml:4: sources.s.apps[0].encoding_aes_key: the key cannot be used: an \
        EncodingAESKey has letters and digits only
            Copy the EncodingAESKey of the platform's page for callbacks, all 43 characters of it.
        """
    ),
    (
        "no receiver",
        source("scheme: wecom", "apps: [{token: \(token), encoding_aes_key: \(longKey)}]"),
        """
        copyhook.yaml:4: sources.s.apps[0].receiver: this key is missing
            Write whom the messages are for: the CorpId, the SuiteId for a third-party app, or "" \
        for an intelligent bot.
        """
    ),
    (
        "an empty receiver where there is always one",
        source(
            "scheme: dingtalk",
            "apps: [{token: \(token), encoding_aes_key: \(longKey), receiver: \"\"}]"),
        """
        copyhook.yaml:4: sources.s.apps[0].receiver: “” is not accepted
            Write whom the events are for: the app's AppKey (Client ID), or the CorpId or SuiteKey \
        for apps of other kinds.
        """
    ),
    (
        "no token",
        source("scheme: dingtalk", "apps: [{encoding_aes_key: \(longKey), receiver: ding1}]"),
        """
        copyhook.yaml:4: sources.s.apps[0].token: this key is missing
            Add the Token of the platform's page for callbacks.
        """
    ),
    (
        "no apps", source("scheme: feishu"),
        """
        copyhook.yaml:2: sources.s.apps: this key is missing
            Add the app: apps: [{verification_token: "${TOKEN}", encrypt_key: "${KEY}"}].
        """
    ),
    (
        "an app with a key beside one without",
        source(
            "scheme: feishu",
            "apps: [{verification_token: \(token)}, "
                + "{verification_token: \(token), encrypt_key: \(token)}]"),
        """
        copyhook.yaml:4: sources.s.apps: it cannot be used
            Give every app its encrypt_key, or none of them.
        """
    ),
    (
        "the word of another platform",
        source("scheme: feishu", "apps: [{verify_token: \(token)}]"),
        """
        copyhook.yaml:4: sources.s.apps[0].verification_token: this key is missing
            Add the Verification Token of the app's page Events and callbacks.
        copyhook.yaml:4: sources.s.apps[0].verify_token: there is no key of this name
            Known here are verification_token, encrypt_key.
        """
    ),
    (
        "no secret", source("scheme: dingtalk-robot"),
        """
        copyhook.yaml:2: sources.s.secret: this key is missing
            Add secret: "${SECRET}", the AppSecret (Client Secret) of the robot's app.
        """
    ),
])
func aSealedSourceIsRefusedWithPlaceAndRemedy(_ name: String, yaml: String, expected: String) {
    #expect(Memory(yaml: yaml).refusal == expected, "\(name)")
}

/// Both sides of the line, and what is warned of.
@Test(arguments: [
    (
        "scheme: feishu", "apps: [{verification_token: \(token), encrypt_key: \(token)}]",
        [String]()
    ),
    ("scheme: feishu", "apps: [{verification_token: \(token)}]", ["sources.s.apps"]),
    (
        "scheme: feishu", "apps: [{verification_token: short, encrypt_key: \(token)}]",
        ["sources.s.apps[0].verification_token"]
    ),
    (
        "scheme: dingtalk",
        "apps: [{token: \(token), encoding_aes_key: \(longKey), receiver: ding1}]", []
    ),
    (
        "scheme: dingtalk",
        "apps: [{token: short, encoding_aes_key: \(longKey), receiver: ding1}]",
        ["sources.s.apps[0].token"]
    ),
    ("scheme: dingtalk-robot", "secrets: [\(token), \(token)2]", []),
    (
        "scheme: wecom", "apps: [{token: \(token), encoding_aes_key: \(longKey), receiver: \"\"}]",
        []
    ),
    (
        "scheme: infoflow\n    signature: required",
        "apps: [{token: \(token), encoding_aes_key: \(shortKey)}]", []
    ),
])
func aSealedSourceLoads(scheme: String, rest: String, warned: [String]) throws {
    let configuration = try Memory(yaml: source(scheme, rest)).load()
    #expect(configuration.sources.count == 1)
    let mine = (configuration.warnings + configuration.hints).map(\.key)
        .filter { $0.hasPrefix("sources.s") }
    #expect(mine == warned)
    var dumped = ""
    dump(configuration.sources, to: &dumped)
    for secret in [token, longKey, shortKey] {
        #expect(!dumped.contains(secret) && !configuration.effectiveYAML.contains(secret))
    }
}
