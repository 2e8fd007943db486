import Domain
import Storage
import StorageMemory
import StrictJSON
import Testing

private let anna = AuditNote.Who(id: "key_1", name: "anna")
private let oleg = AuditNote.Who(id: "key_2", name: "Олег")

/// A note about `object`, `number` seconds after the start.
func auditNote(
    _ number: Int, of object: String = "r", _ verb: AuditVerb = .rulePut,
    by who: AuditNote.Who = .system, details: JSONObject = JSONObject()
) -> AuditNote {
    AuditNote(
        verb, of: object, by: who, at: .start + .seconds(Int64(number)), details: details)
}

private func rule(_ name: String, _ definition: String = "{}") -> StoredRule {
    StoredRule(name: name, definition: Array(definition.utf8), updatedAt: .start)
}

extension AuditLog {
    /// The newest page.
    fileprivate func audit() async throws -> [AuditEntry] {
        try await auditEntries(AuditQuery()).rows
    }
}

@Suite struct AuditLogTests {
    @Test(arguments: Backend.all)
    func entriesAreNumberedAndChained(_ backend: Backend) async throws {
        try await backend.run { store in
            #expect(try await store.audit().isEmpty)
            #expect(try await store.verifyAudit().head == .start)
            let details: JSONObject = ["name": "é\0\"", "n": 1]
            try await store.note(auditNote(1, of: "a\0b", by: oleg, details: details))
            try await store.note(auditNote(2, of: "", .taskResolved, by: anna))
            let entries = try await store.audit()
            #expect(entries.map(\.number) == [2, 1])
            #expect(entries[1].who == oleg)
            #expect(entries[1].verb == "rule.put")
            #expect(entries[1].object.hasSameBytes(as: "a\0b"))
            #expect(entries[1].at == .start + .seconds(1))
            #expect(entries[1].details == JSONValue.object(details).bytes())
            #expect(AuditLink.start.fits(entries[1]))
            #expect(AuditLink(entries[1]).fits(entries[0]))
            #expect(!AuditLink.start.fits(entries[0]))
            let verdict = try await store.verifyAudit(stretch: 1)
            #expect(
                verdict
                    == AuditVerdict(
                        anchor: .start, head: AuditLink(entries[0]), holding: 2, breach: nil))
        }
    }

    /// The text and the digest were made by another program.
    @Test func theHashIsWhatItsDescriptionSays() {
        let note = AuditNote(
            .rulePut, of: "客服", by: AuditNote.Who(id: "key_1", name: "anna"),
            at: Timestamp(milliseconds: 1_767_225_600_000), details: ["new": true])
        let entry = AuditLink.start.entry(note)
        #expect(String(decoding: entry.details, as: UTF8.self) == #"{"new":true}"#)
        #expect(
            AuditLink(entry).text
                == "37d5161c695195f13e62b978cc3087a37783cfde9ec493fc55d9d8fccd82419e")
    }

    @Test(arguments: Backend.all)
    func whatIsWrittenAndItsNoteAreOne(_ backend: Backend) async throws {
        try await backend.run { store in
            try await store.put(rule("a"), noting: auditNote(1, of: "a", by: anna))
            try await store.put(rule("a"), noting: auditNote(2, of: "a", by: anna))
            #expect(try await store.audit().map(\.object) == ["a"], "the same again")
            try await store.put(rule("a", "{\"n\":1}"), noting: auditNote(3, of: "a", by: anna))
            try await store.put(rule("b"), noting: nil)
            try await store.deleteRule("a", noting: auditNote(4, of: "a", .ruleDeleted, by: anna))
            let refused = try await code {
                try await store.deleteRule("a", noting: auditNote(5, of: "a", .ruleDeleted))
            }
            #expect(refused == .notFound)
            #expect(
                try await store.audit().map(\.verb) == ["rule.deleted", "rule.put", "rule.put"])
            #expect(try await store.verifyAudit().holding == 3)
        }
    }

    @Test(arguments: Backend.all)
    func aDecisionIsNotedWhenItIsSettledAndNotWhenTheClaimIsLost(
        _ backend: Backend
    ) async throws {
        try await backend.run { store in
            try await store.plan([.sample("1")])
            let now = Timestamp.start
            let note = auditNote(0, of: "tsk_1", .taskResolved, by: anna)
            let late = try await store.takeTask("tsk_1", at: now, lease: .seconds(1))
            let next = try await store.takeTask(
                "tsk_1", at: now + .seconds(1), lease: .seconds(1))
            let lost = try await code {
                try await store.settle(late, with: CopySettlement(note: note), at: now)
            }
            #expect(lost == .claimLost)
            #expect(try await store.audit().isEmpty)
            try await store.settle(next, with: CopySettlement(note: note), at: now)
            #expect(try await store.audit().map(\.object) == ["tsk_1"])
        }
    }

    @Test(arguments: Backend.all)
    func listsAreNarrowedByEachPartAndComeInPages(_ backend: Backend) async throws {
        try await backend.run { store in
            for number in 1...6 {
                try await store.note(
                    auditNote(
                        number, of: number.isMultiple(of: 2) ? "a" : "b",
                        number < 4 ? .rulePut : .ruleDeleted,
                        by: number.isMultiple(of: 3) ? anna : oleg))
            }
            let answers: [(AuditQuery, [Int64])] = [
                (AuditQuery(who: "key_1"), [6, 3]), (AuditQuery(who: "anna"), [6, 3]),
                (AuditQuery(who: "Anna"), []), (AuditQuery(who: "Олег", object: "b"), [5, 1]),
                (AuditQuery(verb: "rule.deleted"), [6, 5, 4]), (AuditQuery(verb: "rule"), []),
                (AuditQuery(object: "a"), [6, 4, 2]), (AuditQuery(object: "a\0"), []),
                (AuditQuery(since: .start + .seconds(5)), [6, 5]),
                (AuditQuery(who: "key_2", verb: "rule.put", object: "a"), [2]),
                (AuditQuery(object: "b", cursor: "5"), [3, 1]),
                (AuditQuery(limit: 0), [6]),
            ]
            for (query, numbers) in answers {
                #expect(try await store.auditEntries(query).rows.map(\.number) == numbers)
            }
            var page = try await store.auditEntries(AuditQuery(object: "a", limit: 2))
            #expect(page.rows.map(\.number) == [6, 4])
            try await store.note(auditNote(7, of: "a"))
            page = try await store.auditEntries(
                AuditQuery(object: "a", cursor: page.next, limit: 2))
            #expect(page.rows.map(\.number) == [2])
            #expect(page.next == nil)
            #expect(try await store.auditEntries(AuditQuery(limit: 7)).next == nil)
            let strange = try await code {
                _ = try await store.auditEntries(AuditQuery(cursor: "x"))
            }
            #expect(strange == .notFound)
        }
    }

    /// By number, up to the first that is young: a clock that was put back makes no hole.
    @Test(arguments: Backend.all)
    func pruningLeavesAnAnchorFromWhichTheChainHolds(_ backend: Backend) async throws {
        try await backend.run { store in
            for number in [1, 2, 3, 9, 4, 10] { try await store.note(auditNote(number)) }
            let entries = try await store.audit()
            let moment = Timestamp.start + .seconds(5)
            let pruned = try await store.prune(
                .audit, olderThan: moment, from: nil, limit: 9, at: .start + .seconds(11))
            #expect(pruned == Pruned(removed: 3, next: nil))
            #expect(try await store.audit().map(\.number) == [7, 6, 5, 4])
            var verdict = try await store.verifyAudit(stretch: 2)
            #expect(verdict.anchor == AuditLink(entries[3]))
            #expect(verdict.holding == 4)
            #expect(verdict.breach == nil)
            #expect(
                try await store.pruneAll([.audit], olderThan: .start + .days(1), limit: 9) == 4)
            verdict = try await store.verifyAudit()
            #expect(verdict.anchor.number == 7)
            #expect(verdict.head.number == 8)
            #expect(verdict.breach == nil)
            try await store.note(auditNote(11))
            verdict = try await store.verifyAudit()
            #expect(verdict.head.number == 9)
            #expect(verdict.breach == nil)
        }
    }

    @Test(arguments: Backend.all)
    func eachBatchThatIsPrunedIsNotedInTheChain(_ backend: Backend) async throws {
        try await backend.run { store in
            for number in 1...5 { try await store.note(auditNote(number)) }
            let entries = try await store.audit()
            let links = entries.map { AuditLink($0) }
            #expect(try await store.pruneAll([.audit], olderThan: .start + .seconds(4)) == 3)
            let notes = try await store.audit().filter { $0.verb == "audit.pruned" }
            #expect(notes.map(\.object) == ["3", "2"])
            #expect(notes.allSatisfy { $0.who == .system && $0.at == .start + .seconds(4) })
            let prunings = notes.compactMap { AuditPruning($0) }
            #expect(
                prunings == [
                    AuditPruning(former: links[3], anchor: links[2]),
                    AuditPruning(former: .start, anchor: links[3]),
                ])
            let details = String(decoding: try #require(notes.last).details, as: UTF8.self)
            #expect(details.hasPrefix("{\"hash\":\"\(links[3].text)\",\"former\":{"))
            // Nothing of that age is left, and so nothing is noted.
            #expect(try await store.pruneAll([.audit], olderThan: .start + .seconds(4)) == 0)
            #expect(try await store.verifyAudit().head.number == 7)
        }
    }

    /// Or the notes of each other would be pruned and noted for ever.
    @Test(arguments: Backend.all)
    func notesOfPruningsGoWithOtherEntriesOrInWholeBatches(_ backend: Backend) async throws {
        try await backend.run { store in
            for number in 1...6 { try await store.note(auditNote(number)) }
            #expect(try await store.pruneAll([.audit], olderThan: .start + .seconds(9)) == 6)
            #expect(
                try await store.audit().map(\.verb) == Array(repeating: "audit.pruned", count: 3))
            let late = Timestamp.start + .days(2)
            func prune(_ limit: Int) async throws -> Int {
                try await store.prune(.audit, olderThan: late, from: nil, limit: limit, at: late)
                    .removed
            }
            #expect(try await prune(4) == 0)
            #expect(try await prune(3) == 3)
            #expect(try await store.audit().map(\.object) == ["9"])
            try await store.note(auditNote(10))
            #expect(try await prune(4) == 0, "a note of now, and the entry behind it")
            let later = late + .seconds(1)
            let pruned = try await store.prune(
                .audit, olderThan: later, from: nil, limit: 4, at: later)
            #expect(pruned.removed == 2)
            #expect(try await store.verifyAudit().breach == nil)
        }
    }

    /// A place that somebody kept elsewhere.
    @Test(arguments: Backend.all)
    func anEntryThatIsExpectedIsThereOrMissed(_ backend: Backend) async throws {
        try await backend.run { store in
            for number in 1...5 { try await store.note(auditNote(number)) }
            let links = try await store.audit().map { AuditLink($0) }
            for link in links {
                for stretch in [1, 2, 100] {
                    let verdict = try await store.verifyAudit(expecting: link, stretch: stretch)
                    #expect(verdict.breach == nil && verdict.holding == 5)
                }
                let other = AuditLink(number: link.number, hash: AuditLink.start.hash)
                let breach = try await store.verifyAudit(expecting: other).breach
                #expect(breach == AuditVerdict.Breach(number: link.number, kind: .expected))
            }
            let future = AuditLink(number: 6, hash: links[0].hash)
            #expect(try await store.verifyAudit(expecting: future).breach?.kind == .expected)
            #expect(try await store.pruneAll([.audit], olderThan: .start + .seconds(3)) == 2)
            #expect(try await store.verifyAudit(expecting: links[3]).breach == nil, "the anchor")
            #expect(try await store.verifyAudit(expecting: links[4]).breach?.kind == .expected)
            // As the command takes it.
            let text = "\(links[3].number):\(links[3].text)"
            #expect(AuditLink(parsing: text) == links[3])
            for strange in ["", text + "0", text.uppercased(), "+" + text, "2 " + links[3].text] {
                #expect(AuditLink(parsing: strange) == nil || strange == text, "\(strange)")
            }
        }
    }

    /// Two at a time, with prunings and more notes in between.
    @Test(arguments: Backend.all)
    func theChainHoldsWhileItGrowsAndIsPruned(_ backend: Backend) async throws {
        try await backend.run { store in
            for number in 1...40 { try await store.note(auditNote(number)) }
            let chain = Meddling(store: store)
            let verdict = try await chain.verifyAudit(stretch: 3)
            #expect(verdict.breach == nil)
            #expect(verdict.anchor.number > 3)
            #expect(verdict.head.number > 40)
        }
    }
}

/// A store in which something happens before every look.
private struct Meddling: AuditReading {
    let store: any AuditLog & Housekeeping

    func auditStretch(
        after number: Int64?, limit: Int
    ) async throws(StorageError) -> AuditStretch {
        if number ?? 0 < 30 {
            try await store.note(auditNote(50))
            _ = try await store.prune(
                .audit, olderThan: .start + .seconds(40), from: nil, limit: 5,
                at: .start + .seconds(40))
        }
        return try await store.auditStretch(after: number, limit: limit)
    }

    func auditGuards() async throws(StorageError) -> AuditGuards { try await store.auditGuards() }

    func auditIndexFlaw() async throws(StorageError) -> String? {
        try await store.auditIndexFlaw()
    }
}
