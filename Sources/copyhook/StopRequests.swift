import Foundation
import Pipeline
import UnixSignals

/// SIGTERM and SIGINT while something runs: the first asks softly, the second ends the process.
enum StopRequests {
    /// - Parameter note: Hears of each request before it is carried out.
    static func raising<Value: Sendable>(
        _ stop: StopSignal,
        note: @escaping @Sendable (_ signal: UnixSignal, _ isFirst: Bool) -> Void = { _, _ in },
        while work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        return try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await work() }
            group.addTask {
                for await signal in signals {
                    note(signal, !stop.isRaised)
                    if stop.isRaised { exit(1) }
                    stop.raise()
                }
                return nil
            }
            defer { group.cancelAll() }
            while let value = try await group.next() {
                if let value { return value }
            }
            throw CancellationError()
        }
    }
}

/// The variables that this process was started with.
enum ProcessEnvironment {
    static var current: [String: String] { ProcessInfo.processInfo.environment }
}
