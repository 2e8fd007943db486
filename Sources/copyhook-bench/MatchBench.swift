import ArgumentParser
import Rules
import StrictJSON

struct MatchBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "match",
        abstract: "Measures the matcher: events a second by rules, kinds, sizes and shapes.",
        discussion: """
            Each row is the median of five runs on one thread. Without files, patterns and \
            events of every kind are made up, always the same. Progress goes to standard error.

            A file of patterns holds one a line: the pattern itself, or {"id": …, "pattern": …}. \
            Where a file of the same name and .expect stands beside it, with one id a line, the \
            answer is held against it.

            Examples:
              copyhook-bench match
              copyhook-bench match --kind exact --kind mixed --rules 10000 --json
              copyhook-bench match --event event.json --patterns exact-100000.jsonl
            """)

    @Option(help: "Measure only this kind; may be given more than once.")
    var kind: [MatchWork.Kind] = []

    @Option(help: "Measure only with so many rules; may be given more than once.")
    var rules: [Int] = []

    @Option(help: "File with one event, instead of made-up ones.")
    var event: String?

    @Option(help: "File with patterns, one a line; may be given more than once.")
    var patterns: [String] = []

    @Option(help: "How long one of the five runs of a row lasts at least, in milliseconds.")
    var time = 200

    @Flag(help: "Print one JSON object a row instead of a table.")
    var json = false

    func validate() throws {
        guard (event == nil) == patterns.isEmpty else {
            throw ValidationError("--event and --patterns belong together.")
        }
        guard rules.allSatisfy({ $0 > 0 }), time > 0 else {
            throw ValidationError("--rules and --time want numbers above 0.")
        }
    }

    func run() throws {
        var output = FigureTable(asJSON: json)
        let meter = MatchMeter(runMilliseconds: time)
        if let event {
            for path in patterns {
                let work = try MatchWork(event: event, patterns: path)
                progress(work.name)
                output.add(try meter.measure(work))
            }
        } else {
            for work in MatchWork.matrix(kinds: kind, counts: rules) {
                progress(work.name)
                output.add(try meter.measure(work))
            }
            if kind.isEmpty, rules.isEmpty {
                progress("one rule more")
                for row in try meter.additions() { output.add(row) }
                for row in try meter.comparisons() { output.add(row) }
            }
        }
        output.finish()
    }

    private func progress(_ name: String) { standardError("measuring \(name)") }
}

extension MatchWork.Kind: ExpressibleByArgument {}
