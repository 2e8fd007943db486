import Domain
import Foundation
import GRDB
import Storage
import StorageSQLite
import Synchronization
import Testing

/// A file system of 100 MB on which a test decides how much is free.
private final class Disk: Sendable {
    private let space: Mutex<Int64>
    let total: Int64

    init(free: Int64, total: Int64 = 100_000_000) {
        space = Mutex(free)
        self.total = total
    }

    var free: Int64 {
        get { space.withLock(\.self) }
        set { space.withLock { $0 = newValue } }
    }

    var measure: @Sendable () -> DiskRoom.Space? {
        { DiskRoom.Space(free: self.free, total: self.total) }
    }
}

/// Bytes really taken, 0 where there is no such file.
private func blocks(_ path: String) -> Int64 {
    var status = stat()
    return stat(path, &status) == 0 ? Int64(status.st_blocks) * 512 : 0
}

@Suite struct DiskRoomTests {
    private static let lines = RoomLines(reserve: 2_000_000, freeMin: 3_000_000)

    @Test func theReserveIsReallyTakenAndGivenUpOnce() async throws {
        try await withDirectory { directory in
            let disk = Disk(free: 50_000_000)
            let path = directory + "/a.sqlite"
            let room = DiskRoom(database: path, lines: Self.lines, measure: disk.measure)
            #expect(blocks(path + ".reserve") >= 2_000_000)
            #expect(room.refusal == nil)

            #expect(room.giveUp())
            #expect(blocks(path + ".reserve") == 0)
            #expect(!room.giveUp(), "there is none left")
            // However much is free, until the reserve is back.
            #expect(room.refusal?.code == .full)
            #expect(room.condition.trouble == .reserveGivenUp)
            disk.free = 4_999_999
            room.restore()
            #expect(room.condition.trouble == .reserveGivenUp)
            disk.free = 5_000_000
            room.restore()
            #expect(blocks(path + ".reserve") >= 2_000_000)
            #expect(room.refusal == nil)
            #expect(room.giveUp())
        }
    }

    @Test(
        arguments: [
            (free: 3_000_000, trouble: nil), (2_999_999, .lowOnSpace), (0, .lowOnSpace),
        ] as [(free: Int64, trouble: StoreCondition.Trouble?)])
    func belowTheLineNothingIsTakenIn(
        _ free: Int64, _ trouble: StoreCondition.Trouble?
    ) async throws {
        try await withDirectory { directory in
            let disk = Disk(free: free)
            let room = DiskRoom(
                database: directory + "/a", lines: RoomLines(freeMin: 3_000_000),
                measure: disk.measure)
            #expect(room.condition.trouble == trouble)
            #expect(room.condition.isScarce)
            #expect((room.refusal == nil) == (trouble == nil))
        }
    }

    /// 64 MB and 200 MB of a disk that has 20: a twentieth of it each.
    @Test func neverMoreThanATwentiethOfTheDiskIsAskedFor() async throws {
        try await withDirectory { directory in
            let disk = Disk(free: 10_000_000, total: 20_000_000)
            let path = directory + "/a"
            let room = DiskRoom(
                database: path, lines: RoomLines(reserve: 64_000_000, freeMin: 200_000_000),
                measure: disk.measure)
            let taken = blocks(path + ".reserve")
            #expect(taken >= 1_000_000 && taken < 1_100_000)
            #expect(room.refusal == nil)
            disk.free = 1_000_000
            #expect(room.refusal == nil)
            disk.free = 999_999
            #expect(room.refusal != nil)
        }
    }

    @Test func whatIsInHandIsSettledWhileEventsAreRefused() async throws {
        try await withDirectory { directory in
            let disk = Disk(free: 50_000_000)
            let store = try SQLiteStore.open(
                path: directory + "/a.sqlite", lines: Self.lines, measure: disk.measure)
            try await store.plan([.sample("1")])
            let claim = try await store.sent("tsk_1")

            disk.free = 2_999_999
            #expect(try await code { _ = try await store.admit(.sample(2)) } == .full)
            #expect(await store.attend().trouble == .lowOnSpace)
            try await store.settle(
                claim.after(.finished(copy: "c", at: .start)), with: CopySettlement(), at: .start)
            #expect(try await store.census().tasks == [.succeeded: 1])

            disk.free = 3_000_000
            #expect(await store.attend().trouble == nil)
            #expect(try await store.admit(.sample(2)) == .stored)
            try await store.close()
        }
    }

    /// The database itself says that it is full, as SQLite does when a write finds no space.
    @Test func aFullDiskGivesTheReserveToWhatIsToBeSettled() async throws {
        try await withDirectory { directory in
            let disk = Disk(free: 50_000_000)
            let path = directory + "/a.sqlite"
            let store = try SQLiteStore.open(path: path, lines: Self.lines, measure: disk.measure)
            let large = Event.sample(
                1, body: "\"" + String(repeating: "x", count: 900_000) + "\"")
            try await store.writer.write { try $0.execute(sql: "PRAGMA max_page_count = 100") }
            #expect(try await code { _ = try await store.admit(large) } == .full)
            #expect(blocks(path + ".reserve") == 0)
            #expect(store.condition.trouble == .reserveGivenUp)
            #expect(try await code { _ = try await store.admit(.sample(2)) } == .full)
            try await store.announce(.sample("in hand"))

            #expect(await store.attend().trouble == nil, "the disk of this test has room")
            #expect(blocks(path + ".reserve") >= 2_000_000)
            #expect(try await store.admit(.sample(2)) == .stored)
            #expect(try await store.census().events == [.received: 1])
            try await store.close()
        }
    }

