import Administration
import Domain
import Rules
import Storage
import StorageMemory
import StrictJSON
import Testing

private let good = Array(#"{"match":{"type":["bot.published"]},"notify":["audit"]}"#.utf8)

extension AdministrationFixture {
    /// What was noted, oldest first, as `who verb object`.
    fileprivate func notes() async throws -> [String] {
        try await store.auditEntries(AuditQuery()).rows.reversed().map {
            "\($0.who.id) \($0.verb) \($0.object)"
        }
    }

    /// The details of the newest entry.
    fileprivate func details() async throws -> JSONValue {
        let newest = try #require(try await store.auditEntries(AuditQuery(limit: 1)).rows.first)
        return try JSONValue(parsing: newest.details)
    }
}

@Suite struct AuditNotesTests {
    @Test func rulesAreNotedWhenSomethingChanges() async throws {
        let fixture = AdministrationFixture()
        let administration = fixture.administration
        _ = try await administration.putRule("backup", definition: good, by: .anna)
        #expect(try await fixture.details()["new"] == true)
        #expect(try await fixture.details()["definition_sha256"]?.text?.utf8.count == 64)
        _ = try await administration.putRule("backup", definition: good, by: .anna)
        #expect(try await fixture.notes() == ["key_1 rule.put backup"], "the same again")
        await #expect(throws: AdministrationError.self) {
            try await administration.putRule("backup", definition: Array("{}".utf8), by: .anna)
        }
        await #expect(throws: AdministrationError.self) {
            try await administration.deleteRule("nightly", by: .anna)
        }
        let other = Array(#"{"match":{"type":["bot.deleted"]},"notify":["audit"]}"#.utf8)
        _ = try await administration.putRule("backup", definition: other, by: .anna)
        #expect(try await fixture.details()["new"] == false)
        try await administration.deleteRule("backup", by: .anna)
        #expect(
            try await fixture.notes() == [
                "key_1 rule.put backup", "key_1 rule.put backup", "key_1 rule.deleted backup",
            ])
    }

    @Test func aDecisionIsNotedWithWhatCameOfIt() async throws {
        let fixture = AdministrationFixture()
        let task = try await fixture.unresolved(1)
        await #expect(throws: AdministrationError.self) {
            try await fixture.administration.resolve(task.id.rawValue, .adopt(nil), by: .anna)
        }
        #expect(try await fixture.notes() == [])
        _ = try await fixture.administration.resolve(task.id.rawValue, .adopt("7600"), by: .anna)
        #expect(try await fixture.notes() == ["key_1 task.resolved tsk_1"])
        #expect(
            try await fixture.details()
                == [
                    "decision": "adopted", "state": "succeeded", "copy_id": "7600",
                    "candidates": ["7600"],
                ])
        await #expect(throws: AdministrationError.self) {
            try await fixture.administration.resolve(task.id.rawValue, .giveUp, by: .anna)
        }
        #expect(try await fixture.notes().count == 1)
    }

    @Test func aReloadSaysWhichRulesCameChangedAndWent() async throws {
        let before = try ["a", "b", "c"].map { try AdministrationFixture.rule($0, from: "r.yaml") }
        let fixture = AdministrationFixture(fileRules: before)
        let desk = fixture.administration.desk
        try await desk.reload(fileRules: before, from: "/etc/rules", at: fixture.now)
        #expect(try await fixture.notes() == [], "nothing new in there")
        let after = try [
            AdministrationFixture.rule("c", from: "r.yaml"),
            AdministrationFixture.rule("b", type: "bot.deleted", from: "r.yaml"),
            AdministrationFixture.rule("d", from: "s.yaml"),
        ]
        try await desk.reload(fileRules: after, from: "/etc/rules", at: fixture.now)
        #expect(try await fixture.notes() == ["file:/etc/rules rules.reloaded /etc/rules"])
        let names = try await fixture.details().object?.members.map { member in
            "\(member.key) \(member.value["names"]?.array?.compactMap(\.text) ?? [])"
        }
        #expect(names == [#"came ["d"]"#, #"changed ["b"]"#, #"went ["a"]"#])
        let broken = try ["x", "x"].map { try AdministrationFixture.rule($0, from: "r.yaml") }
        await #expect(throws: AdministrationError.self) {
            try await desk.reload(fileRules: broken, from: "/etc/rules", at: fixture.now)
        }
        #expect(try await fixture.notes().count == 1)
    }
}
