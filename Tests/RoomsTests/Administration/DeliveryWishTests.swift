import Administration
import Domain
import Storage
import StorageMemory
import StrictJSON
import Testing

private let who = Principal(id: "key_1", name: "ops", scopes: [.write])

@Suite struct DeliveryWishTests {
    private let fixture = AdministrationFixture()
    private var administration: Administrator { fixture.administration }

    /// The deliveries of a cancelled task, that to the endpoint `audit` first.
    private func deliveries(_ number: Int = 1) async throws -> [Delivery.ID] {
        let task = try await fixture.plan(number)
        let shown = try await administration.cancelTask(task.id.rawValue, by: who).task
        let list = shown["deliveries"]?.array ?? []
        return ["audit", "chat"].compactMap { endpoint in
            list.first { $0["endpoint"]?.string == endpoint }?["id"]?.string
        }.map { Delivery.ID(rawValue: $0) }
    }

    /// Ends a delivery as the room does.
    private func end(_ id: Delivery.ID, _ signal: Delivery.Signal) async throws {
        var claim = try await fixture.store.takeDelivery(
            id, at: fixture.now, lease: .seconds(9))
        try claim.work.delivery.apply(.claimed)
        try claim.work.delivery.apply(signal)
        try await fixture.store.settle(claim, with: [], at: fixture.now)
    }

    @Test func aDeliveryGoesOutAgainUnderItsID() async throws {
        let id = try await deliveries()[0]
        let waiting = try await administration.delivery(id.rawValue)
        #expect(try await administration.resendDelivery(id.rawValue, by: who) == waiting)
        try await end(id, .accepted(at: fixture.now))

        let shown = try await administration.resendDelivery(id.rawValue, by: who)

        #expect(shown["delivery"]?["id"]?.string == id.rawValue)
        #expect(shown["delivery"]?["state"] == "pending")
        #expect(shown["delivery"]?["attempts"] == 0)
        #expect(shown["attempts"]?[0]?["outcome"] == "sent_again")
        #expect(fixture.nudged.all == ["notifying", "notifying"])
        #expect(
            try await fixture.store.auditEntries(AuditQuery()).rows.map(\.verb)
                == ["delivery.sent_again", "task.cancelled"])
        await expect(.notFound) { try await administration.resendDelivery("msg_0", by: who) }
    }

    @Test func aWaitingDeliveryIsCancelled() async throws {
        let id = try await deliveries()[0]
        let shown = try await administration.cancelDelivery(id.rawValue, by: who)
        #expect(shown["delivery"]?["state"] == "cancelled")
        #expect(shown["attempts"]?[0]?["outcome"] == "cancelled")
        #expect(try await administration.cancelDelivery(id.rawValue, by: who) == shown)
    }

    @Test func whatIsInAWorkersHandIsLeftToIt() async throws {
        let id = try await deliveries()[0]
        let claims = try await fixture.store.claimDeliveries(
            limit: 1, perEndpoint: 1, shares: ["chat": .none], at: fixture.now,
            lease: .seconds(60))
        #expect(claims.map(\.work.delivery.id) == [id])
        await expect(.deliveryNotPending) {
            try await administration.cancelDelivery(id.rawValue, by: who)
        }
        let held = try await deliveries(2)[0]
        _ = try await fixture.store.takeDelivery(held, at: fixture.now, lease: .seconds(60))
        await expect(.taskBusy) {
            try await administration.cancelDelivery(held.rawValue, by: who)
        }
        #expect(
            try await administration.resendDelivery(id.rawValue, by: who)["delivery"]?["state"]
                == "sending")
    }

    @Test func whatWasDeliveredIsNotCancelled() async throws {
        let id = try await deliveries()[0]
        try await end(id, .accepted(at: fixture.now))
        await expect(.deliveryNotPending) {
            try await administration.cancelDelivery(id.rawValue, by: who)
        }
    }

    private func recover(
        _ body: String, _ endpoint: String = "chat", after time: Duration = .seconds(1)
    ) async throws -> JSONValue {
        let wish = try RecoveryWish(parsing: Array(body.utf8), at: fixture.now + time)
        return try await administration.recoverEndpoint(endpoint, wish, by: who)
    }

    @Test func anEndpointHearsWhatItMissed() async throws {
        for number in 1...3 {
            let id = try await deliveries(number)[1]
            try await end(
                id,
                number == 1
                    ? .accepted(at: fixture.now) : .exhausted(reason: "stale", at: fixture.now))
        }
        let counted = try await recover(#"{"since":"2h","dry_run":true}"#)
        #expect(counted["count"] == 2)
        #expect(counted["disabled"] == false)

        let done = try await recover(#"{"since":"2h"}"#)
        #expect(done["recovered"] == 2)
        #expect(done["next"]?.isNull == true)
        #expect(try await fixture.store.census().deliveries == [.pending: 5, .delivered: 1])
        // 20 a second is what an endpoint without a rate of its own gets, and this is half of it.
        let due = try await fixture.store.deliveries(Query(state: .pending)).rows
            .compactMap(\.waitsUntil).sorted().suffix(2)
        #expect(Array(due) == [fixture.now + .seconds(1), fixture.now + .milliseconds(1_100)])
        #expect(try await recover(#"{"since":"2h","dry_run":true}"#)["count"] == 0)
        let note = try await fixture.store.auditEntries(AuditQuery()).rows[0]
        #expect(note.verb == "endpoint.recovered")
        #expect(note.object == "chat")
    }

    @Test func anEndpointThatIsGivenUpIsSaidToBe() async throws {
        var health = DestinationHealth(.endpoint("chat"))
        health.disabledAt = fixture.now
        try await fixture.store.record(health, announcing: [])
        #expect(try await recover(#"{"since":"2h","dry_run":true}"#)["disabled"] == true)
        #expect(
            try await recover(#"{"since":"2h","dry_run":true}"#, "audit")["disabled"] == false)
        await expect(.notFound) { try await recover(#"{"since":"2h"}"#, "nobody") }
        await expect(.requestInvalid) { try await recover("{}") }
        await expect(.requestInvalid) { try await recover(#"{"since":"2h","cursor":"x"}"#) }
    }
}
