import Dispatch
import Foundation
import Pipeline

/// SIGTERM and SIGINT while something runs: the first asks softly, the second ends the process.
///
/// Both are heard and carried out on a thread of their own. Whoever reads our log may have stopped
/// reading, and then every thread that writes a line stands still; a request to stop must not.
enum StopRequests {
    /// How long the last line of the log may take.
    private static let lastWords: DispatchTimeInterval = .seconds(1)

    /// - Parameter note: Hears of each request, as `SIGTERM` or `SIGINT`.
    static func raising<Value: Sendable>(
        _ stop: StopSignal,
        note: @escaping @Sendable (_ signal: String, _ isFirst: Bool) -> Void = { _, _ in },
        while work: () async throws -> Value
    ) async rethrows -> Value {
        let signalQueue = DispatchQueue(label: "copyhook.stop")
        let noteQueue = DispatchQueue(label: "copyhook.stop.note")
        let sources = [("SIGTERM", SIGTERM), ("SIGINT", SIGINT)].map { name, number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: signalQueue)
            source.setEventHandler {
                let isFirst = !stop.isRaised
                stop.raise()
                let isNoted = DispatchSemaphore(value: 0)
                noteQueue.async {
                    note(name, isFirst)
                    isNoted.signal()
                }
                guard !isFirst else { return }
                _ = isNoted.wait(timeout: .now() + lastWords)
                // Not `exit`, which waits for standard output.
                _exit(1)
            }
            source.resume()
            return source
        }
        defer { for source in sources { source.cancel() } }
        return try await work()
    }
}

/// The variables that this process was started with.
enum ProcessEnvironment {
    static var current: [String: String] { ProcessInfo.processInfo.environment }
}
