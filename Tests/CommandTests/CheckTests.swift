import Foundation
import Testing

/// A configuration on disk with one mistake that people make.
private struct Broken: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let yaml: String
    var files: [String: String] = [:]
    var environment: [String: String] = [:]
    /// `FILE:LINE: KEY: what`, or its beginning.
    let place: String
    /// Words of the line behind it.
    let remedy: String

    init(
        _ name: String, _ yaml: String, files: [String: String] = [:],
        environment: [String: String] = [:], place: String, remedy: String
    ) {
        testDescription = name
        self.yaml = yaml
        self.files = files
        self.environment = environment
        self.place = place
        self.remedy = remedy
    }
}

private let endpoint = """
    endpoints:
      audit:
        url: https://ops.example.com/hook
        secret: whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=

    """

private let broken = [
    Broken(
        "unknown key", "server:\n  listn: 127.0.0.1:1\n",
        place: "copyhook.yaml:2: server.listn: ", remedy: "Did you mean \"listen\"?"),
    Broken(
        "missing environment secret",
        "sources:\n  main:\n    scheme: standard-webhooks\n    secret: \"${OWN_SECRET}\"\n",
        place: "copyhook.yaml:4: sources.main.secret: the variable OWN_SECRET",
        remedy: "Set OWN_SECRET"),
    Broken(
        "missing file secret", "secrets:\n  master_key: \"${file:keys/master}\"\n",
        place: "copyhook.yaml:2: secrets.master_key: the file keys/master",
        remedy: "Paths count from the directory of the configuration"),
    Broken(
        "bad CIDR", "egress:\n  allow:\n    - 127.0.0.0/8\n    - 10.0.0.1/8\n",
        place: "copyhook.yaml:4: egress.allow[1]: ", remedy: "Write 10.0.0.0/8"),
    Broken(
        "pattern error",
        endpoint + "rules:\n  - name: r\n    match:\n      type:\n        - prefx: bot.\n"
            + "    notify: [audit]\n",
        place: "copyhook.yaml:9: rules[0].match.type[0].prefx: ",
        remedy: "Did you mean \"prefix\"?"),
    Broken(
        "endpoint without URL", "endpoints:\n  ops:\n    channel: feishu\n",
        place: "copyhook.yaml:2: endpoints.ops.url: ",
        remedy: "Add url: https://open.feishu.cn/open-apis/bot/v2/hook/TOKEN."),
    Broken(
        "doubled rule name",
        endpoint + "rules:\n  - {name: r, match: {type: [a]}, notify: [audit]}\n"
            + "  - {name: r, match: {type: [b]}, notify: [audit]}\n",
        place: "copyhook.yaml:7: rules[1].name: ", remedy: "Give one of them another name."),
    Broken(
        "doubled key", "lease: 60s\nserver: {}\nlease: 90s\n",
        place: "copyhook.yaml:3: lease: ", remedy: "Keep one of them"),
    Broken(
        "bad duration", endpoint + "    timeout: 15 seconds\n",
        place: "copyhook.yaml:5: endpoints.audit.timeout: ",
        remedy: "Write a whole number and a unit"),
    Broken(
        "unknown connection in a rule",
        endpoint + "rules:\n  - name: r\n    match: {type: [a]}\n    copy:\n"
            + "      - connection: coze-prod\n",
        place: "copyhook.yaml:9: rules[0].copy[0].connection: ", remedy: "connections"),
    Broken(
        "lease too short", endpoint + "lease: 29s\n",
        place: "copyhook.yaml:5: lease: ", remedy: "Write at least 30s"),
    Broken(
        "YAML syntax", "server:\n  listen: [127.0.0.1:80\nlease: 60s\n",
        place: "copyhook.yaml:3: this is not YAML", remedy: "Look at this line"),
    Broken(
        "wrong provider", "connections:\n  one:\n    provider: kouzi\n",
        place: "copyhook.yaml:3: connections.one.provider: ",
        remedy: "Known ones are coze, keyue."),
    Broken(
        "unknown variable", "lease: 60s\n", environment: ["COPYHOOK_LESE": "60s"],
        place: "COPYHOOK_LESE: ", remedy: "COPYHOOK_LEASE"),
    Broken(
        "bad value of a variable", "lease: 60s\n", environment: ["COPYHOOK_LEASE": "soon"],
        place: "COPYHOOK_LEASE: ", remedy: "Write a whole number and a unit"),
    Broken(
        "private address",
        "connections:\n  one:\n    provider: coze\n"
            + "    base_url: http://10.1.2.3\n    auth: {token: t}\n",
        place: "copyhook.yaml:4: connections.one.base_url: ",
        remedy: "add 10.1.2.3:80 to egress.allow"),
    Broken(
        "broken file in rules_dir", endpoint + "rules_dir: rules\n",
        files: [
            "rules/good.yaml": "match: {type: [a]}\nnotify: [audit]\n",
            "rules/bad.yaml": "match: {type: [a]}\nnotify:\n  - audit\n  - nobody\n",
        ],
        place: "rules/bad.yaml:4: notify[1]: ", remedy: "Known endpoints: audit."),
    Broken(
        "empty secret", "connections:\n  one:\n    provider: coze\n    auth: {token: \"${T}\"}\n",
        environment: ["T": ""],
        place: "copyhook.yaml:4: connections.one.auth.token: ", remedy: "."),
    Broken(
        "weak admin key", "server:\n  admin_key: letmein\n",
        place: "copyhook.yaml:2: server.admin_key: ", remedy: "at least 32"),
]

