import Foundation
import Rules
import StrictJSON
import Testing

/// `Mistakes.md`: what people get wrong, and every word that they are told.
@Suite struct MistakeTests {
    private struct Mistake {
        let title: String
        let pattern: String
        let said: String
    }

    private static let file = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "Mistakes.md")

    private static func read() throws -> (head: String, mistakes: [Mistake]) {
        let text = try String(contentsOf: file, encoding: .utf8)
        let parts = text.components(separatedBy: "\n## ")
        let mistakes = parts.dropFirst().map { part in
            let lines = part.components(separatedBy: "\n")
            func block(_ mark: String) -> String {
                lines.filter { $0.hasPrefix(mark) }.map { String($0.dropFirst(mark.count)) }
                    .joined(separator: "\n")
            }
            return Mistake(title: lines[0], pattern: block("    "), said: block("> "))
        }
        return (parts[0], mistakes)
    }

    private static func refusal(of pattern: String) -> PatternRefusal? {
        do throws(PatternRefusal) {
            _ = try Pattern(parsing: Array(pattern.utf8))
            return nil
        } catch {
            return error
        }
    }

    /// What the pattern is answered: its refusal, or what a second look finds.
    private static func answer(_ pattern: String) throws -> String {
        if let refusal = refusal(of: pattern) { return refusal.description }
        let findings = try Pattern(parsing: Array(pattern.utf8)).findings(for: EventShape())
        return findings.map(\.description).joined(separator: "\n")
    }

    /// With `COPYHOOK_TEST_RECORD` set, the file is written anew, to be read before it is kept.
    @Test func everyUsualMistakeIsAnsweredAsTheFileSays() throws {
        let (head, mistakes) = try Self.read()
        #expect(mistakes.count >= 30)
        var text = head
        for mistake in mistakes {
            let said = try Self.answer(mistake.pattern)
            #expect(said == mistake.said, "\(mistake.title)\n\(mistake.pattern)")
            let lines = mistake.pattern.isEmpty ? [] : mistake.pattern.components(separatedBy: "\n")
            text += "\n## \(mistake.title)\n\n" + lines.map { "    \($0)\n" }.joined()
            text += said.components(separatedBy: "\n").map { "\n> \($0)" }.joined() + "\n"
        }
        if ProcessInfo.processInfo.environment["COPYHOOK_TEST_RECORD"] != nil {
            try Data(text.utf8).write(to: Self.file)
        }
    }

    @Test func whatIsToBeWrittenInsteadIsAccepted() throws {
        var corrected = 0
        for mistake in try Self.read().mistakes {
            guard let correction = Self.refusal(of: mistake.pattern)?.correction else { continue }
            let pattern = (try? JSONValue(parsing: mistake.pattern)) ?? .null
            let mended = correction.applied(to: pattern).prettyText()
            #expect(Self.refusal(of: mended) == nil, "\(mistake.title)\n\(mended)")
            corrected += 1
        }
        print("mistakes: \(corrected) with a correction that is accepted")
        #expect(corrected >= 30)
    }
}
