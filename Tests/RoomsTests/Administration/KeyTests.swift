import Administration
import Domain
import Logging
import Signing
import Storage
import StorageMemory
import StrictJSON
import Testing

private func wish(_ json: String) throws -> NewKey { try NewKey(parsing: Array(json.utf8)) }

private let admin = Principal(id: "key_0", name: "root", scopes: [.admin])

@Suite struct KeyDeskTests {
    private let store = MemoryStore()
    private let clock = ManualClock(Timestamp(milliseconds: 1_773_822_615_250))

    private func desk(preset: Secret? = nil) -> KeyDesk {
        KeyDesk(
            keyring: store, preset: preset, time: clock.source,
            log: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
    }

    private func establish(_ desk: KeyDesk) async throws -> Secret? {
        var generator = SystemRandomNumberGenerator()
        return try await desk.establish(using: &generator)
    }

    @Test func theFirstStartMakesAKeyAndLaterOnesKnowIt() async throws {
        let (first, second) = (desk(), desk())
        let made = try #require(try await establish(first))
        #expect(APIKey.isWellFormed(made.exposed))
        #expect(try await establish(second) == nil)
        for desk in [first, second] {
            #expect(desk.principal(of: made.exposed)?.scopes == [.admin])
            for other in ["", made.exposed + " ", APIKey.hash(made)] {
                #expect(desk.principal(of: other) == nil)
            }
        }
        let kept = try await store.apiKeys()
        #expect(kept.map(\.hash) == [APIKey.hash(made)])
        let entries = try await store.auditEntries(AuditQuery()).rows
        #expect(entries.map { "\($0.who.id) \($0.verb)" } == ["system key.created"])
    }

    @Test func aPresetKeyIsNeverStored() async throws {
        let desk = desk(preset: Secret("a preset key of enough length"))
        #expect(try await establish(desk) == nil)
        #expect(desk.principal(of: "a preset key of enough length") == .preset)
        #expect(desk.principal(of: "another") == nil)
        #expect(try await store.apiKeys().isEmpty)
    }

    /// Nobody is locked out for ever by keys that ended.
    @Test func aStartMakesAKeyWhereTheLastAdminHasExpired() async throws {
        let end = clock.now + .seconds(1)
        try await store.add(
            KeyRecord(
                id: "key_1", name: "old", scopes: ["admin"],
                hash: APIKey.hash(Secret("old")), createdAt: clock.now, expiresAt: end),
            noting: nil)
        let desk = desk()
        #expect(try await establish(desk) == nil)
        #expect(desk.principal(of: "old") != nil)
        clock.advance(by: .seconds(1))
        #expect(desk.principal(of: "old") == nil)
        #expect(try await establish(desk) != nil)
    }

    @Test func theLastUseIsWrittenOnceAMinuteAtMost() async throws {
        let desk = desk()
        let key = try #require(try await establish(desk))
        func stored() async throws -> Timestamp? { try await store.apiKeys()[0].usedAt }
        let first = clock.now
        _ = desk.principal(of: key.exposed)
        #expect(try await stored() == nil, "not with the request")
        await desk.refresh()
        #expect(try await stored() == first)
        clock.advance(by: .seconds(59))
        _ = desk.principal(of: key.exposed)
        await desk.refresh()
        #expect(try await stored() == first)
        clock.advance(by: .seconds(1))
        _ = desk.principal(of: key.exposed)
        await desk.refresh()
        #expect(try await stored() == first + .seconds(60))
        clock.advance(by: .seconds(1))
        _ = desk.principal(of: key.exposed)
        await desk.refresh(isLast: true)
        #expect(try await stored() == first + .seconds(61), "at the end everything is")
    }

    @Test func whatAnotherProcessDoesIsKnownAfterTheNextReading() async throws {
        let (here, there) = (desk(), desk())
        let key = try #require(try await establish(here))
        #expect(there.principal(of: key.exposed) == nil)
        await there.refresh()
        let principal = try #require(there.principal(of: key.exposed))
        try await store.deleteKey(
            KeyRecord.ID(rawValue: principal.id), leaving: nil, at: clock.now, noting: nil)
        #expect(here.principal(of: key.exposed) != nil)
        await here.refresh()
        #expect(here.principal(of: key.exposed) == nil)
    }
}

@Suite struct KeyVerbTests {
    @Test func aKeyIsShownOnceAndOpensUntilItIsRevoked() async throws {
        let fixture = AdministrationFixture()
        let administration = fixture.administration
        let made = try await administration.createKey(
            wish(#"{"name":"ci","scopes":["read","write","ingest"],"expires":"90d"}"#), by: admin)
        let secret = try #require(made["secret"]?.string)
        let id = try #require(made["id"]?.string)
        #expect(made["scopes"] == ["ingest", "write"], "write includes read")
        #expect(made["expires_at"]?.text == (fixture.now + .days(90)).description)
        #expect(administration.keyDesk.principal(of: secret)?.scopes == [.ingest, .write])
        let shown = try await administration.key(id)
        #expect(shown["secret"] == nil)
        #expect(shown["used_at"]?.text == fixture.now.description)
        let list = try await administration.keys()
        #expect(list["keys"]?.array?.count == 1)
        #expect(!String(decoding: list.bytes(), as: UTF8.self).contains(secret.suffix(20)))
        try await administration.revokeKey(id, by: admin)
        #expect(administration.keyDesk.principal(of: secret) == nil)
        let entries = try await fixture.store.auditEntries(AuditQuery()).rows
        #expect(entries.map(\.verb) == ["key.revoked", "key.created"])
        #expect(entries.map(\.object) == [id, id])
        let details = entries.map { String(decoding: $0.details, as: UTF8.self) }.joined()
        #expect(details.contains("ci") && !details.contains(secret.suffix(20)))
        let error = await #expect(throws: AdministrationError.self) {
            try await administration.revokeKey(id, by: admin)
        }
        #expect(error?.code == .notFound)
    }

    @Test(arguments: [nil, Secret("a preset key of enough length")])
    func theLastAdminKeyStaysUnlessOneIsPreset(_ preset: Secret?) async throws {
        let fixture = AdministrationFixture(presetKey: preset)
        let administration = fixture.administration
        let made = try await administration.createKey(
            wish(#"{"name":"a","scopes":["admin"]}"#), by: admin)
        _ = try await administration.createKey(
            wish(#"{"name":"b","scopes":["write"]}"#), by: admin)
        let id = try #require(made["id"]?.string)
        guard preset == nil else {
            return try await administration.revokeKey(id, by: admin)
        }
        let error = await #expect(throws: AdministrationError.self) {
            try await administration.revokeKey(id, by: admin)
        }
        #expect(error?.code == .keyLast)
        #expect(error?.remedy.contains("server.admin_key") == true)
        #expect(try await fixture.store.auditEntries(AuditQuery()).rows.count == 2)
        _ = try await administration.createKey(
            wish(#"{"name":"c","scopes":["admin"]}"#), by: admin)
        try await administration.revokeKey(id, by: admin)
    }

    @Test(
        arguments: [
            ("[]", ""), (#"{"scopes":["read"]}"#, "/name"),
            (#"{"name":"","scopes":["read"]}"#, "/name"),
            (#"{"name":"a\nb","scopes":["read"]}"#, "/name"),
            (#"{"name":"a","scopes":[]}"#, "/scopes"), (#"{"name":"a"}"#, "/scopes"),
            (#"{"name":"a","scopes":["read","root"]}"#, "/scopes/1"),
            (#"{"name":"a","scopes":["read"],"expires":90}"#, "/expires"),
            (#"{"name":"a","scopes":["read"],"expires":"soon"}"#, "/expires"),
            (#"{"name":"a","scopes":["read"],"expires":"0s"}"#, "/expires"),
            (#"{"name":"a","scopes":["read"],"expires":"3651d"}"#, "/expires"),
            (#"{"name":"a","scopes":["read"],"expires":"2020-01-01T00:00:00Z"}"#, "/expires"),
            (#"{"name":"a","scopes":["read"],"secret":"x"}"#, "/secret"),
        ])
    func aWishThatMeansNothingIsRefusedWithItsPlace(_ json: String, _ place: String) async throws {
        let fixture = AdministrationFixture()
        let error = await #expect(throws: AdministrationError.self) {
            try await fixture.administration.createKey(wish(json), by: admin)
        }
        #expect(error?.code == .keyInvalid)
        #expect(error?.pointer?.description == place)
        #expect(try await fixture.store.apiKeys().isEmpty)
    }

    @Test func theAuditIsShownInPagesAndWalked() async throws {
        let fixture = AdministrationFixture()
        let administration = fixture.administration
        for number in 1...3 {
            _ = try await administration.createKey(
                wish(#"{"name":"k\#(number)","scopes":["read"]}"#), by: admin)
        }
        let page = try await administration.audit(
            AuditSelection(["limit": "2", "who": "root", "since": "1h"]))
        #expect(page["entries"]?.array?.compactMap { $0["number"]?.text } == ["3", "2"])
        #expect(page["entries"]?[0]?["who"] == ["id": "key_0", "name": "root"])
        #expect(page["entries"]?[0]?["details"]?["name"] == "k3")
        #expect(page["next"]?.text == "2")
        for (name, value) in [
            ("verb", "key.made"), ("since", "yesterday"), ("limit", "0"), ("cursor", "x"),
        ] {
            let error = await #expect(throws: AdministrationError.self) {
                try await administration.audit(AuditSelection([name: value]))
            }
            #expect(error?.code == .parameterInvalid, "\(name)")
        }
        let verdict = try await administration.verifyAudit()
        #expect(verdict["holds"] == true)
        #expect(verdict["entries"]?.text == "3")
        #expect(verdict["head"]?["hash"] == page["entries"]?[0]?["hash"])
        #expect(verdict["breach"]?.isNull == true)
        let elsewhere = try await administration.verifyAudit(
            expecting: "9:" + String(repeating: "0", count: 64))
        #expect(elsewhere["holds"] == false && elsewhere["entries"]?.text == "3")
        #expect(elsewhere["breach"]?["kind"] == "expected")
        let refused = await #expect(throws: AdministrationError.self) {
            try await administration.verifyAudit(expecting: "9")
        }
        #expect(refused?.code == .parameterInvalid)
    }
}
