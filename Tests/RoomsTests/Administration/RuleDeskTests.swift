import Administration
import Domain
import Rules
import Storage
import StorageMemory
import StrictJSON
import Testing

private let good = Array(
    #"{"match":{"type":["bot.published"]},"copy":[{"connection":"coze-prod"}]}"#.utf8)

/// Runs a verb that must be refused.
private func refusal(
    _ verb: () async throws(AdministrationError) -> Void
) async -> AdministrationError? {
    do {
        try await verb()
        return nil
    } catch {
        return error
    }
}

@Suite struct RuleDeskTests {
    @Test func aRuleThatIsPutIsInForceAndStored() async throws {
        let fixture = AdministrationFixture()

        let (rule, isNew) = try await fixture.administration.putRule(
            "backup", definition: good, by: .anna)

        #expect(isNew)
        #expect(rule["origin"] == "api")
        #expect(rule["enabled"] == true)
        #expect(rule["updated_at"]?.string == fixture.now.description)
        #expect(rule["definition"]?["copy"]?[0]?["connection"] == "coze-prod")
        #expect(fixture.book.current.rules.map(\.name) == ["backup"])
        #expect(try await fixture.store.rules().map(\.name) == ["backup"])
        #expect(try await fixture.administration.rule("backup") == rule)
        let again = try await fixture.administration.putRule("backup", definition: good, by: .anna)
        #expect(!again.isNew)
    }

    @Test func whatIsReadCanBePutAgain() async throws {
        let fixture = AdministrationFixture()
        let (rule, _) = try await fixture.administration.putRule(
            "backup", definition: good, by: .anna)
        let definition = try #require(rule["definition"]).bytes()

        let (same, isNew) = try await fixture.administration.putRule(
            "backup", definition: definition, by: .anna)

        #expect(same == rule)
        #expect(!isNew)
    }

    @Test func whatIsPutIsWarnedOf() async throws {
        let fixture = AdministrationFixture()
        func warnings(_ name: String, _ definition: String) async throws -> [String?] {
            let (rule, _) = try await fixture.administration.putRule(
                name, definition: Array(definition.utf8), by: .anna)
            #expect(try await fixture.administration.rule(name) == rule)
            return rule["warnings"]?.array?.map { $0["pointer"]?.string } ?? []
        }
        let misplaced = #"{"match":{"detail":{"a":[1]}},"notify":["audit"]}"#

        #expect(try await warnings("sound", #"{"match":{"type":["a"]}}"#) == [])
        #expect(try await warnings("never", misplaced) == ["/match/detail/a"])
        #expect(try await warnings("same", #"{"match":{"type":["a"]}}"#) == ["/match"])
        #expect(
            try await warnings("off", #"{"match":{"type":["a"]},"enabled":false}"#) == [])
        #expect(try await warnings("same", #"{"match":{"type":["b"]}}"#) == [])
    }

    @Test(
        arguments: [
            (#"{"match":{"type":["a"]}"#, "body_invalid", nil),
            (#"{"match":{"type":["a"]},"match":{}}"#, "body_invalid", nil),
            (
                #"{"match":{"type":["a"]},"copy":[{"connection":"coze-prd"}]}"#, "rule_invalid",
                "/copy/0/connection"
            ),
            (#"{"match":{"type":["a"]},"notify":["audit","chad"]}"#, "rule_invalid", "/notify/1"),
            (
                #"{"match":{"type":[{"prefix":1}]},"notify":["audit"]}"#, "rule_invalid",
                "/match/type/0/prefix"
            ),
            (
                #"{"match":{"type":["a"]},"notify":["audit"],"cooldwn":"1m"}"#, "rule_invalid",
                "/cooldwn"
            ),
            (
                #"{"name":"other","match":{"type":["a"]},"notify":["audit"]}"#, "rule_invalid",
                "/name"
            ),
            (
                #"{"match":{"type":["a"]},"template":"{{name}} ${file:/etc/passwd}"}"#,
                "rule_invalid", "/template"
            ),
        ] as [(String, String, String?)])
    func aBrokenRuleIsRefusedWithItsPlaceAndChangesNothing(
        definition: String, code: String, pointer: String?
    ) async throws {
        let fixture = AdministrationFixture()
        let kept = try await fixture.administration.putRule("backup", definition: good, by: .anna)
            .rule

        let error = await refusal { () async throws(AdministrationError) in
            _ = try await fixture.administration.putRule(
                "backup", definition: Array(definition.utf8), by: .anna)
        }

        #expect(error?.code.rawValue == code)
        #expect(error?.pointer?.description == pointer)
        #expect(error?.remedy.isEmpty == false)
        #expect(try await fixture.administration.rule("backup") == kept)
        #expect(fixture.book.current.rules.map(\.name) == ["backup"])
    }

    /// What an earlier version took, this one may not.
    @Test func aStoredRuleWhoseWordsAreNotTakenAnyMoreGoesOnWithOurs() async throws {
        let fixture = AdministrationFixture()
        let definition = #"{"match":{"type":["a"]},"template":"{{ping}}"}"#
        try await fixture.store.put(
            StoredRule(name: "backup", definition: Array(definition.utf8), updatedAt: fixture.now),
            noting: nil)

        try await fixture.administration.desk.rebuild()

        #expect(fixture.book.current.rules.map(\.name) == ["backup"])
        #expect(fixture.book.current.rules.first?.template == nil)
        let shown = try await fixture.administration.rule("backup")
        #expect(shown["problem"]?.string?.contains("ping") == true)
        #expect(shown["definition"]?["template"] == "{{ping}}")
    }

    @Test func aRuleFromAFileIsReadOnly() async throws {
        let file = try AdministrationFixture.rule("nightly", from: "rules/a.yaml")
        let fixture = AdministrationFixture(fileRules: [file])
        try await fixture.administration.desk.rebuild()

        let put = await refusal { () async throws(AdministrationError) in
            _ = try await fixture.administration.putRule("nightly", definition: good, by: .anna)
        }
        let delete = await refusal { () async throws(AdministrationError) in
            try await fixture.administration.deleteRule("nightly", by: .anna)
        }

        #expect(put?.code == .ruleReadOnly)
        #expect(put?.detail.contains("rules/a.yaml") == true)
        #expect(delete?.code == .ruleReadOnly)
        #expect(fixture.book.current.rules == [file])
        let shown = try await fixture.administration.rule("nightly")
        #expect(shown["origin"] == "file")
        #expect(shown["file"] == "rules/a.yaml")
    }

    @Test func aDeletedRuleIsOutOfForce() async throws {
        let fixture = AdministrationFixture()
        _ = try await fixture.administration.putRule("backup", definition: good, by: .anna)

        try await fixture.administration.deleteRule("backup", by: .anna)
        let again = await refusal { () async throws(AdministrationError) in
            try await fixture.administration.deleteRule("backup", by: .anna)
        }

        #expect(fixture.book.current.rules.isEmpty)
        #expect(try await fixture.store.rules().isEmpty)
        #expect(again?.code == .notFound)
    }

    @Test func aDisabledRuleIsKeptButMatchesNothing() async throws {
        let fixture = AdministrationFixture()
        let definition = #"{"match":{"type":["bot.published"]},"notify":["audit"],"enabled":false}"#

        let (rule, _) = try await fixture.administration.putRule(
            "quiet", definition: Array(definition.utf8), by: .anna)

        #expect(rule["enabled"] == false)
        let edition = fixture.book.current
        #expect(edition.rules.map(\.name) == ["quiet"])
        #expect(edition.matches(checked: fixture.event(1).document)?.isEmpty == true)
    }

    @Test func aStartPutsFilesFirstAndLeavesOutWhatCannotBeRead() async throws {
        let store = MemoryStore()
        for (name, text) in [
            ("z", #"{"match":{"type":["a"]},"notify":["audit"]}"#), ("broken", #"{"match":1}"#),
            ("gone", #"{"match":{"type":["a"]},"copy":[{"connection":"old"}]}"#),
            ("nightly", #"{"match":{"type":["a"]},"notify":["chat"]}"#),
        ] {
            try await store.put(
                StoredRule(
                    name: name, definition: Array(text.utf8),
                    updatedAt: Timestamp(milliseconds: 1)),
                noting: nil)
        }
        let fixture = AdministrationFixture(
            fileRules: [try AdministrationFixture.rule("nightly", from: "r.yaml")], store: store)

        try await fixture.administration.desk.rebuild()

        let rules = fixture.book.current.rules
        #expect(rules.map(\.name) == ["nightly", "gone", "z"])
        #expect(rules[0].notify == ["audit"])
        let list = try await fixture.administration.rules()["rules"]?.array ?? []
        #expect(list.map { $0["name"]?.string } == ["nightly", "broken", "gone", "nightly", "z"])
        #expect(list.map { $0["problem"]?.isNull } == [true, false, false, false, true])
        // The hidden one can be taken away, and only then is there nothing left to delete.
        try await fixture.administration.deleteRule("nightly", by: .anna)
        #expect(try await store.rules().map(\.name) == ["broken", "gone", "z"])
    }

    @Test func filesAreTakenAllOrNone() async throws {
        let one = try AdministrationFixture.rule("one", from: "a.yaml")
        let two = try AdministrationFixture.rule("two", from: "b.yaml")
        let lost = try Rule(
            parsing: ["match": ["type": ["a"]], "notify": ["nobody"]], name: "lost",
            origin: .file("c.yaml"))
        let fixture = AdministrationFixture(fileRules: [one])
        try await fixture.administration.desk.rebuild()
        _ = try await fixture.administration.putRule("api", definition: good, by: .anna)

        for broken in [[two, lost], [two, two]] {
            let error = await refusal { () async throws(AdministrationError) in
                try await fixture.administration.desk.reload(
                    fileRules: broken, from: "rules", at: fixture.now)
            }
            #expect(error?.code == .ruleInvalid)
            #expect(fixture.book.current.rules.map(\.name) == ["one", "api"])
        }
        try await fixture.administration.desk.reload(
            fileRules: [two], from: "rules", at: fixture.now)
        #expect(fixture.book.current.rules.map(\.name) == ["two", "api"])
        _ = try await fixture.administration.putRule("one", definition: good, by: .anna)
        #expect(fixture.book.current.rules.map(\.name) == ["two", "api", "one"])
    }

    @Test func changesAtOnceLoseNothing() async throws {
        let fixture = AdministrationFixture()
        let administration = fixture.administration

        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<40 {
                group.addTask {
                    _ = try await administration.putRule(
                        "rule-\(number)", definition: good, by: .anna)
                    if number.isMultiple(of: 2) {
                        try await administration.deleteRule("rule-\(number)", by: .anna)
                    }
                }
            }
            try await group.waitForAll()
        }

        let odd = (0..<40).filter { !$0.isMultiple(of: 2) }.map { "rule-\($0)" }.sorted()
        #expect(fixture.book.current.rules.map(\.name) == odd)
        #expect(try await fixture.store.rules().map(\.name) == odd)
    }
}
