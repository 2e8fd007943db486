import Foundation
import Glibc
import StrictJSON
import Testing

private let token = "planted-verify-token-of-send"
private let secret = "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="
private let configuration = """
    sources:
      coze-main:
        scheme: coze
        apps: [{ api_app_id: "7509745929591717899", verify_token: "\(token)" }]
      own: { scheme: standard-webhooks, secret: "\(secret)" }
    """
private let published = """
    {"header": {"event_type": "bot.published", "event_id": "send-1", "created_at": 1749038258245,
     "api_app_id": "7509745929591717899"},
     "event": {"bot_id_str": "7512041635401000001", "bot_name": "语音伴侣"}}

    """

/// `copyhook send` against a running service.
@Suite struct SendTests {
    private let scratch: ScratchDirectory
    private let service: APIService

    init() async throws {
        scratch = try ScratchDirectory()
        service = try await APIService.start(configuration, in: scratch)
        try scratch.write(published, to: "event.json")
        try scratch.write(token + "\n", to: "right.secret")
        try scratch.write("another-token\n", to: "wrong.secret")
        try scratch.write(#"{"type": "build.done", "n": 1}"#, to: "own.json")
    }

    private func send(
        to source: String, _ scheme: String, _ more: String...,
        environment: [String: String] = [:], input: String = ""
    ) async throws -> (status: Int32, output: String, errors: String) {
        try await BuiltBinary.run(
            ["send", "--to", "\(service.url)/in/\(source)", "--scheme", scheme] + more,
            environment: environment, input: Array(input.utf8), directory: scratch.url.path())
    }

    private func events() async throws -> [JSONValue] {
        try await service.api("GET", "/api/v1/events").json["events"]?.array ?? []
    }

    @Test func anEventOfCozeIsSignedWithASecretOfTheEnvironmentOrAFile() async throws {
        let first = try await send(
            to: "coze-main", "coze", "--secret-env", "TOKEN", "--event", "event.json",
            environment: ["TOKEN": token])
        #expect(first.status == 0 && first.output == "200 {}\n" && first.errors == "")
        let again = try await send(
            to: "coze-main", "coze", "--secret-file", "right.secret", "--event", "-", "--times",
            "3", input: published)
        #expect(again.status == 0 && again.output == "200 {}\n200 {}\n200 {}\n")

        let events = try await events()
        #expect(events.map { $0["key"]?.string } == ["send-1"])
        #expect(events.first?["entity"]?["name"]?.string == "语音伴侣")
    }

    @Test func anEventOfStandardWebhooksIsSignedUnderItsID() async throws {
        for id in ["msg_one", "msg_two", "msg_one"] {
            let said = try await send(
                to: "own", "standard-webhooks", "--secret-env", "S", "--event", "own.json", "--id",
                id, environment: ["S": secret])
            #expect(said.status == 0 && said.output.hasPrefix("200 "), "\(said)")
        }
        let events = try await events()
        #expect(events.map { $0["key"]?.string } == ["msg_two", "msg_one"])
        #expect(events.allSatisfy { $0["type"]?.string == "build.done" })
    }

    /// One source for each scheme that `send` plays; each takes one event and no other secret.
    @Test func everySchemeThatIsOfferedIsTakenByItsSource() async throws {
        let scratch = try ScratchDirectory()
        let plain = "planted-secret-of-every-sender"
        let hooked = ["standard-webhooks", "svix"]
        let schemes = [
            "standard-webhooks", "svix", "github", "gitlab", "stripe", "slack", "feishu",
            "dingtalk-robot", "telegram", "bearer",
        ]
        var yaml = "sources:\n"
        for scheme in schemes {
            yaml += "  \(scheme):\n    scheme: \(scheme)\n"
            yaml +=
                scheme == "feishu"
                ? "    apps: [{ verification_token: token-0123456789, encrypt_key: \(plain) }]\n"
                : "    secret: \(hooked.contains(scheme) ? secret : plain)\n"
            if scheme == "bearer" { yaml += "    type: /type\n" }
        }
        let service = try await APIService.start(yaml, in: scratch)
        let event = #"""
            {"type": "a.b", "id": "evt_1", "event_id": "Ev1", "update_id": 7, "object": "event",
             "created": 1749038258, "schema": "2.0", "msgId": "m1", "msgtype": "text",
             "team_id": "T1", "event_time": 1749038258,
             "header": {"event_id": "e1", "event_type": "a.b_v1", "create_time": "1749038258245",
                        "token": "token-0123456789", "app_id": "cli_0", "tenant_key": "t"},
             "message": {}, "event": {"type": "a.b"}, "data": {"object": {}}}
            """#.replacing(
                "\"type\": \"a.b\", \"id\"", with: "\"type\": \"event_callback\", \"id\"")
        try scratch.write(event, to: "event.json")
        for scheme in schemes {
            for isRight in [true, false] {
                let right = hooked.contains(scheme) ? secret : plain
                let wrong =
                    hooked.contains(scheme)
                    ? "whsec_HyAfHh0cGxoZGBcWFRQTEhEQDw4NDAsKCQgHBgUEAwI=" : "another-secret-0123"
                let said = try await BuiltBinary.run(
                    [
                        "send", "--to", "\(service.url)/in/\(scheme)", "--scheme", scheme,
                        "--secret-env", "S", "--event", scratch.path("event.json"), "--header",
                        "X-GitHub-Event: push", "--header", "X-Gitlab-Event: Push Hook",
                    ], environment: ["S": isRight ? right : wrong])
                #expect(said.status == (isRight ? 0 : 1), "\(scheme) \(said)")
                #expect(said.output.hasPrefix(isRight ? "200 " : "401 "), "\(scheme) \(said)")
            }
        }
        let stored = try await service.api("GET", "/api/v1/events").json["events"]?.array ?? []
        #expect(
            Set(stored.compactMap { $0["source"]?.string }) == Set(schemes)
                && stored.count == schemes.count)
        for (scheme, header) in [("github", "X-GitHub-Event"), ("gitlab", "X-Gitlab-Event")] {
            func send(_ headers: String...) async throws -> (
                status: Int32, output: String, errors: String
            ) {
                try await BuiltBinary.run(
                    [
                        "send", "--to", "\(service.url)/in/\(scheme)", "--scheme", scheme,
                        "--secret-env", "S", "--event", scratch.path("event.json"),
                    ] + headers.flatMap { ["--header", $0] }, environment: ["S": plain])
            }
            let without = try await send("X-Other: 1")
            #expect(without.status == 1 && without.output.hasPrefix("400 "), "\(without)")
            #expect(
                without.errors
                    == "\(scheme) names the event in a header: add --header \"\(header): …\".\n")
            let twice = try await send("\(header): push", "\(header.lowercased()): ping")
            #expect(twice.status == 2 && twice.errors.contains("twice"), "\(twice)")
            // In the place of those that are sent anyway.
            let own = try await send(
                "\(header): push", "x-github-delivery: mine", "Idempotency-Key: mine",
                "content-type: application/json; charset=utf-8")
            #expect(own.status == 0, "\(own)")
        }
        let unknown = try await BuiltBinary.run([
            "send", "--to", service.url, "--scheme", "github", "--secret-env", "S", "--event", "x",
            "--header", "no colon",
        ])
        #expect(unknown.status == 2 && unknown.errors.contains("--header takes"), "\(unknown)")
    }

    @Test func aWrongSecretIsRefusedWithOne() async throws {
        let coze = try await send(
            to: "coze-main", "coze", "--secret-file", "wrong.secret", "--event", "event.json")
        #expect(coze.status == 1 && coze.output.hasPrefix("401 "), "\(coze)")
        let own = try await send(
            to: "own", "standard-webhooks", "--secret-env", "S", "--event", "own.json",
            environment: ["S": "whsec_HyAfHh0cGxoZGBcWFRQTEhEQDw4NDAsKCQgHBgUEAwI="])
        #expect(own.status == 1 && own.output.hasPrefix("401 "), "\(own)")
        let nowhere = try await send(
            to: "nowhere", "coze", "--secret-file", "right.secret", "--event", "event.json")
        #expect(nowhere.status == 1 && nowhere.output.hasPrefix("404 "), "\(nowhere)")
        #expect(try await events().isEmpty)
    }

    @Test func whatCannotBeSignedIsBadUsage() async throws {
        let unset = try await send(
            to: "coze-main", "coze", "--secret-env", "UNSET", "--event", "event.json")
        #expect(unset.status == 2 && unset.errors.hasPrefix("UNSET is empty or not set\n"))
        let noKey = try await send(
            to: "own", "standard-webhooks", "--secret-env", "S", "--event", "own.json",
            environment: ["S": "planted-no-key"])
        #expect(noKey.status == 2 && noKey.errors.contains("whsec_"), "\(noKey.errors)")
        #expect(!noKey.errors.contains("planted-no-key"))
        let noID = try await send(
            to: "own", "standard-webhooks", "--secret-env", "S", "--event", "own.json", "--id",
            "a.b", environment: ["S": secret])
        #expect(
            noID.status == 2 && noID.errors.hasPrefix("--id cannot be used: "), "\(noID.errors)")
        let noFile = try await send(
            to: "own", "coze", "--secret-file", "right.secret", "--event", "none.json")
        #expect(noFile.status == 2 && noFile.errors.hasPrefix("none.json cannot be read\n"))
        let both = try await send(
            to: "own", "coze", "--secret-file", "right.secret", "--secret-env", "S", "--event",
            "event.json")
        #expect(both.status == 2 && both.errors.contains("--secret-env or"), "\(both.errors)")
        let noURL = try await BuiltBinary.run(
            [
                "send", "--to", "gopher://127.0.0.1/", "--scheme", "coze", "--secret-env", "S",
                "--event", scratch.path("event.json"),
            ], environment: ["S": token])
        #expect(noURL.status == 2 && noURL.errors.contains("http://"), "\(noURL.errors)")
        #expect(try await events().isEmpty)
    }

    @Test func aServiceThatIsAwayIsToldWithWhatItMeans() async throws {
        #expect(await service.stop() == 0)
        let said = try await send(
            to: "coze-main", "coze", "--secret-file", "right.secret", "--event", "event.json")
        #expect(said.status == 1 && said.output == "")
        #expect(said.errors.contains("cannot be reached: "), "\(said.errors)")
        #expect(said.errors.hasSuffix("\nNothing was sent.\n"), "\(said.errors)")
    }
}
