import Domain
import Foundation
import GRDB
import Storage
import StorageSQLite
import StrictJSON
import Testing

/// A closed database with a chain in which texts of all lengths come up, some beyond a page.
private func makeAudit(_ path: String, count: Int) async throws {
    let store = try SQLiteStore.open(path: path)
    for number in 1...count {
        let length = number.isMultiple(of: 9) ? 6_000 : number * 7 % 90
        try await store.note(
            auditNote(
                number, of: number.isMultiple(of: 5) ? "a\0b" : "rule-\(number)",
                by: AuditNote.Who(id: "key_\(number)", name: "客服"),
                details: ["text": .string(String(repeating: "x", count: length))]))
    }
    try await store.close()
}

private func verdict(_ path: String) async throws -> AuditVerdict {
    try await SQLiteAuditFile(path: path).verifyAudit()
}

@Suite struct AuditFileTests {
    /// By any program that opens the file.
    @Test(arguments: [
        "UPDATE audit SET object = 'x' WHERE number = 2", "DELETE FROM audit",
        "DELETE FROM audit WHERE number = 3", "UPDATE audit SET number = 9 WHERE number = 3",
        "REPLACE INTO audit SELECT * FROM audit WHERE number = 2",
        "INSERT INTO audit SELECT number + 1, at, '', '', '', '', '{}', hash FROM audit",
        "INSERT INTO audit SELECT number + 4, at, '', '', '', '', '{}', hash FROM audit",
        "UPDATE audit_ends SET number = 1 WHERE which = 'head'",
        "UPDATE audit_ends SET number = 5 WHERE which = 'head'",
        "UPDATE audit_ends SET number = 2 WHERE which = 'anchor'",
        "UPDATE audit_ends SET which = 'head' WHERE which = 'anchor'",
        "UPDATE OR REPLACE audit_ends SET which = 'anchor', number = 3 WHERE which = 'head'",
        "DELETE FROM audit_ends", "INSERT INTO audit_ends VALUES ('tail', 1, zeroblob(32))",
        "REPLACE INTO audit_ends VALUES ('head', 2, zeroblob(32))",
    ])
    func theDatabaseItselfRefusesWhateverIsNoNewEntry(_ sql: String) async throws {
        try await withDirectory { directory in
            let path = directory + "/a.sqlite"
            try await makeAudit(path, count: 3)
            let other = try DatabaseQueue(path: path)
            let error = #expect(throws: DatabaseError.self) {
                try other.inDatabase { try $0.execute(sql: sql) }
            }
            #expect(error?.resultCode == .SQLITE_CONSTRAINT)
            try other.close()
            #expect(try await verdict(path).holding == 3)
        }
    }

    /// Each kind of breach as somebody makes it who takes the triggers away first.
    @Test(arguments: [
        ("UPDATE audit SET who_name = 'x' WHERE number = 2", 2, AuditVerdict.Breach.Kind.hash),
        ("UPDATE audit SET object = CAST(object AS BLOB) WHERE number = 2", 2, .unreadable),
        ("UPDATE audit SET number = -2 WHERE number = 2", 1, .order),
        ("DELETE FROM audit WHERE number = 2", 2, .gap), ("DELETE FROM audit", 1, .tail),
        ("DELETE FROM audit WHERE number = 4", 4, .tail),
        ("UPDATE audit_ends SET number = 3 WHERE which = 'head'", 4, .head),
        ("UPDATE audit_ends SET hash = zeroblob(32) WHERE which = 'head'", 4, .head),
    ])
    func whoeverTakesTheTriggersAwayIsFoundOut(
        _ sql: String, _ number: Int64, _ kind: AuditVerdict.Breach.Kind
    ) async throws {
        try await withDirectory { directory in
            let path = directory + "/a.sqlite"
            try await makeAudit(path, count: 4)
            let other = try DatabaseQueue(path: path)
            try await other.write { database in
                let names = try String.fetchAll(
                    database, sql: "SELECT name FROM sqlite_schema WHERE type = 'trigger'")
                for name in names { try database.execute(sql: "DROP TRIGGER \(name)") }
                try database.execute(sql: sql)
            }
            try other.close()
            let breach = AuditVerdict.Breach(number: number, kind: kind)
            #expect(try await verdict(path).breach == breach)
        }
    }

    /// Beside a store that is open, and without a trace in the file.
    @Test func aChainIsWalkedWhileTheServiceWrites() async throws {
        try await withDirectory { directory in
            let path = directory + "/a.sqlite"
            try await makeAudit(path, count: 3)
            let store = try SQLiteStore.open(path: path)
            try await store.note(auditNote(4))
            let file = try SQLiteAuditFile(path: path)
            #expect(try await file.verifyAudit().holding == 4)
            try await store.note(auditNote(5))
            #expect(try await file.verifyAudit().holding == 5)
            try await store.close()
            #expect(throws: StorageError.self) { try SQLiteAuditFile(path: path + "none") }
            #expect(!FileManager.default.fileExists(atPath: path + "none"))
        }
    }

    /// 500 bytes of entries, drawn, and every bit of the lengths and types in front of some of
    /// them; each changed by itself.
    @Test func everyChangedByteOfAnEntryIsFoundAndLocated() async throws {
        try await withDirectory { directory in
            let path = directory + "/a.sqlite"
            try await makeAudit(path, count: 60)
            let original = try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
            let root = try await DatabaseQueue(path: path).read { database in
                try Int.fetchOne(
                    database, sql: "SELECT rootpage FROM sqlite_schema WHERE name = 'audit'")
            }
            let tree = AuditPages(bytes: original)
            let places = tree.bytes(ofTreeAt: try #require(root))
            #expect(Set(places.map(\.entry)) == Set(1...60))
            #expect(places.count > 40_000)
            let changed = directory + "/b.sqlite"
            var dice = SystemRandomNumberGenerator()
            var changes = try (0..<500).map { _ in
                (
                    place: try #require(places.randomElement(using: &dice)),
                    mask: UInt8.random(in: 1...255, using: &dice)
                )
            }
            for entry in (Int64(1)...60).shuffled(using: &dice).prefix(6) {
                for place in places.filter({ $0.entry == entry }).prefix(14) {
                    changes += (0..<8).map { (place: place, mask: 1 << $0) }
                }
            }
            for (place, mask) in changes {
                var bytes = original
                bytes[place.offset] ^= mask
                try Data(bytes).write(to: URL(fileURLWithPath: changed))
                let found = try await verdict(changed).breach
                #expect(
                    found?.number == place.entry,
                    "byte \(place.offset) ^ \(mask) of \(place.entry): \(String(describing: found))"
                )
            }
        }
    }
}

