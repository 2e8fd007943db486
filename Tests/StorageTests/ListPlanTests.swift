import Domain
import Foundation
import GRDB
import Storage
import StorageSQLite
import Testing

/// How SQLite finds what is listed.
@Suite struct ListPlanTests {
    static let window = Period(since: .start, until: .start + .hours(1))
    static let filters: [SQLiteStore.ListFilter] =
        [
            EventFilter(), EventFilter(state: .matched), EventFilter(source: "coze"),
            EventFilter(type: "bot.published"), EventFilter(entity: "bot-1"),
            EventFilter(window: Period(since: .start)),
            EventFilter(window: Period(until: .start)), EventFilter(text: Needle("bot-7")),
            EventFilter(text: Needle("客")), EventFilter(text: Needle("~")),
        ].map { .events($0) }
        + [
            TaskFilter(), TaskFilter(state: .queued), TaskFilter(event: "evt_1"),
            TaskFilter(rule: "rule"), TaskFilter(connection: "coze"), TaskFilter(entity: "bot-1"),
            TaskFilter(workspace: "ws-2"), TaskFilter(window: window),
            TaskFilter(text: Needle("客服")),
        ].map { .tasks($0) }
        + [
            DeliveryFilter(), DeliveryFilter(state: .pending), DeliveryFilter(task: "tsk_1"),
            DeliveryFilter(event: "evt_1"), DeliveryFilter(endpoint: "hook"),
            DeliveryFilter(type: .copyFailed), DeliveryFilter(window: window),
            DeliveryFilter(text: Needle("hook")),
        ].map { .deliveries($0) }

    @Test(arguments: filters)
    func everyFilterIsAnsweredByAnIndexAndNothingIsSorted(
        _ filter: SQLiteStore.ListFilter
    ) async throws {
        try await withDirectory { directory in
            let store = try await indexedStore(in: directory)
            let cursor =
                switch filter {
                case .events: PageMark(list: .events, at: .start, position: 90)
                case .tasks: PageMark(list: .tasks, at: .start, position: 90)
                case .deliveries: PageMark(list: .deliveries, at: .start, position: 90)
                }
            for mark in [nil, cursor.text] {
                let plan = try await store.plan(of: filter, behind: mark)
                #expect(!plan.isEmpty)
                for step in plan {
                    #expect(!step.contains("TEMP B-TREE"), "\(plan)")
                    let isWholeTable = ["events", "tasks", "deliveries"].contains {
                        step.hasPrefix("SCAN \($0)")
                    }
                    #expect(!isWholeTable || step.contains("USING"), "\(plan)")
                }
                let isNamed = plan.contains { $0.contains("INDEX") || $0.contains("PRIMARY KEY") }
                #expect(isNamed, "\(plan)")
            }
            try await store.close()
        }
    }

    @Test func textIsFoundByItsIndexAndWithout() async throws {
        try await withDirectory { directory in
            let store = try await indexedStore(in: directory, count: 2_300)
            func found(_ text: String) async throws -> [String] {
                try await store.events(Query(EventFilter(text: Needle(text))))
                    .rows.map(\.event.id.rawValue)
            }
            // Behind the newest rows, which are looked at anyway.
            #expect(try await found("evt_77\u{0}") == [])
            #expect(try await found("key-77").last == "evt_77")
            #expect(try await found("名 bot-23").contains("evt_23"))
            let shell = try DatabaseQueue(path: directory + "/a.sqlite")
            try await shell.write { try $0.execute(sql: "DELETE FROM find_blocks") }
            #expect(try await found("key-77").contains("evt_77") == false)
            try await shell.write { try $0.execute(sql: "DELETE FROM find_segments") }
            #expect(try await found("key-77").last == "evt_77")
            try shell.close()
            try await store.close()
        }
    }

