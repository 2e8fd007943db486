import Copying
import Domain
import Notifying
import Providers
import Storage
import StorageMemory
import Testing
import Transport

/// What appears, changes and goes while the rooms work.
@Suite struct CurrentDestinationsTests {
    @Test func anEventMeetsTheConnectionsAndEndpointsOfItsMoment() async throws {
        let world = try MatchingWorld([
            #"{"name":"late","match":{"type":["x"]},"copy":[{"connection":"late"}]}"#,
            #"{"name":"tell","match":{"type":["x"]}}"#,
        ])
        try await world.match("1", type: "x")
        #expect(try await world.tasks().isEmpty)
        #expect(try await world.store.deliveries(Query(limit: 200)).rows.count == 2)
        world.destinations.replace(
            connections: world.destinations.current.connections + [
                Connection(
                    name: "late", provider: .coze, baseURL: "https://example.com",
                    credential: .token(Secret("t")))
            ])
        world.destinations.replace(endpoints: [MatchingWorld.endpoint("new")])
        try await world.match("2", type: "x")
        #expect(try await world.tasks().map(\.plan.connection) == ["late"])
        let endpoints = try await world.store.deliveries(Query(limit: 200)).rows.map(\.endpoint)
        #expect(endpoints.sorted() == ["audit", "new", "ops"])
    }

    @Test func aConnectionThatAppearsCopiesAndOneThatGoesKeepsItsTasks() async throws {
        let desk = CopyingDesk()
        desk.destinations.replace(connections: [])
        try await desk.plan("t1")
        try await desk.round()
        #expect(try await desk.task("t1").state.name == .queued)
        desk.destinations.replace(connections: [desk.connection])
        try await desk.nextRound("t1")
        #expect(try await desk.task("t1").state.name == .succeeded)
        #expect(desk.transport.submissions.count == 1)
        desk.destinations.replace(connections: [])
        try await desk.plan("t2", entity: "7352")
        try await desk.round()
        #expect(try await desk.task("t2").state.name == .queued)
        #expect(desk.transport.submissions.count == 1)
    }

    /// What was claimed under one connection is finished with it, though it has gone meanwhile.
    @Test func workInHandKeepsTheConnectionThatItBeganWith() async throws {
        let desk = CopyingDesk()
        try await desk.plan("t1")
        let works = try await desk.stage.claim(limit: 10, at: desk.clock.now)
        desk.destinations.replace(connections: [])
        for work in works { try await desk.stage.settle(await desk.stage.perform(work)) }
        #expect(try await desk.task("t1").state.name == .succeeded)
    }

    @Test func endpointsAppearChangeAndGo() async throws {
        let world = NotifyingWorld([NotifyingWorld.webhook("ops")])
        let room = world.room()
        try await world.announce(1, to: ["ops"])
        try await world.turns(room)
        world.destinations.replace(endpoints: [
            NotifyingWorld.webhook("ops"), NotifyingWorld.webhook("new"),
        ])
        try await world.announce(2, to: ["ops", "new"])
        try await world.turns(room)
        #expect(
            world.transport.sent.map(\.url).map { $0.split(separator: "/")[1] }.sorted()
                == ["new.example.com", "ops.example.com", "ops.example.com"])
        var moved = Endpoint(
            name: "new", channel: .webhook, url: Secret("https://moved.example.com/"),
            secrets: [NotifyingWorld.key])
        moved.concurrent = 1
        world.destinations.replace(endpoints: [moved])
        let ids = try await world.announce(3, to: ["ops", "new"])
        try await world.turns(room)
        #expect(world.transport.sent.last?.url == "https://moved.example.com/")
        #expect(try await world.delivery(ids[0]).state.name == .cancelled)
        #expect(try await world.delivery(ids[1]).state.name == .delivered)
    }

    /// Somebody else's change is no news of an endpoint that rests.
    @Test func whatIsKnownOfAnEndpointOutlivesTheChangeOfAnother() async throws {
        let world = NotifyingWorld([NotifyingWorld.webhook("ops")])
        let room = world.room()
        world.transport.answer(429, "", [HTTPField("Retry-After", "3000")])
        try await world.announce(1, to: ["ops"])
        try await world.turns(room)
        #expect(world.transport.sent.count == 1)
        world.destinations.replace(endpoints: [
            NotifyingWorld.webhook("ops"), NotifyingWorld.webhook("new"),
        ])
        try await world.announce(2, to: ["ops"])
        try await world.turns(room)
        #expect(world.transport.sent.count == 1, "it asked for fifty minutes")
    }

    /// An endpoint that is changed while something is on its way to it keeps its count.
    @Test func whatIsOnItsWayCountsForTheChangedEndpointAsWell() async throws {
        let world = NotifyingWorld([NotifyingWorld.webhook("ops", concurrent: 1)])
        let room = world.room()
        try await world.announce(1, to: ["ops"])
        let parcels = try await room.claim(limit: 10, at: world.now)
        #expect(parcels.count == 1)
        var changed = NotifyingWorld.webhook("ops", concurrent: 1)
        changed.timeout = .seconds(3)
        world.destinations.replace(endpoints: [changed])
        try await world.announce(2, to: ["ops"])
        #expect(try await room.claim(limit: 10, at: world.now).isEmpty)
        for parcel in parcels { try await room.settle(await room.perform(parcel)) }
        #expect(try await world.turns(room) == 1)
    }
}
