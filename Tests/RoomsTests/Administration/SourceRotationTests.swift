import Administration
import Domain
import Intake
import Pipeline
import Sealing
import Settings
import Signing
import Storage
import StorageMemory
import StrictJSON
import Testing
import Transport

private let (old, own) = ("TESTONLY-token-of-ci-0001", "TESTONLY-token-of-ci-0002")
private let who = Principal(id: "key_1", name: "ops", scopes: [.admin])

/// People's verbs over sources, and the room that hears them.
private struct Stand {
    let clock: ManualClock
    let paper = LogPaper()
    let fixture: AdministrationFixture
    let room: IntakeRoom

    var administration: Administrator { fixture.administration }

    /// - Parameter files: Definitions as JSON, which stand in the configuration.
    init(
        files: [String: JSONValue] = [
            "ci": ["scheme": "bearer", "secret": .string(old), "key": "/n"]
        ], store: MemoryStore = MemoryStore(),
        clock: ManualClock = ManualClock(Timestamp(milliseconds: 1_773_822_615_250))
    ) async throws {
        self.clock = clock
        let reader = DefinitionReader(egress: EgressPolicy(), publicURL: nil, lease: .seconds(60))
        let chance = Chance { .random(in: .min ... .max) }
        let key = try MasterKey(parsing: Secret(String(repeating: "k", count: 32)))
        let room = IntakeRoom(
            sources: [:], events: store, time: clock.source, chance: chance, next: Nudge(),
            log: paper.logger)
        self.room = room
        let strongbox = Strongbox(store, keys: KeyRing(key), chance: chance)
        let desk = SourceDesk(
            reader,
            files: try files.map { name, json in
                let read = try reader.source(name, json)
                return FileDefinition(
                    name: name, value: read.value, shown: read.shown, file: "copyhook.yaml")
            }, strongbox: strongbox, time: clock.source, chance: chance, log: paper.logger,
            tryOut: { _, _, _ in nil }
        ) { sources in
            room.replaceDoors(
                with: sources.map { source in
                    IntakeDoor(
                        source.name,
                        source.phases.map {
                            .init(
                                $0.source.scheme, pathSecrets: $0.source.pathSecrets,
                                until: $0.until)
                        }, isClosed: source.isClosed)
                })
        }
        fixture = AdministrationFixture(
            store: store, clock: clock, strongbox: strongbox, sourceDesk: desk)
        try await desk.rebuild()
    }

    /// The same store and clock, after everything that was in memory is gone.
    func restarted() async throws -> Stand {
        try await Stand(store: fixture.store, clock: clock)
    }

