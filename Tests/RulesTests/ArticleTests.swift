import Foundation
import Rules
import StrictJSON
import Testing

/// The article from which people learn the language: what it says of its patterns is so.
@Suite struct ArticleTests {
    private static func sections() throws -> [String] {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
            .appending(path: "Sources/Domain/Domain.docc/The-pattern-language.md")
        return try String(contentsOf: file, encoding: .utf8).components(separatedBy: "\n## ")
    }

    private static func section(_ title: String) throws -> String {
        try #require(try sections().first { $0.hasPrefix(title + "\n") })
    }

    /// The blocks of JSON of a section.
    private static func blocks(_ title: String) throws -> [JSONValue] {
        try section(title).components(separatedBy: "```json\n").dropFirst().map { text in
            try JSONValue(parsing: text.components(separatedBy: "```")[0])
        }
    }

    private static func event() throws -> JSONValue {
        try #require(try blocks("One event").first)
    }

    @Test func theTwentyPatternsMatchTheEvent() throws {
        let event = try Self.event()
        let patterns = try Self.blocks("Twenty patterns")
        #expect(patterns.count == 20)
        for pattern in patterns {
            let compiled = try Pattern(parsing: pattern)
            #expect(compiled.matches(event), "\(compiled.explain(event))")
            let findings = compiled.findings(for: EventShape(sources: ["coze-main"]))
            #expect(findings.isEmpty, "\(findings)")
        }
    }

    /// One list of tests at a time is turned into what the event does not have; branches of one
    /// `$or` together, since one of them is enough.
    @Test func noPatternMatchesOnceWhatItAsksForIsChanged() throws {
        let event = try Self.event()
        var changed = 0
        for pattern in try Self.blocks("Twenty patterns") {
            for altered in Self.alterations(of: pattern) {
                let compiled = try Pattern(parsing: altered)
                #expect(!compiled.matches(event), "\(altered.prettyText())")
                changed += 1
            }
        }
        #expect(changed == 27)
    }

    @Test func everyKindOfTestIsInThePatterns() throws {
        let text = try Self.section("Twenty patterns")
        for name in [
            "prefix", "suffix", "equals-ignore-case", "wildcard", "anything-but", "numeric",
            "exists", "cidr", "$or",
        ] {
            #expect(text.contains("\"\(name)\":"), "\(name)")
        }
    }

    @Test func theMistakesAreAnsweredWithWhatWasMeant() throws {
        let rows = try Self.section("The usual mistakes").components(separatedBy: "\n")
            .filter { $0.hasPrefix("| `") }
            .map { $0.components(separatedBy: "`") }
        #expect(rows.count == 11)
        for row in rows {
            let (written, meant) = (row[1], try JSONValue(parsing: row[3]))
            #expect(try Pattern(parsing: meant).findings(for: EventShape()).isEmpty, "\(row[3])")
            do throws(PatternRefusal) {
                let findings = try Pattern(parsing: Array(written.utf8))
                    .findings(for: EventShape())
                #expect(!findings.isEmpty, "\(written)")
            } catch {
                let mended = error.correction?.applied(to: try JSONValue(parsing: written))
                #expect(mended == meant, "\(written)\n\(error)")
            }
        }
    }

    @Test func theBoundsAreThoseOfTheCode() throws {
        let text = try Self.section("Fine print")
        for bound in [
            "\(Pattern.Limits.bytesMax >> 10) KiB of text",
            "\(Pattern.Limits.depthMax) objects inside one another", "10 000 tests",
            "\(Pattern.Limits.fieldsMax) fields", "1 000 combinations", "20 000 conditions",
        ] {
            #expect(text.replacing("\n", with: " ").contains(bound), "\(bound)")
        }
        #expect(Pattern.Limits.testsMax == 10_000 && Pattern.Limits.alternativesMax == 1_000)
        #expect(Pattern.Limits.conditionsMax == 20_000)
    }

    // MARK: - Changing what is asked for

    private static func alterations(of value: JSONValue) -> [JSONValue] {
        switch value {
        case .array(let tests):
            return [.array(tests.map(altered))]
        case .object(let object):
            return object.members.flatMap { member -> [JSONValue] in
                var values = alterations(of: member.value)
                if member.key == "$or", let branches = member.value.array {
                    values = [.array(branches.map { alterations(of: $0)[0] })]
                }
                return values.map { value in
                    var object = object
                    object[member.key] = value
                    return .object(object)
                }
            }
        default: return []
        }
    }

    private static func altered(_ test: JSONValue) -> JSONValue {
        switch test {
        case .null: return true
        case .bool(let bool): return .bool(!bool)
        case .number: return 1_000_000
        case .string(let text): return .string(text + "☒")
        case .array: return test
        case .object(let object):
            guard let operation = object.members.first else { return test }
            return [operation.key: operand(operation.key, operation.value)]
        }
    }

    private static func operand(_ name: String, _ operand: JSONValue) -> JSONValue {
        switch (name, operand) {
        case ("exists", .bool(let bool)): return .bool(!bool)
        case ("suffix", .string(let text)): return .string("☒" + text)
        case ("cidr", _): return "192.0.2.0/24"
        case ("numeric", _): return [">", 1_000_000]
        // What is excluded is made to be what the event has.
        case ("anything-but", .array): return ["7481"]
        case ("anything-but", _): return ["prefix": ["bot."]]
        default: return .string((operand.string ?? "") + "☒")
        }
    }
}
