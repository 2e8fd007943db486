import Domain
import Foundation
import GRDB
import Storage
import StorageSQLite
import Testing

private func mode(_ path: String) throws -> Int {
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    return try #require(attributes[.posixPermissions] as? Int)
}

@Test func everyCommitIsSynced() async throws {
    try await withDirectory { directory in
        let store = try SQLiteStore.open(path: directory + "/a.sqlite")
        let durability = try await store.durability()
        #expect(durability.journal == "wal")
        #expect(durability.synchronous == 2)
        try await store.close()
    }
}

@Test func aSecondProcessIsKeptOutAndToldByWhom() async throws {
    try await withDirectory { directory in
        let path = directory + "/a.sqlite"
        let store = try SQLiteStore.open(path: path)
        try FileManager.default.createSymbolicLink(
            atPath: directory + "/b.sqlite", withDestinationPath: path)
        for name in ["/a.sqlite", "/b.sqlite"] {
            let error = #expect(throws: StorageError.self) {
                _ = try SQLiteStore.open(path: directory + name)
            }
            #expect(error?.code == .unavailable)
            let detail = error?.detail ?? ""
            #expect(detail.contains("process \(ProcessInfo.processInfo.processIdentifier)"))
            #expect(detail.contains("Stop that process"))
        }
        #expect(throws: StorageError.self) { _ = try SQLiteStore.migrate(path: path) }
        try await store.close()
        try await SQLiteStore.open(path: path).close()
    }
}

@Test func aLockOfAnotherProcessIsRespected() async throws {
    try await withDirectory { directory in
        let path = directory + "/a.sqlite"
        let other = Process()
        other.executableURL = URL(fileURLWithPath: "/usr/bin/flock")
        guard FileManager.default.isExecutableFile(atPath: "/usr/bin/flock") else {
            print("skipped: no flock command")
            return
        }
        let output = Pipe()
        let input = Pipe()
        other.arguments = ["--exclusive", path + ".lock", "sh", "-c", "echo held; read end"]
        other.standardOutput = output
        other.standardInput = input
        try other.run()
        #expect(try output.fileHandleForReading.read(upToCount: 5) == Data("held\n".utf8))
        let error = #expect(throws: StorageError.self) { _ = try SQLiteStore.open(path: path) }
        #expect(error?.code == .unavailable)
        #expect(error?.detail.contains("process ?") == true)
        try input.fileHandleForWriting.close()
        other.waitUntilExit()
        try await SQLiteStore.open(path: path).close()
    }
}

@Test func theFilesAreForTheirOwnerAlone() async throws {
    try await withDirectory { directory in
        let path = directory + "/a.sqlite"
        try Data().write(to: URL(fileURLWithPath: path))
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
        let store = try SQLiteStore.open(path: path)
        _ = try await store.admit(.sample(1))
        for suffix in ["", "-wal", "-shm", ".lock"] {
            #expect(try mode(path + suffix) == 0o600, "\(suffix)")
        }
        try await store.close()
    }
}

@Test func closingLeavesEverythingInOneFile() async throws {
    try await withDirectory { directory in
        let path = directory + "/a.sqlite"
        let store = try SQLiteStore.open(path: path)
        for number in 1...20 { _ = try await store.admit(.sample(number)) }
        try await store.close()
        let log = try? FileManager.default.attributesOfItem(atPath: path + "-wal")[.size] as? Int
        #expect((log ?? 0) == 0)
        let late = try await code { _ = try await store.admit(.sample(21)) }
        #expect(late == .unavailable)
        #expect(try await code { _ = try await store.census() } == .unavailable)

        let again = try SQLiteStore.open(path: path)
        #expect(try await again.census().events == [.received: 20])
        try await again.close()
    }
}

@Test func aMissingDirectoryIsNamed() async throws {
    try await withDirectory { directory in
        let path = directory + "/none/a.sqlite"
        let error = #expect(throws: StorageError.self) { _ = try SQLiteStore.open(path: path) }
        #expect(error?.code == .unavailable)
        #expect(error?.detail.contains(path) == true)
        #expect(error?.detail.contains("No such file or directory") == true)
    }
}

