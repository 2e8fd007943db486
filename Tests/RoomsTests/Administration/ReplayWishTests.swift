import Administration
import Domain
import Storage
import StorageMemory
import StrictJSON
import Testing

private let who = Principal(id: "key_1", name: "ops", scopes: [.write])

@Suite struct ReplayWishTests {
    private let fixture = AdministrationFixture()

    private func wish(_ body: String) throws -> ReplayWish {
        try ReplayWish(parsing: Array(body.utf8), at: fixture.now + .hours(1))
    }

    @Test func anEventMeetsTheRulesAgain() async throws {
        _ = try await fixture.plan(1)

        let (answer, isNew) = try await fixture.administration.replayEvent("evt_1", by: who)

        #expect(isNew)
        #expect(answer == ["event_id": "evt_1", "run": 1])
        #expect(fixture.nudged.all == ["matching"])
        // It waits already.
        let again = try await fixture.administration.replayEvent("evt_1", by: who)
        #expect(again.answer == answer)
        #expect(!again.isNew)
        #expect(
            try await fixture.store.auditEntries(AuditQuery()).rows.map(\.verb)
                == ["event.replayed"])
        await expect(.notFound) {
            try await fixture.administration.replayEvent("evt_0", by: who).answer
        }
    }

    @Test func manyAreCountedAndReplayedInParts() async throws {
        for number in 1...3 { _ = try await fixture.plan(number) }
        let counted = try await fixture.administration.replayEvents(
            wish(#"{"type":"bot.published","since":"2h","dry_run":true}"#), by: who)
        #expect(counted["count"] == 3)
        let askedAt = try #require(counted["asked_at"]?.string)
        #expect(fixture.nudged.all.isEmpty)

        let body = #"{"type":"bot.published","asked_at":"\#(askedAt)","limit":2"#
        let first = try await fixture.administration.replayEvents(wish(body + "}"), by: who)
        #expect(first["replayed"] == 2)
        #expect(first["asked_at"]?.string == askedAt)
        let next = try #require(first["next"]?.string)
        let second = try await fixture.administration.replayEvents(
            wish(body + #","cursor":"\#(next)"}"#), by: who)
        #expect(second["replayed"] == 1)
        #expect(second["next"]?.isNull == true)
        #expect(fixture.nudged.all == ["matching", "matching"])
        let notes = try await fixture.store.auditEntries(AuditQuery()).rows
        #expect(notes.map(\.verb) == ["events.replayed", "events.replayed"])
        #expect(try JSONValue(parsing: notes[0].details)["count"] == 1)
    }

    @Test(arguments: [
        ("{}", ""), ("", ""), (#"{"dry_run":true}"#, ""), (#"{"since":"yesterday"}"#, "since"),
        (#"{"since":1}"#, "since"), (#"{"type":""}"#, "type"), (#"{"type":null}"#, "type"),
        (#"{"state":"received"}"#, "state"), (#"{"source":"a","limit":0}"#, "limit"),
        (#"{"source":"a","limit":501}"#, "limit"), (#"{"source":"a","limit":"1"}"#, "limit"),
        (#"{"source":"a","dry_run":"yes"}"#, "dry_run"), (#"{"sauce":"a"}"#, "sauce"),
    ])
    func aSelectionThatMeansNothingIsRefused(_ body: String, _ place: String) {
        let refusal = #expect(throws: AdministrationError.self) { _ = try wish(body) }
        #expect(refusal?.code == .requestInvalid)
        #expect(refusal?.pointer?.tokens.first ?? "" == place)
    }

    @Test func aCursorThatLeadsNowhereIsRefused() async throws {
        await expect(.requestInvalid) {
            try await fixture.administration.replayEvents(
                wish(#"{"source":"a","cursor":"x"}"#), by: who)
        }
    }

    @Test func whatIsToComeIsNeverMeant() throws {
        let wish = try wish(#"{"source":"a","asked_at":"2999-01-01T00:00:00Z"}"#)
        #expect(wish.selection.askedAt == fixture.now + .hours(1))
    }
}
