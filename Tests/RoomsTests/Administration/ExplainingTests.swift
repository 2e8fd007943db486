import Administration
import Domain
import Rules
import Storage
import StorageMemory
import StrictJSON
import Testing

private let who = Principal(id: "key_1", name: "ops", scopes: [.write])

@Suite struct ExplainingTests {
    private let fixture: AdministrationFixture
    private var administration: Administrator { fixture.administration }

    init() async throws {
        fixture = AdministrationFixture(fileRules: [
            try AdministrationFixture.rule("tell", type: "bot.deleted", from: "rules.yaml")
        ])
        try await administration.desk.rebuild()
        _ = try await administration.putRule(
            "backup",
            definition: Array(
                #"""
                {"match":{"type":["bot.published"],"entity":{"workspace_id":["7481"]}},
                 "copy":[{"connection":"coze-prod","to_workspace":"7498"}],"notify":["chat"],
                 "cooldown":"1h"}
                """#.utf8), by: who)
    }

    @Test func aStoredEventIsHeldAgainstTheRulesLeafByLeaf() async throws {
        _ = try await fixture.plan(1)
        let shown = try await administration.explanation(of: "evt_1", rule: nil)
        #expect(shown["rules"]?.array?.compactMap { $0["rule"]?.string } == ["tell", "backup"])
        #expect(shown["more"] == false)
        let tell = shown["rules"]?[0]
        #expect(tell?["matches"] == false)
        #expect(tell?["leaves"]?[0]?["passed"] == false)
        #expect(tell?["leaves"]?[0]?["path"] == "type")
        #expect(tell?["leaves"]?[0]?["asked"] == ["bot.deleted"])
        #expect(tell?["leaves"]?[0]?["found"] == ["bot.published"])
        let backup = shown["rules"]?[1]
        #expect(backup?["matches"] == true)
        #expect(backup?["leaves"]?.array?.count == 2)
        #expect(backup?["verdicts"]?[0]?["effect"] == "planned")

        let one = try await administration.explanation(of: "evt_1", rule: "tell")
        #expect(one["rules"] == [tell ?? .null])
        await expect(.notFound) { try await administration.explanation(of: "evt_0", rule: nil) }
        await expect(.notFound) {
            try await administration.explanation(of: "evt_1", rule: "nobody")
        }
    }

    private func dryRun(_ body: String, _ rule: String = "backup") async throws -> JSONValue {
        try await administration.dryRun(rule, RuleTrial(parsing: Array(body.utf8)))
    }

    private static let published =
        #"{"type":"bot.published","entity":{"type":"bot","id":"7","workspace_id":"7481"}}"#

    @Test func aRuleIsTriedAndNothingIsDone() async throws {
        let shown = try await dryRun(#"{"event":\#(Self.published)}"#)
        #expect(shown["matches"] == true)
        #expect(shown["deeds"]?.array?.count == 1)
        let deed = shown["deeds"]?[0]
        #expect(deed?["effect"] == "planned")
        #expect(deed?["copy"]?["to_workspace"] == "7498")
        #expect(deed?["copy"]?["entity"]?["id"] == "7")
        #expect(deed?["tells"] == ["chat"])
        #expect(try await fixture.store.census() == Census())
        // Were the guards asked, the second would be held back by the first.
        #expect(try await dryRun(#"{"event":\#(Self.published)}"#) == shown)
        let no = try await dryRun(#"{"event":{"type":"bot.published"}}"#)
        #expect(no["matches"] == false)
        #expect(no["deeds"] == [])
        let impossible = try await dryRun(
            #"{"event":{"type":"a"},"definition":{"match":{"type":["a"]},"#
                + #""copy":[{"connection":"coze-prod"}]}}"#)
        #expect(impossible["deeds"]?[0]?["reason"] == "no_entity")
    }

    @Test func whatTheGuardsHoldBackIsSaid() async throws {
        // The same rule copied the same bot just now.
        _ = try await fixture.plan(1)
        let event = Self.published.replacing(#""id":"7""#, with: #""id":"7351""#)
        let shown = try await dryRun(#"{"event":\#(event)}"#)
        #expect(shown["deeds"]?[0]?["effect"] == "suppressed")
        #expect(shown["deeds"]?[0]?["reason"] == "cooldown")
        let stored = try await dryRun(#"{"event_id":"evt_1"}"#)
        #expect(stored["deeds"]?[0]?["reason"] == "cooldown")
    }

    @Test func aRuleOrADefinitionMayBeOffOrNew() async throws {
        _ = try await administration.setRule("backup", enabled: false, by: who)
        let off = try await dryRun(#"{"event":\#(Self.published)}"#)
        #expect(off["enabled"] == false)
        #expect(off["deeds"]?[0]?["effect"] == "planned")
        let new = try await dryRun(
            #"{"event":\#(Self.published),"definition":{"match":{"type":["bot.published"]}}}"#,
            "new")
        #expect(new["deeds"]?[0]?["effect"] == "announced")
        #expect(new["deeds"]?[0]?["tells"] == ["audit", "chat"])
        await expect(.notFound) { try await dryRun(#"{"event":{"type":"a"}}"#, "new") }
        await expect(.ruleInvalid) {
            try await dryRun(#"{"event":{"type":"a"},"definition":{"match":{}}}"#, "new")
        }
    }

    @Test(arguments: [
        "{}", #"{"event":{}}"#, #"{"event":[]}"#, #"{"event":{"type":"a"},"event_id":"evt_1"}"#,
        #"{"event":{"type":"a","data":[]}}"#, #"{"event":{"type":"a","time":"now"}}"#,
        #"{"event":{"type":"a","entity":{"id":"7"}}}"#, #"{"event":{"type":"a","kind":"b"}}"#,
        #"{"event_id":7}"#, #"{"event":{"type":"a"},"rule":{}}"#,
    ])
    func anEventThatIsNoneIsRefused(_ body: String) {
        let refusal = #expect(throws: AdministrationError.self) {
            _ = try RuleTrial(parsing: Array(body.utf8))
        }
        #expect(refusal?.code == .requestInvalid)
    }

    @Test func aRuleIsSwitchedOffAndOn() async throws {
        let before = try await administration.rule("backup")
        let off = try await administration.setRule("backup", enabled: false, by: who)
        #expect(off["enabled"] == false)
        #expect(off["definition"]?["enabled"] == false)
        #expect(fixture.book.current.matches(checked: fixture.event(1).document)?.isEmpty == true)
        _ = try await administration.setRule("backup", enabled: false, by: who)
        let on = try await administration.setRule("backup", enabled: true, by: who)
        #expect(on == before)
        #expect(
            fixture.book.current.matches(checked: fixture.event(1).document)?.map(\.name)
                == ["backup"])
        let notes = try await fixture.store.auditEntries(AuditQuery()).rows
            .filter { $0.verb.hasSuffix("abled") }
        #expect(notes.map(\.verb) == ["rule.enabled", "rule.disabled"])
        await expect(.ruleReadOnly) {
            try await administration.setRule("tell", enabled: false, by: who)
        }
        await expect(.notFound) {
            try await administration.setRule("nobody", enabled: false, by: who)
        }
    }
}