@Test func migrationsRunOnceAndSayHowFar() async throws {
    try await withDirectory { directory in
        let path = directory + "/a.sqlite"
        let first = try SQLiteStore.migrate(path: path)
        #expect((first.from, first.to) == (0, Migration.latest))
        let second = try SQLiteStore.migrate(path: path)
        #expect((second.from, second.to) == (Migration.latest, Migration.latest))
        let store = try SQLiteStore.open(path: path)
        #expect(try await store.census() == Census())
        try await store.close()
    }
}

/// Files that are not ours, or not for us, with what is done to them before.
@Test(arguments: [
    ("PRAGMA user_version = 9999", StorageError.Code.conflict, "newer"),
    ("CREATE TABLE theirs (id INTEGER)", .conflict, "another program"),
])
func filesOfOthersAreLeftAlone(
    _ sql: String, _ expected: StorageError.Code, _ words: String
) async throws {
    try await withDirectory { directory in
        let path = directory + "/a.sqlite"
        let other = try DatabaseQueue(path: path)
        try await other.write { try $0.execute(sql: sql) }
        try other.close()
        let error = #expect(throws: StorageError.self) { _ = try SQLiteStore.open(path: path) }
        #expect(error?.code == expected)
        #expect(error?.detail.contains(words) == true)
    }
}

/// What the first migration was, or will be, while its number stays the same.
@Test(arguments: [
    ("DROP TABLE triggers", "triggers"), ("ALTER TABLE rules ADD COLUMN more TEXT", "rules"),
    ("DROP INDEX events_by_age", "events_by_age"),
    (
        "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = "
            + "replace(sql, 'ignored', 'dropped') WHERE name = 'events'", "events"
    ),
])
func aFileOfAnEarlierPreReleaseIsNamedWithWhatToDo(_ sql: String, _ name: String) async throws {
    try await withDirectory { directory in
        let path = directory + "/a.sqlite"
        try await SQLiteStore.open(path: path).close()
        let other = try DatabaseQueue(path: path)
        try await other.write { try $0.execute(sql: sql) }
        try other.close()
        let error = #expect(throws: StorageError.self) { _ = try SQLiteStore.open(path: path) }
        #expect(error?.code == .conflict)
        for words in [path, "earlier pre-release (\(name) is", "move it away", "store.url"] {
            #expect(error?.detail.contains(words) == true, "\(error?.detail ?? "")")
        }
    }
}

@Test func whatOthersAddToAFileIsNoMatter() async throws {
    try await withDirectory { directory in
        let path = directory + "/a.sqlite"
        try await SQLiteStore.open(path: path).close()
        let other = try DatabaseQueue(path: path)
        try await other.write { try $0.execute(sql: "CREATE TABLE notes (t TEXT); ANALYZE") }
        try other.close()
        try await SQLiteStore.open(path: path).close()
    }
}

@Test func aFileThatIsNoDatabaseIsCorrupt() async throws {
    try await withDirectory { directory in
        let path = directory + "/a.sqlite"
        try Data(repeating: 0x41, count: 8_192).write(to: URL(fileURLWithPath: path))
        let error = #expect(throws: StorageError.self) { _ = try SQLiteStore.open(path: path) }
        #expect(error?.code == .corrupt)
    }
}

/// What the schema refuses by itself, should a program ever try.
@Test(arguments: [
    "UPDATE tasks SET state = 'lost'", "UPDATE events SET state = 'lost'",
    "UPDATE deliveries SET state = 'lost'", "UPDATE tasks SET due_at = NULL",
    "UPDATE tasks SET state = 'failed'", "UPDATE tasks SET state = 'submitting'",
    "UPDATE deliveries SET due_at = NULL", "UPDATE tasks SET task = 'no json'",
    "INSERT INTO task_history (task_id, state, at) VALUES ('none', 'queued', 1)",
    "INSERT INTO deliveries (id, notification_id, endpoint, state, due_at, delivery) "
        + "VALUES ('x', 'none', 'a', 'pending', 1, '{}')",
])
func theSchemaRepeatsTheInvariants(_ sql: String) async throws {
    try await withDirectory { directory in
        let path = directory + "/a.sqlite"
        let store = try SQLiteStore.open(path: path)
        try await store.plan([.sample("1", entity: "bot"), .sample("2", entity: "bot")])
        try await store.announce(.sample("1"))
        let shell = try DatabaseQueue(path: path)
        await #expect(throws: DatabaseError.self) {
            try await shell.write { try $0.execute(sql: sql) }
        }
        try shell.close()
        try await store.close()
    }
}