    /// What a sender is answered that has this token.
    func status(_ token: String, at source: String = "ci") async -> Int {
        let request = IncomingRequest(
            headers: HeaderFields([("Authorization", "Bearer " + token)]),
            body: Array(#"{"type":"build.done","n":"1"}"#.utf8))
        return await room.receive(request, for: source, secret: nil).status
    }

    func rotate(_ name: String = "ci", _ body: String = "{}") async throws -> JSONValue {
        try await administration.rotateSource(name, Array(body.utf8), by: who)
    }

    func refusal(_ name: String, _ body: String = "{}") async -> AdministrationError? {
        do throws(AdministrationError) {
            _ = try await administration.rotateSource(name, Array(body.utf8), by: who)
            return nil
        } catch {
            return error
        }
    }

    func put(_ secret: String) async throws -> (source: JSONValue, isNew: Bool) {
        try await administration.putSource(
            "ci", definition: Array(#"{"scheme":"bearer","secret":"\#(secret)"}"#.utf8),
            if: Precondition(), by: who)
    }

    func verbs() async throws -> [String] {
        try await fixture.store.auditEntries(AuditQuery()).rows.reversed().map {
            "\($0.verb) \($0.object)"
        }
    }
}

@Suite struct SourceRotationTests {
    @Test func bothAreTakenUntilTheOverlapIsOver() async throws {
        let stand = try await Stand()
        let told = try await stand.rotate("ci", #"{"overlap":"2h"}"#)
        let made = try #require(told["secret"]?.string)
        #expect(told["source"] == "ci" && made.count == 64)
        #expect(told["overlap_until"]?.string == (stand.clock.now + .hours(2)).description)
        #expect(await stand.status(old) == 200)
        #expect(await stand.status(made) == 200)
        #expect(await stand.status(own) == 401)
        let shown = try stand.administration.source("ci")
        #expect(shown["secrets"] == 2 && shown["overlap_until"] == told["overlap_until"])
        #expect(shown["definition"]?["key"] == "/n")
        #expect(!shown.prettyText().contains(made) && !shown.prettyText().contains(old))
        let end = try #require(told["overlap_until"]?.string.flatMap { Timestamp(rfc3339: $0) })
        stand.clock.advance(to: end - .milliseconds(1))
        #expect(await stand.status(old) == 200)
        // Nobody does anything: the clock alone ends it.
        stand.clock.advance(to: end)
        #expect(await stand.status(old) == 401)
        #expect(await stand.status(made) == 200)
        #expect(try stand.administration.source("ci")["overlap_until"] == .null)
        #expect(try await stand.verbs() == ["source.rotated ci"])
        #expect(!stand.paper.entries.contains { "\($0)".contains(made) })
    }

    @Test func noneIsDroppedBeforeItsEnd() async throws {
        let stand = try await Stand()
        for _ in 1...4 { _ = try await stand.rotate("ci", #"{"overlap":"2h"}"#) }
        let refusal = await stand.refusal("ci", #"{"overlap":"2h"}"#)
        #expect(refusal?.code == .secretsTooMany)
        let end = stand.clock.now + .hours(2)
        #expect(refusal?.remedy.contains("\(end)") == true)
        #expect(await stand.status(old) == 200)
        _ = try await stand.rotate("ci", #"{"overlap":"0s"}"#)
        #expect(await stand.status(old) == 401)
        for _ in 1...4 { _ = try await stand.rotate("ci", #"{"overlap":"2h"}"#) }
        stand.clock.advance(by: .hours(2))
        _ = try await stand.rotate("ci", #"{"overlap":"2h"}"#)
    }

    @Test func oneThatIsGivenIsNotShown() async throws {
        let stand = try await Stand()
        let told = try await stand.rotate("ci", #"{"secret":"\#(own)"}"#)
        #expect(told["secret"] == .null)
        #expect(told["overlap_until"]?.string == (stand.clock.now + .hours(24)).description)
        #expect(await stand.status(own) == 200)
        // Without an overlap those of before end at once.
        _ = try await stand.rotate("ci", #"{"secret":"\#(own)","overlap":"0s"}"#)
        #expect(await stand.status(old) == 401)
        #expect(await stand.status(own) == 200)
    }

    @Test func aRestartChangesNothing() async throws {
        let stand = try await Stand()
        _ = try await stand.rotate("ci", #"{"secret":"\#(own)","overlap":"2h"}"#)
        let again = try await stand.restarted()
        #expect(await again.status(own) == 200)
        #expect(await again.status(old) == 200)
        stand.clock.advance(by: .hours(2))
        #expect(await again.status(old) == 401)
        let later = try await stand.restarted()
        #expect(await later.status(old) == 401)
        #expect(await later.status(own) == 200)
    }

    @Test func oneThatWasPutInIsRotatedAndLeavesNothingBehind() async throws {
        let stand = try await Stand(files: [:])
        func put(_ definition: String) async throws {
            _ = try await stand.administration.putSource(
                "ci", definition: Array(definition.utf8), if: Precondition(), by: who)
        }
        try await put(#"{"scheme":"bearer","secret":"\#(old)"}"#)
        _ = try await stand.rotate("ci", #"{"secret":"\#(own)"}"#)
        // What says nothing new of the secret leaves it as it is.
        try await put(#"{"scheme":"bearer","secret":"\#(old)","key":"/n"}"#)
        #expect(await stand.status(own) == 200)
        #expect(await stand.status(old) == 200)
        try await stand.administration.deleteSource("ci", if: Precondition(), by: who)
        #expect(try await stand.fixture.store.sealedIDs() == [])
        try await put(#"{"scheme":"bearer","secret":"\#(old)"}"#)
        #expect(await stand.status(own) == 401)
        _ = try await stand.rotate("ci", #"{"secret":"\#(own)"}"#)
        // Another secret in the definition counts alone.
        try await put(#"{"scheme":"bearer","secret":"TESTONLY-token-of-ci-0003"}"#)
        #expect(await stand.status(own) == 401)
        #expect(await stand.status("TESTONLY-token-of-ci-0003") == 200)
    }

    /// A shorter overlap is no end of what was promised before.
    @Test func theLastEndIsTold() async throws {
        let stand = try await Stand()
        let first = try await stand.rotate("ci", #"{"overlap":"2h"}"#)
        let second = try await stand.rotate("ci", #"{"overlap":"2s"}"#)
        #expect(second["overlap_until"] == first["overlap_until"])
        stand.clock.advance(by: .hours(1))
        #expect(await stand.status(old) == 200)
    }

    /// As after a kill in the middle of a deletion, or where the configuration had one before.
    @Test func whatIsLeftOfANamesakeCountsForNothing() async throws {
        let stand = try await Stand()
        _ = try await stand.administration.setSource("ci", enabled: false, by: who)
        _ = try await stand.rotate("ci", #"{"secret":"\#(own)"}"#)
        let later = try await Stand(files: [:], store: stand.fixture.store, clock: stand.clock)
        let (shown, isNew) = try await later.put(old)
        #expect(isNew && shown["disabled"] == false && shown["secrets"] == 1)
        #expect(await later.status(old) == 200)
        #expect(await later.status(own) == 401)
    }

    @Test func aRotatedSecretIsReadAsADefinitionsIs() async throws {
        let stand = try await Stand()
        for (secret, word) in [
            ("<secret>", "shown"), ("Bearer <secret>", "shown"), ("${TOKEN}", "reference"),
            (String(repeating: "k", count: 4_097), "4096 bytes"),
        ] {
            let refusal = await stand.refusal("ci", #"{"secret":"\#(secret)"}"#)
            #expect(refusal?.code == .requestInvalid, "\(secret.prefix(20))")
            #expect(refusal?.pointer?.description == "/secret")
            #expect(refusal?.detail.contains(word) == true, "\(refusal?.detail ?? "")")
            #expect(refusal?.detail.contains("/secret") == false)
        }
        #expect(try await stand.rotate("ci", #"{"secret":"\#(own)"}"#)["warnings"] == nil)
        let warnings = try await stand.rotate("ci", #"{"secret":"a"}"#)["warnings"]
        #expect(warnings?.array?.count == 1)
        #expect(warnings?.array?.first?["pointer"] == "/secret")
        #expect(warnings?.array?.first?["detail"]?.string?.contains("fewer than 16") == true)
    }

    /// What was rotated counts until the definition says another secret, which is easily missed.
    @Test func anOldDefinitionPutAgainSaysThatItsSecretEnds() async throws {
        let stand = try await Stand(files: [:])
        #expect(try await stand.put(old).source["warnings"] == nil)
        _ = try await stand.rotate("ci", #"{"secret":"\#(own)","overlap":"0s"}"#)
        let said = try await stand.put(old).source["warnings"]?.array?.first
        #expect(said?["pointer"] == "/secret")
        #expect(said?["detail"]?.string?.contains("rotated") == true)
        #expect(await stand.status(old) == 401)
        #expect(try await stand.put("TESTONLY-token-of-ci-0003").source["warnings"] == nil)
    }

    /// Whoever publishes without a source does so under this name.
    @Test func noSourceIsCalledAsWhatIsPublishedIs() async throws {
        let stand = try await Stand(files: [:])
        do throws(AdministrationError) {
            _ = try await stand.administration.putSource(
                "api", definition: Array(#"{"scheme":"bearer","secret":"\#(old)"}"#.utf8),
                if: Precondition(), by: who)
            Issue.record("it was taken")
        } catch {
            #expect(error.code == .definitionInvalid && error.detail.contains("publish"))
        }
        #expect(try await stand.fixture.store.sealedIDs() == [])
    }

    @Test func aClosedOneStaysClosed() async throws {
        let stand = try await Stand()
        _ = try await stand.administration.setSource("ci", enabled: false, by: who)
        _ = try await stand.rotate("ci", #"{"secret":"\#(own)"}"#)
        #expect(await stand.status(own) == 503)
        _ = try await stand.administration.setSource("ci", enabled: true, by: who)
        #expect(await stand.status(own) == 200)
        #expect(await stand.status(old) == 200)
    }

    @Test func whatCannotBeRotatedSaysWhatHelps() async throws {
        let stand = try await Stand(files: [
            "users": [
                "scheme": "basic", "users": [["name": "a", "password": .string(old)]],
            ],
            "team": ["scheme": "slack", "secret": .string(old)],
            "partner": [
                "scheme": "standard-webhooks",
                "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            ],
        ])
        let users = await stand.refusal("users")
        #expect(users?.code == .requestInvalid)
        #expect(users?.remedy.contains("Add the app or user once more") == true)
        let team = await stand.refusal("team")
        #expect(team?.pointer?.description == "/secret")
        #expect(team?.remedy.contains("give that here") == true)
        let short = await stand.refusal("partner", #"{"secret":"whsec_AAAA"}"#)
        #expect(short?.pointer?.description == "/secret", "\(short as Any)")
        #expect(short?.detail.contains("24 to 64 bytes") == true)
        for body in [
            #"{"secret":""}"#, #"{"secret":7}"#, #"{"secret":"a\nb"}"#, #"{"overlap":"31d"}"#,
            #"{"overlap":3}"#, #"{"secrets":[]}"#,
        ] {
            #expect(await stand.refusal("team", body)?.code == .requestInvalid, "\(body)")
        }
        #expect(await stand.refusal("nobody")?.code == .notFound)
        #expect(try await stand.verbs() == [])
        let made = try await stand.rotate("partner")["secret"]?.string
        #expect(made?.hasPrefix("whsec_") == true)
        #expect(try await stand.rotate("team", #"{"secret":"\#(own)"}"#)["secret"] == .null)
    }

    /// A wish whose answer was lost makes the same secret, and is done once.
    @Test func oneThatComesAgainIsTheSame() async throws {
        let stand = try await Stand()
        var told: [JSONValue] = []
        for _ in 1...2 {
            let standing = try await stand.administration.begin(
                "k", digest: String(repeating: "a", count: 64), by: who)
            guard case .inYourHand(let wish) = standing else {
                Issue.record("it was answered")
                return
            }
            told.append(
                try await stand.administration.carryingOut(wish).rotateSource("ci", [], by: who))
            await stand.fixture.store.endLoans()
            stand.clock.advance(by: .seconds(1))
        }
        #expect(told[0] == told[1] && told[0]["secret"]?.string?.count == 64)
        #expect(try await stand.verbs() == ["source.rotated ci"])
    }
}
