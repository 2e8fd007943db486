import Foundation
import Simulation
import Testing
import Transport

extension MarkerStage {
    /// Events of every source, and what is made of them.
    func drive(_ service: APIService, count: Int) async throws {
        let world = CozeWorld.standard
        let bot = world.bots[0]
        let app = world.callbackApps[0].apiAppID
        let agent = KeyueWorld.standard.agents[0].id
        for number in 1...count {
            let key = "\(Self.control)-\(UUID().uuidString)"
            let published = """
                {"header": {"event_type": "bot.published", "event_id": "\(key)",
                "created_at": 1749038258245, "api_app_id": "\(app)"}, "event":
                {"bot_id_str": "\(world.bots[number % 3].id)", "bot_name": "\(bot.name)",
                "space_id": "\(bot.workspaceID)"}}
                """
            try await send(
                service, "coze-main", "coze",
                SecretMarkers.text("sources.coze-main.apps[0].verify_token"), published)
        }
        let own = #"{"type": "agent.published", "agent": "\#(agent)"}"#
        for key in ["sources.own.secrets", "sources.own.secrets[1]"] {
            try await send(service, "own", "standard-webhooks", SecretMarkers.signingKey(key), own)
        }
        try await send(
            service, "solo", "standard-webhooks",
            SecretMarkers.signingKey("sources.solo.secret"), own)
        for words in [
            ["copy.attempted", "connection=good", "state=succeeded"],
            ["copy.attempted", "connection=app", "state=succeeded"],
            ["copy.attempted", "connection=refused"], ["copy.attempted", "connection=away"],
            ["copy.attempted", "connection=echo"], ["copy.attempted", "connection=inline"],
            ["copy.attempted", "connection=agents"],
            ["delivery.attempted", "endpoint=audit", "outcome=accepted"],
            ["delivery.attempted", "endpoint=chat", "outcome=accepted"],
            ["delivery.attempted", "endpoint=refuses"], ["delivery.attempted", "endpoint=away"],
        ] + SecretMarkers.channels.map({ ["delivery.attempted", "endpoint=\($0)"] }) {
            let line = await service.process.errors.line(holding: words, within: .seconds(30))
            #expect(line != nil, "\(words): \(service.process.errors.text)")
        }
    }

    private func send(
        _ service: APIService, _ source: String, _ scheme: String, _ secret: String, _ body: String
    ) async throws {
        let said = try await BuiltBinary.run(
            [
                "send", "--to", "\(service.url)/in/\(source)", "--scheme", scheme,
                "--secret-env", "S", "--event", "-",
            ], environment: ["S": secret], input: Array(body.utf8))
        hay.add("send \(source)", said.output + said.errors)
        #expect(said.status == 0, "\(said)")
    }

    /// Secrets in places where they do not belong, from outside and in a file that is read again.
    func rattle(_ service: APIService) async throws {
        let token = SecretMarkers.text("sources.coze-main.apps[0].verify_token")
        let admin = SecretMarkers.adminKey
        let calls: [(String, String, [(name: String, value: String)], String)] = [
            ("POST", "/in/coze-main/\(token)", [], "{}"),
            ("POST", "/in/coze-main?token=\(token)", [], "{\"token\": \"\(token)\""),
            ("POST", "/in/\(token)", [], "{}"), ("POST", "/in/own", [("webhook-id", token)], token),
            ("PUT", "/in/coze-main/\(token)", [], ""), ("GET", "/\(token)", [], ""),
            ("GET", "/api/v1/events?key=\(admin)", [], ""),
            ("GET", "/api/v1/events", [("Authorization", "Bearer \(token)")], ""),
            ("GET", "/api/v1/events", [("Authorization", "Basic \(admin)")], ""),
            ("GET", "/healthz", [("X-Key", admin)], ""), ("GET", "/readyz", [], ""),
            ("GET", "/metrics", [], ""),
        ]
        let sent = calls + SecretMarkers.senderCalls + SecretMarkers.sealedCalls
        for (method, path, headers, body) in sent {
            let answer = try await Caller.shared.call(
                method, service.url + path, headers: headers, body: Array(body.utf8))
            hay.add("answer to \(method) \(path.prefix(12))", answer.text)
            hay.add("head of \(method)", answer.headers.map { "\($0.name): \($0.value)" }.joined())
        }
        // A rule file that is malformed, with a secret in the wrong place.
        try scratch.write(
            "match: {type: [\"${VERIFY_TOKEN}\"]}\nnotify: [\"${VERIFY_TOKEN}\"]\n",
            to: "rules/broken.yaml")
        let line = await service.process.errorLine("rules.refused")
        #expect(line != nil, "\(service.process.errors.text)")
        try FileManager.default.removeItem(at: scratch.url.appending(path: "rules/broken.yaml"))
        // Others at the same store, while it is in use.
        for words in [["serve"], ["migrate"], ["secrets", "rewrap"]] {
            try await ask("in use", words + ["--config", file], status: 1)
        }
        try await ask("check", "check", "--config", file)
        try await askBrokenOnes()
        let path = "/proc/\(service.process.pid)/cmdline"
        let words = try Data(contentsOf: URL(filePath: path))
        #expect(words.count > 10)
        hay.add(SecretHaystack("cmdline", Array(words)))
    }

