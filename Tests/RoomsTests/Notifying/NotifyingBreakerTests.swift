import Domain
import Notifying
import Storage
import Testing
import Transport

/// A destination that is down is left alone, and asked now and then.
struct NotifyingBreakerTests {
    /// Fails ten deliveries, which is what opens a breaker.
    private func fail(_ world: NotifyingWorld, _ room: NotifyingStage, _ name: String) async throws
    {
        for number in 1...10 { try await world.announce(number, to: [name]) }
        while world.transport.sent.count < 10 {
            #expect(try await world.turn(room) > 0)
        }
    }

    @Test func whileItIsOpenNothingIsClaimedAndNoTryIsUsed() async throws {
        let world = NotifyingWorld([NotifyingWorld.webhook("down"), NotifyingWorld.webhook("up")])
        let room = world.room()
        world.transport.answer(by: { request in
            request.url.contains("down")
                ? .failure(TransportFailure(.couldNotConnect, isSent: false, detail: "refused"))
                : .success(HTTPAnswer(status: 200))
        })
        try await fail(world, room, "down")
        let opened = world.paper.lines(startingWith: "warning breaker.open endpoints=down rest_ms=")
        #expect(opened.count == 1)
        for number in 11...30 { try await world.announce(number, to: ["down", "up"]) }
        world.advance(by: .seconds(23))
        try await world.turns(room)
        #expect(world.transport.sent.count { $0.url.contains("down") } == 10)
        #expect(world.transport.sent.count { $0.url.contains("up") } == 20)
        #expect(try await world.delivery("msg_11_down").state.name == .pending)
        #expect(try await world.delivery("msg_11_down").attempts == 0)
    }

    @Test func probesGoOutOneByOneAndThreeThatAreTakenCloseIt() async throws {
        let world = NotifyingWorld([NotifyingWorld.webhook("ops")])
        let room = world.room()
        world.transport.answer(500)
        try await fail(world, room, "ops")
        world.advance(by: .seconds(37))
        #expect(try await world.turn(room) == 1)
        #expect(world.transport.sent.count == 11)
        #expect(try await world.turn(room) == 0, "a probe that fails opens it again")

        world.transport.answer(200)
        world.advance(by: .seconds(73))
        for probe in 1...3 {
            #expect(try await world.turn(room) == 1)
            let closed = world.paper.lines(startingWith: "notice breaker.closed endpoints=ops")
            #expect(closed.count == (probe == 3 ? 1 : 0))
        }
        #expect(try await world.turn(room) == 4)
        #expect(
            world.paper.entries.map(\.message).filter { $0.hasPrefix("breaker.") } == [
                "breaker.open", "breaker.half_open", "breaker.open", "breaker.half_open",
                "breaker.closed",
            ])
    }

    @Test func fiveTimeoutsInARowOpenIt() async throws {
        let world = NotifyingWorld([NotifyingWorld.webhook("ops")])
        let room = world.room()
        world.transport.fail(.timedOut, isSent: true)
        for number in 1...10 { try await world.announce(number, to: ["ops"]) }
        try await world.turns(room)
        #expect(world.transport.sent.count == 5)
        #expect(try await world.delivery("msg_10_ops").attempts == 0)
    }

    // Only this message, or our own pace, was refused.
    @Test(arguments: [400, 404, 422, 301])
    func whatOnlyConcernsAMessageDoesNotOpenIt(_ status: Int) async throws {
        let world = NotifyingWorld([NotifyingWorld.webhook("ops")])
        let room = world.room()
        world.transport.answer(status)
        for number in 1...30 { try await world.announce(number, to: ["ops"]) }
        try await world.turns(room)
        #expect(world.transport.sent.count == 30)
        #expect(world.paper.lines(startingWith: "warning breaker").isEmpty)
    }

    @Test func endpointsOfOneDestinationAndCredentialShareOne() async throws {
        func endpoint(_ name: String, _ url: String, key: Bool = true) -> Endpoint {
            Endpoint(
                name: name, channel: .webhook, url: Secret(url),
                secrets: [
                    key
                        ? NotifyingWorld.key
                        : Secret(
                            "whsec_" + "QUFB" + "QUFBQUFBQUFB"
                                + "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB")
                ])
        }
        let world = NotifyingWorld([
            endpoint("a", "https://host.example.com/a"),
            endpoint("b", "https://HOST.example.com/b"),
            endpoint("port", "https://host.example.com:8443/a"),
            endpoint("key", "https://host.example.com/a", key: false),
        ])
        let room = world.room()
        world.transport.fail(.couldNotConnect, isSent: false)
        try await fail(world, room, "a")
        world.transport.answer(200)
        let names = ["a", "b", "port", "key"]
        try await world.announce(20, to: names)
        try await world.turns(room)
        for name in names {
            let state = try await world.delivery(Delivery.ID(rawValue: "msg_20_\(name)")).state.name
            #expect(state == (["a", "b"].contains(name) ? .pending : .delivered), "\(name)")
        }
        #expect(world.paper.lines(startingWith: "warning breaker.open endpoints=a,b ").count == 1)
    }
}
