import Domain
import Storage
import Synchronization

/// Lets one event at a time decide about a trigger, from the question to what the store then holds.
///
/// Several events are matched at once. Two of the same entity would both find the store silent and
/// both fire; here the second asks when the first is written, or has failed to be.
///
/// Within one process only: of two processes that share a database, each may fire once.
final class TriggersInHand: Sendable {
    private struct Waiter {
        let trigger: Trigger
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var taken: [Trigger] = []
        /// In the order of their coming.
        var waiting: [Waiter] = []
    }

    private let state = Mutex(State())

    /// Runs `body` while nobody else decides about these triggers.
    ///
    /// All take theirs in one order, so that no two wait for each other.
    func holding<Value>(
        _ triggers: [Trigger], _ body: () async throws(StorageError) -> Value
    ) async throws(StorageError) -> Value {
        var own: [Trigger] = []
        for trigger in triggers.sorted(by: { $0.precedes($1) })
        where own.last?.isAbout(trigger) != true {
            await take(trigger)
            own.append(trigger)
        }
        defer { for trigger in own { giveBack(trigger) } }
        return try await body()
    }

    /// Waits for those before it, however long: each of them does no more than ask the store and
    /// write to it once, and the runner gives up where it does not answer.
    private func take(_ trigger: Trigger) async {
        await withCheckedContinuation { continuation in
            let isFree = state.withLock { state in
                guard state.taken.contains(where: { $0.isAbout(trigger) }) else {
                    state.taken.append(trigger)
                    return true
                }
                state.waiting.append(Waiter(trigger: trigger, continuation: continuation))
                return false
            }
            if isFree { continuation.resume() }
        }
    }

    /// Hands the trigger on to whoever has waited longest for it.
    private func giveBack(_ trigger: Trigger) {
        let next = state.withLock { state in
            if let place = state.waiting.firstIndex(where: { $0.trigger.isAbout(trigger) }) {
                return Optional(state.waiting.remove(at: place).continuation)
            }
            state.taken.removeAll { $0.isAbout(trigger) }
            return nil
        }
        next?.resume()
    }
}

extension Trigger {
    /// Rule, type and id, which are what a cooldown counts by.
    private var words: [String] { [rule, entity.type, entity.id] }

    /// Whether both are the same rule's for the same entity, byte for byte.
    func isAbout(_ other: Trigger) -> Bool {
        zip(words, other.words).allSatisfy { $0.utf8.elementsEqual($1.utf8) }
    }

    /// Some order of all triggers, in which only those about the same stand beside each other.
    fileprivate func precedes(_ other: Trigger) -> Bool {
        for (word, otherWord) in zip(words, other.words)
        where !word.utf8.elementsEqual(otherWord.utf8) {
            return word.utf8.lexicographicallyPrecedes(otherWord.utf8)
        }
        return false
    }
}
