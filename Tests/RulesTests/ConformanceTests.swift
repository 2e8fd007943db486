import Foundation
import Rules
import StrictJSON
import Testing

// The recorded behaviour of the implementation whose language this is. Cases in which we differ
// on purpose are listed by the letter of the difference and counted; a change in a count is a
// change in the language.

private enum Recorded {
    static let folder = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "shared/conformance")

    static var areThere: Bool { FileManager.default.fileExists(atPath: folder.path()) }

    /// The rows of a file.
    static func rows(_ name: String) throws -> [JSONValue] {
        try Data(contentsOf: folder.appending(path: name)).split(separator: 0x0A).map {
            try JSONValue(parsing: Array($0), limits: .match)
        }
    }
}

/// For all tests of this file: without the recordings they are skipped, and say so.
private let recordings = ConditionTrait.enabled(
    if: Recorded.areThere, "the recordings, shared/conformance, are not beside the package")

/// What the engine says, alone with one pattern.
private func engine(_ pattern: Pattern, _ event: JSONValue) -> Bool {
    RuleSet([(0, pattern)]).matches(checked: event.bytes()) == [0]
}

private func refusal(of pattern: String) -> PatternRefusal? {
    do throws(PatternRefusal) {
        _ = try Pattern(parsing: Array(pattern.utf8))
        return nil
    } catch {
        return error
    }
}

