import Domain
import Storage
import Testing

/// A chain as values, to be spoiled.
private struct Chain: AuditReading {
    var anchor = AuditLink.start
    var head = AuditLink.start
    var entries: [AuditEntry?] = []
    var damagedFrom: Int?

    init(_ count: Int) {
        for number in 1...count {
            let entry = head.entry(auditNote(number))
            entries.append(entry)
            head = AuditLink(entry)
        }
    }

    func auditStretch(
        after number: Int64?, limit: Int
    ) async throws(StorageError) -> AuditStretch {
        let start = number.map { last in
            (entries.firstIndex { $0?.number == last } ?? -1) + 1
        }
        let end = min((start ?? 0) + limit, damagedFrom ?? entries.count, entries.count)
        return AuditStretch(
            anchor: anchor, head: head, entries: Array(entries[(start ?? 0)..<end]),
            damage: end == damagedFrom && end < (start ?? 0) + limit ? "malformed" : nil)
    }

    func auditGuards() -> AuditGuards { AuditGuards() }

    func auditIndexFlaw() -> String? { nil }
}

extension AuditEntry {
    fileprivate func changed(
        number: Int64? = nil, at: Timestamp? = nil, who: AuditNote.Who? = nil,
        verb: String? = nil, object: String? = nil, details: String? = nil, hash: [UInt8]? = nil
    ) -> AuditEntry {
        AuditEntry(
            number: number ?? self.number, at: at ?? self.at, who: who ?? self.who,
            verb: verb ?? self.verb, object: object ?? self.object,
            details: details.map { Array($0.utf8) } ?? self.details, hash: hash ?? self.hash)
    }
}

private typealias Breach = AuditVerdict.Breach

/// What is done to the third of five, and what is said then.
private let alterations: [(@Sendable (AuditEntry) -> AuditEntry?, Breach)] = [
    ({ $0.changed(at: $0.at + .milliseconds(1)) }, Breach(number: 3, kind: .hash)),
    ({ $0.changed(who: .init(id: "x", name: "system")) }, Breach(number: 3, kind: .hash)),
    ({ $0.changed(who: .init(id: "system", name: "x")) }, Breach(number: 3, kind: .hash)),
    // What moves from one field to the next is a change as well.
    ({ $0.changed(who: .init(id: "systemsystem", name: "")) }, Breach(number: 3, kind: .hash)),
    ({ $0.changed(verb: "rule.deleted") }, Breach(number: 3, kind: .hash)),
    ({ $0.changed(object: "R") }, Breach(number: 3, kind: .hash)),
    ({ $0.changed(details: "{ }") }, Breach(number: 3, kind: .hash)),
    ({ $0.changed(hash: Array(repeating: 0, count: 32)) }, Breach(number: 3, kind: .hash)),
    ({ $0.changed(number: 7) }, Breach(number: 3, kind: .gap)),
    ({ $0.changed(number: 2) }, Breach(number: 3, kind: .order)),
    ({ $0.changed(number: -3) }, Breach(number: 3, kind: .order)),
    ({ _ in nil }, Breach(number: 3, kind: .unreadable)),
]

