import Foundation
import StrictJSON
import Testing

/// `copyhook-bench` and `copyhook-fuzz`: that they measure and look at all, not what they find.
@Suite struct BenchTests {
    private static let figures = [
        "name", "event_bytes", "rules", "matches", "events/s", "MB/s", "allocations/event",
        "engine_bytes/rule", "heap_bytes/rule", "text_bytes/rule", "compile_s", "add_one_ms",
    ]

    private func bench(
        _ arguments: [String], in scratch: ScratchDirectory? = nil
    ) async throws -> (status: Int32, output: String, errors: String) {
        try await BuiltBinary.run(
            ["match", "--time", "1"] + arguments, program: "copyhook-bench",
            directory: scratch?.url.path(), limit: .seconds(120))
    }

    @Test func aRowHasEveryFigure() async throws {
        let said = try await bench([
            "--kind", "exact", "--kind", "mixed", "--rules", "50", "--json",
        ])
        #expect(said.status == 0, "\(said.errors)")
        let rows = try said.output.split(separator: "\n").map {
            try JSONValue(parsing: Array($0.utf8))
        }
        #expect(rows.map { $0["name"]?.string } == ["exact, 50 rules", "mixed, 50 rules"])
        for row in rows {
            #expect(row.object?.members.map(\.key) == Self.figures)
            #expect((row["events/s"]?.number?.double ?? 0) > 0)
            #expect(row["matches"]?.number?.int64 == 1)
        }
    }

    @Test func filesAreReadAndAWrongAnswerIsNotMeasured() async throws {
        let scratch = try ScratchDirectory()
        try scratch.write(#"{"type":"bot.published","n":3}"#, to: "event.json")
        let patterns = [
            #"{"id":"a","pattern":{"type":["bot.published"]}}"#,
            #"{"id":"b","pattern":{"n":[4]}}"#,
            #"{"id":"c","pattern":{"n":[{"numeric":[">",2]}]}}"#,
        ]
        try scratch.write(patterns.joined(separator: "\n") + "\n", to: "p.jsonl")
        try scratch.write("a\nc\n", to: "p.jsonl.expect")
        let files = ["--event", "event.json", "--patterns", "p.jsonl"]
        let said = try await bench(files, in: scratch)
        #expect(said.status == 0, "\(said.errors)")
        let lines = said.output.split(separator: "\n")
        #expect(lines.count == 2 && lines[0].hasPrefix("what ") && lines[1].hasPrefix("p.jsonl "))

        try scratch.write("a\nb\n", to: "p.jsonl.expect")
        let wrong = try await bench(files, in: scratch)
        #expect(wrong.status == 1 && wrong.output == "")
        #expect(wrong.errors.contains("p.jsonl: event 0 has another answer"), "\(wrong.errors)")

        try scratch.write(patterns[0] + "\n" + #"{"n":[3]}"# + "\n", to: "p.jsonl")
        let bare = try await bench(files, in: scratch)
        #expect(bare.status == 1 && bare.output == "")
        #expect(bare.errors.contains("line 2 is not"), "\(bare.errors)")

        try scratch.write(#"{"n":3}"# + "\n", to: "bad.jsonl")
        let bad = try await bench(
            ["--event", "event.json", "--patterns", "bad.jsonl"], in: scratch)
        #expect(bad.status == 1 && bad.errors.contains("bad.jsonl, pattern 1: "), "\(bad.errors)")
    }

    @Test func everyListIsAskedByEveryFilter() async throws {
        let scratch = try ScratchDirectory()
        let said = try await BuiltBinary.run(
            [
                "lists", "--directory", scratch.url.path(), "--events", "1000", "--draws", "2",
                "--json",
            ], program: "copyhook-bench", limit: .seconds(120))
        #expect(said.status == 0, "\(said.errors)")
        let rows = try said.output.split(separator: "\n").map {
            try JSONValue(parsing: Array($0.utf8))
        }
        let names = rows.compactMap { $0["name"]?.string }
        for name in [
            "events, entity, rare, deep page", "events, text: 客服, first page",
            "tasks, workspace, common, first page", "deliveries, since and until, deep page",
            "stats: counts by state",
        ] {
            #expect(names.contains(name), "\(name)")
        }
        let pages = rows.filter { $0["name"]?.string?.hasSuffix("common, first page") == true }
        #expect(pages.count > 8 && pages.allSatisfy { ($0["rows"]?.number?.double ?? 0) > 0 })
        let left = try FileManager.default.contentsOfDirectory(atPath: scratch.url.path())
        #expect(left == [], "the database is gone")
        let admitted = try await BuiltBinary.run(
            [
                "admit", "--directory", scratch.url.path(), "--events", "50", "--runs", "1",
                "--json",
            ],
            program: "copyhook-bench", limit: .seconds(120))
        #expect(admitted.output.contains("\"events/s\":"), "\(admitted.errors)")
    }

    @Test func oneSeedIsLookedAtAgain() async throws {
        let arguments = ["--seed", "7", "--rounds", "3"]
        let said = try await BuiltBinary.run(arguments, program: "copyhook-fuzz")
        #expect(said.status == 0, "\(said.output)\(said.errors)")
        #expect(said.output.contains("fuzz: 3 rounds, "))
        let again = try await BuiltBinary.run(arguments, program: "copyhook-fuzz")
        #expect(again.output == said.output)
    }
}