    /// SQLite gives the position of a row that was the last to a new one.
    @Test func aRowThatTakesThePlaceOfAPrunedOneIsFound() async throws {
        try await withDirectory { directory in
            let store = try await indexedStore(in: directory, count: 64 * 40, settled: true)
            let pruned = try await store.prune(
                .events, olderThan: .start + .hours(9), from: nil, limit: 9_999,
                at: .start + .hours(9))
            #expect(pruned.removed > 64 * 39)
            for number in 5_000..<(5_000 + 64 * 38) { _ = try await store.admit(.sample(number)) }
            let filter = EventFilter(text: Needle("key-5001"))
            #expect(
                try await store.events(Query(filter)).rows.map(\.event.id.rawValue) == ["evt_5001"])
            while try await store.makeFindable() {}
            #expect(
                try await store.events(Query(filter)).rows.map(\.event.id.rawValue) == ["evt_5001"])
            try await store.close()
        }
    }

    @Test func whatIsPrunedLeavesNothingInTheIndex() async throws {
        try await withDirectory { directory in
            let store = try await indexedStore(in: directory, count: 64 * 4, settled: true)
            let shell = try DatabaseQueue(path: directory + "/a.sqlite")
            func blocks() async throws -> Int {
                try await shell.read {
                    try Int.fetchOne($0, sql: "SELECT count(*) FROM find_blocks") ?? -1
                }
            }
            let before = try await blocks()
            _ = try await store.admit(.sample(9_999, at: .start + .hours(5)))
            _ = try await store.prune(
                .events, olderThan: .start + .hours(1), from: nil, limit: 9_999,
                at: .start + .hours(1))
            while try await store.makeFindable() {}
            let after = try await blocks()
            #expect(before > 0 && after == 0, "\(before), then \(after)")
            let filter = EventFilter(text: Needle("key-9999"))
            #expect(try await store.events(Query(filter)).rows.count == 1)
            try shell.close()
            try await store.close()
        }
    }

    private func indexedStore(
        in directory: String, count: Int = 200, settled: Bool = false
    ) async throws -> SQLiteStore {
        let store = try SQLiteStore.open(path: directory + "/a.sqlite", findSpan: 64)
        _ = try await store.admit((1...count).map { .sample($0) })
        if settled {
            for claim in try await store.claimEvents(limit: count, at: .start, lease: .seconds(60))
            {
                try await store.settle(claim, as: MatchOutcome(), at: .start)
            }
        }
        while try await store.makeFindable() {}
        return store
    }
}

/// What a file of the first schema becomes.
@Test func rowsOfAnEarlierSchemaAreListedByEveryFilter() async throws {
    try await withDirectory { directory in
        let path = directory + "/a.sqlite"
        #expect(try SQLiteStore.migrate(path: path, upTo: 1).to == 1)
        let old = try DatabaseQueue(path: path)
        let event = Event.sample(1)
        let task = CopyTask.sample("1", event: event, workspace: nil)
        let words = Announcement.sample("1", task: task)
        let delivery = words.deliveries[0]
        func json(_ value: some Encodable) throws -> String {
            String(decoding: try JSONEncoder().encode(value), as: UTF8.self)
        }
        let (taskJSON, deliveryJSON) = (try json(task), try json(delivery))
        let entityJSON = try json(EntityReference(type: "bot", id: "a\u{0}b", name: "客服"))
        try await old.write { database in
            try database.execute(
                sql: """
                    INSERT INTO events (
                        id, source, scope, key, type, received_at, entity, state, seen_at)
                    VALUES ('evt_1', 'coze', '', 'key-1', 'bot.published', 5, ?, 'matched', 5);
                    INSERT INTO event_bodies VALUES (1, x'7b7d');
                    INSERT INTO tasks (
                        id, event_id, rule, connection, entity_type, entity_id, lock_key,
                        created_at, state, due_at, task)
                    VALUES ('tsk_1', 'evt_1', 'rule', 'coze-1', 'bot', 'x', '', 5, 'queued', 5, ?);
                    INSERT INTO notifications (id, type, task_id, event_id, created_at, payload)
                    VALUES ('ntf_1', 'copy.succeeded', 'tsk_1', 'evt_1', 5, x'7b7d');
                    INSERT INTO deliveries (
                        id, notification_id, task_id, endpoint, state, due_at, delivery)
                    VALUES ('msg_1_hook', 'ntf_1', 'tsk_1', 'hook', 'pending', 5, ?);
                    """, arguments: [entityJSON, taskJSON, deliveryJSON])
        }
        try old.close()

        let store = try SQLiteStore.open(path: path)
        let events = try await store.events(Query(EventFilter(entity: "a\u{0}b")))
        #expect(events.rows.map(\.event.id) == ["evt_1"])
        #expect(try await store.count(EventFilter(text: Needle("客服")), atMost: 9) == Tally(1))
        #expect(try await store.count(EventFilter(entity: "a"), atMost: 9) == Tally(0))
        // Where the rule says nothing, the copy lands where the original is.
        let tasks = try await store.tasks(Query(TaskFilter(workspace: "ws-1")))
        #expect(tasks.rows.map(\.id) == ["tsk_1"])
        let filter = DeliveryFilter(
            event: "evt_1", type: .copySucceeded, window: Period(since: .start))
        #expect(try await store.deliveries(Query(filter)).rows.map(\.id) == [delivery.id])
        try await store.close()
    }
}
