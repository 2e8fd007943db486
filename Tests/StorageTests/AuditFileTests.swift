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

/// By any program that opens the file and knows what a trigger is.
///
/// - Parameter isTidy: Whether the triggers are put back.
private func tamper(
    with path: String, _ sql: String, isTidy: Bool = false
) async throws {
    let other = try DatabaseQueue(path: path)
    try await other.write { database in
        let triggers = try Row.fetchAll(
            database, sql: "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
        for trigger in triggers {
            try database.execute(sql: "DROP TRIGGER \(trigger["name"] as String)")
        }
        try database.execute(sql: sql)
        for trigger in triggers where isTidy { try database.execute(sql: trigger["sql"]) }
    }
    try other.close()
}

/// Takes away what is older than entry `number` of ``makeAudit(_:count:)``, as retention does.
private func prune(_ path: String, before number: Int) async throws {
    let store = try SQLiteStore.open(path: path)
    let moment = Timestamp.start + .seconds(Int64(number))
    _ = try await store.prune(.audit, olderThan: moment, from: nil, limit: 9, at: moment)
    try await store.close()
}

private func cut(_ number: Int) -> String {
    """
    UPDATE audit_ends SET number = \(number),
        hash = (SELECT hash FROM audit WHERE number = \(number)) WHERE which = 'anchor';
    DELETE FROM audit WHERE number <= \(number)
    """
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
        "REPLACE INTO audit_ends VALUES ('head', 2, zeroblob(32))", cut(2),
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
            try await tamper(with: path, sql)
            let breach = try await verdict(path).breach
            #expect(
                breach?.number == number && breach?.kind == kind, "\(String(describing: breach))")
        }
    }

    /// The oldest entries go as retention takes them, but for the note, and all is put back.
    @Test func aChainThatIsCutOffAtItsBeginningIsFoundOut() async throws {
        try await withDirectory { directory in
            let path = directory + "/a.sqlite"
            try await makeAudit(path, count: 9)
            try await tamper(with: path, cut(3), isTidy: true)
            let breach = AuditVerdict.Breach(number: 3, kind: .beginning)
            #expect(try await verdict(path).breach == breach)

            let other = directory + "/b.sqlite"
            try await makeAudit(other, count: 9)
            try await prune(other, before: 3)
            #expect(try await verdict(other).breach == nil)
            try await tamper(with: other, cut(4), isTidy: true)
            let cut = AuditVerdict.Breach(number: 4, kind: .beginning)
            #expect(try await verdict(other).breach == cut)
            // What retention notes later does not cover it up.
            try await prune(other, before: 6)
            #expect(try await verdict(other).anchor.number == 5)
            #expect(try await verdict(other).breach == cut)
        }
    }

    /// Everything gone and both ends put to zero is a new file, but for who knows better.
    @Test func anEmptiedChainIsMissedByWhoKeptAPlaceInIt() async throws {
        try await withDirectory { directory in
            let path = directory + "/a.sqlite"
            try await makeAudit(path, count: 3)
            let head = try await verdict(path).head
            try await tamper(
                with: path,
                "DELETE FROM audit; UPDATE audit_ends SET number = 0, hash = zeroblob(32)",
                isTidy: true)
            #expect(try await verdict(path).breach == nil)
            let found = try await SQLiteAuditFile(path: path).verifyAudit(expecting: head)
            #expect(found.breach == AuditVerdict.Breach(number: 3, kind: .expected))
        }
    }

    @Test(arguments: [
        ("SELECT 1", "audit_anchor_is_noted is missing"),
        ("DELETE FROM audit_ends WHERE which = 'anchor'", "audit_ends has no anchor"),
        ("DELETE FROM audit_ends", "audit_ends has no anchor"),
        ("DELETE FROM audit_ends WHERE which = 'head'", "audit_ends has no head"),
        ("DROP TABLE audit_ends", "the table audit_ends is missing"),
        ("DROP TABLE audit", "the table audit is missing"),
        (
            "ALTER TABLE audit_ends RENAME COLUMN number TO place",
            "the table audit_ends is not as it was made"
        ),
    ])
    func whatGuardsTheChainIsMissed(_ sql: String, _ what: String) async throws {
        try await withDirectory { directory in
            let path = directory + "/a.sqlite"
            try await makeAudit(path, count: 3)
            try await tamper(with: path, sql)
            let breach = AuditVerdict.Breach(number: nil, kind: .guards, what: what)
            #expect(try await verdict(path).breach == breach)
        }
    }

    @Test(arguments: [
        (
            "CREATE TRIGGER hush AFTER INSERT ON audit BEGIN SELECT 1; END",
            "a trigger is there that was not made here: hush"
        ),
        ("DROP INDEX audit_by_object", "audit_by_object is missing"),
        (
            """
            DROP TRIGGER audit_never_changes;
            CREATE TRIGGER audit_never_changes BEFORE UPDATE ON audit BEGIN SELECT 1; END
            """, "audit_never_changes is not as it was made"
        ),
    ])
    func guardsThatWereChangedAreSeen(_ sql: String, _ what: String) async throws {
        try await withDirectory { directory in
            let path = directory + "/a.sqlite"
            try await makeAudit(path, count: 3)
            let other = try DatabaseQueue(path: path)
            try await other.write { try $0.execute(sql: sql) }
            try other.close()
            let breach = AuditVerdict.Breach(number: nil, kind: .guards, what: what)
            #expect(try await verdict(path).breach == breach)
        }
    }

    /// A list by object would lack an entry, and nothing in the chain says so.
    @Test func everyBitOfAnIndexThatHidesAnEntryIsFound() async throws {
        try await withDirectory { directory in
            let path = directory + "/a.sqlite"
            try await makeAudit(path, count: 40)
            let original = try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
            let root = try await DatabaseQueue(path: path).read { database in
                try Int.fetchOne(
                    database,
                    sql: "SELECT rootpage FROM sqlite_schema WHERE name = 'audit_by_object'")
            }
            let places = AuditPages(bytes: original).bytes(ofTreeAt: try #require(root))
            #expect(places.count > 300)
            let changed = directory + "/b.sqlite"
            var dice = SystemRandomNumberGenerator()
            for place in places.shuffled(using: &dice).prefix(80) {
                var bytes = original
                bytes[place.offset] ^= 1 << UInt8.random(in: 0...7, using: &dice)
                try Data(bytes).write(to: URL(fileURLWithPath: changed))
                let breach = try await verdict(changed).breach
                #expect(breach?.kind == .index && breach?.what != "", "byte \(place.offset)")
            }
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
