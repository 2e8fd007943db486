import Domain
import Storage
import Testing

@Test(arguments: Backend.all)
func listsAreNewestFirstAndComeInPages(_ backend: Backend) async throws {
    try await backend.run { store in
        for number in 1...5 { _ = try await store.admit(.sample(number)) }
        var page = try await store.events(Query(limit: 2))
        #expect(page.rows.map(\.event.id) == ["evt_5", "evt_4"])
        // What comes meanwhile moves nothing.
        _ = try await store.admit(.sample(6))
        page = try await store.events(Query(cursor: page.next, limit: 2))
        #expect(page.rows.map(\.event.id) == ["evt_3", "evt_2"])
        page = try await store.events(Query(cursor: page.next, limit: 2))
        #expect(page.rows.map(\.event.id) == ["evt_1"])
        #expect(page.next == nil)
        #expect(try await store.events(Query(limit: 6)).next == nil, "exactly the last page")
        #expect(try await store.events(Query(limit: 5)).next != nil)
        let strange = try await code { _ = try await store.events(Query(cursor: "x")) }
        #expect(strange == .notFound)
    }
}

@Test(arguments: Backend.all)
func aPageHoldsAtLeastOneRowAndAtMostTwoHundred(_ backend: Backend) async throws {
    try await backend.run { store in
        for number in 1...201 { _ = try await store.admit(.sample(number)) }
        #expect(try await store.events(Query(limit: 0)).rows.count == 1)
        #expect(try await store.events(Query(limit: -1)).rows.count == 1)
        #expect(try await store.events(Query(limit: 200)).rows.count == 200)
        #expect(try await store.events(Query(limit: 1_000)).rows.count == 200)
        #expect(try await store.events(Query()).rows.count == 50)
    }
}

@Test(arguments: Backend.all)
func listsAreNarrowedByStateAndParent(_ backend: Backend) async throws {
    try await backend.run { store in
        let now = Timestamp.start
        try await store.plan([.sample("1"), .sample("2")], from: 1)
        try await store.plan([.sample("3", event: .sample(2))], from: 2)
        _ = try await store.admit(.sample(3))
        let claim = try await store.takeTask("tsk_2", at: now, lease: .seconds(60))
        try await store.settle(
            try claim.after(.cancelRequested(at: now)),
            with: CopySettlement(
                announcements: [.sample("2", task: claim.work, endpoints: ["a", "b"])]),
            at: now)
        try await store.announce(.sample("ping", endpoints: ["a"]))
        _ = try await store.claimDeliveries(
            limit: 1, perEndpoint: 1, shares: [:], at: now, lease: .seconds(60))

        #expect(try await store.events(Query(state: .received)).rows.map(\.event.id) == ["evt_3"])
        #expect(
            try await store.events(Query(state: .matched)).rows.map(\.event.id)
                == ["evt_2", "evt_1"])
        #expect(try await store.events(Query(state: .ignored)).rows.isEmpty)
        #expect(try await store.tasks(Query()).rows.map(\.id) == ["tsk_3", "tsk_2", "tsk_1"])
        #expect(try await store.tasks(Query(state: .queued)).rows.map(\.id) == ["tsk_3", "tsk_1"])
        #expect(try await store.tasks(Query(event: "evt_1")).rows.map(\.id) == ["tsk_2", "tsk_1"])
        #expect(
            try await store.tasks(Query(state: .cancelled, event: "evt_1")).rows.map(\.id)
                == ["tsk_2"])
        #expect(try await store.tasks(Query(event: "evt_9")).rows.isEmpty)
        #expect(
            try await store.deliveries(Query()).rows.map(\.id)
                == ["msg_ping_a", "msg_2_b", "msg_2_a"])
        #expect(try await store.deliveries(Query(state: .sending)).rows.map(\.id) == ["msg_2_a"])
        #expect(
            try await store.deliveries(Query(task: "tsk_2")).rows.map(\.id)
                == ["msg_2_b", "msg_2_a"])
        let page = try await store.deliveries(Query(task: "tsk_2", limit: 1))
        #expect(page.rows.map(\.id) == ["msg_2_b"])
        let rest = try await store.deliveries(Query(task: "tsk_2", cursor: page.next, limit: 1))
        #expect(rest.rows.map(\.id) == ["msg_2_a"])
        #expect(rest.next == nil)
        #expect(
            try await store.census()
                == Census(
                    events: [.matched: 2, .received: 1], tasks: [.queued: 2, .cancelled: 1],
                    deliveries: [.sending: 1, .pending: 2]))
    }
}

@Test(arguments: Backend.all)
func rulesAndSettingsAreKeptByName(_ backend: Backend) async throws {
    try await backend.run { store in
        #expect(try await store.rules().isEmpty)
        #expect(try await store.setting("admin_key") == nil)
        let names = ["b", "a", "B", "a-1", "\u{E9}", "e\u{301}"]
        for name in names {
            try await store.put(
                StoredRule(name: name, definition: Array("{}".utf8), updatedAt: .start),
                noting: nil)
        }
        let changed = StoredRule(
            name: "b", definition: Array("{\"n\":1}".utf8), updatedAt: .start + .seconds(1))
        try await store.put(changed, noting: nil)
        let inOrder = ["B", "a", "a-1", "b", "e\u{301}", "\u{E9}"].map { Array($0.utf8) }
        #expect(try await store.rules().map { Array($0.name.utf8) } == inOrder)
        #expect(try await store.rules()[3] == changed)
        try await store.deleteRule("b", noting: nil)
        #expect(try await code { try await store.deleteRule("b", noting: nil) } == .notFound)
        #expect(try await store.rules().count == 5)
        try await store.set("admin_key", to: "one")
        try await store.set("admin_key", to: "two")
        try await store.set("other", to: "")
        #expect(try await store.setting("admin_key") == "two")
        #expect(try await store.setting("other") == "")
        #expect(try await store.setting("Other") == nil)
    }
}
