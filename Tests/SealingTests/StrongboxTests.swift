import Domain
import Sealing
import Signing
import Storage
import StorageMemory
import Testing

private func key(_ letter: Character) throws -> MasterKey {
    try MasterKey(parsing: Secret(String(repeating: letter, count: 32)))
}

private func place(_ name: String) -> SealedSecret.Place {
    SealedSecret.Place(table: "grant", name: name, field: "token")
}

private func box(
    _ store: MemoryStore, _ letter: Character, old: String = ""
) throws -> Strongbox {
    Strongbox(
        store, keys: KeyRing(try key(letter), old: try old.map(key)),
        chance: Chance { .random(in: .min ... .max) })
}

@Suite struct StrongboxTests {
    @Test func whatIsPutInComesOutAndLiesSealed() async throws {
        let store = MemoryStore()
        let box = try box(store, "a")
        #expect(try await box.kept(at: place("one")) == nil)
        try await box.put([1, 2, 3], at: place("one"))
        try await box.put(Array("the second".utf8), at: place("one"))
        #expect(try await box.kept(at: place("one"))?.secret == Array("the second".utf8))

        let record = try #require(await store.sealedRecord("grant/one/token"))
        #expect(!String(decoding: record.bytes, as: UTF8.self).contains("second"))
    }

    @Test func onlyWhatWasReadIsDeleted() async throws {
        let store = MemoryStore()
        let box = try box(store, "a")
        try await box.put([1], at: place("one"))
        let first = try #require(await box.kept(at: place("one")))
        try await box.put([2], at: place("one"))
        try await box.delete(first)
        let second = try #require(await box.kept(at: place("one")))
        #expect(second.secret == [2])
        try await box.delete(second)
        #expect(try await box.kept(at: place("one")) == nil)
    }

    @Test func whatDoesNotOpenSaysWhatIsNeeded() async throws {
        let store = MemoryStore()
        try await box(store, "a").put([1], at: place("one"))
        let error = await #expect(throws: StorageError.self) {
            _ = try await box(store, "b").kept(at: place("one"))
        }
        #expect(error?.code == .corrupt)
        #expect(error?.detail.contains("\(try key("a").id)") == true)
        #expect(error?.detail.contains("grant/one/token") == true)
        #expect(try await Strongbox.keys(of: store) == [key("a").id: 1])
    }

    @Test func everyRecordComesUnderTheFirstKey() async throws {
        let store = MemoryStore()
        for number in 1...5 { try await box(store, "a").put([1], at: place("\(number)")) }
        try await box(store, "b").put([2], at: place("6"))
        try await box(store, "c").put([3], at: place("7"))
        try await store.put(SealedRecord(id: "strange", bytes: [9]))

        var seen: [String] = []
        let ring = try box(store, "b", old: "a")
        let outcome = try await ring.rewrapAll { seen.append("\($0)/\($1)") }

        #expect((outcome.rewrapped, outcome.current, outcome.changed) == (5, 1, 0))
        #expect(outcome.broken.count == 2 && outcome.discarded == [] && outcome.total == 8)
        #expect(outcome.broken[0].contains("\(try key("c").id)"), "\(outcome.broken)")
        #expect(seen == (1...8).map { "\($0)/8" })
        for number in 1...5 {
            #expect(try await box(store, "b").kept(at: place("\(number)"))?.secret == [1])
        }
        let again = try await ring.rewrapAll()
        #expect((again.rewrapped, again.current) == (0, 6))

        let last = try await ring.rewrapAll(discarding: true)
        #expect(last.discarded.count == 2 && last.broken == [])
        #expect(try await store.sealedIDs().count == 6)
        #expect(try await Strongbox.keys(of: store) == [key("b").id: 6])
    }

    /// A record that somebody puts in while all are wrapped again is not lost.
    @Test func whatIsNewerIsLeftAlone() async throws {
        let store = MemoryStore()
        try await box(store, "a").put([1], at: place("one"))
        let outcome = try await Strongbox(
            Overtaken(inner: store, by: box(store, "b")),
            keys: KeyRing(key("b"), old: [key("a")]), chance: Chance { 7 }
        ).rewrapAll()
        #expect(outcome.changed == 1 && outcome.rewrapped == 0)
        #expect(try await box(store, "b").kept(at: place("one"))?.secret == [2])
    }
}

/// A vault in which every record is written again right after it was read.
private struct Overtaken: Vault {
    let inner: MemoryStore
    let box: Strongbox

    init(inner: MemoryStore, by box: Strongbox) {
        self.inner = inner
        self.box = box
    }

    func put(_ record: SealedRecord, noting note: AuditNote?) async throws(StorageError) {
        try await inner.put(record, noting: note)
    }

    func add(
        _ record: SealedRecord, noting note: AuditNote?
    ) async throws(StorageError) -> Bool { try await inner.add(record, noting: note) }

    func sealedRecord(_ id: String) async throws(StorageError) -> SealedRecord? {
        let record = try await inner.sealedRecord(id)
        try await box.put([2], at: place("one"))
        return record
    }

    func sealedIDs() async throws(StorageError) -> [String] { try await inner.sealedIDs() }

    func replace(
        _ old: SealedRecord, with record: SealedRecord, noting note: AuditNote?
    ) async throws(StorageError) -> Bool {
        try await inner.replace(old, with: record, noting: note)
    }

    func delete(
        _ record: SealedRecord, noting note: AuditNote?
    ) async throws(StorageError) -> Bool { try await inner.delete(record, noting: note) }
}
