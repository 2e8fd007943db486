package import Domain
import Storage

/// A store that lasts as long as its process: the reference for what the others promise, and the
/// one that rooms are tested on.
///
/// Every method runs from start to end without waiting, and checks before it writes, so each is a
/// transaction by itself.
package actor MemoryStore {
    var events = Table<Event.ID, StoredEvent>()
    var eventsByIdentity: [Event.Identity: Event.ID] = [:]
    var tasks = Table<CopyTask.ID, StoredTask>()
    var notifications: [CompletionNotification.ID: CompletionNotification] = [:]
    var deliveries = Table<Delivery.ID, StoredDelivery>()
    var ownCopies: [Provider: [Bytes: OwnCopy]] = [:]
    /// Identities of events that were pruned.
    var keys: [Event.Identity: StoredKey] = [:]
    /// When a rule last did something for an entity.
    var triggers: [TriggerKey: Timestamp] = [:]
    var storedRules: [Bytes: StoredRule] = [:]
    /// Oldest first.
    var versionsOfRules: [Bytes: [RuleVersion]] = [:]
    var settings: [Bytes: String] = [:]
    var destinations: [Bytes: DestinationHealth] = [:]
    var sealedRecords: [Bytes: [UInt8]] = [:]
    var storedAPIKeys: [KeyRecord] = []
    /// In the order in which they were begun first.
    var keyedWishes: [StoredWish] = []
    /// Oldest first.
    var audit: [AuditEntry] = []
    var auditAnchor = AuditLink.start
    var auditHead = AuditLink.start
    /// In the order in which it happened.
    var happened: [Remembered] = []
    var happenedLast: Int64 = 0

    package init() {}

    /// Whether anything is in somebody's hand.
    package func isAnythingOnLoan(at now: Timestamp) -> Bool {
        events.rows.contains { $0.isHeld(at: now) } || tasks.rows.contains { $0.isHeld(at: now) }
            || deliveries.rows.contains { $0.isHeld(at: now) }
    }

    /// Tasks that a worker has on loan and has not sent yet, oldest first.
    package func queuedOnLoan(at now: Timestamp) -> [CopyTask.ID] {
        tasks.rows.filter { $0.isHeld(at: now) && $0.value.task.state.name == .queued }
            .map(\.value.task.id)
    }

    /// What a restart does to a store: every loan of the process before ends.
    package func endLoans() {
        events.endLoans()
        tasks.endLoans()
        deliveries.endLoans()
        for place in keyedWishes.indices {
            keyedWishes[place].leasedUntil = Timestamp(milliseconds: 0)
        }
    }
}

/// Text that is the same only when its bytes are.
struct Bytes: Hashable, Comparable, Sendable {
    let utf8: [UInt8]

    init(_ text: String) { utf8 = Array(text.utf8) }

    static func < (lhs: Self, rhs: Self) -> Bool { lhs.utf8.lexicographicallyPrecedes(rhs.utf8) }
}

struct StoredEvent: Sendable {
    var event: Event
    /// When it was last delivered to us.
    var seenAt: Timestamp
    var state = EventState.received
    var verdicts: [RuleVerdict] = []
    var conflicts: [EventRecord.Conflict] = []
    /// When a person last had it meet the rules again.
    var replayedAt: Timestamp?

    init(event: Event) {
        self.event = event
        seenAt = event.receivedAt
    }
}

/// What is left of a pruned event; the reference keeps the body itself to tell another from it.
struct StoredKey: Sendable {
    let id: Event.ID
    let body: [UInt8]
    var seenAt: Timestamp
}

/// A rule and an entity, byte for byte.
struct TriggerKey: Hashable, Sendable {
    let parts: [Bytes]

    init(rule: String, entity: EntityReference) {
        parts = [rule, entity.type, entity.id].map { Bytes($0) }
    }
}

struct OwnCopy: Hashable, Sendable {
    let list: Bytes
    let recordedAt: Timestamp
}

struct StoredTask: Sendable {
    var task: CopyTask
    var history: [TaskRecord.StateChange]
    var attempts: [Attempt] = []
    /// Since when it is at its end.
    var endedAt: Timestamp?

    init(_ task: CopyTask, at now: Timestamp) {
        self.task = task
        endedAt = task.state.isEnd ? task.endedAt ?? now : nil
        history = [TaskRecord.StateChange(state: task.state.name, at: now)]
    }

    /// Takes the task's new form, and remembers when its state became another.
    mutating func store(_ newTask: CopyTask, at now: Timestamp) {
        if newTask.state.name != task.state.name {
            history.append(TaskRecord.StateChange(state: newTask.state.name, at: now))
        }
        task = newTask
        endedAt = newTask.state.isEnd ? newTask.endedAt ?? now : nil
    }
}

struct StoredDelivery: Sendable {
    var delivery: Delivery
    let taskID: CopyTask.ID?
    let eventID: Event.ID?
    var attempts: [Attempt] = []
}

extension MemoryStore {
    /// Remembers that a rule did something for an entity.
    func noteTrigger(of rule: String, for entity: EntityReference, at moment: Timestamp) {
        let key = TriggerKey(rule: rule, entity: entity)
        triggers[key] = max(triggers[key] ?? moment, moment)
    }

    /// Writes notifications and deliveries, leaving alone what is there.
    func insert(_ announcements: [Announcement]) {
        for announcement in announcements {
            let notification = announcement.notification
            if notifications[notification.id] == nil {
                notifications[notification.id] = notification
            }
            for delivery in announcement.deliveries {
                deliveries.insert(
                    StoredDelivery(
                        delivery: delivery, taskID: notification.taskID,
                        eventID: notification.eventID),
                    as: delivery.id)
            }
        }
    }
}