@Test(recordings) func everyRecordedCaseOfCorrectnessHolds() throws {
    let rows = try Recorded.rows("event-ruler-correctness.jsonl")
    #expect(rows.count == 51)
    for row in rows {
        let pattern = try Pattern(parsing: try #require(row["rule"]))
        let event = try #require(row["event"])
        let name = row["name"]?.string ?? ""
        #expect(pattern.matches(event) == row["expect"]?.bool, "\(name)")
        #expect(pattern.explain(event).isMatch == row["expect"]?.bool, "\(name)")
        #expect(engine(pattern, event) == row["expect"]?.bool, "\(name)")
    }
    print("correctness: \(rows.count) rows, no exceptions")
}

// MARK: - Validity

@Test(recordings) func everyRecordedVerdictOnAPatternHolds() throws {
    let rows = try Recorded.rows("event-ruler-validity.jsonl")
    #expect(rows.count == 152)
    var exceptions: [String: Int] = [:]
    for row in rows {
        let text = try #require(row["rule"]?.string)
        let isValid = row["valid"] == true
        let refusal = refusal(of: text)
        if (refusal == nil) == isValid { continue }
        if !isValid, row["err"]?.string?.hasPrefix("Cannot compare number") == true {
            // Beyond the range of a double; ours are exact decimals.
            exceptions["d", default: 0] += 1
        } else {
            Issue.record(
                "\(text)\nvalid \(isValid), \(row["err"]?.string ?? "no error")\n\(refusal as Any)")
        }
    }
    print("validity: \(rows.count) rows, exceptions \(exceptions)")
    #expect(exceptions == ["d": 6])
}

// MARK: - Sequences

@Test(recordings) func everyRecordedSequenceHolds() throws {
    let rows = try Recorded.rows("event-ruler-sequences.jsonl")
    #expect(rows.count == 2798)
    var exceptions: [String: Int] = [:]
    for row in rows {
        let run = try Sequence(row)
        let expected = Set((row["expect"]?.array ?? []).compactMap(\.string))
        if let letter = run.letter, run.answer != expected {
            exceptions[letter, default: 0] += 1
        } else {
            #expect(run.answer == expected, "\(row.prettyText())")
        }
    }
    print("sequences: \(rows.count) rows, exceptions \(exceptions)")
    #expect(exceptions == ["e": 5, "delete": 8])
}

/// What our rule set says after the additions and deletions of a row.
private struct Sequence {
    var answer: Set<String>?
    /// The difference that this row falls under.
    var letter: String?

    init(_ row: JSONValue) throws {
        var rules: [(name: String, text: String, pattern: Pattern)] = []
        for step in row["ops"]?.array ?? [] {
            let (verb, name) = (step[0]?.string, try #require(step[1]?.string))
            let text = try #require(step[2]?.string)
            if verb == "delete" {
                guard let place = rules.firstIndex(where: { $0.name == name && $0.text == text })
                else {
                    letter = "delete"
                    continue
                }
                rules.remove(at: place)
                continue
            }
            do throws(PatternRefusal) {
                rules.append((name, text, try Pattern(parsing: Array(text.utf8))))
            } catch {
                if error.what.contains("twice") || error.what.contains("may stand once") {
                    letter = "e"
                } else {
                    Issue.record("\(text)\n\(error)")
                }
            }
        }
        let event = Array(try #require(row["event"]?.string).utf8)
        do throws(JSONRefusal) {
            let set = RuleSet(rules.enumerated().map { ($0.offset, $0.element.pattern) })
            answer = Set(try set.matches(document: event).map { rules[$0].name })
        } catch {
            letter = error.code == .doubledKey ? "h" : error.code.rawValue
        }
    }
}

// MARK: - Values

@Test(recordings) func everyRecordedVerdictOnAValueHolds() throws {
    let rows = try Recorded.rows("event-ruler-values.jsonl")
    #expect(rows.count == 1595)
    var count = 0
    for row in rows {
        let (kind, operand, raw) = (
            row[0]?.string ?? "", row[1]?.string ?? "", row[2]?.string ?? ""
        )
        let test = try #require(recordedTest(kind, operand), "\(row)")
        let asksForNumber = kind == "NUMERIC_EQ" || kind == "ANYTHING_BUT"
        let number = asksForNumber ? JSONNumber(text: raw) : nil
        let value: JSONValue = number.map { .number($0) } ?? .string(raw)
        let pattern = try Pattern(parsing: ["x": [test]])
        #expect(pattern.matches(["x": value]) == row[3]?.bool, "\(row)")
        #expect(engine(pattern, ["x": value]) == row[3]?.bool, "\(row)")
        count += 1
    }
    print("values: \(count) rows, no exceptions")
}

/// The operator of ours that a recorded kind and its operand stand for.
private func recordedTest(_ kind: String, _ operand: String) -> JSONValue? {
    let list = operand.dropFirst().dropLast().split(separator: ", ").map { item -> JSONValue in
        recordedNumber(String(item)).map { .number($0) } ?? .string(String(item))
    }
    switch kind {
    case "EXACT": return .string(operand)
    case "EXISTS": return ["exists": true]
    case "PREFIX": return ["prefix": .string(operand)]
    // Recorded back to front.
    case "SUFFIX": return ["suffix": .string(String(operand.reversed()))]
    case "EQUALS_IGNORE_CASE": return ["equals-ignore-case": .string(operand)]
    case "PREFIX_EQUALS_IGNORE_CASE":
        return ["prefix": ["equals-ignore-case": .string(operand)]]
    case "SUFFIX_EQUALS_IGNORE_CASE":
        return ["suffix": ["equals-ignore-case": .string(String(operand.reversed()))]]
    case "WILDCARD": return ["wildcard": .string(operand)]
    case "ANYTHING_BUT": return ["anything-but": .array(list)]
    case "ANYTHING_BUT_PREFIX": return ["anything-but": ["prefix": .array(list)]]
    case "ANYTHING_BUT_SUFFIX":
        let reversed = list.map { JSONValue.string(String(($0.string ?? "").reversed())) }
        return ["anything-but": ["suffix": .array(reversed)]]
    case "NUMERIC_EQ": return recordedNumber(operand).map { ["numeric": ["=", .number($0)]] }
    default: return nil
    }
}

/// Numbers are recorded as the 63 bits of a positive double below its sign, seven bits a
/// character, behind a mark.
private func recordedNumber(_ text: String) -> JSONNumber? {
    let digits = text.utf8.drop { $0 == 0x7F }.prefix(9)
    guard digits.count == 9, digits.first == 0x40 || digits.first == 0x3F else { return nil }
    return JSONNumber(Double(bitPattern: digits.reduce(0) { $0 << 7 | UInt64($1) }))
}
