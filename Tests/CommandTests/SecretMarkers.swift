import Foundation
import Simulation
import StrictJSON

/// A configuration with every kind of secret that there is, each a marker of its own.
///
/// ``keys`` says which settings were planted; a test holds that against what the configuration
/// itself says it reads as secret.
struct SecretMarkers {
    /// Where the simulators listen.
    struct Addresses {
        var coze = "http://127.0.0.1:9"
        /// A Coze that says our tokens back to us.
        var echo = "http://127.0.0.1:9"
        var keyue = "http://127.0.0.1:9"
        var endpoint = "http://127.0.0.1:9"
    }

    /// Settings as the configuration names them.
    static let keys =
        [
            "server.admin_key", "secrets.master_key", "secrets.old_master_keys",
            "sources.coze-main.apps[0].verify_token", "sources.own.secrets", "sources.solo.secret",
            "connections.good.auth.token", "connections.refused.auth.token",
            "connections.echo.auth.token", "connections.away.auth.token",
            "connections.app.auth.jwt.private_key_file", "connections.inline.auth.jwt.private_key",
            "connections.agents.auth.token", "connections.agents.auth.uid",
            "connections.agents.auth.username", "endpoints.audit.url", "endpoints.audit.secret",
            "endpoints.audit.headers.X-Api-Key", "endpoints.chat.url", "endpoints.chat.secret",
            "endpoints.refuses.url", "endpoints.refuses.secrets", "endpoints.away.url",
            "endpoints.away.secret", "endpoints.cloudevents.secret",
            "endpoints.cloudevents.headers.Authorization", "endpoints.dingtalk.secret",
        ] + senderKeys + sealedKeys + channels.map { "endpoints.\($0).url" }

    /// Channels that nobody listens on but the simulator; each endpoint is called as its channel.
    static let channels = [
        "cloudevents", "dingtalk", "wecom", "slack", "discord", "teams", "telegram", "infoflow",
        "mattermost", "googlechat",
    ]

    /// What the simulated platform gives for a signed assertion.
    static let granted = "czs_" + text("the granted token")
    static let refusedToken = "czs_" + text("the refused token")

    /// 24 characters that stand nowhere else, the same in every run.
    static func text(_ key: String) -> String {
        var state: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in key.utf8 { state = (state ^ UInt64(byte)) &* 0x100_0000_01B3 }
        let letters = Array("ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789")
        return "Mk"
            + String(
                (0..<22).map { _ in
                    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                    return letters[Int(state >> 33) % letters.count]
                })
    }

    /// `whsec_` and the base 64 of 32 bytes that begin with the marker.
    static func signingKey(_ key: String) -> String {
        "whsec_" + Data((text(key) + "-padding").utf8).base64EncodedString()
    }

    /// Everything that is to be searched for.
    static var forms: [SecretForms] {
        let texts =
            keys.filter { !$0.contains("private_key") } + [
                "sources.own.secrets[1]", "endpoints.refuses.secrets[1]", "the granted token",
                "the refused token", "endpoints.audit.url query", "endpoints.away.url query",
            ]
        let lines = PlantedSecrets.privateKey.split(separator: "\n").dropFirst().dropLast()
        let der = Array(Data(base64Encoded: lines.joined()) ?? Data())
        return texts.map { SecretForms($0, core: Array(text($0).utf8)) }
            + [2, 12, 22].map { line in
                SecretForms(
                    "private key, line \(line)",
                    core: Array(lines[lines.startIndex + line].utf8.prefix(32)))
            }
            + [SecretForms("private key, bytes", core: Array(der[300..<332]))] + sealedForms
    }

    static var environment: [String: String] {
        [
            "VERIFY_TOKEN": text("sources.coze-main.apps[0].verify_token"),
            "INLINE_KEY": PlantedSecrets.privateKey,
            "COPYHOOK_SECRETS_MASTER_KEY": text("secrets.master_key") + "-padding",
            "COPYHOOK_SERVER_ADMIN_KEY": adminKey,
        ]
    }

    static var adminKey: String { text("server.admin_key") + "-padding" }

