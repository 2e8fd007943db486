import Domain
import Storage
import StorageMemory
import StrictJSON
import Testing
import Transport
import TransportCurl

/// People's verbs as HTTP has them: statuses, bodies and what is refused.
@Suite(.timeLimit(.minutes(1))) struct WishCallTests {
    @Test func aWishIsAnsweredWithItsStatus() async throws {
        let fixture = GatewayFixture()
        _ = try await fixture.store.admit(
            Event(
                id: "evt_1", identity: .init(source: "coze-main", key: "1"),
                type: "bot.published", time: nil, receivedAt: GatewayFixture.now, entity: nil,
                body: Array("{}".utf8)))
        try await fixture.run { gateway in
            let transport = try client()
            func ask(_ path: String, _ body: String = "") async throws -> (Int, JSONValue) {
                let answer = try await transport.ask(
                    .post, gateway.url + "/api/v1" + path, body: body)
                return (answer.status, try JSONValue(parsing: answer.body))
            }
            // It waits for the rules, which nobody runs here.
            let replay = try await ask("/events/evt_1/replay")
            #expect(replay.0 == 200)
            #expect(replay.1["run"] == 0)
            for (path, body, status, code) in [
                ("/events/evt_0/replay", "", 404, "not_found"),
                ("/events/evt_1/replay", "[]", 400, "body_invalid"),
                ("/events/replay", "", 422, "request_invalid"),
                ("/tasks/tsk_0/cancel", "{}", 404, "not_found"),
                ("/tasks/tsk_0/retry", "", 404, "not_found"),
                ("/tasks", #"{"connection":"a","entity_id":"1"}"#, 422, "request_invalid"),
                ("/tasks", "{", 400, "body_invalid"),
                ("/deliveries/msg_0/resend", "", 404, "not_found"),
                ("/deliveries/msg_0/cancel", "", 404, "not_found"),
                ("/endpoints/nobody/recover", #"{"since":"1h"}"#, 404, "not_found"),
                ("/rules/nobody/enable", "", 404, "not_found"),
                ("/rules/nobody/dry-run", #"{"event":{"type":"a"}}"#, 404, "not_found"),
            ] {
                let (answered, problem) = try await ask(path, body)
                #expect(answered == status, "\(path) \(body)")
                #expect(problem["code"]?.string == code, "\(path) \(body)")
                #expect(problem["remedy"]?.string?.isEmpty == false, "\(path) \(body)")
            }
            let count = try await ask("/events/replay", #"{"since":"yesterday"}"#)
            #expect(count.0 == 422)
            await transport.shutdown()
        }
    }

    @Test func whatWillBeCancelledIsAcceptedAndWhatIsCancelledIsDone() async throws {
        let fixture = GatewayFixture()
        try await fixture.storeTask()
        let now = GatewayFixture.now
        let held = try await fixture.store.takeTask("tsk_1", at: now, lease: .seconds(60))
        try await fixture.run { gateway in
            let transport = try client()
            let url = gateway.url + "/api/v1/tasks/tsk_1/cancel"
            let asked = try await transport.ask(.post, url, body: "")
            #expect(asked.status == 202)
            let task = try JSONValue(parsing: asked.body)["task"]
            #expect(task?["state"] == "queued")
            #expect(task?["cancel_asked_at"]?.string == now.description)
            var claim = held
            _ = try claim.work.apply(.cancelRequested(at: now))
            try await fixture.store.settle(claim, with: CopySettlement(), at: now)
            let done = try await transport.ask(.post, url, body: "")
            #expect(done.status == 200)
            let ended = try JSONValue(parsing: done.body)["task"]
            #expect(ended?["state"] == "cancelled" && ended?["cancel_asked_at"] == nil)
            await transport.shutdown()
        }
    }
}
