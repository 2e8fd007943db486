import Foundation
import Testing

/// The usual mistakes of people who write patterns, told by the commands in the words of
/// `Mistakes.md`; there all of them are held against the language itself.
@Suite struct RuleMistakeTests {
    private struct Mistake {
        let pattern: String
        /// What is wrong with its place in front, and what to do.
        let said: [String]
    }

    private static let secret = "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="

    private static func mistake(_ title: String) throws -> Mistake {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "RulesTests/Mistakes.md")
        let text = try String(contentsOf: file, encoding: .utf8)
        let section = text.components(separatedBy: "\n## ").first { $0.hasPrefix(title + "\n") }
        let lines = try #require(section).components(separatedBy: "\n")
        func block(_ mark: String) -> [String] {
            lines.filter { $0.hasPrefix(mark) }.map { String($0.dropFirst(mark.count)) }
        }
        return Mistake(pattern: block("    ").joined(separator: "\n"), said: block("> "))
    }

    private func rulesTest(
        _ rules: String, _ event: String = #"{"type": "bot.deleted"}"#
    ) async throws -> (status: Int32, output: String, errors: String) {
        let scratch = try ScratchDirectory()
        let file = try scratch.write(
            """
            sources:
              own: { scheme: standard-webhooks, secret: "\(Self.secret)", type: /type, key: /id }
            endpoints:
              audit: { url: "http://127.0.0.1:9/hook", secret: "\(Self.secret)" }
            egress: { allow: [127.0.0.0/8] }
            rules:
            \(rules)
            """, to: "copyhook.yaml")
        return try await BuiltBinary.run(
            ["rules", "test", "--config", file, "--event", "-"], input: Array(event.utf8))
    }

    private func match(_ pattern: String, _ event: String) async throws -> (
        status: Int32, output: String, errors: String
    ) {
        let scratch = try ScratchDirectory()
        try scratch.write(pattern, to: "pattern.json")
        return try await BuiltBinary.run(
            ["match", "--pattern", "pattern.json", "--events", "-"], input: Array(event.utf8),
            directory: scratch.url.path())
    }

    @Test(arguments: [
        ("A bare string where a list belongs", "rules[0].match.type"),
        ("An operator outside of the list", "rules[0].match.type.prefix"),
        ("A field inside a list", "rules[0].match.entity[0].workspace_id"),
        ("An operator misspelt", "rules[0].match.type[0].prefx"),
        ("The upper bound before the lower one", "rules[0].match.data.version[0].numeric"),
        ("A regular expression", "rules[0].match.type[0].regex"),
        ("`$or` over the values of one field", "rules[0].match.type.$or[0]"),
    ])
    func bothCommandsSayWhatIsWrongAndWhatToWrite(_ title: String, _ key: String) async throws {
        let mistake = try Self.mistake(title)
        let told = try await match(mistake.pattern, "{}")
        #expect(told.status == 2 && told.output == "")
        #expect(told.errors == "pattern.json: \(mistake.said.joined(separator: "\n"))\n")

        let offline = try await rulesTest(
            "  - { name: r, match: \(mistake.pattern), notify: [audit] }")
        #expect(offline.status == 2 && offline.output == "")
        let what = try #require(mistake.said.first?.split(separator: ": ", maxSplits: 1).last)
        #expect(
            offline.errors.hasSuffix(
                ":7: \(key): \(what)\n    \(mistake.said.last ?? "")\n"), "\(offline.errors)")
    }

    @Test func aRuleThatCannotBeMeantIsWarnedOf() async throws {
        let rules = """
              - { name: all, match: { type: [{ prefix: bot. }] }, notify: [audit] }
              - { name: deleted, match: { type: [bot.deleted] }, notify: [audit] }
              - { name: old, match: { detail-type: [bot.deleted] }, notify: [audit] }
            """
        let said = try await rulesTest(rules)
        #expect(said.status == 0)
        let lines = said.errors.split(separator: "\n").map(String.init)
        #expect(lines.count == 4, "\(said.errors)")
        #expect(lines[0].hasSuffix("is told twice") && lines[0].contains("rule deleted: /match"))
        #expect(lines[0].hasPrefix("warning: ") && lines[0].contains("copyhook.yaml: "))
        #expect(lines[2].contains("rule old: /match/detail-type: events have no field"))
        #expect(lines[3] == #"Write instead: "type": ["bot.deleted"]"#)
    }

    @Test func matchWarnsOfWhatIsSaidAndHardlyMeant() async throws {
        let event = #"{"type": "bot.deleted"}"#
        let star = try await match(#"{"type": ["bot.*"]}"#, event)
        #expect(star.status == 1 && star.output == "no\n")
        #expect(star.errors.hasPrefix("warning: pattern.json: /type/0: in a plain text * is"))
        #expect(star.errors.contains(#"write {"wildcard": "bot.*"}"#), "\(star.errors)")

        let foreign = #"{"detail-type": ["bot.deleted"]}"#
        let other = try await match(foreign, event)
        #expect(other.status == 1 && other.output == "no\n")
        #expect(other.errors.contains("/detail-type: events have no field"), "\(other.errors)")
        // Where the events at hand have it, nothing is wrong.
        let own = try await match(foreign, #"{"detail-type": "bot.created"}"#)
        #expect(own.status == 1 && own.errors == "")
    }
}
