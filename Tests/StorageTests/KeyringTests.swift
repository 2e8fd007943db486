import Domain
import Foundation
import GRDB
import Storage
import StorageSQLite
import Testing

private func key(
    _ number: Int, _ scopes: [String] = ["admin"], expiresAt: Timestamp? = nil
) -> KeyRecord {
    KeyRecord(
        id: KeyRecord.ID(rawValue: "key_\(number)"), name: "k\0\(number)", scopes: scopes,
        hash: String(repeating: "\(number % 10)", count: 64), createdAt: .start,
        expiresAt: expiresAt)
}

private func note(_ verb: AuditVerb, _ number: Int) -> AuditNote {
    auditNote(number, of: "key_\(number)", verb)
}

@Suite struct KeyringTests {
    @Test(arguments: Backend.all)
    func keysAreKeptInTheOrderInWhichTheyCame(_ backend: Backend) async throws {
        try await backend.run { store in
            #expect(try await store.apiKeys().isEmpty)
            let keys = [
                key(2, ["write", "ingest"], expiresAt: .start + .days(90)), key(1), key(3, []),
            ]
            for key in keys { try await store.add(key, noting: note(.keyCreated, 1)) }
            #expect(try await store.apiKeys() == keys)
            #expect(try await store.apiKeys()[0].scopes == ["ingest", "write"])
            let sameHash = KeyRecord(
                id: "key_9", name: "", scopes: [], hash: keys[1].hash, createdAt: .start)
            let sameID = KeyRecord(
                id: "key_1", name: "", scopes: [], hash: String(repeating: "f", count: 64),
                createdAt: .start)
            for other in [sameHash, sameID] {
                let refused = try await code {
                    try await store.add(other, noting: note(.keyCreated, 9))
                }
                #expect(refused == .conflict)
            }
            #expect(try await store.verifyAudit().holding == 3)
        }
    }

    @Test(arguments: Backend.all)
    func theLastKeyWithAScopeStays(_ backend: Backend) async throws {
        try await backend.run { store in
            let day = Timestamp.start + .days(1)
            for key in [key(1), key(2, ["read"]), key(3, expiresAt: day)] {
                try await store.add(key, noting: nil)
            }
            func delete(_ number: Int, at now: Timestamp, _ scope: String? = "admin") async throws
                -> StorageError.Code?
            {
                try await code {
                    try await store.deleteKey(
                        KeyRecord.ID(rawValue: "key_\(number)"), leaving: scope, at: now,
                        noting: note(.keyRevoked, number))
                }
            }
            #expect(try await delete(1, at: day) == .conflict, "the other has expired")
            #expect(try await delete(9, at: day) == .notFound)
            #expect(try await store.verifyAudit().holding == 0)
            let hourBefore = day + .seconds(-3_600)
            #expect(try await delete(1, at: hourBefore) == .conflict, "the other is about to")
            #expect(try await delete(1, at: hourBefore + .milliseconds(-1)) == nil)
            #expect(try await delete(3, at: day + .milliseconds(-1)) == .conflict)
            #expect(try await delete(2, at: day) == nil)
            #expect(try await delete(3, at: day) == nil, "what has expired is nobody's last")
            try await store.add(key(4), noting: nil)
            #expect(try await delete(4, at: day, nil) == nil)
            #expect(try await store.apiKeys().isEmpty)
            #expect(try await store.verifyAudit().holding == 4)
        }
    }

    @Test(arguments: Backend.all)
    func theLastUseOnlyMovesForward(_ backend: Backend) async throws {
        try await backend.run { store in
            for number in 1...2 { try await store.add(key(number), noting: nil) }
            let moment = Timestamp.start + .seconds(5)
            try await store.noteUse(of: ["key_1": moment, "key_9": moment])
            try await store.noteUse(of: ["key_1": .start])
            #expect(try await store.apiKeys().map(\.usedAt) == [moment, nil])
            #expect(try await store.verifyAudit().holding == 0)
        }
    }

    /// The one key of a database that is older than this table.
    @Test func theKeyOfAnOlderDatabaseGoesOnWorking() async throws {
        try await withDirectory { directory in
            let path = directory + "/a.sqlite"
            let hash = String(repeating: "a", count: 64)
            let place = try #require(Migration.all.firstIndex { $0.contains("api_keys") })
            let old = try DatabaseQueue(path: path)
            try await old.write { database in
                for sql in Migration.all[..<place] { try database.execute(sql: sql) }
                try database.execute(
                    sql: "INSERT INTO settings VALUES ('admin_key_sha256', ?)",
                    arguments: [hash])
                try database.execute(sql: "PRAGMA user_version = \(place)")
            }
            try old.close()
            let store = try SQLiteStore.open(path: path)
            let keys = try await store.apiKeys()
            #expect(keys.map(\.id) == ["key_first"])
            #expect(keys.first?.scopes == ["admin"])
            #expect(keys.first?.hash == hash)
            #expect(keys.first?.expiresAt == nil)
            #expect(try await store.setting("admin_key_sha256") == nil)
            try await store.close()
        }
    }
}