/// Where the entries' bytes lie in a file.
///
/// Source: "Database File Format", https://www.sqlite.org/fileformat2.html, sections 1.6 and 2.
private struct AuditPages {
    let bytes: [UInt8]
    private let size = 4_096

    struct Place {
        let entry: Int64
        let offset: Int
    }

    func bytes(ofTreeAt page: Int) -> [Place] {
        let start = (page - 1) * size
        let isLeaf = bytes[start] == 0x0A
        precondition(isLeaf || bytes[start] == 0x02)
        let count = number(at: start + 3, 2)
        var places: [Place] = []
        for cell in 0..<count {
            var offset = start + number(at: start + (isLeaf ? 8 : 12) + 2 * cell, 2)
            if !isLeaf {
                places += bytes(ofTreeAt: number(at: offset, 4))
                offset += 4
            }
            places += bytes(ofCellAt: offset)
        }
        if !isLeaf { places += bytes(ofTreeAt: number(at: start + 8, 4)) }
        return places
    }

    private func bytes(ofCellAt start: Int) -> [Place] {
        let (length, record) = varint(at: start)
        let largest = (size - 12) * 64 / 255 - 23
        let smallest = (size - 12) * 32 / 255 - 23
        var local = length
        if length > largest {
            let fitting = smallest + (length - smallest) % (size - 4)
            local = fitting <= largest ? fitting : smallest
        }
        let (header, types) = varint(at: record)
        // 9 is the number 1 itself, 1 a byte.
        let entry = bytes[types] == 9 ? 1 : Int64(bytes[record + header])
        var offsets = Array(start..<(record + local))
        if local < length {
            let pointer = record + local
            offsets += pointer..<(pointer + 4)
            var page = number(at: pointer, 4)
            var rest = length - local
            while rest > 0 {
                let content = (page - 1) * size + 4
                offsets += content..<(content + min(rest, size - 4))
                rest -= size - 4
                page = number(at: content - 4, 4)
            }
        }
        return offsets.map { Place(entry: entry, offset: $0) }
    }

    private func number(at offset: Int, _ count: Int) -> Int {
        bytes[offset..<(offset + count)].reduce(0) { $0 << 8 | Int($1) }
    }

    private func varint(at start: Int) -> (value: Int, end: Int) {
        var value = 0
        var offset = start
        while true {
            value = value << 7 | Int(bytes[offset] & 0x7F)
            offset += 1
            if bytes[offset - 1] < 0x80 { return (value, offset) }
        }
    }
}
