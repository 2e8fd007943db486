import Domain
import Foundation
import Settings
import Simulation
import StrictJSON
import Testing
import Transport

/// A secret is in the configuration and, sealed, in the store, and nowhere else.
@Suite struct SecretMarkerTests {
    /// So that a secret setting which is added later cannot be forgotten here.
    @Test func everySecretSettingIsPlanted() throws {
        let scratch = try ScratchDirectory()
        try SecretMarkers.write(to: scratch)
        try FileManager.default.createDirectory(
            at: scratch.url.appending(path: "rules"), withIntermediateDirectories: true)
        let file = try scratch.write(
            SecretMarkers.yaml(SecretMarkers.Addresses()), to: "copyhook.yaml")
        let configuration = try Configuration.load(
            path: file, environment: SecretMarkers.environment)

        #expect(Set(configuration.secretKeys) == Set(SecretMarkers.keys))
        #expect(SecretMarkers.keys.count == Set(SecretMarkers.keys).count)
        // Every kind of part that has secrets is there.
        #expect(Set(configuration.sources.map(\.kind)) == Set(Source.Kind.allCases))
        #expect(Set(configuration.connections.map(\.provider)) == Set(Provider.allCases))
        #expect(Set(configuration.endpoints.map(\.channel)) == Set(Endpoint.Channel.allCases))
        // Each planted text is in what was read, and is shown as a mark alone.
        let shown = SecretHaystack("effective", configuration.effectiveYAML)
        #expect(shown.found(SecretMarkers.forms) == [])
        let marks = configuration.effectiveYAML.components(separatedBy: "<secret>").count - 1
        #expect(marks >= SecretMarkers.keys.count)
    }

    @Test(.timeLimit(.minutes(3)))
    func noMarkerIsFoundInAnythingThatWasWritten() async throws {
        let stage = try await MarkerStage()
        var service = try await stage.serve()
        try await stage.drive(service, count: 5)
        try await stage.rattle(service)
        try await stage.collect(from: service, "first life")
        try stage.collectFiles("while it runs")
        await service.process.kill()
        try stage.collectFiles("after a kill")
        stage.note(service)

        service = try await stage.serve()
        try await stage.drive(service, count: 2)
        try await stage.collect(from: service, "second life")
        #expect(await service.stop() == 0)
        stage.note(service)
        try await stage.ask("after the stop", "secrets", "rewrap", "--config", stage.file)
        try stage.collectFiles("after the stop")
        try await stage.collectPayloads()

        let forms = SecretMarkers.forms
        let hay = stage.hay.snapshot
        let found = hay.flatMap { $0.found(forms) }
        #expect(found == [], "\(found.joined(separator: "\n"))")
        // The same search finds what is planted on purpose, in every kind of place.
        let control = SecretForms("control", core: Array(MarkerStage.control.utf8))
        let places = hay.flatMap { $0.found([control]) }
        for place in ["copyhook.db", "copyhook.db-wal", "log", "GET /api/v1/events", "payload"] {
            #expect(places.contains { $0.contains(place) }, "\(place): \(places)")
        }
        // What was obtained is there, sealed: the second life asked for no token.
        let log = hay.filter { $0.name.hasPrefix("log") }
            .map { String(decoding: $0.bytes, as: UTF8.self) }.joined()
        #expect(log.contains("connection=app") && log.contains("state=succeeded"), "\(log)")
        #expect(try await stage.grantsLeft() == MarkerStage.grantsPlanned - 1)
        print(
            "searched \(hay.count) texts of \(hay.reduce(0) { $0 + $1.bytes.count }) bytes for "
                + "\(forms.count) markers in \(forms[0].forms.count) forms")
    }
}

/// A service whose every secret is a marker, and platforms that misbehave.
private final class MarkerStage {
    static let control = "ControlMarker4711OnPurpose"
    static let grantsPlanned = 20

    let scratch: ScratchDirectory
    let file: String
    let hay = SecretHay()
    private let coze: SimulatorProcess
    private let echo: SimulatorProcess
    private let keyue: SimulatorProcess
    private let endpoint: SimulatorProcess

    init() async throws {
        scratch = try ScratchDirectory()
        coze = try await SimulatorProcess.start(.coze)
        echo = try await SimulatorProcess.start(.coze)
        keyue = try await SimulatorProcess.start(.keyue)
        endpoint = try await SimulatorProcess.start(.endpoint)
        try SecretMarkers.write(to: scratch)
        try FileManager.default.createDirectory(
            at: scratch.url.appending(path: "rules"), withIntermediateDirectories: true)
        var addresses = SecretMarkers.Addresses()
        addresses.coze = coze.url
        addresses.echo = echo.url
        addresses.keyue = keyue.url
        addresses.endpoint = endpoint.url
        file = try scratch.write(SecretMarkers.yaml(addresses), to: "copyhook.yaml")
        try await misbehave()
    }

