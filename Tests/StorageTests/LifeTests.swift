import Domain
import Storage
import Testing

@Test(arguments: Backend.all)
func anEventBecomesATaskAndATaskADelivery(_ backend: Backend) async throws {
    try await backend.run { store in
        let now = Timestamp.start
        let event = Event.sample(1, body: #"{"header":{"event_id":"1"}}"#)
        #expect(try await store.admit(event) == .stored)

        let matched = try #require(
            await store.claimEvents(limit: 10, at: now, lease: .seconds(60)).first)
        #expect(matched.work == event)
        let task = CopyTask.sample("1", event: event)
        let verdict = RuleVerdict(rule: "rule", action: 0, effect: .planned(task.id))
        try await store.settle(
            matched, as: MatchOutcome(verdicts: [verdict], tasks: [task]), at: now)

        let claimed = try #require(await store.claimAll().first)
        #expect(claimed.step == .prepare)
        #expect(claimed.claim.work == task)
        var claim = try claimed.claim.after(.prepared(at: now + .seconds(1)))
        try await store.dispatch(claim, at: now + .seconds(1))
        claim = try claim.after(.finished(copy: "copy-1", at: now + .seconds(2)))
        let announcement = Announcement.sample("1", task: claim.work, at: now + .seconds(2))
        let submitted = Attempt(
            .submit, at: now + .seconds(1), duration: .milliseconds(700), outcome: "accepted",
            status: 200, code: "0", detail: "完成", logID: "log-1")
        try await store.settle(
            claim,
            with: CopySettlement(
                attempts: [submitted], announcements: [announcement], ownCopy: "copy-1"),
            at: now + .seconds(2))

        let delivering = try #require(
            await store.claimAllDeliveries(at: now + .seconds(2)).first)
        #expect(delivering.work.notification == announcement.notification)
        #expect(delivering.work.delivery.state == .sending)
        var delivered = delivering
        try delivered.work.delivery.apply(.accepted(at: now + .seconds(3)))
        let attempt = Attempt(.deliver, at: now + .seconds(3), outcome: "accepted", status: 200)
        try await store.settle(delivered, with: [attempt], at: now + .seconds(3))

        let eventRecord = try #require(await store.event(event.id))
        #expect(eventRecord.event == event)
        #expect(eventRecord.state == .matched)
        #expect(eventRecord.verdicts == [verdict])
        let taskRecord = try #require(await store.task(task.id))
        #expect(taskRecord.task == claim.work)
        #expect(taskRecord.attempts == [submitted])
        #expect(taskRecord.history.map(\.state) == [.queued, .submitting, .succeeded])
        #expect(taskRecord.history.map(\.at) == [now, now + .seconds(1), now + .seconds(2)])
        let deliveryRecord = try #require(await store.delivery(delivering.work.delivery.id))
        #expect(deliveryRecord.delivery == delivered.work.delivery)
        #expect(deliveryRecord.notification == announcement.notification)
        #expect(deliveryRecord.attempts == [attempt])
        #expect(
            try await store.census()
                == Census(
                    events: [.matched: 1], tasks: [.succeeded: 1], deliveries: [.delivered: 1]))
        #expect(try await store.ownCopies(among: ["copy-1", "copy-2"], of: .coze) == ["copy-1"])
        #expect(try await store.claimAll(at: now + .days(30)).isEmpty)
        #expect(try await store.claimAllDeliveries(at: now + .days(30)).isEmpty)
        let events = try await store.claimEvents(
            limit: 9, at: now + .days(30), lease: .seconds(60))
        #expect(events.isEmpty)
    }
}