    /// The files that the configuration names.
    static func write(to scratch: ScratchDirectory) throws {
        try scratch.write(PlantedSecrets.privateKey, to: "coze.pem")
        let old = Data((text("secrets.old_master_keys") + "-padding").utf8)
        try scratch.write("base64:" + old.base64EncodedString() + "\n", to: "old.secret")
        try scratch.write(text("endpoints.chat.secret"), to: "chat.secret")
        for name in ["coze.pem", "old.secret", "chat.secret"] {
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o400], ofItemAtPath: scratch.path(name))
        }
    }

    /// Whether a file of the directory is one that holds secrets.
    static func isMeant(_ name: String) -> Bool {
        name.hasSuffix(".yaml") || name.hasSuffix(".pem") || name.hasSuffix(".secret")
            || name.hasSuffix(".key")
    }

    static func yaml(_ at: Addresses) -> String {
        server + senderYAML + sealedYAML + connections(at) + endpoints(at) + rules
    }

    private static var server: String {
        let app = CozeWorld.standard.callbackApps[0].apiAppID
        return """
            server: { listen: "127.0.0.1:0" }
            secrets: { old_master_keys: ["${file:old.secret}"] }
            sources:
              coze-main:
                scheme: coze
                apps: [{ api_app_id: "\(app)", verify_token: "${VERIFY_TOKEN}" }]
              own:
                scheme: standard-webhooks
                secrets:
                  - "\(signingKey("sources.own.secrets"))"
                  - "\(signingKey("sources.own.secrets[1]"))"
              solo: { scheme: standard-webhooks, secret: "\(signingKey("sources.solo.secret"))" }

            """
    }

    private static func connections(_ at: Addresses) -> String {
        func coze(_ name: String, _ url: String, _ auth: String) -> String {
            """
              \(name):
                provider: coze
                base_url: \(url)
                auth: { \(auth) }
                limits: { rate: 1000/s, concurrent: 8 }

            """
        }
        func token(_ name: String) -> String {
            "token: \"\(text("connections.\(name).auth.token"))\""
        }
        let keyue = ["token", "uid", "username"].map {
            "\($0): \"\(text("connections.agents.auth.\($0)"))\""
        }
        return "connections:\n" + coze("good", at.coze, token("good"))
            + coze("refused", at.coze, token("refused")) + coze("echo", at.echo, token("echo"))
            + coze("away", "http://127.0.0.1:9", token("away"))
            + coze("app", at.coze, "jwt: { app_id: a, key_id: k, private_key_file: coze.pem }")
            + coze(
                "inline", at.echo, "jwt: { app_id: a, key_id: k, private_key: \"${INLINE_KEY}\" }")
            + "  agents:\n    provider: keyue\n    base_url: \(at.keyue)\n"
            + "    auth: { \(keyue.joined(separator: ", ")) }\n"
    }

    private static func endpoints(_ at: Addresses) -> String {
        func url(_ name: String, _ host: String, _ front: String = "", query: Bool = false)
            -> String
        {
            let key = "endpoints.\(name).url"
            return "\"\(host)\(front)/\(text(key))\(query ? "?key=" + text(key + " query") : "")\""
        }
        return """
            endpoints:
              audit:
                url: \(url("audit", at.endpoint, query: true))
                secret: "\(signingKey("endpoints.audit.secret"))"
                headers: { X-Api-Key: "\(text("endpoints.audit.headers.X-Api-Key"))" }
              chat:
                channel: feishu
                url: \(url("chat", at.endpoint))
                secret: "${file:chat.secret}"
              refuses:
                url: \(url("refuses", at.endpoint, "/wrong"))
                secrets:
                  - "\(signingKey("endpoints.refuses.secrets"))"
                  - "\(signingKey("endpoints.refuses.secrets[1]"))"
              away:
                url: \(url("away", "http://127.0.0.1:9", query: true))
                secret: "\(signingKey("endpoints.away.secret"))"

            """ + channels.map { more($0, url($0, at.endpoint)) }.joined()
    }

    private static func more(_ channel: String, _ url: String) -> String {
        let options =
            switch channel {
            case "cloudevents":
                "    origin: copyhook.example.com\n"
                    + "    secret: \"\(signingKey("endpoints.cloudevents.secret"))\"\n"
                    + "    headers: { Authorization: "
                    + "\"Bearer \(text("endpoints.cloudevents.headers.Authorization"))\" }\n"
            case "dingtalk": "    secret: \"SEC\(text("endpoints.dingtalk.secret"))\"\n"
            case "telegram": "    chat_id: \"-1001234567890\"\n"
            case "infoflow": "    group_ids: [1234567]\n"
            default: ""
            }
        return """
              \(channel):
                channel: \(channel)
                url: \(url)
                types: [copy.succeeded]

            """ + options
    }

    private static var rules: String {
        let target = CozeWorld.standard.workspaces[1].id
        let copies = ["good", "refused", "echo", "away", "app", "inline"].map {
            "      - { connection: \($0), to_workspace: \"\(target)\" }\n"
        }
        return """
            rules_dir: rules
            rules:
              - name: agents
                match: { type: [agent.published] }
                copy:
                  - connection: agents
                    entity_id: { from: /data/agent }
                    entity_type: agent
              - name: all
                match: { type: [bot.published] }
                copy:

            """ + copies.joined() + "egress: { allow: [127.0.0.0/8] }\n"
    }
}
