import ArgumentParser
import Domain
import Foundation
import Storage
import StorageSQLite

/// What a stored event costs at the door, so that an index more is seen here first.
struct AdmitBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "admit",
        abstract: "Measures how fast events are admitted to a SQLite store, durably.",
        discussion: """
            So many callers admit one event after the other to a fresh database in --directory,
            which is removed afterwards. Every event has a key of its own, and one of 20 000
            entities. Each row is one run.

            Example:
              copyhook-bench admit --directory /var/tmp --events 200000
            """)

    @Option(help: "Where the database is made; on the disk that is to be measured.")
    var directory: String

    @Option(help: "Events in a run.")
    var events = 200_000

    @Option(help: "Callers at once.")
    var callers = 256

    @Option(help: "How often it is done.")
    var runs = 3

    @Flag(help: "Print one JSON object a row instead of a table.")
    var json = false

    func validate() throws {
        guard events > 0, callers > 0, runs > 0 else {
            throw ValidationError("--events, --callers and --runs want numbers above 0.")
        }
    }

    func run() async throws {
        var output = FigureTable(asJSON: json)
        for number in 1...runs {
            standardError("admitting, run \(number)")
            output.add(try await measure("run \(number)"))
        }
        output.finish()
    }

    private func measure(_ name: String) async throws -> Figures {
        let path = directory + "/copyhook-bench-admit.sqlite"
        let files = ["", "-wal", "-shm", ".lock", ".reserve"].map { path + $0 }
        func clear() { for file in files { try? FileManager.default.removeItem(atPath: file) } }
        clear()
        defer { clear() }
        let store = try SQLiteStore.open(path: path)
        let began = ContinuousClock.now
        let took = try await withThrowingTaskGroup(of: [Double].self) { group in
            for caller in 0..<callers {
                group.addTask { [events, callers] in
                    var times: [Double] = []
                    for number in stride(from: caller, to: events, by: callers) {
                        let start = ContinuousClock.now
                        _ = try await store.admit(ListFill.event(number))
                        times.append((ContinuousClock.now - start) / .milliseconds(1))
                    }
                    return times
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        let seconds = (ContinuousClock.now - began) / .seconds(1)
        try await store.close()
        let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
        let sorted = took.sorted()
        var row = Figures(name)
        row.note("events/s", (Double(events) / seconds).rounded())
        row.note("p50 ms", sorted[sorted.count / 2])
        row.note("p99 ms", sorted[sorted.count * 99 / 100])
        row.note("file bytes/event", size.map { Double($0 / events) })
        return row
    }
}
