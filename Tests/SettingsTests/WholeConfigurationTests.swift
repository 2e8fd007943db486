import Domain
import Foundation
import Settings
import Signing
import StrictJSON
import Testing

private let secrets = [
    "COZE_VERIFY_TOKEN": "planted-verify-token", "COZE_TOKEN": "planted-coze-token",
    "AUDIT_SECRET": "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=",
    "FEISHU_URL": "https://open.feishu.cn/open-apis/bot/v2/hook/planted-path",
    "FEISHU_SECRET": "planted-feishu-secret",
    "ADMIN_KEY": "planted-admin-key-0123456789-abcdef",
    "OWN_SECRET": "whsec_IB8eHRwbGhkYFxYVFBMSERAPDg0MCwoJCAcGBQQDAgE=",
    "KEYUE_TOKEN": "planted-keyue-token", "KEYUE_UID": "planted-uid",
    "KEYUE_USERNAME": "planted-username", "AUDIT_API_KEY": "planted-header",
    "HUB_SECRET": "planted-hub-secret", "SHOP_SECRET": "planted-shop-secret",
    "LAB_SECRET": "whsec_cGxhbnRlZC1sYWItc2VjcmV0LTAxMjM0NTY3ODk=",
    "HOOK_PASSWORD": "planted-hook-password", "CALLS_SECRET": "planted-calls-secret",
    "EVENTS_TOKEN": "planted-events-token", "LARK_TOKEN": "planted-lark-token",
    "LARK_KEY": "planted-lark-key-0123", "WORK_TOKEN": "planted-work-token",
    "WORK_KEY": "plantedWorkKeyplantedWorkKeyplantedWorkKey1",
    "FLOW_TOKEN": "planted-flow-token", "FLOW_KEY": "plantedFlowKeyplantedF",
    "DINGTALK_URL": "https://oapi.dingtalk.com/robot/send?access_token=plantedtoken",
    "DINGTALK_SECRET": "SECplanted-robot-secret",
    "TELEGRAM_URL": "https://api.telegram.org/bot1:planted_planted_planted_planted_pl",
    "INFOFLOW_URL": "https://api.im.baidu.com/api/msg/groupmsgsend?access_token=plantedflow",
]

private let example = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "deploy/copyhook.example.yaml")

private func exampleText() throws -> String {
    String(decoding: try Data(contentsOf: example), as: UTF8.self)
}

/// The example with everything that it shows behind a # turned on.
func fullExample() throws -> String {
    var lines: [Substring] = []
    var skips = false
    for line in try exampleText().split(separator: "\n") {
        guard let hash = line.firstRange(of: "# "),
            line[..<hash.lowerBound].allSatisfy({ $0 == " " }), !lines.isEmpty
        else {
            // What stands without indentation in front of the first key is prose.
            if line != "#" && !(lines.isEmpty && line.hasPrefix("#")) { lines.append(line) }
            skips = false
            continue
        }
        // One of the two ways to authenticate is enough.
        if line.contains("# auth: ") { skips = line.contains("or an OAuth app") }
        if skips { continue }
        lines.append(line[..<hash.lowerBound] + line[hash.upperBound...])
    }
    return lines.joined(separator: "\n").replacing("auth:   ", with: "auth: ")
}

@Test func theExampleLoadsAsItStands() throws {
    let configuration = try Configuration.load(
        path: example.path(), environment: secrets, files: .disk)
    #expect(configuration.connections.map(\.name) == ["coze-prod"])
    #expect(configuration.endpoints.map(\.channel) == [.webhook, .feishu])
    #expect(configuration.rules.count == 2)
    #expect(configuration.warnings.isEmpty)
    #expect(configuration.store.path == example.deletingLastPathComponent().path() + "copyhook.db")
}

/// What the example says in words of defaults is what an empty file gives.
@Test func theExampleShowsTheDefaults() throws {
    let yaml = """
        sources: {coze-main: {scheme: coze, apps: [{api_app_id: 1, verify_token: t}]}}
        connections: {coze-prod: {provider: coze, auth: {token: t}}}
        """
    let bare = try Memory(yaml: yaml).load()
    let full = try Memory(yaml: try exampleText(), environment: secrets).load()
    #expect(full.connections[0].timeout == bare.connections[0].timeout)
    #expect(full.connections[0].limits == bare.connections[0].limits)
    #expect(full.connections[0].poll == bare.connections[0].poll)
    #expect(full.connections[0].settle == bare.connections[0].settle)
    #expect(full.connections[0].baseURL == bare.connections[0].baseURL)
    #expect(full.retention == bare.retention)
    #expect(full.store == bare.store)
    #expect(full.lease == bare.lease)
    #expect(full.egress == bare.egress)
    #expect(full.server.listen == bare.server.listen)
}

