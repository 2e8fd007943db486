import Administration
import Domain
import Storage
import StorageMemory
import StrictJSON
import Testing

private let who = Principal(id: "key_1", name: "ops", scopes: [.write])

@Suite struct TaskWishTests {
    private let fixture = AdministrationFixture()

    @Test func aQueuedTaskIsCancelledAndTold() async throws {
        let task = try await fixture.plan(1)

        let (shown, isDone) = try await fixture.administration.cancelTask(
            task.id.rawValue, by: who)

        #expect(isDone)
        #expect(shown["task"]?["state"] == "cancelled")
        #expect(shown["attempts"]?[0]?["outcome"] == "cancelled")
        #expect(shown["attempts"]?[0]?["detail"] == "by ops")
        #expect(shown["deliveries"]?[0]?["type"] == "copy.cancelled")
        #expect(shown["deliveries"]?.array?.count == 2)
        #expect(fixture.nudged.all == ["notifying"])
        let note = try await fixture.store.auditEntries(AuditQuery()).rows
        #expect(note.map(\.verb) == ["task.cancelled"])
        #expect(note.map(\.who.id) == ["key_1"])
        // Once more changes nothing.
        let again = try await fixture.administration.cancelTask(task.id.rawValue, by: who)
        #expect(again.task == shown)
        #expect(try await fixture.store.auditEntries(AuditQuery()).rows.count == 1)
        #expect(
            try await fixture.store.claimTasks(
                limit: 9, perConnection: 9, skipping: [], at: fixture.now + .days(1),
                lease: .seconds(1)
            ).isEmpty)
    }

    @Test func aTaskOnLoanWillBeCancelled() async throws {
        let task = try await fixture.plan(1)
        let claim = try await fixture.store.takeTask(
            task.id, at: fixture.now, lease: .seconds(60))
        for _ in 1...2 {
            let (shown, isDone) = try await fixture.administration.cancelTask(
                task.id.rawValue, by: who)
            #expect(!isDone)
            #expect(shown["task"]?["state"] == "queued")
            #expect(shown["task"]?["cancel_asked_at"]?.string == fixture.now.description)
            #expect(shown["attempts"]?.array?.map { $0["outcome"] } == ["cancel_asked"])
            #expect(shown["attempts"]?[0]?["detail"] == "by ops")
            #expect(shown["deliveries"]?.array?.isEmpty == true)
        }
        let notes = try await fixture.store.auditEntries(AuditQuery()).rows
        #expect(notes.map(\.verb) == ["task.cancelled"])
        #expect(fixture.nudged.all.isEmpty)

        // Given back, it can be ended here as well; that it was asked for is noted already.
        try await fixture.store.settle(claim, with: CopySettlement(), at: fixture.now)
        let (shown, isDone) = try await fixture.administration.cancelTask(
            task.id.rawValue, by: who)
        #expect(isDone)
        #expect(shown["task"]?["state"] == "cancelled")
        #expect(shown["task"]?["cancel_asked_at"] == nil)
        #expect(shown["deliveries"]?.array?.count == 2)
        #expect(try await fixture.store.auditEntries(AuditQuery()).rows == notes)
    }

    @Test func whatMayBeOnTheWireIsNotCancelled() async throws {
        let sent = try await fixture.plan(2)
        _ = try await fixture.send(sent, 2)
        let unresolved = try await fixture.unresolved(3)
        for id in [sent.id, unresolved.id] {
            let before = try await fixture.store.task(id)
            await expect(.taskNotQueued) {
                try await fixture.administration.cancelTask(id.rawValue, by: who).task
            }
            #expect(try await fixture.store.task(id) == before)
        }
        await expect(.notFound) {
            try await fixture.administration.cancelTask("tsk_0", by: who).task
        }
        #expect(fixture.nudged.all.isEmpty)
    }

    @Test func whatFailedIsDoneAgainByANewTask() async throws {
        let task = try await fixture.plan(1)
        await expect(.taskNotRetryable) {
            try await fixture.administration.retryTask(task.id.rawValue, by: who).task
        }
        _ = try await fixture.administration.cancelTask(task.id.rawValue, by: who)

        let (shown, isNew) = try await fixture.administration.retryTask(
            task.id.rawValue, by: who)

        #expect(isNew)
        #expect(shown["task"]?["state"] == "queued")
        #expect(shown["task"]?["run"] == 1)
        #expect(shown["task"]?["possible_duplicate"] == false)
        #expect(shown["task"]?["entity"]?["id"] == "7351")
        #expect(shown["task"]?["id"] != .string(task.id.rawValue))
        #expect(fixture.nudged.all == ["notifying", "copying"])
        let again = try await fixture.administration.retryTask(task.id.rawValue, by: who)
        #expect(again.task == shown)
        #expect(!again.isNew)
        #expect(try await fixture.store.census().tasks == [.cancelled: 1, .queued: 1])
        let note = try #require(
            try await fixture.store.auditEntries(AuditQuery()).rows.first)
        #expect(note.verb == "task.retried")
        let details = try JSONValue(parsing: note.details)
        #expect(details["new_task"] == shown["task"]?["id"])
    }

    @Test func whatWasGivenUpMayDoubleWhenItIsDoneAgain() async throws {
        let task = try await fixture.unresolved(1)
        await expect(.taskNotRetryable) {
            try await fixture.administration.retryTask(task.id.rawValue, by: who).task
        }
        _ = try await fixture.administration.resolve(task.id.rawValue, .giveUp, by: who)
        let (shown, _) = try await fixture.administration.retryTask(task.id.rawValue, by: who)
        #expect(shown["task"]?["possible_duplicate"] == true)
    }

    private static let wish =
        #"{"connection":"coze-prod","entity_type":"bot","entity_id":"7351","#
        + #""to_workspace":"7498","name":"客服助手","notify":["chat"],"key":"monday"}"#

    @Test func aCopyIsAskedForByHand() async throws {
        let wish = try CopyWish(parsing: Array(Self.wish.utf8))
        let (shown, isNew) = try await fixture.administration.copyByHand(wish, by: who)

        #expect(isNew)
        #expect(shown["task"]?["state"] == "queued")
        #expect(shown["task"]?["rule"] == "(by hand)")
        #expect(shown["task"]?["to_workspace"] == "7498")
        #expect(shown["event"]?["type"] == "copy.requested")
        #expect(shown["event"]?["source"] == "api")
        #expect(shown["event"]?["key"] == "monday")
        #expect(fixture.nudged.all == ["copying"])
        let id = try #require(shown["event"]?["id"]?.string)
        let event = try await fixture.administration.event(id)
        #expect(event["state"] == "matched")
        #expect(event["event"]?["data"]?["by"]?["name"] == "ops")
        #expect(event["event"]?["entity"]?["id"] == "7351")
        #expect(event["verdicts"]?[0]?["task_id"] == shown["task"]?["id"])
        // No rule sees it.
        #expect(
            try await fixture.store.claimEvents(limit: 1, at: fixture.now, lease: .seconds(1))
                .isEmpty)
        await expect(.eventByHand) {
            try await fixture.administration.replayEvent(id, by: who).answer
        }
        await expect(.eventByHand) {
            try await fixture.administration.explanation(of: id, rule: nil)
        }
        var all = EventSelection(askedAt: fixture.now + .hours(1))
        #expect(try await fixture.store.count(all) == 0)
        all.type = "copy.requested"
        let replayed = try await fixture.store.replay(
            all, from: nil, limit: 9, noting: { _ in nil }, at: fixture.now)
        #expect(replayed.count == 0)
        let backtest = try await fixture.administration.backtest(
            "r",
            BacktestWish(
                parsing: Array(#"{"definition":{"match":{"type":["copy.requested"]}}}"#.utf8),
                now: fixture.now + .hours(1)))
        #expect(backtest["gained"]?["count"] == 0 && backtest["neither"] == 1)

        let again = try await fixture.administration.copyByHand(wish, by: who)
        #expect(again.task == shown)
        #expect(!again.isNew)
        let other = Self.wish.replacing("7498", with: "7499")
        await expect(.keyTaken) {
            try await fixture.administration.copyByHand(
                CopyWish(parsing: Array(other.utf8)), by: who
            ).task
        }
        #expect(try await fixture.store.census().tasks == [.queued: 1])
    }

    @Test func withoutAKeyEachWishIsItsOwn() async throws {
        let text = #"{"connection":"keyue-prod","entity_id":31}"#
        for _ in 0..<2 {
            let (shown, isNew) = try await fixture.administration.copyByHand(
                CopyWish(parsing: Array(text.utf8)), by: who)
            #expect(isNew)
            #expect(shown["task"]?["entity"]?["type"] == "agent")
            #expect(shown["task"]?["to_workspace"]?.isNull == true)
        }
    }

    @Test(arguments: [
        ("", "connection"), ("{}", "connection"), ("[]", ""),
        (#"{"connection":"coze-prod"}"#, "entity_id"),
        (#"{"connection":"nowhere","entity_id":"1"}"#, "connection"),
        (#"{"connection":"coze-prod","entity_id":"1","to_workspace":"2"}"#, "entity_type"),
        (
            #"{"connection":"coze-prod","entity_type":"agent","entity_id":"1","to_workspace":"2"}"#,
            "entity_type"
        ),
        (#"{"connection":"coze-prod","entity_type":"bot","entity_id":"1"}"#, "to_workspace"),
        (#"{"connection":"keyue-prod","entity_id":"1","to_workspace":"2"}"#, "to_workspace"),
        (#"{"connection":"keyue-prod","entity_id":"1","notify":["nobody"]}"#, "notify"),
        (#"{"connection":"keyue-prod","entity_id":"1","notify":["chat","chat"]}"#, "notify"),
        (#"{"connection":"keyue-prod","entity_id":"1","notify":"chat"}"#, "notify"),
        (#"{"connection":"keyue-prod","entity_id":"","key":"a"}"#, "entity_id"),
        (#"{"connection":"keyue-prod","entity_id":"1","entity":"2"}"#, "entity"),
        (#"{"connection":"keyue-prod","entity_id":"1\u0000"}"#, "entity_id"),
    ])
    func aWishThatMeansNothingIsRefusedWithItsPlace(_ body: String, _ place: String) async {
        let refusal = await #expect(throws: AdministrationError.self) {
            _ = try await fixture.administration.copyByHand(
                CopyWish(parsing: Array(body.utf8)), by: who)
        }
        #expect(refusal?.code == .requestInvalid)
        #expect(refusal?.pointer?.tokens.first ?? "" == place)
        #expect(refusal?.remedy.isEmpty == false)
    }
}

/// Expects a refusal of this code, whatever its words.
func expect<Value>(
    _ code: AdministrationError.Code, from verb: () async throws -> Value,
    sourceLocation: SourceLocation = #_sourceLocation
) async {
    do {
        _ = try await verb()
        Issue.record("was not refused", sourceLocation: sourceLocation)
    } catch {
        #expect(
            (error as? AdministrationError)?.code == code, "\(error)",
            sourceLocation: sourceLocation)
    }
}
