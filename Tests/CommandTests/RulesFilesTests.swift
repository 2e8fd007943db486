import Foundation
import Glibc
import StrictJSON
import Testing

private let secret = "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="
private let sections = """
    sources:
      own: { scheme: standard-webhooks, secret: "\(secret)", type: /type, key: /id }
    connections:
      one: { provider: coze, auth: { token: t } }
    endpoints:
      audit: { url: "http://127.0.0.1:9/hook", secret: "\(secret)" }
    rules:
      - name: copies
        match: { type: [bot.published], entity: { workspace_id: ["7481"] } }
        copy: [{ connection: one, to_workspace: "7498" }]
        notify: [audit]
      - { name: switched-off, match: { type: [bot.published] }, notify: [audit], enabled: false }
      - { name: tells, match: { type: [bot.deleted] }, notify: [audit] }
    egress: { allow: [127.0.0.0/8] }

    """

/// Puts a file in place at once: the service may look at any moment.
private func put(_ text: String, at name: String, in scratch: ScratchDirectory) throws {
    let staged = try scratch.write(text, to: "staged")
    try #require(rename(staged, scratch.path(name)) == 0)
}

/// Rules in a directory of a running service.
@Test func aChangedRuleFileTakesEffectWithoutARestartAndABrokenOneChangesNothing() async throws {
    let scratch = try ScratchDirectory()
    try FileManager.default.createDirectory(
        at: scratch.url.appending(path: "rules"), withIntermediateDirectories: false)
    try put("match: { type: [first] }\nnotify: [audit]\n", at: "rules/one.yaml", in: scratch)
    let service = try await APIService.start(sections + "rules_dir: rules\n", in: scratch)
    let log = service.process
    #expect(try await firedRules(service, scratch, by: "first", id: "1") == ["one"])

    try put("match: { type: [second] }\nnotify: [audit]\n", at: "rules/one.yaml", in: scratch)
    #expect(await log.errorLine("rules.reloaded", "file_rules=4") != nil)
    #expect(try await firedRules(service, scratch, by: "first", id: "2").isEmpty)
    #expect(try await firedRules(service, scratch, by: "second", id: "1") == ["one"])

    try put("match: { type: [{ prefx: a }] }\nnotify: [audit]\n", at: "rules/two.yaml", in: scratch)
    let line = await log.errorLine("error rules.refused") ?? ""
    #expect(line.contains("rules/two.yaml:1: match.type[0].prefx: "), "\(line)")
    #expect(line.contains("Did you mean"), "\(line)")
    #expect(try await firedRules(service, scratch, by: "second", id: "2") == ["one"])
    let files = try await service.json("rules", "list")["rules"]?.array ?? []
    #expect(files.compactMap { $0["name"]?.string } == ["copies", "switched-off", "tells", "one"])
    #expect(files.last?["file"]?.string?.hasSuffix("rules/one.yaml") == true)

    try put("match: { type: [third] }\nnotify: [audit]\n", at: "rules/two.yaml", in: scratch)
    #expect(await log.errorLine("rules.reloaded", "file_rules=5") != nil)
    #expect(try await firedRules(service, scratch, by: "third", id: "1") == ["two"])
    let notes = try await service.json("audit", "list", "--verb", "rules.reloaded")
    let reloads = notes["entries"]?.array ?? []
    #expect(reloads.map { $0["details"]?["came"]?["names"] } == [["two"], []])
    #expect(reloads.map { $0["details"]?["changed"]?["names"] } == [[], ["one"]])
    #expect(reloads.first?["who"]?["id"]?.string?.hasPrefix("file:") == true)
    // One complaint for one mistake, however often the directory was read meanwhile.
    #expect(log.errors.lines.count { $0.contains("rules.refused") } == 1)
}

/// `copyhook rules test`: offline, so that no service is needed.
@Suite struct RulesOfflineTests {
    private func test(_ event: String) async throws -> (
        status: Int32, output: String, errors: String
    ) {
        let scratch = try ScratchDirectory()
        let file = try scratch.write(sections, to: "copyhook.yaml")
        return try await BuiltBinary.run(
            ["rules", "test", "--config", file, "--event", "-"], input: Array(event.utf8))
    }

    @Test func aMatchSaysWhatWouldBeDone() async throws {
        let said = try await test(
            #"""
            {"type": "bot.published",
             "entity": {"type": "bot", "id": "7351", "workspace_id": "7481"}}
            """#)

        #expect(said.status == 0 && said.errors == "")
        let lines = said.output.split(separator: "\n").map(String.init)
        #expect(lines.first == "copies: match")
        #expect(lines.contains("    copies bot 7351 to workspace 7498 over one"), "\(said.output)")
        #expect(lines.contains("    tells audit"))
        #expect(lines.contains("switched-off: disabled") && lines.contains("tells: no"))
    }

    @Test func whereNoneMatchesTheLeafThatFailedIsNamed() async throws {
        let said = try await test(
            #"{"type": "bot.published", "entity": {"type": "bot", "id": "1", "workspace_id": "7"}}"#
        )

        #expect(said.status == 1 && said.errors == "")
        #expect(said.output.contains("copies: no\n"))
        let leaf = said.output.split(separator: "\n").first { $0.contains("failed") }
        #expect(leaf?.contains("entity.workspace_id") == true, "\(said.output)")
        #expect(leaf?.contains(#"asked ["7481"]"#) == true, "\(said.output)")
        #expect(leaf?.contains(#"found "7""#) == true, "\(said.output)")
    }

    @Test func anEventThatIsNoneIsBadUsage() async throws {
        let said = try await test("{\"type\": \n")
        #expect(said.status == 2 && said.output == "")
        #expect(said.errors.hasPrefix("standard input:2:1: "), "\(said.errors)")
        #expect(said.errors.contains("\nEach event is one JSON object"), "\(said.errors)")
    }
}