    /// Configurations that are wrong at a secret.
    private func askBrokenOnes() async throws {
        let marker = SecretMarkers.text("endpoints.audit.secret")
        for (number, yaml) in [
            "store: { url: \"postgres://user:\(marker)@host/db\" }",
            "server: { admin_key: \"\(marker)\" }",
            "server: { public_url: \"https://u:\(marker)@h\" }",
            "server: { admin_key: [\"\(marker)\"] }", "secrets: { master_key: \"\(marker)\" }",
            "secrets: { master_key: \"hex:\(marker)\(marker)\" }",
            "secrets: { old_master_keys: [\"/\(marker)/\(marker)\"] }",
            "sources: { s: { scheme: standard-webhooks, secret: \"whsec_\(marker)\" } }",
            "sources: { s: { scheme: coze, apps: [{ api_app_id: 1, "
                + "verify_token: \"\(marker)\\n\" }] } }",
            "sources: { s: { scheme: wecom, apps: [{ token: t, receiver: \"\", "
                + "encoding_aes_key: \"\(marker)\" }] } }",
            "connections: { c: { provider: coze, base_url: \"https://u:\(marker)@h\", "
                + "auth: { token: t } } }",
            "connections: { c: { provider: coze, auth: { jwt: { app_id: 1, key_id: k, "
                + "private_key: \"\(marker)\" } } } }",
            "connections: { c: { provider: coze, auth: { token: \"\(marker)\\u0000\" } } }",
            "endpoints: { e: { url: \"https://u:\(marker)@h/\", secret: \"whsec_\(marker)\" } }",
            "endpoints: { e: { url: \"http://10.0.0.1/\(marker)?k=\(marker)\", channel: feishu } }",
            "endpoints: { e: { url: \"ftp://h/\(marker)\", channel: feishu } }",
            "endpoints: { e: { url: \"https://h/\(marker)\", channel: feishu, "
                + "headers: { \"A B\": \"\(marker)\" } } }",
            "lease: \"${MARKER}\"", "rules_dir: [\"${MARKER}\"]",
        ].enumerated() {
            let file = try scratch.write(yaml + "\n", to: "broken-\(number).yaml")
            try await ask(
                "broken \(number)", ["check", "--config", file], status: 2,
                environment: ["MARKER": marker])
        }
    }

    func ask(_ name: String, _ words: String...) async throws {
        try await ask(name, words, status: 0)
    }

    private func ask(
        _ name: String, _ words: [String], status: Int32,
        environment: [String: String] = SecretMarkers.environment
    ) async throws {
        let said = try await BuiltBinary.run(words, environment: environment)
        #expect(said.status == status, "\(name): \(words) \(said)")
        hay.add("\(name): \(words[0])", said.output + said.errors)
    }
}