@Test(arguments: [
    "server", "listen", "public_url", "trusted_proxies", "admin_key", "store", "url", "reserve",
    "free_min", "secrets", "master_key", "old_master_keys", "lease", "retention", "events",
    "attempts", "tasks",
    "keys", "audit", "sources", "scheme", "secret", "apps", "api_app_id", "verify_token",
    "handshake", "window", "type", "key", "time", "entity", "connections", "provider", "base_url",
    "auth", "timeout", "limits", "rate", "concurrent", "baseline", "on_uncertain", "settle",
    "sync", "async", "poll", "first", "factor", "max", "deadline", "task_query", "enabled",
    "path", "query_level", "page_size", "max_pages", "status_map", "status_map_verified",
    "endpoints", "channel", "types", "headers", "language", "template", "rules", "name", "match",
    "copy", "notify", "cooldown", "connection", "to_workspace", "entity_id", "entity_type",
    "on_own_copies", "egress", "allow", "ports", "rules_dir", "jwt", "app_id", "key_id",
    "private_key_file", "private_key", "account_id", "proof", "header", "algorithm", "allow_sha1",
    "encoding", "prefix", "timestamp_header", "signed", "type_header", "key_header", "users",
    "password", "query_token", "origins", "verification_token", "encrypt_key", "token",
    "encoding_aes_key", "receiver", "signature", "card", "chat_id", "topic_id", "group_ids", "mode",
    "source", "type_prefix", "origin", "request_rate",
])
func everyKeyStandsInTheExample(_ key: String) throws {
    let text = try exampleText()
    #expect([" ", "\n", "{"].contains { text.contains("\($0)\(key):") }, "\(key)")
}

@Test func aConfigurationShowsNoSecretAnywhere() throws {
    let yaml = try fullExample()
    let master = "planted-master-key-0123456789-abcdef"
    let rule = #"{"match": {"type": ["a"]}, "notify": ["audit"]}"#
    let configuration = try Memory(
        yaml: yaml, environment: secrets, files: ["master.key": master, "rules/extra.json": rule]
    ).load()
    #expect(configuration.connections.count == 2)
    #expect(
        configuration.sources.map(\.kind) == [
            .coze, .standardWebhooks, .gitHub, .feishu, .weCom, .infoflow, .gitLab, .hmac, .basic,
            .keyue, .cloudEvents,
        ])
    #expect(configuration.endpoints[0].headers.map(\.name) == ["X-Api-Key"])
    let masterID = try MasterKey(parsing: Secret(master)).id
    #expect(configuration.secrets.masterKey?.id == masterID)
    #expect(configuration.server.adminKey?.exposed == secrets["ADMIN_KEY"])
    #expect(configuration.warnings.map(\.key) == [])
    #expect(configuration.endpoints[1].templates.own?.source.contains("{{name}}") == true)

    var dumped = ""
    dump(configuration, to: &dumped)
    for part in [configuration.sources] as [Any] + [configuration.connections]
        + [configuration.endpoints, configuration.server, configuration.rules]
    {
        dump(part, to: &dumped)
    }
    let shown =
        configuration.effectiveYAML + "\(configuration)" + String(reflecting: configuration)
        + "\(configuration.sources)\(configuration.connections)\(configuration.endpoints)" + dumped
    for secret in secrets.values.sorted() + [master, "planted"] where !secret.hasPrefix("https:") {
        #expect(!shown.contains(secret), "\(secret)")
    }
    for host in ["open.feishu.cn", "oapi.dingtalk.com", "api.telegram.org", "api.im.baidu.com"] {
        #expect(configuration.effectiveYAML.contains("url: https://\(host)/<secret>\n"))
    }
    #expect(configuration.effectiveYAML.contains("verify_token: <secret>\n"))
    #expect(configuration.effectiveYAML.contains("timeout: 30s\n"))
}

/// Read back, it says the same: with secrets in their places it is a configuration again.
@Test func theEffectiveConfigurationIsYAMLWithAllKeys() throws {
    let first = try Memory(yaml: try exampleText(), environment: secrets).load().effectiveYAML
    let again = first.replacing("token: <secret>", with: "token: ${COZE_TOKEN}")
        .replacing("/<secret>", with: "/x")
        .replacing("    secret: <secret>", with: "    secret: ${AUDIT_SECRET}")
    #expect(try Memory(yaml: again, environment: secrets).load().effectiveYAML == first)
}

@Test func listeningBeyondLoopbackIsWarnedOf() throws {
    for (listen, count) in [
        ("127.0.0.1:1", 0), ("localhost:1", 0), ("\"[::1]:1\"", 0), ("0.0.0.0:1", 1),
        ("\"[::]:1\"", 1), ("10.1.2.3:1", 1),
    ] {
        let configuration = try Memory(yaml: "server: {listen: \(listen)}").load()
        #expect(configuration.warnings.count == count, "\(listen)")
    }
    for listen in ["8080", "host:1", "127.1:80", "127.0.0.1:65536", "::1:80", "127.0.0.1:"] {
        #expect(
            Memory(yaml: "server: {listen: \"\(listen)\"}").refusal.contains("server.listen"),
            "\(listen)")
    }
}
