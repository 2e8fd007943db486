import Foundation

/// A value that threads change and tests wait for.
///
/// Unchecked, because `value` is touched only between `lock` and `unlock` of `condition`.
final class Watched<Value: Sendable>: @unchecked Sendable {
    private let condition = NSCondition()
    private var value: Value

    init(_ value: Value) {
        self.value = value
    }

    /// Changes the value and wakes who waits for it.
    @discardableResult
    func change<Result>(_ body: (inout Value) -> Result) -> Result {
        condition.lock()
        defer {
            condition.broadcast()
            condition.unlock()
        }
        return body(&value)
    }

    /// What `wanted` finds in the value as soon as it finds something; `nil` after `limit`.
    func value<Found: Sendable>(
        within limit: Duration, _ wanted: @escaping @Sendable (Value) -> Found?
    ) async -> Found? {
        let deadline = Date(timeIntervalSinceNow: limit / .seconds(1))
        // A thread of its own: those of Swift concurrency must not block, and a queue has few.
        return await withCheckedContinuation { caller in
            Thread.detachNewThread {
                caller.resume(returning: self.blocking(until: deadline, wanted))
            }
        }
    }

    private func blocking<Found>(
        until deadline: Date, _ wanted: (Value) -> Found?
    ) -> Found? {
        condition.lock()
        defer { condition.unlock() }
        while true {
            if let found = wanted(value) { return found }
            if !condition.wait(until: deadline) { return wanted(value) }
        }
    }
}
