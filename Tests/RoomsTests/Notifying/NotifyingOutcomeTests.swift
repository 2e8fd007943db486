import Channels
import Domain
import Notifying
import Signing
import Storage
import Testing
import Transport

/// One attempt, and what it comes to.
struct NotifyingOutcomeTests {
    struct Case: Sendable {
        let channel: Endpoint.Channel
        let status: Int
        let body: String
        let state: Delivery.State.Name
        let reason: String?
        let line: String
    }

    @Test(arguments: [
        Case(
            channel: .webhook, status: 204, body: "", state: .delivered, reason: nil,
            line: "info delivery.attempted delivery=msg_1_ops duration_ms=0 endpoint=ops number=1 "
                + "outcome=accepted status=204 type=ping"),
        Case(
            channel: .webhook, status: 500, body: "no", state: .pending, reason: nil,
            line: "warning delivery.attempted delivery=msg_1_ops detail=http_5xx: no duration_ms=0 "
                + "endpoint=ops number=1 outcome=retry status=500 type=ping"),
        Case(
            channel: .webhook, status: 302, body: "", state: .pending, reason: nil,
            line: "warning delivery.attempted delivery=msg_1_ops detail=redirect: not followed; "
                + "set url to where it leads duration_ms=0 endpoint=ops number=1 "
                + "outcome=retry status=302 type=ping"),
        Case(
            channel: .webhook, status: 410, body: "", state: .pending, reason: nil,
            line: "warning delivery.attempted delivery=msg_1_ops detail=gone duration_ms=0 "
                + "endpoint=ops number=1 outcome=channel_broken status=410 type=ping"),
        Case(
            channel: .feishu, status: 200, body: #"{"code":0}"#, state: .delivered, reason: nil,
            line: "info delivery.attempted delivery=msg_1_ops duration_ms=0 endpoint=ops number=1 "
                + "outcome=accepted status=200 type=ping"),
        Case(
            channel: .feishu, status: 200, body: #"{"code":19024,"msg":"Key Words Not Found"}"#,
            state: .exhausted, reason: "rejected",
            line: "warning delivery.attempted code=19024 delivery=msg_1_ops "
                + "detail=Key Words Not Found duration_ms=0 endpoint=ops number=1 "
                + "outcome=rejected status=200 type=ping"),
        Case(
            channel: .feishu, status: 200, body: #"{"code":19021,"msg":"sign match fail"}"#,
            state: .exhausted, reason: "channel_broken",
            line: "warning delivery.attempted code=19021 delivery=msg_1_ops "
                + "detail=sign match fail duration_ms=0 endpoint=ops number=1 "
                + "outcome=channel_broken status=200 type=ping"),
        Case(
            channel: .feishu, status: 200, body: #"{"code":11232,"msg":"slow"}"#,
            state: .pending, reason: nil,
            line: "warning delivery.attempted code=11232 delivery=msg_1_ops detail=slow "
                + "duration_ms=0 endpoint=ops number=1 outcome=retry status=200 type=ping"),
    ])
    func anAnswerDecidesStateAttemptAndLine(_ one: Case) async throws {
        let endpoint =
            one.channel == .webhook ? NotifyingWorld.webhook("ops") : NotifyingWorld.feishu("ops")
        let world = NotifyingWorld([endpoint])
        world.transport.answer(one.status, one.body)
        let id = try await world.announce(to: ["ops"])[0]
        try await world.turn(world.room())

        let delivery = try await world.delivery(id)
        #expect(delivery.state.name == one.state)
        if case .exhausted(let reason) = delivery.state { #expect(reason == one.reason) }
        #expect(delivery.attempts == 1)
        let attempts = try await world.attempts(id)
        #expect(attempts.count == 1)
        #expect(attempts.first?.kind == .deliver)
        #expect(attempts.first?.status == one.status)
        #expect(attempts.first?.at == NotifyingWorld.start)
        #expect(world.paper.lines.first == one.line)
        let ends = world.paper.lines(startingWith: "error delivery.exhausted")
        #expect(ends.count == (one.state == .exhausted ? 1 : 0))
    }

    @Test func neitherAddressNorKeyIsLoggedOrKept() async throws {
        let endpoint = NotifyingWorld.feishu("ops")
        let world = NotifyingWorld([endpoint])
        world.transport.answer(500, "POST \(endpoint.url.exposed) t0ken-0123456789 is not for you")
        let id = try await world.announce(to: ["ops"])[0]
        try await world.turn(world.room())
        for text in world.paper.lines + (try await world.attempts(id)).map(\.detail) {
            #expect(!text.contains("t0ken"), "\(text)")
            #expect(!text.contains("/hook"), "\(text)")
        }
        #expect(try await world.attempts(id).first?.detail.contains("<secret>") == true)
    }

    @Test func anEndpointWithoutAKeyIsNotSentTo() async throws {
        var endpoint = NotifyingWorld.webhook("ops")
        endpoint.secrets = []
        let world = NotifyingWorld([endpoint])
        let id = try await world.announce(to: ["ops"])[0]
        try await world.turn(world.room())
        #expect(try await world.delivery(id).state.name == .pending)
        #expect(try await world.attempts(id).first?.detail.hasPrefix("secret_missing: ") == true)
        #expect(try await world.health("ops")?.disabledAt == NotifyingWorld.start)
        #expect(world.transport.sent.isEmpty)
    }

    @Test func aDeliveryToAnEndpointThatIsGoneIsCancelled() async throws {
        let world = NotifyingWorld([NotifyingWorld.webhook("ops")])
        let id = try await world.announce(to: ["before"])[0]
        try await world.turn(world.room())
        #expect(try await world.delivery(id).state == .cancelled)
        #expect(try await world.delivery(id).attempts == 0)
        #expect(try await world.attempts(id).isEmpty)
        #expect(world.transport.sent.isEmpty)
        #expect(world.paper.lines(startingWith: "notice delivery.cancelled").count == 1)
    }

    @Test func aChatMessageOlderThanAnHourIsNoNews() async throws {
        for (age, state) in [
            (Duration.hours(1), Delivery.State.delivered),
            (.hours(1) + .milliseconds(1), .exhausted(reason: "stale")),
        ] {
            let world = NotifyingWorld([NotifyingWorld.feishu("chat")])
            world.transport.answer(200, #"{"code":0}"#)
            let id = try await world.announce(to: ["chat"])[0]
            world.advance(by: age)
            try await world.turn(world.room())
            #expect(try await world.delivery(id).state == state)
            #expect(try await world.delivery(id).attempts == (state == .delivered ? 1 : 0))
            #expect(world.transport.sent.count == (state == .delivered ? 1 : 0))
        }
    }

    @Test func aWebhookIsNewsHoweverOld() async throws {
        let world = NotifyingWorld([NotifyingWorld.webhook("ops")])
        let id = try await world.announce(to: ["ops"])[0]
        world.advance(by: .days(30))
        try await world.turn(world.room())
        #expect(try await world.delivery(id).state == .delivered)
    }

    // A person who asks for an old message again wants it.
    @Test func anOldChatMessageThatAPersonAsksForIsSent() throws {
        var delivery = Delivery(
            id: "msg_1", notificationID: "ntf_1", type: .ping, endpoint: "chat",
            createdAt: NotifyingWorld.start)
        let later = NotifyingWorld.start + .days(1)
        #expect(delivery.isStale(at: later, after: .hours(1)))
        try delivery.apply(.claimed)
        try delivery.apply(.exhausted(reason: "stale", at: later))
        try delivery.apply(.sendAgain(at: later))
        #expect(!delivery.isStale(at: later + .hours(1), after: .hours(1)))
        #expect(delivery.isStale(at: later + .hours(2), after: .hours(1)))
        #expect(!delivery.isStale(at: later + .days(9), after: nil))
    }

    // A claim that is not in `sending` cannot be: a bug, said loudly, and nothing is written.
    @Test func aDeliveryThatCannotMoveIsLeftAloneAndLoud() async throws {
        let world = NotifyingWorld([NotifyingWorld.webhook("ops")])
        let id = try await world.announce(to: ["ops"])[0]
        let room = world.room()
        var claims = try await room.claim(limit: 1, at: world.now)
        try claims[0].claims[0].work.delivery.apply(.accepted(at: world.now))
        let turn = await room.perform(claims[0])
        try await room.settle(turn)
        #expect(try await world.delivery(id).state == .sending)
        #expect(world.paper.lines(startingWith: "critical delivery.transition_invalid").count == 1)
    }
}
