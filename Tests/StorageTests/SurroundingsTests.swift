import Domain
import Foundation
import GRDB
import Storage
import StorageSQLite
import Testing

@Test(arguments: Backend.all)
func onlyCopiesInTheSameListAreNamed(_ backend: Backend) async throws {
    try await backend.run { store in
        let now = Timestamp.start
        try await store.plan([
            .sample("here", workspace: "ws-2"), .sample("there", workspace: "ws-3"),
            .sample("asked", workspace: "ws-2"),
            .sample("keyue", connection: "k", provider: .keyue, workspace: "ws-2"),
            .sample("asked-k", connection: "k", provider: .keyue, workspace: "ws-9"),
        ])
        for name in ["here", "there", "keyue"] {
            let done = try await store.sent(.init(rawValue: "tsk_\(name)")).after(
                .finished(copy: .init(rawValue: name), at: now))
            try await store.settle(
                done, with: CopySettlement(ownCopy: .init(rawValue: name)), at: now)
        }
        let asked = CopyTask.sample("asked", workspace: "ws-2")
        #expect(try await store.surroundings(of: asked).ownCopies == ["here"])
        // Keyue has one list for the whole account.
        let keyue = CopyTask.sample(
            "asked-k", connection: "k", provider: .keyue, workspace: "ws-9")
        #expect(try await store.surroundings(of: keyue).ownCopies == ["keyue"])
    }
}

@Test(arguments: Backend.all)
func jobsThatEndedLongBeforeTheSubmissionAreNotNamed(_ backend: Backend) async throws {
    try await backend.run { store in
        let now = Timestamp.start
        try await store.plan([.sample("old"), .sample("recent"), .sample("open")])
        for (name, end) in [("old", now - .days(1) - .milliseconds(1)), ("recent", now - .days(1))]
        {
            let done = try await store.sent(.init(rawValue: "tsk_\(name)")).after(
                .accepted(.init(rawValue: name), pollAt: now), .finished(copy: nil, at: end))
            try await store.settle(done, with: CopySettlement(), at: now)
        }
        let open = try await store.sent("tsk_open").after(.accepted("open", pollAt: now))
        try await store.settle(open, with: CopySettlement(), at: now)
        let asked = CopyTask.sample("asked", createdAt: now)
        #expect(try await store.surroundings(of: asked).ownProviderTasks == ["recent", "open"])
    }
}

/// What is asked for before a copy is adopted, with 100 000 copies and tasks in the full run.
@Test func surroundingsAreFoundByIndex() async throws {
    let isFull = ProcessInfo.processInfo.environment["COPYHOOK_TEST_FULL"] == "1"
    let count = isFull ? 100_000 : 3_000
    try await withDirectory { directory in
        let path = directory + "/a.sqlite"
        try await SQLiteStore.open(path: path).close()
        let shell = try DatabaseQueue(path: path)
        try await shell.write { try $0.execute(sql: filling, arguments: [count]) }
        try shell.close()
        let store = try SQLiteStore.open(path: path)
        let asked = CopyTask.sample("asked", createdAt: .start)
        let clock = ContinuousClock()
        var surroundings = Surroundings()
        let duration = try await clock.measure {
            surroundings = try await store.surroundings(of: asked)
        }
        // The newest thousand, all of them from before.
        #expect(surroundings.ownCopies.count == Surroundings.ownCopiesKept)
        #expect(surroundings.ownCopies.contains("copy-1"))
        #expect(!surroundings.ownCopies.contains("copy-1001"))
        #expect(surroundings.ownProviderTasks.isEmpty)
        // Thousands of the same moment as the submission, and all of them are named.
        let early = CopyTask.sample("early", createdAt: .start - .days(3_000))
        #expect(try await store.surroundings(of: early).ownCopies.count == count)
        print("surroundings: \(count) copies and tasks, \(duration)")
        try await store.close()
    }
}

/// Copies and ended tasks, an hour between each and the one before.
private let filling = """
    CREATE TEMP TABLE numbers AS
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
        SELECT i FROM n;
    INSERT INTO own_copies (provider, id, task_id, list, recorded_at)
        SELECT 'coze', 'copy-' || i, 't', 'ws-2', 1767225600000 - 90000000 - 1000 * i FROM numbers;
    INSERT INTO tasks (
        id, event_id, rule, connection, entity_type, entity_id, lock_key, created_at, state,
        ended_at, provider_task, task)
        SELECT 'tsk_' || i, 'evt_' || i, 'r', 'coze-1', 'bot', 'b' || i, 'l', 1, 'succeeded',
            1767225600000 - 90000000 - 1000 * i, 'job-' || i, '{}'
        FROM numbers;
    """
