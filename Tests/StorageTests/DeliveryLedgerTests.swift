import Domain
import Storage
import Testing

@Test(arguments: Backend.all)
func deliveriesAreLentEarliestFirstAndFairly(_ backend: Backend) async throws {
    try await backend.run { store in
        let now = Timestamp.start
        for (name, endpoint, age) in [("1", "a", 3), ("2", "a", 9), ("3", "b", 5), ("4", "c", 7)] {
            try await store.announce(
                .sample(name, endpoints: [endpoint], at: now - .seconds(Int64(age))))
        }
        try await store.announce(.sample("5", endpoints: ["d"], at: now + .milliseconds(1)))
        func claim(
            limit: Int, perEndpoint: Int, shares: [String: ClaimShare] = [:]
        ) async throws -> [Claim<DueDelivery>] {
            try await store.claimDeliveries(
                limit: limit, perEndpoint: perEndpoint, shares: shares, at: now,
                lease: .seconds(60))
        }
        #expect(try await claim(limit: 0, perEndpoint: 1).isEmpty)
        let first = try await claim(limit: 9, perEndpoint: 1, shares: ["c": .none])
        #expect(first.map(\.work.delivery.id) == ["msg_2_a", "msg_3_b"])
        #expect(first.map(\.work.notification.id) == ["ntf_2", "ntf_3"])
        #expect(first.allSatisfy { $0.work.delivery.state == .sending })
        #expect(first.map(\.work.delivery.attempts) == [1, 1])
        #expect(first.map(\.work.dueAt) == [now - .seconds(9), now - .seconds(5)])
        let second = try await claim(limit: 9, perEndpoint: 9)
        #expect(second.map(\.work.delivery.id) == ["msg_4_c", "msg_1_a"])
        #expect(try await claim(limit: 9, perEndpoint: 9).isEmpty)
        #expect(try await store.census().deliveries == [.sending: 4, .pending: 1])
    }
}

@Test(arguments: Backend.all)
func aDeliveryThatWasCutShortIsSentAgain(_ backend: Backend) async throws {
    let now = Timestamp.start
    try await backend.run { store in
        try await store.announce(.sample("1"))
        _ = try await store.claimAllDeliveries(at: now, lease: .hours(9))
    } thenAfterACrash: { store in
        let claim = try #require(await store.claimAllDeliveries(at: now).first)
        #expect(claim.token == 2)
        #expect(claim.work.delivery.attempts == 2)
        #expect(claim.work.notification == Announcement.sample("1").notification)
    }
}

@Test(arguments: Backend.all)
func aDeliveryIsSettledByTheLastToHoldIt(_ backend: Backend) async throws {
    try await backend.run { store in
        let now = Timestamp.start
        try await store.announce(.sample("1"))
        var slow = try #require(await store.claimAllDeliveries(lease: .seconds(30)).first)
        #expect(try await store.claimAllDeliveries(at: now + .milliseconds(29_999)).isEmpty)
        var quick = try #require(await store.claimAllDeliveries(at: now + .seconds(30)).first)
        try quick.work.delivery.apply(.failed(retryAt: now + .minutes(1)))
        let retried = Attempt(.deliver, at: now, outcome: "retry", status: 503)
        try await store.settle(quick, with: [retried], at: now)
        try slow.work.delivery.apply(.accepted(at: now))
        let late = Attempt(.deliver, at: now, outcome: "accepted", status: 200)
        for claim in [slow, quick] {
            #expect(
                try await code { try await store.settle(claim, with: [late], at: now) }
                    == .claimLost)
        }
        let record = try #require(await store.delivery("msg_1_hook"))
        #expect(record.delivery.state == .pending(dueAt: now + .minutes(1)))
        #expect(record.attempts == [retried, late])
        #expect(try await store.claimAllDeliveries(at: now + .seconds(59)).isEmpty)
        #expect(try await store.claimAllDeliveries(at: now + .minutes(1)).first?.token == 3)
    }
}

@Test(arguments: Backend.all)
func aPersonTakesADeliveryAsItStands(_ backend: Backend) async throws {
    try await backend.run { store in
        let now = Timestamp.start
        try await store.announce(.sample("1"))
        var taken = try await store.takeDelivery("msg_1_hook", at: now, lease: .seconds(10))
        #expect(taken.work.delivery == Announcement.sample("1").deliveries[0])
        let lost = try await code {
            _ = try await store.takeDelivery("msg_1_hook", at: now, lease: .seconds(10))
        }
        #expect(lost == .claimLost)
        try taken.work.delivery.apply(.cancelRequested(at: now))
        let note = AuditNote(.deliveryCancelled, of: "msg_1_hook", by: .system, at: now)
        try await store.settle(taken, with: [], noting: note, at: now)
        #expect(
            try await code { try await store.settle(taken, with: [], noting: note, at: now) }
                == .claimLost)
        #expect(try await store.auditEntries(AuditQuery()).rows.map(\.object) == ["msg_1_hook"])
        #expect(try await store.claimAllDeliveries(at: now + .days(1)).isEmpty)
        var again = try await store.takeDelivery("msg_1_hook", at: now, lease: .seconds(10))
        try again.work.delivery.apply(.sendAgain(at: now + .seconds(5)))
        try await store.settle(again, with: [], at: now)
        #expect(try await store.claimAllDeliveries(at: now + .seconds(4)).isEmpty)
        #expect(try await store.claimAllDeliveries(at: now + .seconds(5)).first?.token == 3)
    }
}

@Test(arguments: Backend.all)
func anAnnouncementMadeTwiceIsOne(_ backend: Backend) async throws {
    try await backend.run { store in
        try await store.announce(.sample("1", endpoints: ["a"]))
        try await store.announce(.sample("1", endpoints: ["a"], at: .start + .hours(1)))
        #expect(try await store.census().deliveries == [.pending: 1])
        let record = try #require(await store.delivery("msg_1_a"))
        #expect(record.notification == Announcement.sample("1").notification)
        #expect(record.delivery.createdAt == .start)
        try await store.announce(.sample("nobody", endpoints: []))
        #expect(try await store.census().deliveries == [.pending: 1])
    }
}
