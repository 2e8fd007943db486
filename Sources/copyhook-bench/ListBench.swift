import ArgumentParser
import Domain
import Foundation
import Storage
import StorageSQLite

/// How long a person waits for a page, by each filter.
struct ListBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lists",
        abstract: "Measures how fast lists are found in a large SQLite store.",
        discussion: """
            A database in --directory is filled with so many events, as many copy tasks and twice
            as many deliveries, through the store itself, and removed afterwards. Then each list
            is asked with each filter, for values that are common and values that are rare, for
            the first page and for one in the middle of the list, --draws times each.

            Examples:
              copyhook-bench lists --directory /var/tmp --events 100000
              copyhook-bench lists --directory /var/tmp --keep --json
            """)

    @Option(help: "Where the database is made; 5 GB for 1 000 000 events.")
    var directory: String

    @Option(help: "Events in the store.")
    var events = 1_000_000

    @Option(help: "How often each question is asked.")
    var draws = 200

    @Flag(help: "Leave the database there, and use one that was left there.")
    var keep = false

    @Flag(help: "Print one JSON object a row instead of a table.")
    var json = false

    func validate() throws {
        guard events >= 1_000, draws > 0 else {
            throw ValidationError("--events wants 1000 or more, --draws a number above 0.")
        }
    }

    func run() async throws {
        let path = directory + "/copyhook-bench-lists-\(events).sqlite"
        defer { if !keep { remove(path) } }
        if !keep { remove(path) }
        var output = FigureTable(asJSON: json)
        let store = try SQLiteStore.open(path: path)
        if try await store.census() == Census() {
            output.add(try await filling(store, path))
        }
        for question in ListQuestion.all(events: events) {
            standardError("asking \(question.name)")
            output.add(try await measure(question, store))
        }
        try await store.close()
        output.finish()
    }

    private func remove(_ path: String) {
        for file in ["", "-wal", "-shm", ".lock", ".reserve"] {
            try? FileManager.default.removeItem(atPath: path + file)
        }
    }

    private func filling(_ store: SQLiteStore, _ path: String) async throws -> Figures {
        let began = ContinuousClock.now
        try await ListFill.fill(store, events: events)
        standardError("stored in \(ContinuousClock.now - began)")
        let size = try bytes(path)
        let indexing = ContinuousClock.now
        while try await store.makeFindable() {}
        let took = (ContinuousClock.now - indexing) / .seconds(1)
        var row = Figures("index on text, s in all and bytes/row")
        row.note("rows", events * 4)
        row.note("p50 ms", nil as Double?)
        row.note("p99 ms", took)
        row.note("max ms", Double(try bytes(path) - size) / Double(events * 4))
        standardError("index on text: \(took) s, \(try bytes(path) - size) bytes of \(size)")
        return row
    }

    private func bytes(_ path: String) throws -> Int {
        try ["", "-wal"].reduce(0) { sum, suffix in
            let attributes = try FileManager.default.attributesOfItem(atPath: path + suffix)
            return sum + (attributes[.size] as? Int ?? 0)
        }
    }

    private func measure(_ question: ListQuestion, _ store: SQLiteStore) async throws -> Figures {
        var times: [Double] = []
        var rows = 0
        for draw in 0..<draws {
            let began = ContinuousClock.now
            rows += try await question.ask(store, draw)
            times.append((ContinuousClock.now - began) / .milliseconds(1))
        }
        times.sort()
        var row = Figures(question.name)
        row.note("rows", rows / draws)
        row.note("p50 ms", times[times.count / 2])
        row.note("p99 ms", times[times.count * 99 / 100])
        row.note("max ms", times[times.count - 1])
        return row
    }
}