@Suite struct CheckTests {
    @Test(arguments: broken)
    fileprivate func aBrokenConfigurationIsRefusedByPlaceKeyAndRemedy(
        _ trial: Broken
    ) async throws {
        let scratch = try ScratchDirectory()
        try scratch.write(trial.yaml, to: "copyhook.yaml")
        for (path, text) in trial.files {
            try FileManager.default.createDirectory(
                at: scratch.url.appending(path: path).deletingLastPathComponent(),
                withIntermediateDirectories: true)
            try scratch.write(text, to: path)
        }

        let (status, output, errors) = try await BuiltBinary.run(
            ["check", "--config", "copyhook.yaml"], environment: trial.environment,
            directory: scratch.url.path())

        #expect(status == 2)
        #expect(output == "")
        let lines = errors.split(separator: "\n")
        #expect(lines.count == 2, "\(errors)")
        #expect(lines.first?.hasPrefix(trial.place) == true, "\(errors)")
        #expect(lines.last?.hasPrefix("    ") == true, "\(errors)")
        #expect(lines.last?.contains(trial.remedy) == true, "\(errors)")
    }

    @Test func aMissingFileIsRefusedByItsName() async throws {
        let (status, output, errors) = try await BuiltBinary.run(
            ["check", "--config", "/nonexistent/copyhook.yaml"])

        #expect(status == 2 && output == "")
        #expect(errors.hasPrefix("/nonexistent/copyhook.yaml: there is no such file\n"))
        #expect(errors.contains("--config FILE"))
    }

    @Test func everyMistakeIsToldAtOnce() async throws {
        let scratch = try ScratchDirectory()
        let file = try scratch.write(
            "lease: x\nserver: { listn: 1 }\nendpoints: { ops: {} }\n", to: "copyhook.yaml")

        let (status, _, errors) = try await BuiltBinary.run(["check", "--config", file])

        #expect(status == 2)
        for place in [":1: lease: ", ":2: server.listn: ", ":3: endpoints.ops.url: "] {
            #expect(errors.contains(file + place), "\(errors)")
        }
    }