    @Test func afterAFailedCommitNothingIsPromisedBeforeOneSucceeds() async throws {
        try await withDirectory { directory in
            let store = try SQLiteStore.open(path: directory + "/a.sqlite")
            let large = Event.sample(
                1, body: "\"" + String(repeating: "x", count: 900_000) + "\"")
            try await store.writer.write { try $0.execute(sql: "PRAGMA max_page_count = 100") }
            #expect(try await code { _ = try await store.admit(large) } == .full)
            #expect(store.condition.trouble == .failing)
            #expect(try await code { _ = try await store.admit(.sample(2)) } == .full)
            // What writes nothing proves nothing.
            _ = try await store.claimAll()
            #expect(store.condition.trouble == .failing)
            #expect(await store.attend().trouble == nil)
            #expect(try await store.admit(.sample(2)) == .stored)
            try await store.close()
        }
    }
}

@Suite struct SpaceTests {
    @Test func spaceThatCameFreeIsGivenBackToTheDisk() async throws {
        try await withDirectory { directory in
            let path = directory + "/a.sqlite"
            let store = try SQLiteStore.open(path: path)
            let body = "\"" + String(repeating: "x", count: 500_000) + "\""
            for number in 1...40 {
                _ = try await store.admit(.sample(number, body: body))
            }
            for claim in try await store.claimEvents(limit: 40, at: .start, lease: .seconds(9)) {
                try await store.settle(claim, as: MatchOutcome(), at: .start)
            }
            let full = blocks(path)
            #expect(full > 15_000_000)
            let late = Timestamp.start + .days(1)
            #expect(try await store.pruneAll([.events], olderThan: late, limit: 500) == 40)
            var steps = 1
            while try await store.giveBack() { steps += 1 }
            #expect(steps > 3)
            // What is kept for the next rows: 1 024 pages of 4 KiB.
            #expect(blocks(path) < 6_000_000)
            let log = try FileManager.default.attributesOfItem(atPath: path + "-wal")
            #expect(log[.size] as? Int == 0)
            #expect(try await store.admit(.sample(1)) == .conflict(with: "evt_1"))
            try await store.close()
        }
    }

    /// A log that nothing shortens grows with everything that is ever written.
    @Test func theLogDoesNotGrowWithWhatIsWritten() async throws {
        try await withDirectory { directory in
            let path = directory + "/a.sqlite"
            let store = try SQLiteStore.open(path: path)
            let body = "\"" + String(repeating: "x", count: 900_000) + "\""
            for number in 1...40 { _ = try await store.admit(.sample(number, body: body)) }
            #expect(blocks(path + "-wal") < 12_000_000)
            try await store.close()
        }
    }

    /// With 100 000 rows in the full run: how long one batch keeps others from the writer.
    @Test func pruningHoldsTheWriterForMomentsOnly() async throws {
        let isFull = ProcessInfo.processInfo.environment["COPYHOOK_TEST_FULL"] == "1"
        let count = isFull ? 100_000 : 2_000
        try await withDirectory { directory in
            let path = directory + "/a.sqlite"
            try await SQLiteStore.open(path: path).close()
            let shell = try DatabaseQueue(path: path)
            try await shell.write { try $0.execute(sql: Self.filling, arguments: [count]) }
            try shell.close()
            let store = try SQLiteStore.open(path: path)
            let clock = ContinuousClock()
            var batches: [Keeping: [Duration]] = [:]
            var removed = 0
            for keeping in [Keeping.taskAttempts, .tasks, .events] {
                var cursor: String?
                repeat {
                    let began = clock.now
                    let pruned = try await store.prune(
                        keeping, olderThan: .start + .days(9), from: cursor, limit: 500,
                        at: .start + .days(9))
                    batches[keeping, default: []].append(clock.now - began)
                    removed += pruned.removed
                    cursor = pruned.next
                } while cursor != nil
            }
            #expect(removed == 3 * count)
            #expect(try await store.census() == Census())
            var steps: [Duration] = []
            while true {
                let began = clock.now
                guard try await store.giveBack() else { break }
                steps.append(clock.now - began)
            }
            let figures = batches.map { "\($0.key.rawValue) \(Self.figures($0.value))" }.sorted()
            print(
                "pruning: \(count) rows of each kind, at most 500 at a time: "
                    + figures.joined(separator: ", ") + "; giving back \(Self.figures(steps))")
            try await store.close()
        }
    }

    private static func figures(_ durations: [Duration]) -> String {
        let sorted = durations.sorted()
        guard let last = sorted.last else { return "never" }
        func text(_ duration: Duration) -> String {
            "\((duration / .milliseconds(0.1)).rounded() / 10) ms"
        }
        return "\(sorted.count) times, half within \(text(sorted[sorted.count / 2])), "
            + "all within \(text(last))"
    }

    /// As many events, each with a task that ended and an attempt.
    private static let filling = """
        CREATE TEMP TABLE numbers AS
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
            SELECT i FROM n;
        INSERT INTO events (id, source, scope, key, type, received_at, state, seen_at)
            SELECT 'evt_' || i, 's', '', 'key-' || i, 't', 1767225600000 + i, 'matched', 1
            FROM numbers;
        INSERT INTO event_bodies SELECT position, zeroblob(2000) FROM events;
        INSERT INTO tasks (
            id, event_id, rule, connection, entity_type, entity_id, lock_key, created_at, state,
            ended_at, task)
            SELECT 'tsk_' || i, 'evt_' || i, 'r', 'c', 'bot', 'b' || i, 'l', 1, 'succeeded',
                1767225600000 + i, '{"a":"' || hex(zeroblob(400)) || '"}'
            FROM numbers;
        INSERT INTO task_attempts (owner, at, attempt)
            SELECT 'tsk_' || i, 1767225600000 + i, '{"a":"' || hex(zeroblob(100)) || '"}'
            FROM numbers;
        """
}
