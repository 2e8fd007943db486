import Synchronization

/// Many worlds, several at a time.
///
/// Each is by itself, so that how many run at once changes nothing of what any of them tells.
package struct Sweep: Sendable {
    package let seeds: Range<UInt64>
    /// How many at once; more than there are processors gains nothing.
    package let jobs: Int
    private let sabotage: Sabotage
    private let stopsAtTrouble: Bool

    /// - Parameter stopsAtTrouble: Whether no world is begun any more once one has failed.
    package init(
        seeds: Range<UInt64>, jobs: Int, sabotage: Sabotage = .none, stopsAtTrouble: Bool = false
    ) {
        precondition(jobs > 0)
        self.seeds = seeds
        self.jobs = jobs
        self.sabotage = sabotage
        self.stopsAtTrouble = stopsAtTrouble
    }

    /// Runs them all.
    ///
    /// - Parameter progress: Hears of each world that ended, one at a time, in no special order.
    package func run(progress: (Summary) -> Void = { _ in }) async -> Summary {
        await withTaskGroup(of: WorldReport.self) { group in
            var rest = seeds
            func begin() {
                guard let seed = rest.popFirst() else { return }
                group.addTask { [sabotage] in
                    var report = await World(seed: seed, sabotage: sabotage).run()
                    // Of ten thousand stories nobody reads one.
                    report.moments = []
                    return report
                }
            }
            for _ in 0..<jobs { begin() }
            var summary = Summary()
            while let report = await group.next() {
                summary.add(report)
                progress(summary)
                if !stopsAtTrouble || summary.failures.isEmpty { begin() }
            }
            return summary
        }
    }

    /// What became of all of them.
    package struct Summary: Sendable {
        package private(set) var worlds = 0
        package private(set) var counts = WorldCounts()
        package private(set) var jobs = 0
        /// The most that one world took.
        package private(set) var jobsMost = 0
        package private(set) var duration: Duration = .zero
        /// The same for the same seeds, whatever their order.
        package private(set) var digest: UInt64 = 0
        /// Those in which a promise was broken, in the order of their seeds.
        package private(set) var failures: [WorldReport] = []

        mutating func add(_ report: WorldReport) {
            worlds += 1
            counts += report.counts
            jobs += report.jobs
            jobsMost = max(jobsMost, report.jobs)
            duration += report.duration
            var mixed = Digest()
            mixed.add(report.seed)
            mixed.add(report.digest)
            digest ^= mixed.value
            guard !report.troubles.isEmpty else { return }
            let place = failures.firstIndex { $0.seed > report.seed } ?? failures.endIndex
            failures.insert(report, at: place)
        }
    }
}
