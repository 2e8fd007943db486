import Domain
import Synchronization

/// What was decided under a cooldown and is not in the store yet.
///
/// Several events are matched at once. Two of the same entity would both find the store silent and
/// both fire; here the second finds the first. The entry is made before the store is asked and
/// taken away after it knows, so that at every moment one of the two answers.
///
/// Within one process only: of two processes that share a database, each may fire once.
final class TriggersInHand: Sendable {
    private struct Entry {
        let trigger: Trigger
        let event: Event.ID
        let at: Timestamp
    }

    private let entries = Mutex<[Entry]>([])

    /// Takes the trigger on for `event`, unless another event did so within the cooldown.
    ///
    /// Entries whose event was never settled, since its claim was lost, end with their cooldown.
    func take(_ trigger: Trigger, for event: Event.ID, at now: Timestamp) -> Bool {
        entries.withLock { entries in
            entries.removeAll { !$0.trigger.isQuiet(at: now, since: $0.at) }
            let others = entries.filter { $0.event != event }
            guard !others.contains(where: { $0.trigger.isAbout(trigger) }) else { return false }
            entries.append(Entry(trigger: trigger, event: event, at: now))
            return true
        }
    }

    /// Gives back what the event did not use after all.
    func giveBack(_ trigger: Trigger, for event: Event.ID) {
        entries.withLock { entries in
            let place = entries.lastIndex { $0.event == event && $0.trigger.isAbout(trigger) }
            if let place { entries.remove(at: place) }
        }
    }

    /// Forgets everything of an event that is settled.
    func forget(_ event: Event.ID) {
        entries.withLock { $0.removeAll { $0.event == event } }
    }
}

extension Trigger {
    /// Whether both are the same rule's for the same entity, byte for byte.
    fileprivate func isAbout(_ other: Trigger) -> Bool {
        rule.utf8.elementsEqual(other.rule.utf8)
            && entity.type.utf8.elementsEqual(other.entity.type.utf8)
            && entity.id.utf8.elementsEqual(other.entity.id.utf8)
    }
}
