import Domain
import Settings
import Signing
import Testing

private let one = String(repeating: "1", count: 32)
private let two = String(repeating: "2", count: 32)

private func id(_ text: String) throws -> MasterKey.ID {
    try MasterKey(parsing: Secret(text)).id
}

@Suite struct SecretSettingsTests {
    @Test func theFirstKeySealsAndOldOnesOpen() throws {
        let yaml = """
            secrets:
              master_key: "${file:new.key}"
              old_master_keys: ["\(one)", "hex:\(String(repeating: "ab", count: 32))"]
            """
        let configuration = try Memory(yaml: yaml, files: ["new.key": two + "\n"]).load()
        #expect(try configuration.secrets.masterKey?.id == id(two))
        let old = try [id(one), id("hex:" + String(repeating: "ab", count: 32))]
        #expect(configuration.secrets.oldMasterKeys.map(\.id) == old)
        #expect(configuration.effectiveYAML.contains("master_key: <secret>"))
        #expect(!configuration.effectiveYAML.contains("1111"))
        #expect(
            configuration.secretKeys
                == ["server.admin_key", "secrets.master_key", "secrets.old_master_keys"])
    }

    @Test func withoutKeysNoneIsGiven() throws {
        let secrets = try Memory(yaml: "lease: 60s").load().secrets
        #expect(secrets.masterKey == nil && secrets.oldMasterKeys.isEmpty)
    }

    @Test func aVariableGivesTheKey() throws {
        let memory = Memory(
            yaml: "lease: 60s", environment: ["COPYHOOK_SECRETS_MASTER_KEY": one])
        #expect(try memory.load().secrets.masterKey?.id == id(one))
    }

    @Test(arguments: [
        ("/etc/copyhook/secrets/the-master-key.hex", "this looks like a path"),
        ("./secrets/of/the/service/master-key.hex", "this looks like a path"),
        ("~/secrets/of/the/service/the-master-key.hex", "this looks like a path"),
        ("tooshort", "the key has fewer than 32 bytes"),
        ("hex:0g0g0g0g0g0g0g0g0g0g0g0g0g0g0g0g0g0g0g0g", "is not that"),
    ])
    func whatIsNoKeyIsRefusedWithoutBeingShown(_ text: String, _ words: String) {
        for yaml in [
            "secrets: {master_key: \"\(text)\"}", "secrets: {old_master_keys: [\"\(text)\"]}",
        ] {
            let refusal = Memory(yaml: yaml).refusal
            #expect(refusal.contains(words), "\(refusal)")
            #expect(refusal.contains("master_key"))
            #expect(!refusal.contains(text))
        }
    }

    @Test(arguments: [
        ("master_key: \"${file:k}\"", [:], true),
        ("old_master_keys: [\"\(one)\", \"${file:k}\"]", [:], true),
        ("master_key: \"${file:private}\"", [:], false),
        (
            "master_key: \"${file:/run/credentials/c/k}\"",
            ["CREDENTIALS_DIRECTORY": "/run/credentials/c"], false
        ),
        ("master_key: \"${file:/run/credentials/c/k}\"", [:], true),
        ("master_key: \"${file:k}\"", ["CREDENTIALS_DIRECTORY": ""], true),
    ])
    func aKeyFileThatOthersMayReadIsRefused(
        _ line: String, _ environment: [String: String], _ isRefused: Bool
    ) {
        var memory = Memory(
            yaml: "secrets:\n  \(line)\n", environment: environment,
            files: ["k": one, "private": two, "/run/credentials/c/k": one])
        memory.openFiles = ["k", "/run/credentials/c/k"]
        #expect(memory.refusal.isEmpty == !isRefused, "\(memory.refusal)")
        if isRefused {
            #expect(memory.refusal.contains("copyhook.yaml:2: secrets."))
            #expect(memory.refusal.contains("Run chmod 0400 "))
        }
    }

    @Test func anyOtherFileThatOthersMayReadIsWarnedOf() throws {
        var memory = Memory(
            yaml: """
                sources:
                  open: { scheme: coze, apps: [{ api_app_id: a, verify_token: "${file:k}" }] }
                  own:
                    scheme: coze
                    apps: [{ api_app_id: a, verify_token: "${file:private}" }]
                """, files: ["k": one, "private": two])
        memory.openFiles = ["k"]
        let warnings = try memory.load().warnings.map { "\($0)" }
        let warning = try #require(warnings.first)
        #expect(warnings.count == 1)
        #expect(warning.contains("copyhook.yaml:2: sources.open.apps[0].verify_token: others"))
        #expect(warning.contains("Run chmod 0400 k,"))
        #expect(!warning.contains(one))
    }

    @Test func aPasswordInAURLIsNotRepeated() {
        for yaml in [
            "server: {public_url: \"https://u:planted@h\"}",
            "connections: {c: {provider: coze, base_url: \"https://u:planted@h\"}}",
        ] {
            let refusal = Memory(yaml: yaml).refusal
            #expect(refusal.contains("the value is not accepted"), "\(refusal)")
            #expect(!refusal.contains("planted"))
        }
        #expect(Memory(yaml: "server: {public_url: \"h\"}").refusal.contains("“h”"))
    }
}