    /// Every place that a secret can stand in, each with a text that stands nowhere else.
    @Test func noSecretOfAGoodConfigurationIsPrinted() async throws {
        let scratch = try ScratchDirectory()
        let planted = PlantedSecrets()
        let file = try scratch.write(planted.yaml, to: "copyhook.yaml")
        try scratch.write(PlantedSecrets.privateKey, to: "coze.pem")
        try scratch.write(planted.fromFile, to: "chat.secret")
        for name in ["copyhook.yaml", "coze.pem", "chat.secret"] {
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o400], ofItemAtPath: scratch.path(name))
        }

        let (status, output, errors) = try await BuiltBinary.run(
            ["check", "--config", file], environment: planted.environment)

        #expect(status == 0, "\(errors)")
        #expect(errors == "")
        #expect(output.contains("token: <secret>"))
        #expect(
            output.contains("coze-main:") && output.hasSuffix("\n") && !output.hasSuffix("\n\n"))
        for secret in planted.all {
            #expect(!output.contains(secret), "\(secret)")
        }
    }

    @Test func theExampleIsAcceptedWithItsFiveVariables() async throws {
        let package = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let example = package.appending(path: "deploy/copyhook.example.yaml")
        let scratch = try ScratchDirectory()
        let file = try scratch.write(
            String(contentsOf: example, encoding: .utf8), to: "copyhook.yaml")
        let variables = [
            "COZE_VERIFY_TOKEN": "planted-verify-token", "COZE_TOKEN": "pat_planted-token",
            "AUDIT_SECRET": "whsec_cGxhbnRlZC1hdWRpdC1zZWNyZXQtMDEyMzQ1Njc4OTAx",
            "FEISHU_URL": "https://open.feishu.cn/open-apis/bot/v2/hook/planted-robot",
            "FEISHU_SECRET": "planted-feishu-secret",
            // Those of the other commands are no settings.
            "COPYHOOK_URL": "http://127.0.0.1:8080/planted", "COPYHOOK_API_KEY": "planted-api-key",
        ]

        let good = try await BuiltBinary.run(["check", "--config", file], environment: variables)
        #expect(good.status == 0 && good.errors == "", "\(good.errors)")
        for (name, value) in variables {
            #expect(!good.output.contains(value), "\(name)")
            if name.hasPrefix("COPYHOOK_") { continue }
            let others = variables.filter { $0.key != name }
            let bad = try await BuiltBinary.run(["check", "--config", file], environment: others)
            #expect(bad.status == 2 && bad.output == "", "\(name)")
            #expect(bad.errors.contains("the variable \(name) is not set"), "\(bad.errors)")
            #expect(bad.errors.contains("Set \(name) "), "\(bad.errors)")
        }
    }

    @Test func whatIsRiskyIsAllowedWithAWarning() async throws {
        let scratch = try ScratchDirectory()
        let file = try scratch.write("server: { listen: \"0.0.0.0:8080\" }\n", to: "copyhook.yaml")

        let (status, output, errors) = try await BuiltBinary.run(["check", "--config", file])

        #expect(status == 0 && output.contains("listen: 0.0.0.0:8080"))
        #expect(errors.hasPrefix("warning: \(file):1: server.listen: "), "\(errors)")
    }

    @Test func whatUndoesAWallIsToldByCheckAndAtTheStart() async throws {
        let scratch = try ScratchDirectory()
        let file = try scratch.write(
            """
            server: { listen: "127.0.0.1:0", trusted_proxies: [0.0.0.0/0] }
            egress: { allow: [0.0.0.0/0] }
            sources: { s: { scheme: coze, apps: [{ api_app_id: a, verify_token: "x" }] } }

            """, to: "copyhook.yaml")
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o644], ofItemAtPath: file)

        let (status, output, errors) = try await BuiltBinary.run(["check", "--config", file])
        #expect(status == 0 && !output.isEmpty)
        let told = [
            "\(file):1: server.trusted_proxies: ", "\(file):2: egress.allow[0]: ",
            "\(file):3: sources.s.apps[0].verify_token: the secret has fewer",
            "\(file):3: sources.s.apps[0].verify_token: a secret stands in a file",
        ]
        for words in told { #expect(errors.contains("warning: " + words), "\(errors)") }

        let service = try ChildProcess([BuiltBinary.path, "serve", "--config", file])
        #expect(await service.errorLine("service.started") != nil)
        service.signal(SIGTERM)
        #expect(await service.exit(within: .seconds(20)) == 0)
        for words in told {
            #expect(await service.errorLine("warning configuration detail=\"" + words) != nil)
        }
    }
}
