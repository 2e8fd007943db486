import Foundation
import StrictJSON
import Testing
import Transport

private let secret = "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="
private let sections = """
    sources:
      own: { scheme: standard-webhooks, secret: "\(secret)", type: /type, key: /id }
    endpoints:
      audit: { url: "http://127.0.0.1:9/hook", secret: "\(secret)" }
    rules:
      - { name: of-the-file, match: { type: [always] }, notify: [audit] }
    egress: { allow: [127.0.0.0/8] }

    """

/// Rules of a running service, over HTTP and from the shell.
@Suite struct RulesTests {
    private let scratch: ScratchDirectory
    private let service: APIService

    init() async throws {
        scratch = try ScratchDirectory()
        service = try await APIService.start(sections, in: scratch)
    }

    /// Sends an event and returns the rules that it fired, once they have been asked.
    private func fired(by type: String, id: String) async throws -> [String] {
        try await firedRules(service, scratch, by: type, id: id)
    }

    private func names() async throws -> [String] {
        let rules = try await service.api("GET", "/api/v1/rules").json["rules"]?.array ?? []
        return rules.compactMap { $0["name"]?.string }
    }

    @Test func aRulePutOverHTTPFiresForTheNextEvent() async throws {
        #expect(try await fired(by: "build.done", id: "1").isEmpty)
        let definition = #"{"match": {"type": [{"prefix": "build."}]}, "notify": ["audit"]}"#

        let put = try await service.api("PUT", "/api/v1/rules/builds", body: definition)
        #expect(put.status == 201)
        #expect(put.json["name"]?.string == "builds" && put.json["origin"]?.string == "api")
        #expect(try await fired(by: "build.done", id: "2") == ["builds"])
        #expect(
            try await service.api("PUT", "/api/v1/rules/builds", body: definition).status == 200)

