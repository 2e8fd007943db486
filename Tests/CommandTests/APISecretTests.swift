import Domain
import Foundation
import Simulation
import StrictJSON
import Testing

/// Texts that must stand nowhere but in the configuration.
enum Planted {
    /// Those that stand in a file of the directory, as `FILE: TEXT`; the configuration apart.
    static func found(_ secrets: [String], in scratch: ScratchDirectory) throws -> [String] {
        let names = try FileManager.default.contentsOfDirectory(atPath: scratch.url.path())
        return try names.filter { !$0.hasSuffix(".yaml") && !$0.hasSuffix(".pem") }.sorted()
            .flatMap { name in
                let bytes = try Data(contentsOf: scratch.url.appending(path: name))
                return secrets.filter { bytes.range(of: Data($0.utf8)) != nil }
                    .map { "\(name): \($0)" }
            }
    }
}

/// Everything that has a secret is driven, then all that the service wrote is searched.
///
/// Both schemes in, both providers, both channels out, all of it well and badly.
@Test(.timeLimit(.minutes(2)))
func noSecretStandsInALogLineAnAnswerOrTheDatabase() async throws {
    let scratch = try ScratchDirectory()
    let stage = try await SecretStage(scratch)
    let service = try await APIService.start(
        stage.yaml, in: scratch, environment: stage.environment, level: "debug")
    try await stage.drive(service)

    let made = try await service.api(
        "POST", "/api/v1/keys", body: #"{"name": "made", "scopes": ["write"]}"#)
    let key = try #require(made.json["secret"]?.string)
    _ = try await Caller.shared.call(
        "PUT", service.url + "/api/v1/rules/by-key", headers: [("Authorization", "Bearer \(key)")],
        body: Array(#"{"match": {"type": ["x"]}, "notify": ["audit"]}"#.utf8))
    let secrets = stage.secrets + [key]

    let answers = try await stage.everyAnswer(of: service)
    // Live, with its write-ahead log, and again after the soft stop.
    var places = try Planted.found(secrets, in: scratch)
    #expect(await service.stop() == 0)
    places += try Planted.found(secrets, in: scratch)

    #expect(places == [])
    let log = service.process.errors.text + service.process.output.text
    for secret in secrets {
        #expect(!log.contains(secret), "in the log: \(secret)")
        #expect(!answers.contains(secret), "in an answer: \(secret)")
    }
    // Those who say our secrets back are quoted without them.
    for words in ["invalid token <secret> in Bearer <secret>", "no <secret> "] {
        #expect(answers.contains(words), "\(answers)")
    }
    // The search itself can find: what is no secret is there.
    #expect(try Planted.found([stage.eventKey, "by-key"], in: scratch).count >= 2)
    #expect(answers.contains(#""verb":"rule.put""#) && answers.contains(#""name":"made""#))
    #expect(log.contains(stage.eventKey) && answers.contains(stage.eventKey))
}

/// A service whose every secret is a planted one, and platforms that know them.
private struct SecretStage {
    let coze: SimulatorProcess
    /// Says our token back to us, as some services do.
    let echo: SimulatorProcess
    let keyue: SimulatorProcess
    let endpoint: SimulatorProcess
    let planted = PlantedSecrets()
    let eventKey = "event-key-of-the-secret-stage"
    private let world = CozeWorld.standard

    init(_ scratch: ScratchDirectory) async throws {
        coze = try await SimulatorProcess.start(.coze)
        echo = try await SimulatorProcess.start(.coze)
        keyue = try await SimulatorProcess.start(.keyue)
        endpoint = try await SimulatorProcess.start(.endpoint)
        try await coze.put("world", ["tokens": [.string(planted.cozeToken)]])
        let said = "invalid token \(planted.cozeToken) in Bearer \(planted.cozeToken)"
        try await echo.fail([
            "next": [
                [
                    "status": 401, "body": ["code": 700_012_006, "msg": .string(said)],
                    "times": 1_000,
                ]
            ]
        ])
        try await keyue.put(
            "world",
            [
                "credentials": [
                    [
                        "token": .string(planted.keyue[0]), "uid": .string(planted.keyue[1]),
                        "username": .string(planted.keyue[2]),
                    ]
                ]
            ])
        try await endpoint.put(
            "world",
            [
                "hooks": [
                    [
                        "path": .string("/\(planted.hookPath)"), "scheme": "webhook",
                        "secret": .string(planted.hookSecret),
                    ],
                    [
                        "path": .string("/\(planted.robot)"), "scheme": "feishu",
                        "secret": .string(planted.fromFile),
                    ],
                    // Refuses, and says all that it was told and more.
                    [
                        "path": .string("/wrong/\(planted.hookPath)"), "scheme": "webhook",
                        "answer": [
                            "status": 400, "type": "text/plain",
                            "body": .string(
                                "no \(planted.hookSecret) \(planted.hookQuery)"),
                        ],
                    ],
                ]
            ])
    }

    var secrets: [String] {
        planted.all + ["planted-refused-token", "planted-forged-token", APIService.key]
    }

    var environment: [String: String] { ["VERIFY_TOKEN": planted.verifyToken] }

    var yaml: String {
        let app = world.callbackApps[0].apiAppID
        return """
            secrets: { master_key: "\(planted.masterKey)" }
            sources:
              coze-main:
                scheme: coze
                apps: [{ api_app_id: "\(app)", verify_token: "${VERIFY_TOKEN}" }]
              own:
                scheme: standard-webhooks
                secrets: ["\(planted.ownSecrets[0])", "\(planted.ownSecrets[1])"]
            connections:
              good:
                provider: coze
                base_url: \(coze.url)
                auth: { token: "\(planted.cozeToken)" }
                limits: { rate: 100/s }
              refused:
                provider: coze
                base_url: \(coze.url)
                auth: { token: "planted-refused-token" }
              echo:
                provider: coze
                base_url: \(echo.url)
                auth: { token: "\(planted.cozeToken)" }
              away:
                provider: coze
                base_url: http://127.0.0.1:9
                auth: { token: "\(planted.cozeToken)" }
              agents:
                provider: keyue
                base_url: \(keyue.url)
                auth:
                  token: "\(planted.keyue[0])"
                  uid: "\(planted.keyue[1])"
                  username: "\(planted.keyue[2])"
            endpoints:
              audit:
                url: "\(endpoint.url)/\(planted.hookPath)?key=\(planted.hookQuery)"
                secret: "\(planted.hookSecret)"
                headers: { X-Api-Key: "\(planted.header)" }
              chat:
                channel: feishu
                url: "\(endpoint.url)/\(planted.robot)"
                secret: "\(planted.fromFile)"
              refuses:
                url: "\(endpoint.url)/wrong/\(planted.hookPath)?key=\(planted.hookQuery)"
                secret: "\(planted.hookSecret)"
              away:
                url: "http://127.0.0.1:9/\(planted.hookPath)?key=\(planted.hookQuery)"
                secret: "\(planted.hookSecret)"
            rules:
              - name: all
                match: { type: [bot.published] }
                copy:
                  - { connection: good, to_workspace: "\(world.workspaces[1].id)" }
                  - { connection: refused, to_workspace: "\(world.workspaces[1].id)" }
                  - { connection: echo, to_workspace: "\(world.workspaces[1].id)" }
                  - { connection: away, to_workspace: "\(world.workspaces[1].id)" }
              - name: agents
                match: { type: [agent.published] }
                copy: [{ connection: agents, entity_id: { from: /data/agent }, entity_type: agent }]
              - name: tells
                match: { type: [agent.published, bot.published] }
                notify: [audit, chat, refuses, away]
            egress: { allow: [127.0.0.0/8] }

            """
    }

    /// Sends what is accepted and what is not, and waits until all of it has been tried.
    func drive(_ service: APIService) async throws {
        let bot = world.bots[0]
        let app = world.callbackApps[0].apiAppID
        let published = """
            {"header": {"event_type": "bot.published", "event_id": "\(eventKey)",
            "created_at": 1749038258245, "api_app_id": "\(app)"}, "event":
            {"bot_id_str": "\(bot.id)", "bot_name": "\(bot.name)",
            "space_id": "\(bot.workspaceID)"}}
            """
        let agent = KeyueWorld.standard.agents[0].id
        let own = #"{"type": "agent.published", "agent": "\#(agent)"}"#
        for (source, scheme, secret, body, status) in [
            ("coze-main", "coze", planted.verifyToken, published, Int32(0)),
            ("coze-main", "coze", "planted-forged-token", published, 1),
            ("own", "standard-webhooks", planted.ownSecrets[1], own, 0),
            ("own", "standard-webhooks", planted.hookSecret, own, 1),
        ] {
            let said = try await BuiltBinary.run(
                [
                    "send", "--to", "\(service.url)/in/\(source)", "--scheme", scheme,
                    "--secret-env", "S", "--event", "-",
                ], environment: ["S": secret], input: Array(body.utf8))
            #expect(said.status == status, "\(said)")
            #expect(!said.output.contains(secret) && !said.errors.contains(secret))
        }
        // A sender that puts its token where the address is, as some do.
        _ = try await Caller.shared.call(
            "POST", "\(service.url)/in/coze-main/planted-forged-token", body: [0x7B, 0x7D])
        let wrongKey = try await Caller.shared.call(
            "GET", service.url + "/api/v1/events",
            headers: [("Authorization", "Bearer planted-forged-token")])
        #expect(wrongKey.status == 401)

        let log = service.process
        for words in [
            ["copy.attempted", "connection=good", "state=succeeded"],
            ["copy.attempted", "connection=refused"], ["copy.attempted", "connection=away"],
            ["copy.attempted", "connection=echo"],
            ["copy.attempted", "connection=agents"],
            ["delivery.attempted", "endpoint=audit", "outcome=accepted"],
            ["delivery.attempted", "endpoint=chat", "outcome=accepted"],
            ["delivery.attempted", "endpoint=refuses"], ["delivery.attempted", "endpoint=away"],
        ] {
            let line = await log.errors.line(holding: words, within: .seconds(30))
            #expect(line != nil, "\(words): \(log.errors.text)")
        }
    }

    /// Every list and every record that the API has, one text.
    func everyAnswer(of service: APIService) async throws -> String {
        var text = try await service.api("GET", "/api/v1/rules").text
        text += try await service.api("GET", "/api/v1/stats").text
        for path in ["keys", "audit?limit=200", "audit/verify"] {
            text += try await service.api("GET", "/api/v1/\(path)").text
        }
        for table in ["events", "tasks", "deliveries"] {
            let list = try await service.api("GET", "/api/v1/\(table)?limit=200")
            text += list.text
            for row in list.json[table]?.array ?? [] {
                let id = row["id"]?.string ?? ""
                text += try await service.api("GET", "/api/v1/\(table)/\(id)").text
            }
        }
        var told = try await service.api("GET", "/api/v1/stream?limit=200&since=1d")
        #expect(told.json["happenings"]?.array?.isEmpty == false)
        text += told.text
        while told.json["more"] == true, let next = told.json["next"]?.string {
            told = try await service.api("GET", "/api/v1/stream?limit=200&after=\(next)")
            text += told.text
        }
        return text
    }
}
