import Foundation
import Testing

/// `copyhook match`: events, the answer a line, and the exit code.
@Suite struct MatchTests {
    private static let pattern = #"{"type": ["bot.published", {"prefix": "app."}]}"#

    /// Runs `match` over these events, in a file or on standard input.
    private func match(
        _ events: String, pattern: String = MatchTests.pattern, _ more: String...,
        overInput: Bool = false
    ) async throws -> (status: Int32, output: String, errors: String) {
        let scratch = try ScratchDirectory()
        try scratch.write(pattern, to: "pattern.json")
        try scratch.write(events, to: "events.json")
        return try await BuiltBinary.run(
            ["match", "--pattern", "pattern.json", "--events", overInput ? "-" : "events.json"]
                + more,
            input: overInput ? Array(events.utf8) : [], directory: scratch.url.path())
    }

    @Test(arguments: [
        ("{\"type\": \"bot.published\"}", "match\n", 0),
        ("{\n  \"type\":\n    \"app.deleted\"\n}\n", "match\n", 0),
        ("{\"type\": \"bot.deleted\"}", "no\n", 1),
        ("{\"type\":\"bot.published\"}\n{\"type\":\"app.x\"}\n", "match\nmatch\n", 0),
        ("{\"type\":\"bot.published\"}\n\n{\"kind\":\"x\"}", "match\nno\n", 1),
    ])
    func eachEventGetsALineAndAllMustMatch(
        events: String, output: String, status: Int
    ) async throws {
        for overInput in [false, true] {
            let said = try await match(events, overInput: overInput)
            #expect(said.output == output && said.status == Int32(status), "\(events)")
            #expect(said.errors == "")
        }
    }

    @Test func aFieldThatNoEventHasIsWarnedOf() async throws {
        let pattern = #"{"entity": {"workspaceId": ["1"]}}"#
        let missing = try await match(#"{"entity":{"id":"1"}}"#, pattern: pattern)
        #expect(missing.output == "no\n" && missing.status == 1)
        #expect(missing.errors.contains("/entity/workspaceId"), "\(missing.errors)")
        #expect(missing.errors.contains("\"workspace_id\"?"), "\(missing.errors)")

        let other = try await match(#"{"entity":{"workspaceId":"2"}}"#, pattern: pattern)
        #expect(other.output == "no\n" && other.errors == "")
    }

    @Test func anExplanationNamesTheTestThatFailed() async throws {
        let said = try await match("{\"type\": \"bot.deleted\"}", "--explain")
        #expect(said.status == 1)
        #expect(said.output.contains("failed  type"), "\(said.output)")
        #expect(said.output.contains("found \"bot.deleted\""), "\(said.output)")
    }

    @Test func aRefusedPatternIsShownWithItsPlaceAndRemedy() async throws {
        let unknown = try await match("{}", pattern: #"{"type": [{"prefx": "a"}]}"#)
        #expect(unknown.status == 2 && unknown.output == "")
        #expect(unknown.errors.hasPrefix("pattern.json: /type/0/prefx"), "\(unknown.errors)")
        #expect(unknown.errors.contains("\nDid you mean \"prefix\"?"), "\(unknown.errors)")

        let cut = try await match("{}", pattern: "{\"type\": [\n")
        #expect(cut.status == 2 && cut.output == "")
        #expect(cut.errors.contains("line 2"), "\(cut.errors)")
        #expect(cut.errors.contains("\nWrite one JSON object"), "\(cut.errors)")
    }

    @Test func aRefusedEventIsShownWithItsLineAndTheOthersAreStillTold() async throws {
        let said = try await match(
            "{\"type\":\"app.x\"}\n{\"type\":\"a\",\"type\":\"b\"}\n{\"type\":\"b\"}\n")
        #expect(said.status == 2)
        #expect(said.output == "match\nno\n")
        #expect(said.errors.hasPrefix("events.json:2:13: "), "\(said.errors)")
        #expect(said.errors.contains("\nEach event is one JSON object"), "\(said.errors)")

        let list = try await match("[1]", overInput: true)
        #expect(list.status == 2 && list.output == "")
        #expect(list.errors.hasPrefix("standard input:1:1: "), "\(list.errors)")

        let nothing = try await match("")
        #expect(nothing.status == 2 && nothing.output == "")
    }

    @Test func aMissingFileIsBadUsage() async throws {
        let said = try await BuiltBinary.run(
            ["match", "--pattern", "/nonexistent/p.json", "--events", "-"])
        #expect(said.status == 2 && said.output == "")
        #expect(said.errors.hasPrefix("/nonexistent/p.json cannot be read\n"), "\(said.errors)")
    }
}
