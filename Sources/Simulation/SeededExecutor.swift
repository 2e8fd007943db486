import Synchronization

/// Runs tasks one at a time on the calling thread, in an order that follows from a seed.
///
/// Only structured tasks stay on it: `Task {}` and `Task.detached` escape to the global executor,
/// and with them the replay of a seed. Tried on Swift 6.3.1: a seed gives the same order in every
/// process.
package final class SeededExecutor: TaskExecutor {
    private struct State: ~Copyable {
        var ready: [UnownedJob] = []
        var generator: SeededGenerator
    }

    private let state: Mutex<State>

    package init(seed: UInt64) {
        self.state = Mutex(State(generator: SeededGenerator(seed: seed)))
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        state.withLock { $0.ready.append(job) }
    }

    /// Runs ready jobs until none is left, or `limit` of them.
    ///
    /// Stopping short and dropping the executor is how a simulation crashes a node: what was not
    /// run never happens.
    ///
    /// - Returns: How many jobs were run.
    @discardableResult
    package func runUntilIdle(limit: Int = .max) -> Int {
        var count = 0
        while count < limit, let job = next() {
            job.runSynchronously(on: asUnownedTaskExecutor())
            count += 1
        }
        return count
    }

    private func next() -> UnownedJob? {
        state.withLock { state in
            guard !state.ready.isEmpty else { return nil }
            let index = Int.random(in: 0..<state.ready.count, using: &state.generator)
            return state.ready.remove(at: index)
        }
    }
}