@Suite struct AuditVerdictTests {
    @Test(arguments: alterations.indices, [1, 2, 3, 100])
    func whatIsChangedIsLocated(_ row: Int, _ stretch: Int) async throws {
        var chain = Chain(5)
        #expect(try await chain.verifyAudit(stretch: stretch).breach == nil)
        let (alter, breach) = alterations[row]
        chain.entries[2] = try alter(#require(chain.entries[2]))
        let verdict = try await chain.verifyAudit(stretch: stretch)
        #expect(verdict.breach == breach)
        #expect(verdict.holding == 2)
    }

    /// An entry that was written anew with a hash that fits breaks the one behind it.
    @Test func aForgedEntryIsMissedByItsFollower() async throws {
        var chain = Chain(5)
        let forged = AuditLink(try #require(chain.entries[1])).entry(auditNote(3, of: "forged"))
        chain.entries[2] = forged
        #expect(try await chain.verifyAudit().breach == Breach(number: 4, kind: .hash))
        chain = Chain(5)
        chain.entries[4] = AuditLink(try #require(chain.entries[3])).entry(auditNote(9))
        #expect(try await chain.verifyAudit().breach == Breach(number: 5, kind: .head))
    }

    @Test(arguments: [1, 2, 100])
    func whatIsMissingIsLocated(_ stretch: Int) async throws {
        var chain = Chain(5)
        chain.entries.remove(at: 2)
        #expect(
            try await chain.verifyAudit(stretch: stretch).breach == Breach(number: 3, kind: .gap))
        chain = Chain(5)
        chain.entries.removeFirst()
        #expect(
            try await chain.verifyAudit(stretch: stretch).breach == Breach(number: 1, kind: .gap))
        chain = Chain(5)
        chain.entries.removeLast(2)
        #expect(
            try await chain.verifyAudit(stretch: stretch).breach == Breach(number: 4, kind: .tail))
        chain.entries = []
        #expect(
            try await chain.verifyAudit(stretch: stretch).breach == Breach(number: 1, kind: .tail))
        chain = Chain(5)
        chain.entries.swapAt(1, 3)
        #expect(
            try await chain.verifyAudit(stretch: stretch).breach == Breach(number: 2, kind: .gap))
        chain = Chain(5)
        chain.damagedFrom = 3
        let verdict = try await chain.verifyAudit(stretch: 100)
        #expect(verdict.breach == Breach(number: 4, kind: .unreadable))
        #expect(verdict.holding == 3)
    }

    @Test func theEndsAreHeldAgainstTheEntries() async throws {
        var chain = Chain(5)
        chain.head = AuditLink(number: 5, hash: AuditLink.start.hash)
        #expect(try await chain.verifyAudit().breach == Breach(number: 5, kind: .head))
        chain.head = AuditLink(number: 3, hash: chain.head.hash)
        #expect(try await chain.verifyAudit().breach == Breach(number: 5, kind: .head))
        chain = Chain(5)
        chain.anchor = AuditLink(number: 2, hash: AuditLink.start.hash)
        #expect(try await chain.verifyAudit().breach == Breach(number: 3, kind: .order))
        chain.entries.removeFirst(2)
        #expect(try await chain.verifyAudit().breach == Breach(number: 3, kind: .hash))
    }

    /// A forged note fits the hashes, and says that retention went on from elsewhere.
    @Test(arguments: [1, 2, 100])
    func anAnchorIsWhereTheNotesOfPruningsSay(_ stretch: Int) async throws {
        var chain = Chain(3)
        let links = chain.entries.compactMap { $0.map { AuditLink($0) } }
        func prune(from former: AuditLink, to anchor: AuditLink) {
            let entry = chain.head.entry(
                AuditPruning(former: former, anchor: anchor).note(at: .start))
            chain.entries.append(entry)
            chain.head = AuditLink(entry)
        }
        func breach() async throws -> Breach? {
            try await chain.verifyAudit(stretch: stretch).breach
        }
        prune(from: .start, to: links[0])
        #expect(try await breach() == Breach(number: 0, kind: .beginning), "nothing went")
        chain.entries.removeFirst()
        chain.anchor = links[0]
        #expect(try await breach() == nil)
        prune(from: links[0], to: links[1])
        #expect(try await breach() == Breach(number: 1, kind: .beginning), "not the newest")
        chain.entries.removeFirst()
        chain.anchor = links[1]
        #expect(try await breach() == nil)
        chain.entries.removeFirst()
        chain.anchor = links[2]
        #expect(try await breach() == Breach(number: 3, kind: .beginning), "nobody noted it")
        prune(from: links[2], to: links[2])
        #expect(try await breach() == Breach(number: 3, kind: .beginning), "nor what was before")
    }
}
