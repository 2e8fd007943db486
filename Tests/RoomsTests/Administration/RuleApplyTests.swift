import Administration
import Domain
import Rules
import Storage
import StorageMemory
import StrictJSON
import Testing

private func application(_ body: String) throws -> RuleApplication {
    try RuleApplication(parsing: Array(body.utf8))
}

private let anna = Principal(id: "key_1", name: "anna", scopes: [.write])

@Suite struct RuleApplyTests {
    private let fixture = AdministrationFixture()

    private func apply(_ body: String) async throws -> JSONValue {
        try await fixture.administration.applyRules(try application(body), by: anna)
    }

    private func counts(_ answer: JSONValue) -> [Int64?] {
        ["created", "changed", "deleted", "unchanged"].map { answer[$0]?.number?.int64 }
    }

    @Test func rulesAreAppliedTogetherAndToldFieldByField() async throws {
        let first = try await apply(
            """
            {"rules":{"b":{"match":{"type":["x","y"]},"notify":["audit"]},
            "a":{"match":{"type":["x"]}}}}
            """)
        #expect(counts(first) == [2, 0, 0, 0])
        #expect(first["rules"]?.array?.map { $0["name"]?.string } == ["a", "b"])
        #expect(fixture.book.current.rules.map(\.name) == ["a", "b"])

        let second = try await apply(
            """
            {"rules":{"b":{"match":{"type":["x","z"],"source":["s"]}},
            "a":{"match":{"type":["x"]}}}}
            """
        )
        #expect(counts(second) == [0, 1, 0, 1])
        let fields = second["rules"]?[0]?["fields"]?.array ?? []
        #expect(
            Set(fields) == [
                ["pointer": "/match/type/1", "before": "y", "after": "z"],
                ["pointer": "/match/source", "after": ["s"]],
                ["pointer": "/notify", "before": ["audit"]],
            ])
        let notes = try await fixture.store.auditEntries(AuditQuery()).rows
        #expect(notes.map(\.verb) == ["rule.put", "rule.put", "rule.put"])
        #expect(notes.map(\.object) == ["b", "a", "b"] || notes.map(\.object) == ["b", "b", "a"])
        #expect(notes.allSatisfy { $0.who == anna.author })
    }

    @Test func aDryRunSaysTheSameAndDoesNothing() async throws {
        _ = try await apply(
            #"{"rules":{"a":{"match":{"type":["x"]}},"b":{"match":{"type":["x"]}}}}"#)
        let before = try await fixture.store.rules()
        let wish =
            #"{"rules":{"a":{"match":{"type":["q"]}},"c":{"match":{"type":["x"]}}},"prune":true"#
        let dry = try await apply(wish + #","dry_run":true}"#)
        #expect(dry["dry_run"] == true && counts(dry) == [1, 1, 1, 0])
        #expect(try await fixture.store.rules() == before)
        #expect(fixture.book.current.rules.map(\.name) == ["a", "b"])

        let done = try await apply(wish + "}")
        #expect(counts(done) == counts(dry) && done["rules"] == dry["rules"])
        #expect(fixture.book.current.rules.map(\.name) == ["a", "c"])
        #expect(try await fixture.store.rules().map(\.name) == ["a", "c"])
    }

    @Test func withoutPruningNothingGoes() async throws {
        _ = try await apply(#"{"rules":{"a":{"match":{"type":["x"]}}}}"#)
        let other = try await apply(#"{"rules":{"b":{"match":{"type":["x"]}}}}"#)
        #expect(counts(other) == [1, 0, 0, 1])
        #expect(fixture.book.current.rules.map(\.name) == ["a", "b"])
    }

    @Test(
        arguments: [
            (
                #"{"rules":{"a":{"match":{"type":["x"]}},"b":{"match":{"type":[{"prefx":"x"}]}}}}"#,
                "rule_invalid", "/rules/b/match/type/0/prefx"
            ),
            (#"{"rules":{"b/c":{"match":{"type":["x"]}}}}"#, "rule_invalid", "/rules/b~1c/name"),
            (
                #"{"rules":{"of-file":{"match":{"type":["x"]}}}}"#, "rule_read_only",
                "/rules/of-file"
            ),
            (#"{"rules":[]}"#, "request_invalid", "/rules"), ("{}", "request_invalid", "/rules"),
            (#"{"rules":{},"prune":1}"#, "request_invalid", "/prune"),
            (#"{"rules":{},"force":true}"#, "request_invalid", "/force"),
            (#"{"rules":{"a":{},"a":{}}}"#, "body_invalid", nil),
        ] as [(String, String, String?)])
    func whatIsRefusedChangesNothing(body: String, code: String, pointer: String?) async throws {
        let file = try AdministrationFixture.rule("of-file", from: "of-file.yaml")
        let fixture = AdministrationFixture(fileRules: [file])
        try await fixture.administration.desk.rebuild()
        let refusal = await #expect(throws: AdministrationError.self) {
            try await fixture.administration.applyRules(try application(body), by: anna)
        }
        #expect(refusal?.code.rawValue == code)
        #expect(refusal?.pointer?.description == pointer)
        #expect(try await fixture.store.rules().isEmpty)
        #expect(fixture.book.current.rules.map(\.name) == ["of-file"])
    }

    @Test func aWholeIsReplacedOnlyWhileItIsAsItWasRead() async throws {
        let a = #"{"rules":{"a":{"match":{"type":["x"]}}},"prune":true"#
        let would = try await apply(a + #","dry_run":true}"#)
        let tag = try #require(would["etag"]?.string)
        _ = try await fixture.administration.putRule(
            "b", definition: Array(#"{"match":{"type":["y"]}}"#.utf8), by: anna)
        await expect(.changedMeanwhile) {
            try await fixture.administration.applyRules(
                try application(a + "}"), if: IfMatch([tag]), by: anna)
        }
        #expect(try await fixture.store.rules().map(\.name) == ["b"])

        let now = try #require(try await apply(a + #","dry_run":true}"#)["etag"]?.string)
        #expect(now != tag)
        let done = try await fixture.administration.applyRules(
            try application(a + "}"), if: IfMatch([now]), by: anna)
        #expect(counts(done) == [1, 0, 1, 0])
        #expect(done["etag"] == (try await apply(a + #","dry_run":true}"#)["etag"]))
    }

    @Test func whatCameBeforeTheOldestVersionIsNotCalledNothing() async throws {
        for number in 0...RuleVersion.keptMax {
            _ = try await fixture.administration.putRule(
                "a", definition: Array(#"{"match":{"type":["\#(number)"]}}"#.utf8), by: anna)
        }
        let versions = try await fixture.administration.ruleVersions("a")["versions"]?.array ?? []
        #expect(versions.count == RuleVersion.keptMax)
        #expect(versions.allSatisfy { $0["change"] == "changed" })
    }

    @Test func aRuleTellsWhatItHasBeen() async throws {
        let administration = fixture.administration
        _ = try await administration.putRule(
            "a", definition: Array(#"{"match":{"type":["x"]}}"#.utf8), by: anna)
        _ = try await administration.putRule(
            "a", definition: Array(#"{"match":{"type":["y"]}}"#.utf8), by: anna)
        try await administration.deleteRule("a", by: anna)
        let versions = try await administration.ruleVersions("a")["versions"]?.array ?? []
        #expect(versions.map { $0["number"]?.number?.int64 } == [3, 2, 1])
        #expect(versions.map { $0["change"]?.string } == ["deleted", "changed", "created"])
        #expect(
            versions[1]["fields"] == [["pointer": "/match/type/0", "before": "x", "after": "y"]])
        #expect(versions.map { $0["who"]?["name"]?.string } == ["anna", "anna", "anna"])
        #expect(versions[0]["definition"] == .null)
        let none = await #expect(throws: AdministrationError.self) {
            try await administration.ruleVersions("b")
        }
        #expect(none?.code == .notFound)
    }
}