        let disabled = definition.dropLast() + #", "enabled": false}"#
        _ = try await service.api("PUT", "/api/v1/rules/builds", body: String(disabled))
        #expect(try await fired(by: "build.done", id: "3").isEmpty)
        #expect(try await service.api("DELETE", "/api/v1/rules/builds").status == 204)
        #expect(try await service.api("GET", "/api/v1/rules/builds").status == 404)
        #expect(try await names() == ["of-the-file"])
    }

    @Test(arguments: [
        (
            #"{"match": {"type": [{"prefx": "b"}]}, "notify": ["audit"]}"#,
            "/match/type/0/prefx", "Did you mean \"prefix\"?"
        ),
        (#"{"match": {"type": ["b"]}, "notify": ["nobody"]}"#, "/notify/0", "audit"),
        (
            #"{"match": {"type": ["b"]}, "copy": [{"connection": "none"}]}"#,
            "/copy/0/connection", "connections"
        ),
        (#"{"match": {"type": ["b"]}, "notfy": ["audit"]}"#, "/notfy", "\"notify\""),
        (#"{"notify": ["audit"]}"#, "", "match"),
    ])
    func aBrokenRuleIsRefusedByPlaceAndRemedyAndNothingChanges(
        definition: String, pointer: String, remedy: String
    ) async throws {
        let good = #"{"match": {"type": ["build.done"]}, "notify": ["audit"]}"#
        #expect(try await service.api("PUT", "/api/v1/rules/builds", body: good).status == 201)
        let before = try await service.api("GET", "/api/v1/rules").body

        let answer = try await service.api("PUT", "/api/v1/rules/builds", body: definition)

        #expect(answer.status == 422, "\(answer.text)")
        #expect(answer.headers.first("Content-Type") == "application/problem+json")
        #expect(answer.json["code"]?.string == "rule_invalid")
        #expect(answer.json["pointer"]?.string ?? "" == pointer, "\(answer.text)")
        #expect(answer.json["remedy"]?.string?.contains(remedy) == true, "\(answer.text)")
        #expect(try await service.api("GET", "/api/v1/rules").body == before)
        #expect(try await fired(by: "build.done", id: "1") == ["builds"])
    }

    @Test func whatIsNoStrictJSONIsRefusedAndNothingChanges() async throws {
        let doubled = #"{"match": {"type": ["b"]}, "match": {"type": ["c"]}, "notify": []}"#
        for body in [doubled, "", "[", "\u{FEFF}{}"] {
            let answer = try await service.api("PUT", "/api/v1/rules/builds", body: body)
            #expect(answer.status == 400 && answer.json["code"]?.string == "body_invalid")
            #expect(answer.json["remedy"]?.string?.contains("JSON") == true, "\(answer.text)")
        }
        #expect(try await names() == ["of-the-file"])
    }

    @Test func aRuleOfAFileIsReadOnly() async throws {
        let definition = #"{"match": {"type": ["other"]}, "notify": ["audit"]}"#
        let put = try await service.api("PUT", "/api/v1/rules/of-the-file", body: definition)
        #expect(put.status == 409 && put.json["code"]?.string == "rule_read_only")
        #expect(put.json["detail"]?.string?.contains("copyhook.yaml") == true, "\(put.text)")
        #expect(try await service.api("DELETE", "/api/v1/rules/of-the-file").status == 409)
        #expect(try await fired(by: "always", id: "1") == ["of-the-file"])
        #expect(try await fired(by: "other", id: "2").isEmpty)

        let said = try await service.command("rules", "delete", "of-the-file")
        #expect(said.status == 1 && said.output == "")
        #expect(said.errors.hasPrefix("Rule is read-only: "), "\(said.errors)")
    }

    @Test func rulesArePutListedShownAndDeletedFromTheShell() async throws {
        let yaml = try scratch.write(
            "name: from-yaml\nmatch:\n  type: [yaml]   # said by hand\nnotify: [audit]\n",
            to: "rule.yaml")
        let json = try scratch.write(
            #"{"match": {"type": ["j"], "data": {"n": [10.50]}}, "notify": ["audit"]}"#,
            to: "rule.json")

        let first = try await service.command("rules", "put", yaml)
        #expect(
            first.status == 0 && first.output == "from-yaml is in force\n" && first.errors == "")
        let second = try await service.command("rules", "put", json, "--name", "from-json")
        #expect(second.status == 0, "\(second.errors)")
        let third = try await service.command(
            "rules", "put", "-", "--name", "from-input",
            input: #"{"match": {"type": ["i"]}, "notify": ["audit"]}"#)
        #expect(third.status == 0, "\(third.errors)")

        let listed = try await service.command("rules", "list")
        let lines = listed.output.split(separator: "\n").map { $0.split(separator: " ").first }
        #expect(
            lines == ["NAME", "of-the-file", "from-input", "from-json", "from-yaml"],
            "\(listed.output)")
        let all = try await service.json("rules", "list")["rules"]?.array ?? []
        #expect(all.compactMap { $0["origin"]?.string } == ["file", "api", "api", "api"])
        let shown = try await service.command("rules", "show", "from-json")
        #expect(shown.status == 0)
        #expect(shown.output.contains("10.50"), "\(shown.output)")

        #expect(try await fired(by: "yaml", id: "1") == ["from-yaml"])
        let gone = try await service.command("rules", "delete", "from-yaml")
        #expect(gone.status == 0 && gone.output == "from-yaml is gone\n")
        let again = try await service.command("rules", "delete", "from-yaml")
        #expect(again.status == 1 && again.errors.hasPrefix("Not found: "), "\(again.errors)")
        #expect(try await names() == ["of-the-file", "from-input", "from-json"])
    }

    @Test func aDoubtfulRuleFromTheShellIsTakenAndWarnedOf() async throws {
        let said = try await service.command(
            "rules", "put", "-", "--name", "never",
            input: #"{"match": {"detail": {"a": [1]}}, "notify": ["audit"]}"#)
        #expect(said.status == 0 && said.output == "never is in force\n")
        #expect(said.errors.hasPrefix("warning: /match/detail/a: events have no field detail"))
        #expect(said.errors.contains("\nWrite instead: \"data\""), "\(said.errors)")
    }

    @Test func aBrokenRuleFromTheShellIsRefusedByPlaceAndRemedy() async throws {
        let wrong = try scratch.write(
            "name: wrong\nmatch: { type: [{ prefx: a }] }\nnotify: [audit]\n", to: "wrong.yaml")
        let said = try await service.command("rules", "put", wrong)
        #expect(said.status == 2 && said.output == "")
        #expect(
            said.errors.hasPrefix("Rule refused: /match/type/0/prefx: there is no operator"),
            "\(said.errors)")
        #expect(said.errors.contains("\nDid you mean \"prefix\"?"), "\(said.errors)")

        let noYAML = try scratch.write("match: [\n", to: "no.yaml")
        let refused = try await service.command("rules", "put", noYAML)
        #expect(refused.status == 2 && refused.errors.hasPrefix("\(noYAML):2: this is not YAML"))
        let noName = try scratch.write("match: { type: [a] }\nnotify: []\n", to: "noname.yaml")
        let nameless = try await service.command("rules", "put", noName)
        #expect(nameless.status == 2 && nameless.errors.contains("--name NAME"))
        #expect(try await names() == ["of-the-file"])
    }
}

/// Sends an event by the command, and waits for what the rules made of it.
func firedRules(
    _ service: APIService, _ scratch: ScratchDirectory, by type: String, id: String
) async throws -> [String] {
    let key = "msg_\(id)_\(type.replacing(".", with: "_"))"
    let said = try await BuiltBinary.run(
        [
            "send", "--to", service.url + "/in/own", "--scheme", "standard-webhooks",
            "--secret-env", "SECRET", "--event", "-", "--id", key,
        ],
        environment: ["SECRET": secret],
        input: Array(#"{"type": "\#(type)", "id": "\#(key)"}"#.utf8))
    #expect(said.status == 0, "\(said.output)\(said.errors)")
    let event = try await service.until { service in
        try await service.api("GET", "/api/v1/events").json["events"]?.array?.first {
            $0["key"]?.string == key && $0["state"]?.string != "received"
        }
    }
    let path = "/api/v1/events/\(event?["id"]?.string ?? "")"
    let verdicts = try await service.api("GET", path).json["verdicts"]?.array ?? []
    return verdicts.compactMap { $0["rule"]?.string }
}
