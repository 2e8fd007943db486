import Domain
import Pipeline
import Storage
import Synchronization

/// The events that wait for the store: so many at once, each so long.
///
/// A class, since everything that is delivered at one time stands in the same line.
final class WaitingLine: Sendable {
    /// Why an event was not stored, or not known to be.
    enum Trouble: Error {
        /// The line is full, so the store was not even asked.
        case full
        /// Not in time, with the last that was heard.
        case late(StorageError)
        case store(StorageError)
    }

    private typealias Errand = @Sendable () async -> Void

    private let limits: IntakeLimits
    private let time: TimeSource
    private let waiting = Mutex(0)
    /// Takes errands while somebody runs them.
    private let errands = Mutex<AsyncStream<Errand>.Continuation?>(nil)

    init(limits: IntakeLimits, time: TimeSource) {
        self.limits = limits
        self.time = time
    }

    /// Asks the store on behalf of those who wait, so that they can leave before it answers.
    ///
    /// A structured task cannot be left behind, so somebody else has to do it. Ends after the stop
    /// with the last errand.
    func run(until stop: StopSignal) async {
        let (stream, continuation) = AsyncStream<Errand>.makeStream()
        errands.withLock { $0 = continuation }
        await withDiscardingTaskGroup { group in
            group.addTask { [self] in
                await stop.wait()
                errands.withLock { $0 = nil }
                continuation.finish()
            }
            for await errand in stream {
                group.addTask { await errand() }
            }
        }
    }

    /// Stores the events of one request, all of them or none, unless the line is full or the store
    /// takes too long.
    ///
    /// However many they are, they have one place in the line.
    ///
    /// While ``run(until:)`` runs, the limit is exact, and the store may go on behind it: a repeat
    /// is then a repeat. Otherwise the store is cancelled and its last word awaited, and should
    /// that be that the event is on disk, it is as good as if it had come in time.
    func admit(
        _ batch: [Event], to events: any EventLog
    ) async throws(Trouble) -> [Admission] {
        guard enter() else { throw .full }
        let ticket = Ticket()
        let isHandedOver = handOver { [self] in
            ticket.fulfil(await Self.ask(events, to: batch))
            leave()
        }
        let (isLate, ended) = await race {
            isHandedOver ? await ticket.wait() : await Self.ask(events, to: batch)
        }
        if !isHandedOver { leave() }
        switch ended {
        case .success(let admissions): return admissions
        case .failure(let error): throw isLate ? .late(error) : .store(error)
        }
    }

    private func enter() -> Bool {
        waiting.withLock { waiting in
            guard waiting < limits.waitingMax else { return false }
            waiting += 1
            return true
        }
    }

    /// A place is taken until the store is done, even where nobody waits for it any more.
    private func leave() {
        waiting.withLock { $0 -= 1 }
    }

    private func handOver(_ errand: @escaping Errand) -> Bool {
        guard let errands = errands.withLock(\.self) else { return false }
        if case .enqueued = errands.yield(errand) { return true }
        return false
    }

    private static func ask(
        _ events: any EventLog, to batch: [Event]
    ) async -> Result<[Admission], StorageError> {
        do throws(StorageError) {
            // One alone goes the usual way: it is what comes all day.
            guard batch.count != 1 else { return .success([try await events.admit(batch[0])]) }
            return .success(try await events.admit(batch))
        } catch {
            return .failure(error)
        }
    }

    private func race(
        _ attempt: @escaping @Sendable () async -> Result<[Admission], StorageError>
    ) async -> (isLate: Bool, Result<[Admission], StorageError>) {
        // `nil` says that the time is over.
        await withTaskGroup(of: Result<[Admission], StorageError>?.self) { group in
            group.addTask { await attempt() }
            group.addTask { [time, limits] in
                try? await time.sleep(limits.waitMax)
                return nil
            }
            var isLate = false
            for await ended in group {
                group.cancelAll()
                guard let ended else {
                    isLate = true
                    continue
                }
                return (isLate, ended)
            }
            preconditionFailure("a group returns what each of its tasks returned")
        }
    }
}

/// What one errand brought, for the one who sent it.
private final class Ticket: Sendable {
    private let result = Mutex<Result<[Admission], StorageError>?>(nil)
    private let isReady = Nudge()

    func fulfil(_ result: Result<[Admission], StorageError>) {
        self.result.withLock { $0 = result }
        isReady.signal()
    }

    /// Returns with the result, or without one as soon as the task is cancelled.
    func wait() async -> Result<[Admission], StorageError> {
        await isReady.wait()
        return result.withLock { $0 }
            ?? .failure(StorageError(.unavailable, detail: "no answer from the store in time"))
    }
}
