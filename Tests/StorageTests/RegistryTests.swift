import Domain
import Storage
import Testing

private func rule(_ name: String, _ definition: String, _ seconds: Int = 0) -> StoredRule {
    StoredRule(
        name: name, definition: Array(definition.utf8), updatedAt: .start + .seconds(seconds))
}

private let anna = AuditNote.Who(id: "key_1", name: "anna")

private func note(_ verb: AuditVerb, _ name: String, _ seconds: Int) -> AuditNote {
    AuditNote(verb, of: name, by: anna, at: .start + .seconds(seconds))
}

@Test(arguments: Backend.all)
func everyChangeOfARuleIsAVersionWithWhoAndWhen(_ backend: Backend) async throws {
    try await backend.run { store in
        #expect(try await store.ruleVersions("a") == [])
        try await store.put(rule("a", "{}", 1), noting: note(.rulePut, "a", 1))
        // The same once more is none.
        try await store.put(rule("a", "{}", 2), noting: note(.rulePut, "a", 2))
        try await store.put(rule("a", #"{"n":1}"#, 3), noting: nil)
        try await store.deleteRule("a", noting: note(.ruleDeleted, "a", 4))
        try await store.put(rule("a", "{}", 5), noting: note(.rulePut, "a", 5))
        try await store.put(rule("a\u{0}", "{}", 6), noting: nil)

        let versions = try await store.ruleVersions("a")
        #expect(versions.map(\.number) == [4, 3, 2, 1])
        #expect(versions.map { $0.at - .start } == [5, 4, 3, 1].map { .seconds($0) })
        #expect(versions.map(\.who) == [anna, anna, .system, anna])
        #expect(
            versions.map { $0.definition.map { String(decoding: $0, as: UTF8.self) } }
                == ["{}", nil, #"{"n":1}"#, "{}"])
        #expect(try await store.ruleVersions("a\u{0}").count == 1)
        #expect(try await store.auditEntries(AuditQuery()).rows.count == 3)
    }
}

@Test(arguments: Backend.all)
func rulesThatChangeTogetherAllChangeOrNoneDoes(_ backend: Backend) async throws {
    try await backend.run { store in
        try await store.change([
            RuleChange(.put(rule("a", "{}")), noting: note(.rulePut, "a", 0)),
            RuleChange(.put(rule("b", "{}")), noting: note(.rulePut, "b", 0)),
        ])
        let before = try await store.rules()
        let refusal = try await code {
            try await store.change([
                RuleChange(.put(rule("a", #"{"n":1}"#)), noting: note(.rulePut, "a", 1)),
                RuleChange(.delete("b"), noting: note(.ruleDeleted, "b", 1)),
                RuleChange(.delete("b"), noting: note(.ruleDeleted, "b", 1)),
            ])
        }
        #expect(refusal == .notFound)
        #expect(try await store.rules() == before)
        #expect(try await store.ruleVersions("a").count == 1)
        #expect(try await store.ruleVersions("b").count == 1)
        #expect(try await store.auditEntries(AuditQuery()).rows.count == 2)
        // One that comes and goes in one change was there.
        try await store.change([
            RuleChange(.put(rule("c", "{}")), noting: nil), RuleChange(.delete("c"), noting: nil),
        ])
        #expect(try await store.ruleVersions("c").count == 2)
        #expect(try await store.rules() == before)
    }
}

@Test(arguments: Backend.all)
func ofManyVersionsTheNewestAreKept(_ backend: Backend) async throws {
    try await backend.run { store in
        for number in 1...RuleVersion.keptMax + 3 {
            try await store.put(rule("a", "{\"n\":\(number)}", number), noting: nil)
        }
        let versions = try await store.ruleVersions("a")
        #expect(versions.count == RuleVersion.keptMax)
        #expect(versions.first?.number == Int64(RuleVersion.keptMax + 3))
        #expect(versions.last?.number == 4)
    }
}
