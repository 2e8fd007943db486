import Domain
import GRDB
import Storage
import StorageSQLite
import Synchronization
import Testing

/// Two of each kind, the first of which is spoilt behind the store's back.
@Suite struct UnreadableRowTests {
    static let spoilt = [
        "UPDATE tasks SET task = '{}' WHERE id = 'tsk_1'",
        "UPDATE tasks SET task = json_remove(task, '$.plan.rule') WHERE id = 'tsk_1'",
        "UPDATE deliveries SET delivery = '[]' WHERE id = 'msg_1_hook'",
        "UPDATE notifications SET type = 'copy.forgotten' WHERE id = 'ntf_1'",
        "UPDATE events SET entity = '{\"type\":7}' WHERE id = 'evt_8'",
    ]

    @Test(arguments: spoilt)
    func oneRowThatCannotBeReadKeepsNobodyWaiting(_ sql: String) async throws {
        try await withDirectory { directory in
            let path = directory + "/a.sqlite"
            let said = Mutex<[StorageError]>([])
            let store = try SQLiteStore.open(
                path: path, report: { error in said.withLock { $0.append(error) } })
            try await fill(store)
            let shell = try DatabaseQueue(path: path)
            try await shell.write { try $0.execute(sql: sql) }
            try shell.close()

            #expect(try await claimed(store).count == 5)
            #expect(said.withLock { $0.map(\.code) } == [.corrupt])
            #expect(said.withLock { $0.first?.detail.contains("is set aside") } == true)
            // Not again and again, and not lost.
            _ = try await claimed(store)
            #expect(said.withLock { $0.count } == 1)
            let before = try await counts(store)
            #expect(before == [2, 2, 2])
            try await store.close()

            // The next process tries again, and finds it as it was.
            let again = try SQLiteStore.open(
                path: path, report: { error in said.withLock { $0.append(error) } })
            #expect(try await claimed(again).count == 5)
            #expect(said.withLock { $0.count } == 2)
            try await again.close()
        }
    }

    @Test func aRowThatIsSetAsideIsNotCancelledWithTheOthers() async throws {
        try await withDirectory { directory in
            let path = directory + "/a.sqlite"
            let store = try SQLiteStore.open(path: path, report: { _ in })
            try await fill(store)
            let shell = try DatabaseQueue(path: path)
            try await shell.write { try $0.execute(sql: Self.spoilt[0]) }
            try shell.close()
            let now = Timestamp.start + .days(1)
            #expect(try await store.claimAll(at: now).count == 1)
            let all = TaskSelection(
                TaskFilter(state: .queued), askedAt: now, takesDoneAgain: true, takesLoans: true)
            #expect(try await store.count(all, at: now) == 1)
            let part = try await store.change(
                all, from: nil, limit: 9, at: now,
                { task, _ in
                    (try? task.apply(.cancelAsked(at: now))).map { _ in CopySettlement() }
                }, noting: { _ in nil })
            #expect(part == Portion(count: 1, onLoan: 1, next: nil))
            try await store.close()
        }
    }

    @Test func aRowThatCannotBeReadIsCorruptWhereItIsAskedFor() async throws {
        try await withDirectory { directory in
            let path = directory + "/a.sqlite"
            let store = try SQLiteStore.open(path: path)
            try await fill(store)
            let shell = try DatabaseQueue(path: path)
            try await shell.write { try $0.execute(sql: Self.spoilt[0]) }
            try shell.close()
            #expect(try await code { _ = try await store.task("tsk_1") } == .corrupt)
            #expect(try await store.task("tsk_2") != nil)
            try await store.close()
        }
    }

    private func fill(_ store: SQLiteStore) async throws {
        try await store.plan([.sample("1"), .sample("2")])
        for number in 1...2 { try await store.announce(.sample("\(number)")) }
        for number in 8...9 { _ = try await store.admit(.sample(number)) }
    }

    private func claimed(_ store: SQLiteStore) async throws -> [String] {
        let later = Timestamp.start + .days(1)
        let tasks = try await store.claimAll(at: later).map(\.claim.work.id.rawValue)
        let deliveries = try await store.claimAllDeliveries(at: later)
            .map(\.work.delivery.id.rawValue)
        let events = try await store.claimEvents(limit: 9, at: later, lease: .seconds(60))
            .map(\.work.id.rawValue)
        return tasks + deliveries + events
    }

    private func counts(_ store: SQLiteStore) async throws -> [Int] {
        let census = try await store.census()
        return [
            census.tasks.values.reduce(0, +), census.deliveries.values.reduce(0, +),
            census.events[.received] ?? 0,
        ]
    }
}
