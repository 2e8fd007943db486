import Synchronization

/// Values that several ask for at about the same time and one gets for all of them.
///
/// Whoever asks first gets it, within its own task; the others wait for it. When the first is
/// cut short, one of the others takes over.
final class Shared<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Entry {
        /// When the getting began: what came of it tells nothing of later.
        let askedAt: Duration
        let keptFor: Duration
        /// Absent while it is being got.
        var value: Value?
        var waiters: [(id: Int, continuation: CheckedContinuation<Value?, Never>)] = []
    }

    private struct State {
        var entries: [Key: Entry] = [:]
        var nextID = 0
    }

    private enum Turn {
        case known(Value)
        case wait
        case lead
        /// What is under way began too long ago for this caller.
        case alone
    }

    private let state = Mutex(State())

    /// The value under `key`, got by `make` unless somebody has it or is getting it.
    ///
    /// - Parameters:
    ///   - age: How long ago the getting may have begun.
    ///   - isGood: Whether a value is worth keeping, asked again before it is handed out.
    ///   - make: Returns `nil` when cut short by cancellation.
    /// - Returns: `nil` when the surrounding task was cancelled.
    func value(
        of key: Key, at now: Duration, notOlderThan age: Duration,
        isGood: @Sendable (Value) -> Bool, make: () async -> Value?
    ) async -> Value? {
        while !Task.isCancelled {
            switch turn(key, at: now, notOlderThan: age, isGood: isGood) {
            case .known(let value):
                return value
            case .alone:
                return await make()
            case .lead:
                let value = await make()
                finish(key, with: value, isGood: isGood)
                return value
            case .wait:
                if let value = await wait(for: key) { return value }
            }
        }
        return nil
    }

    /// Drops the value under `key` if `isMeant`, so that the next caller gets a new one.
    func forget(_ key: Key, if isMeant: @Sendable (Value) -> Bool) {
        state.withLock { state in
            if let value = state.entries[key]?.value, isMeant(value) { state.entries[key] = nil }
        }
    }

    private func turn(
        _ key: Key, at now: Duration, notOlderThan age: Duration,
        isGood: @Sendable (Value) -> Bool
    ) -> Turn {
        state.withLock { state in
            if let entry = state.entries[key] {
                let isYoung = now - entry.askedAt <= age
                guard let value = entry.value else { return isYoung ? .wait : .alone }
                if isYoung, isGood(value) { return .known(value) }
            }
            state.entries = state.entries.filter {
                $1.value == nil || now - $1.askedAt <= $1.keptFor
            }
            state.entries[key] = Entry(askedAt: now, keptFor: age)
            return .lead
        }
    }

    private func finish(_ key: Key, with value: Value?, isGood: @Sendable (Value) -> Bool) {
        let waiters = state.withLock { state in
            let waiters = state.entries[key]?.waiters ?? []
            if let value, isGood(value) {
                state.entries[key]?.value = value
                state.entries[key]?.waiters = []
            } else {
                state.entries[key] = nil
            }
            return waiters
        }
        for waiter in waiters { waiter.continuation.resume(returning: value) }
    }

    /// What the one who is getting it comes back with; `nil` when that was cut short, or we are.
    private func wait(for key: Key) async -> Value? {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    guard !Task.isCancelled, let entry = state.entries[key], entry.value == nil
                    else { return true }
                    state.entries[key]?.waiters.append((id, continuation))
                    return false
                }
                if isOver { continuation.resume(returning: nil) }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                state.entries[key]?.waiters.firstIndex { $0.id == id }.flatMap {
                    state.entries[key]?.waiters.remove(at: $0)
                }
            }
            waiter?.continuation.resume(returning: nil)
        }
    }
}