    private func misbehave() async throws {
        func text(_ key: String) -> JSONValue { .string(SecretMarkers.text(key)) }
        let end = Int64(Date().timeIntervalSince1970) + 3_600
        try await coze.put(
            "world",
            ["tokens": [text("connections.good.auth.token"), .string(SecretMarkers.granted)]])
        try await coze.fail([
            "next": [
                // The first grant is refused when it is used, the ones behind it are good.
                [
                    "route": "token", "status": 200,
                    "body": [
                        "access_token": .string(SecretMarkers.refusedToken),
                        "expires_in": .number(JSONNumber(end)),
                    ],
                ],
                [
                    "route": "token", "status": 200,
                    "body": [
                        "access_token": .string(SecretMarkers.granted),
                        "expires_in": .number(JSONNumber(end)),
                    ], "times": .number(JSONNumber(Int64(Self.grantsPlanned))),
                ],
            ]
        ])
        let said =
            "invalid \(SecretMarkers.text("connections.echo.auth.token")) and "
            + PlantedSecrets.privateKey.prefix(200)
        try await echo.fail([
            "next": [
                [
                    "route": "token", "status": 401, "times": 1_000,
                    "body": ["error_code": "invalid_client", "error_message": .string(said)],
                ],
                [
                    "status": 401, "times": 1_000,
                    "body": ["code": 700_012_006, "msg": .string(said)],
                ],
            ]
        ])
        try await keyue.put(
            "world",
            [
                "credentials": [
                    [
                        "token": text("connections.agents.auth.token"),
                        "uid": text("connections.agents.auth.uid"),
                        "username": text("connections.agents.auth.username"),
                    ]
                ]
            ])
        let keys = ["endpoints.refuses.secrets", "endpoints.refuses.secrets[1]"]
            .map(SecretMarkers.signingKey)
        try await endpoint.put(
            "world",
            [
                "hooks": [
                    [
                        "path": .string("/" + SecretMarkers.text("endpoints.audit.url")),
                        "scheme": "webhook",
                        "secret": .string(SecretMarkers.signingKey("endpoints.audit.secret")),
                    ],
                    [
                        "path": .string("/" + SecretMarkers.text("endpoints.chat.url")),
                        "scheme": "feishu", "secret": text("endpoints.chat.secret"),
                    ],
                    // Refuses, and says all that it was told and more.
                    [
                        "path": .string("/wrong/" + SecretMarkers.text("endpoints.refuses.url")),
                        "scheme": "webhook",
                        "answer": [
                            "status": 400, "type": "text/plain",
                            "body": .string(
                                "no \(keys.joined(separator: " ")) at "
                                    + "/wrong/\(SecretMarkers.text("endpoints.refuses.url"))"),
                        ],
                    ],
                ]
            ])
    }

    func serve() async throws -> APIService {
        try await APIService.start(
            configuration: file, environment: SecretMarkers.environment, level: "debug")
    }

    /// Grants that nobody asked for yet.
    func grantsLeft() async throws -> Int {
        let plan = try await Caller.shared.call("GET", "\(coze.url)/_sim/faults").json
        return plan["next"]?.array?.first?["times"]?.count ?? 1
    }
}

// MARK: - What happens

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
        ] {
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
        for (method, path, headers, body) in calls {
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

// MARK: - What was written

extension MarkerStage {
    func note(_ service: APIService) {
        hay.add("log", service.process.errors.text)
        hay.add("output", service.process.output.text)
    }

    func collectFiles(_ when: String) throws {
        for file in try SecretHaystack.files(in: scratch, but: SecretMarkers.isMeant) {
            hay.add(SecretHaystack("\(when): \(file.name)", file.bytes))
        }
    }

    /// Every list and every record that the API has.
    func collect(from service: APIService, _ when: String) async throws {
        func get(_ path: String) async throws -> JSONValue {
            let answer = try await Caller.shared.call(
                "GET", service.url + path,
                headers: [("Authorization", "Bearer \(SecretMarkers.adminKey)")])
            #expect(answer.status == 200, "\(path)")
            hay.add("\(when): GET \(path)", answer.text)
            return answer.json
        }
        for path in ["rules", "stats"] { _ = try await get("/api/v1/" + path) }
        for table in ["events", "tasks", "deliveries"] {
            for row in try await get("/api/v1/\(table)?limit=200")[table]?.array ?? [] {
                _ = try await get("/api/v1/\(table)/\(row["id"]?.string ?? "")")
            }
        }
    }

    func collectPayloads() async throws {
        for delivery in try await endpoint.deliveries() {
            hay.add(SecretHaystack("payload", delivery.json.bytes()))
        }
    }
}

/// Everything that was written, as it comes.
private final class SecretHay {
    private(set) var snapshot: [SecretHaystack] = []

    func add(_ name: String, _ text: String) { add(SecretHaystack(name, text)) }
    func add(_ haystack: SecretHaystack) { snapshot.append(haystack) }
}
