import Domain
import Foundation
import Storage
import StorageSQLite
import Testing

private func record(_ id: String, _ bytes: UInt8...) -> SealedRecord {
    SealedRecord(id: id, bytes: bytes)
}

@Test(arguments: Backend.all)
func sealedRecordsAreKeptByTheBytesOfTheirId(_ backend: Backend) async throws {
    try await backend.run { store in
        #expect(try await store.sealedIDs() == [])
        #expect(try await store.sealedRecord("a") == nil)
        let ids = ["b", "a", "B", "a/1", "\u{E9}", "e\u{301}", "", "a\u{0}b", "a\u{0}c"]
        for (number, id) in ids.enumerated() {
            try await store.put(record(id, UInt8(number), 0, 255))
        }
        for (number, id) in ids.enumerated() {
            #expect(try await store.sealedRecord(id)?.bytes == [UInt8(number), 0, 255], "\(id)")
        }
        let order = ["", "B", "a", "a\u{0}b", "a\u{0}c", "a/1", "b", "e\u{301}", "\u{E9}"]
        #expect(try await store.sealedIDs().map { Array($0.utf8) } == order.map { Array($0.utf8) })
        try await store.put(record("a"))
        #expect(try await store.sealedRecord("a") == record("a"))
    }
}

@Test(arguments: Backend.all)
func aSealedRecordIsReplacedAndDeletedOnlyAsItWasRead(_ backend: Backend) async throws {
    try await backend.run { store in
        try await store.put(record("a", 1))
        #expect(try await store.replace(record("a", 2), with: record("a", 3)) == false)
        #expect(try await store.replace(record("b", 1), with: record("b", 3)) == false)
        #expect(try await store.sealedIDs() == ["a"])
        #expect(try await store.replace(record("a", 1), with: record("a", 2)))
        #expect(try await store.replace(record("a", 1), with: record("a", 3)) == false)
        #expect(try await store.sealedRecord("a") == record("a", 2))
        #expect(try await store.delete(record("a", 1)) == false)
        #expect(try await store.delete(record("b", 2)) == false)
        #expect(try await store.delete(record("a", 2)))
        #expect(try await store.delete(record("a", 2)) == false)
        #expect(try await store.sealedIDs() == [])
    }
}

/// A key that was lost opens nothing that is still to be found in the file.
@Test func whatWasReplacedOrDeletedStandsNowhereInTheFile() async throws {
    try await withDirectory { directory in
        let path = directory + "/a.sqlite"
        let store = try SQLiteStore.open(path: path)
        func marker(_ number: UInt8) -> SealedRecord {
            SealedRecord(id: "r\(number)", bytes: Array("sealed-\(number)-".utf8) + bytes)
        }
        let bytes = [UInt8](repeating: 0x5A, count: 3_000)
        for number in UInt8(0)..<9 { try await store.put(marker(number)) }
        for number in UInt8(1)..<9 { #expect(try await store.delete(marker(number))) }
        #expect(
            try await store.replace(marker(0), with: SealedRecord(id: "r0", bytes: [1])))
        try await store.close()
        let file = try Data(contentsOf: URL(fileURLWithPath: path))
        for number in 0..<9 { #expect(!file.holds("sealed-\(number)-".utf8)) }
        #expect(!file.holds(bytes.prefix(64)))
    }
}

@Test(arguments: Backend.all)
func oneOfManyReplacesASealedRecord(_ backend: Backend) async throws {
    try await backend.run { store in
        try await store.put(record("a", 0))
        let winners = try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in UInt8(1)...20 {
                group.addTask {
                    try await store.replace(record("a", 0), with: record("a", number))
                }
            }
            return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(winners == 1)
        #expect(try await store.sealedRecord("a") != record("a", 0))
    }
}

@Test(arguments: Backend.all)
func aSealedRecordOutlivesACrash(_ backend: Backend) async throws {
    try await backend.run { store in
        try await store.put(record("a", 1))
        try await store.put(record("b", 1))
        _ = try await store.delete(record("b", 1))
    } thenAfterACrash: { store in
        let kept = try await store.sealedRecord("a")
        #expect(kept == record("a", 1))
        let ids = try await store.sealedIDs()
        #expect(ids == ["a"])
    }
}

extension Data {
    fileprivate func holds(_ bytes: some Sequence<UInt8>) -> Bool {
        firstRange(of: Data(bytes)) != nil
    }
}

@Test(arguments: Backend.all)
func whatIsPutInTheVaultIsNotedWithIt(_ backend: Backend) async throws {
    try await backend.run { store in
        func note(_ object: String) -> AuditNote {
            AuditNote(
                .endpointPut, of: object, by: .init(id: "key_1", name: "anna"),
                at: Timestamp(milliseconds: 1_773_822_615_250))
        }
        #expect(try await store.add(record("a", 1), noting: note("added")))
        #expect(try await store.add(record("a", 2), noting: note("added again")) == false)
        #expect(try await store.sealedRecord("a") == record("a", 1))
        #expect(
            try await store.replace(record("a", 9), with: record("a", 2), noting: note("strange"))
                == false)
        #expect(
            try await store.replace(record("a", 1), with: record("a", 2), noting: note("replaced")))
        #expect(try await store.delete(record("a", 1), noting: note("not there")) == false)
        #expect(try await store.delete(record("a", 2), noting: note("deleted")))
        try await store.put(record("b", 1), noting: note("put"))
        try await store.put(record("b", 2))
        #expect(
            try await store.auditEntries(AuditQuery()).rows.reversed().map(\.object)
                == ["added", "replaced", "deleted", "put"])
        #expect(try await store.verifyAudit().breach == nil)
    }
}

@Test(arguments: Backend.all)
func oneOfManyIsTheFirstInTheVault(_ backend: Backend) async throws {
    try await backend.run { store in
        let winners = try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in UInt8(1)...20 {
                group.addTask { try await store.add(record("a", number), noting: nil) }
            }
            return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(winners == 1)
    }
}
