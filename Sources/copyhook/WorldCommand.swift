import App
import ArgumentParser
import Foundation
import Worlds

/// Whole worlds from seeds, as *How it is proven* tells.
struct WorldCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "world",
        abstract: "Lives through whole worlds that follow from seeds, and checks every promise.",
        discussion: """
            Each seed draws its own events, faults, crashes and people. The real rooms run
            in it, with simulators, a virtual clock and a store in memory. The same seed
            tells the same story every time, on any number of processors.

            A..B are the seeds from A up to, but not with, B: 0..10000 are ten thousand.

            Ends with 1 when a promise was broken, and prints how to see it again.

            Examples:
              copyhook simulate world --seeds 0..10000
              copyhook simulate world --seed 4711 --log
              copyhook simulate world --seeds 0..1000 --jobs 1
            """)

    @Option(help: ArgumentHelp("From A up to, but not with, B.", valueName: "A..B"))
    var seeds: SeedRange?

    @Option(help: "One world.")
    var seed: UInt64?

    @Flag(help: "With --seed: prints the story, each line with its virtual time.")
    var log = false

    @Option(help: "Worlds at a time; by default as many as there are processors.")
    var jobs = ProcessInfo.processInfo.activeProcessorCount

    @Flag(help: "Ends with the first world in which a promise is broken.")
    var untilBroken = false

    #if DEBUG
        @Option(help: "Breaks the service on purpose, to see that it is found out.")
        var bug: PlantedBug?

        private var sabotage: Sabotage { Sabotage(bug) }
        private var sabotageText: String { bug.map { " --bug \($0.rawValue)" } ?? "" }
    #else
        private var sabotage: Sabotage { .none }
        private var sabotageText: String { "" }
    #endif

    func validate() throws {
        guard (seeds == nil) != (seed == nil) else {
            throw ValidationError("Name either --seeds A..B or one --seed N.")
        }
        guard !log || seed != nil else {
            throw ValidationError("--log tells one story: name one --seed N.")
        }
        guard (1...1_024).contains(jobs) else {
            throw ValidationError("--jobs is from 1 to 1024.")
        }
    }

    func run() async throws {
        if let seed, log { return try await tell(seed) }
        let range = seeds?.range ?? seed.map { $0..<($0 + 1) } ?? 0..<0
        let began = Date()
        let line = ProgressLine()
        let summary = await Sweep(
            seeds: range, jobs: jobs, sabotage: sabotage, stopsAtTrouble: untilBroken
        ).run { summary in
            line.show(
                "\(summary.worlds) of \(range.count) worlds, "
                    + "\(summary.failures.count) with a broken promise")
        }
        line.clear()
        show(summary, after: Date().timeIntervalSince(began))
        for report in summary.failures { show(report) }
        guard summary.failures.isEmpty else { throw CommandFailure.failed("") }
    }

    private func tell(_ seed: UInt64) async throws {
        let report = await World(seed: seed, sabotage: sabotage, isDetailed: true).run()
        for line in report.story { standardOutput(line) }
        standardOutput(
            "seed \(seed): \(report.moments.count) lines, \(report.jobs) steps, digest "
                + hexadecimal(report.digest))
        for trouble in report.troubles { standardOutput("BROKEN \(trouble)") }
        guard report.troubles.isEmpty else { throw CommandFailure.failed("") }
    }

    private func show(_ summary: Sweep.Summary, after seconds: TimeInterval) {
        let counts = summary.counts
        let rate = Double(summary.worlds) / max(seconds, 0.001)
        let days = summary.duration.components.seconds / 86_400
        standardOutput(
            """
            \(summary.worlds) worlds in \(oneDigit(seconds)) s, \(oneDigit(rate)) a second, \
            \(jobs) at a time; \(days) days of virtual time
            met:  \(counts.crashes) crashes, \(counts.faults) faults, \(counts.jolts) jumps and \
            stalls, \(counts.intrusions) acts of strangers, \(counts.decisions) decisions of people
            made: \(counts.events) events, \(counts.tasks) tasks, \(counts.copies) copies, \
            \(counts.notifications) notifications
            steps: \(summary.jobs), at most \(summary.jobsMost) in one world
            digest: \(hexadecimal(summary.digest))
            """)
        let failed = summary.failures.count
        standardOutput(
            failed == 0
                ? Paint.standardOutput(.green, "every promise was kept")
                : Paint.standardOutput(.red, "\(failed) worlds with a broken promise"))
    }

    private func show(_ report: WorldReport) {
        standardOutput("\nseed \(report.seed):")
        for trouble in report.troubles.prefix(10) { standardOutput("  \(trouble)") }
        standardOutput(
            "  see it again: copyhook simulate world --seed \(report.seed) --log\(sabotageText)")
    }
}

#if DEBUG
    extension PlantedBug: ExpressibleByArgument {}
#endif

/// Seeds as they are written: `A..B`, without `B`.
struct SeedRange: ExpressibleByArgument {
    let range: Range<UInt64>

    init?(argument: String) {
        let parts = argument.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[1].isEmpty, let first = UInt64(parts[0]),
            let end = UInt64(parts[2]), first < end, end - first <= 1_000_000_000
        else { return nil }
        range = first..<end
    }
}

/// One line that is written over, where a person looks on.
private final class ProgressLine {
    private let isOn = isatty(STDERR_FILENO) == 1
    private var shownAt = Date.distantPast

    func show(_ text: String) {
        guard isOn, Date().timeIntervalSince(shownAt) > 0.2 else { return }
        shownAt = Date()
        StandardStream.error.write("\r\u{1B}[K\(text)")
    }

    func clear() {
        if isOn { StandardStream.error.write("\r\u{1B}[K") }
    }
}

private func hexadecimal(_ number: UInt64) -> String {
    let text = String(number, radix: 16)
    return String(repeating: "0", count: 16 - text.count) + text
}

private func oneDigit(_ number: Double) -> String {
    String(format: "%.1f", number)
}
