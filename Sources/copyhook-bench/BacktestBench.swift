import Administration
import ArgumentParser
import Domain
import Foundation
import Logging
import Rules
import Storage
import StorageSQLite
import StrictJSON

/// How long it takes to hold a change of a rule against everything that came in.
struct BacktestBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backtest",
        abstract: "Measures how long a rule is tested against stored events.",
        discussion: """
            Goes through the events of a SQLite database page by page, as the API does. A file
            that is not there is made and filled with --events made-up ones.

            Example:
              copyhook-bench backtest --database /var/tmp/bench.sqlite --events 1000000
            """)

    @Option(help: "The database; one that no service uses.")
    var database: String

    @Option(help: "Events that a new database is filled with.")
    var events = 1_000_000

    @Flag(help: "Print one JSON object a row instead of a table.")
    var json = false

    private static let rule = "tested"

    /// The rule in force, and what it may become.
    private static let patterns: (before: JSONValue, after: [(name: String, JSONValue)]) = (
        ["type": ["bot.published"]],
        [
            ("another type", ["type": ["bot.updated"]]),
            ("narrower", ["type": ["bot.published"], "source": ["coze-lab"]]),
            ("prefix", ["type": [["prefix": "bot."]]]),
            (
                "inside the body",
                ["data": ["event": ["operator": ["name": [["wildcard": "*Okafor"]]]]]]
            ),
        ]
    )

    func run() async throws {
        let store = try SQLiteStore.open(path: database)
        if try await store.eventCount(in: Period()) == 0 { try await fill(store) }
        let destinations = DestinationBook()
        let log = Logger(label: "bench", factory: { _ in SwiftLogNoOpLogHandler() })
        let administration = Administrator(
            store: store, book: RuleBook(), fileRules: [],
            destinations: destinations, desks: .fixed(destinations, log: log),
            time: TimeSource(
                now: { ListFill.start }, elapsed: { .zero }, sleep: { _ in }),
            chance: Chance { 7 }, rehearse: { _, _ in MatchOutcome() },
            publish: { _, _, _ in [] }, tryEndpoint: { _ in .nothing }, log: log)
        try await administration.desk.rebuild()
        let who = Principal(id: "bench", name: "bench", scopes: [.admin])
        _ = try await administration.applyRules(
            RuleApplication(rules: [Self.rule: ["match": Self.patterns.before]], isPruning: true),
            by: who)
        var output = FigureTable(asJSON: json)
        for (name, pattern) in Self.patterns.after {
            standardError("testing \(name)")
            output.add(try await measure(name, pattern, administration))
        }
        output.finish()
        try await store.close()
    }

    private func fill(_ store: SQLiteStore) async throws {
        let batch = 1_000
        for start in stride(from: 0, to: events, by: batch) {
            if start % 100_000 == 0 { standardError("filling: \(start) of \(events)") }
            let end = min(start + batch, events)
            _ = try await store.admit((start..<end).map(ListFill.event))
        }
    }

    private func measure(
        _ name: String, _ pattern: JSONValue, _ administration: Administrator
    ) async throws -> Figures {
        let began = ContinuousClock.now
        var slowest = Duration.zero
        var examined: Int64 = 0
        var counts: [Int64] = [0, 0, 0]
        var cursor: String?
        repeat {
            var wish: JSONObject = ["definition": ["match": pattern]]
            if let cursor { wish["cursor"] = .string(cursor) }
            let start = ContinuousClock.now
            let answer = try await administration.backtest(
                Self.rule,
                try BacktestWish(
                    parsing: JSONValue.object(wish).bytes(), now: administration.now))
            slowest = max(slowest, ContinuousClock.now - start)
            examined += answer["examined"]?.number?.int64 ?? 0
            let found = [answer["gained"]?["count"], answer["lost"]?["count"], answer["same"]]
            counts = zip(counts, found).map { $0 + ($1?.number?.int64 ?? 0) }
            cursor = answer["next"]?.string
        } while cursor != nil
        let seconds = (ContinuousClock.now - began) / .seconds(1)
        var row = Figures(name)
        row.note("events", Int(examined))
        row.note("seconds", seconds)
        row.note("events/s", (Double(examined) / seconds).rounded())
        row.note("slowest page ms", slowest / .milliseconds(1))
        for (name, count) in zip(["gained", "lost", "same"], counts) { row.note(name, Int(count)) }
        return row
    }
}
