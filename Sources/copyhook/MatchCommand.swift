import ArgumentParser
import Rules
import StrictJSON

struct MatchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "match",
        abstract: "Tells which events one pattern matches.",
        discussion: """
            Prints "match" or "no" for each event, in order. Exit code 0 when all match, 1
            when one does not, 2 when the pattern or an event is refused; of such an event
            only its line is told. What the pattern says and hardly means is warned of.

            The language: Sources/Domain/Domain.docc/The-pattern-language.md

            Examples:
              copyhook match --pattern pattern.json --events event.json
              copyhook match --pattern pattern.json --events - < events.jsonl
              copyhook match --pattern pattern.json --events event.json --explain
            """)

    @Option(help: "File with one pattern, JSON.")
    var pattern: String

    @Option(help: "File with one event, or one a line; - is standard input.")
    var events: String

    @Flag(help: "Say for each event which test was passed and which was not.")
    var explain = false

    func run() throws {
        let pattern = try readPattern()
        warn(of: pattern.findings(for: nil))
        let evaluator = PatternEvaluator(pattern)
        var allMatch = true
        var isAnyMatched = false
        var names: Set<String> = []
        var isRefused = false
        for event in EventLines(try InputFile.read(events)) {
            do throws(JSONRefusal) {
                let value = try JSONValue(eventParsing: event.bytes)
                let isMatch = evaluator.matches(value)
                print(isMatch ? "match" : "no")
                if explain { print(evaluator.explain(value)) }
                allMatch = allMatch && isMatch
                isAnyMatched = isAnyMatched || isMatch
                for member in value.object?.members ?? [] {
                    names.formUnion(Self.names(in: member))
                }
            } catch {
                isRefused = true
                let line = event.line + error.line - 1
                standardError(
                    "\(InputFile.name(of: events)):\(line):\(error.column): \(error.detail)")
            }
        }
        if isRefused {
            throw CommandFailure.badUsage(
                "", "Each event is one JSON object: alone in its file, or one a line.")
        }
        if !isAnyMatched { warn(of: pattern.findings(missingIn: names)) }
        guard allMatch else { throw ExitCode(1) }
    }

    /// A field, and the fields in it.
    private static func names(in member: JSONObject.Member) -> [String] {
        if member.key.contains(".") {
            let steps = member.key.split(separator: ".", omittingEmptySubsequences: false)
            return ["\(steps[0]).*"]
        }
        switch member.value {
        case .object(let object): return [member.key] + object.keys.map { "\(member.key).\($0)" }
        case .array: return [member.key, "\(member.key).*"]
        default: return [member.key]
        }
    }

    private func warn(of findings: [PatternFinding]) {
        for finding in findings {
            standardError("warning: \(InputFile.name(of: pattern)): \(finding)")
        }
    }

    private func readPattern() throws -> Pattern {
        let bytes = try InputFile.read(pattern)
        do throws(PatternRefusal) {
            return try Pattern(parsing: bytes)
        } catch {
            throw CommandFailure.badUsage("\(InputFile.name(of: pattern)): \(error)")
        }
    }
}

/// The events in a text: the whole of it where it is one JSON value, otherwise one a line.
struct EventLines: Sequence {
    struct Line {
        /// Where it starts in the text, from 1.
        let line: Int
        let bytes: [UInt8]
    }

    private let lines: [Line]

    init(_ text: [UInt8]) {
        let lineFeed = UInt8(ascii: "\n")
        let split = text.split(separator: lineFeed, omittingEmptySubsequences: false)
            .enumerated()
            .map { Line(line: $0.offset + 1, bytes: Array($0.element)) }
            .filter { !$0.bytes.allSatisfy(\.isBlank) }
        // A value that spans lines is broken after its first line; one a line is whole there.
        let isOneALine =
            split.count > 1
            && (try? JSONValue(parsing: split[0].bytes, limits: .match)) != nil
        lines = isOneALine ? split : [Line(line: 1, bytes: text)]
    }

    func makeIterator() -> Array<Line>.Iterator { lines.makeIterator() }
}

extension UInt8 {
    fileprivate var isBlank: Bool {
        self == UInt8(ascii: " ") || self == UInt8(ascii: "\t") || self == UInt8(ascii: "\r")
    }
}
