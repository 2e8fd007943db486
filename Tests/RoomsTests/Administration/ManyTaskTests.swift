import Administration
import Domain
import Storage
import StorageMemory
import StrictJSON
import Testing

private let who = Principal(id: "key_1", name: "ops", scopes: [.write])

@Suite struct ManyTaskTests {
    private let fixture = AdministrationFixture()
    private var administration: Administrator { fixture.administration }

    private func wish(
        _ body: String, _ states: [CopyTask.State.Name] = [.failed, .cancelled]
    ) throws -> TasksWish {
        try TasksWish(
            parsing: Array(body.utf8), among: states, at: fixture.now + .hours(1))
    }

    @Test func manyAreCountedCancelledAndDoneAgainInParts() async throws {
        for number in 1...3 { _ = try await fixture.plan(number) }
        let held = try await fixture.store.takeTask(
            "tsk_3", at: fixture.now, lease: .seconds(60))
        let queued = [CopyTask.State.Name.queued]
        let counted = try await administration.cancelTasks(
            wish(#"{"rule":"backup","since":"2h","dry_run":true}"#, queued), by: who)
        #expect(counted["count"] == 3 && counted["cancelled"] == nil)
        let asked = try #require(counted["asked_at"]?.string)
        #expect(fixture.nudged.all.isEmpty)
        let body = #"{"rule":"backup","asked_at":"\#(asked)","limit":2"#
        let first = try await administration.cancelTasks(wish(body + "}", queued), by: who)
        #expect(first["cancelled"] == 2 && first["on_loan"] == 1)
        // Nothing is left to ask for.
        let repeated = try await administration.cancelTasks(wish(body + "}", queued), by: who)
        #expect(repeated["cancelled"] == 1 && repeated["on_loan"] == 0)
        var ended = held
        _ = try ended.work.apply(.cancelRequested(at: fixture.now))
        try await fixture.store.settle(ended, with: CopySettlement(), at: fixture.now)
        let next = try #require(first["next"]?.string)
        let second = try await administration.cancelTasks(
            wish(body + #","cursor":"\#(next)"}"#, queued), by: who)
        #expect(second["cancelled"] == 0 && second["next"]?.isNull == true)
        #expect(fixture.nudged.all == ["notifying", "notifying"])
        let told = try await fixture.store.census().deliveries
        #expect(told == [.pending: 4], "both endpoints hear of each; what was held is its worker's")

        #expect(try await administration.retryTasks(wish(body + "}"), by: who)["retried"] == 0)
        let again = try await administration.retryTasks(
            wish(body + #","state":"cancelled","text":"TSK_"}"#), by: who)
        #expect(again["retried"] == 2)
        // One by one it is the same task that answers.
        let one = try await administration.retryTask("tsk_3", by: who)
        #expect(!one.isNew && one.task["task"]?["run"] == 1)
        let notes = try await fixture.store.auditEntries(AuditQuery()).rows
        #expect(notes.map(\.verb) == ["tasks.retried", "tasks.cancelled", "tasks.cancelled"])
        let details = try JSONValue(parsing: notes[0].details)
        #expect(details["count"] == 2 && details["state"] == "cancelled")
        #expect(details["text"] == "tsk_")
        #expect(notes[0].object == "backup")
    }

    @Test(arguments: [
        ("{}", ""), ("", ""), (#"{"dry_run":true}"#, ""), (#"{"since":"yesterday"}"#, "since"),
        (#"{"state":"queued"}"#, "state"), (#"{"state":"unresolved"}"#, "state"),
        (#"{"rule":"","limit":1}"#, "rule"), (#"{"rule":"a","limit":501}"#, "limit"),
        (#"{"rule":"a","dry_run":"yes"}"#, "dry_run"), (#"{"rool":"a"}"#, "rool"),
        (#"{"text":null}"#, "text"),
    ])
    func aSelectionThatMeansNothingIsRefused(_ body: String, _ place: String) {
        let refusal = #expect(throws: AdministrationError.self) { _ = try wish(body) }
        #expect(refusal?.code == .requestInvalid)
        #expect(refusal?.pointer?.tokens.first ?? "" == place)
    }

    @Test func whatIsToComeIsNeverMeantAndCursorsLeadSomewhere() async throws {
        let early = try wish(#"{"rule":"a","asked_at":"2999-01-01T00:00:00Z"}"#)
        #expect(early.portion.askedAt == fixture.now + .hours(1))
        await expect(.requestInvalid) {
            try await administration.retryTasks(wish(#"{"rule":"a","cursor":"x"}"#), by: who)
        }
    }
}
