import Domain
import Storage
import StorageMemory

/// Everything that the store holds, oldest first.
struct Snapshot: Sendable {
    var events: [EventRecord] = []
    var tasks: [CopyTask] = []
    var deliveries: [Delivery] = []

    init(_ store: MemoryStore) async throws(StorageError) {
        var cursor: String?
        repeat {
            let page = try await store.events(Query(cursor: cursor, limit: 200))
            events += page.rows
            cursor = page.next
        } while cursor != nil
        repeat {
            let page = try await store.tasks(Query(cursor: cursor, limit: 200))
            tasks += page.rows
            cursor = page.next
        } while cursor != nil
        repeat {
            let page = try await store.deliveries(Query(cursor: cursor, limit: 200))
            deliveries += page.rows
            cursor = page.next
        } while cursor != nil
    }

    /// Every task with its history, in the order of the tasks.
    func records(in store: MemoryStore) async throws(StorageError) -> [TaskRecord] {
        var records: [TaskRecord] = []
        for task in tasks {
            if let record = try await store.task(task.id) { records.append(record) }
        }
        return records
    }

    /// An unresolved task rests: it waits for a person, and what is still looked for may come.
    var isAtRest: Bool {
        openTasks.isEmpty && events.allSatisfy { $0.state != .received }
            && deliveries.allSatisfy(\.state.isEnd)
    }

    var unrest: [String] {
        events.filter { $0.state == .received }.map { "event \($0.event.identity.key)" }
            + openTasks.map { "task \($0.id) \($0.state)" }
            + deliveries.filter { !$0.state.isEnd }.map { "delivery \($0.id) \($0.state)" }
    }

    private var openTasks: [CopyTask] {
        tasks.filter { !$0.state.isEnd && $0.state.name != .unresolved }
    }

    /// Whether everything but deliveries has come to rest.
    var waitsForEndpointsOnly: Bool {
        openTasks.isEmpty && events.allSatisfy { $0.state != .received }
    }

    /// When the first of all that is open is due; `nil` when that was to be long ago.
    ///
    /// An unresolved task counts only when it is due; one that waits for another of its key never
    /// does, since nobody gets it before that one moves, unless it is to be cancelled.
    func nextDue(after now: Timestamp) -> Timestamp? {
        guard events.allSatisfy({ $0.state != .received }) else { return nil }
        let looks = tasks.filter { $0.state.name == .unresolved }.compactMap(\.state.dueAt)
        let held = lockHolders
        let open = openTasks.filter {
            $0.state.name != .queued || $0.cancelAskedAt != nil || held[$0.lockKey] == nil
        }
        return
            ((open.map(\.dueAt) + deliveries.map(\.state.dueAt))
            .compactMap(\.self) + looks.filter { $0 <= now }).min()
    }

    /// Tasks between sent and ended, by what only one of them may hold.
    var lockHolders: [String: [CopyTask.ID]] {
        Dictionary(grouping: tasks.filter(\.state.holdsLock), by: \.lockKey)
            .mapValues { $0.map(\.id) }
    }

    /// A line for every row.
    var lines: [String] {
        events.map { "\($0.event.id) \($0.event.identity.key) \($0.state)" }
            + tasks.map { "\($0.id) \($0.plan.rule) \($0.state) \($0.attempts) \($0.looks)" }
            + deliveries.map { "\($0.id) \($0.endpoint) \($0.type) \($0.state) \($0.attempts)" }
    }
}
