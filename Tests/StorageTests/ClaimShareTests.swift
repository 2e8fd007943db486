import Domain
import Storage
import StorageSQLite
import Testing

@Test(arguments: Backend.all)
func eachEndpointGivesWhatItsShareSays(_ backend: Backend) async throws {
    try await backend.run { store in
        let now = Timestamp.start
        for number in 1...6 {
            try await store.announce(
                .sample(
                    "\(number)", endpoints: ["a", "b", "c", "d"],
                    at: now - .hours(1)
                        + .minutes(Int64(number))))
        }
        let claims = try await store.claimDeliveries(
            limit: 99, perEndpoint: 1,
            shares: [
                "a": ClaimShare(3), "b": .none, "c": ClaimShare(9, dueBy: now - .minutes(58)),
                "x": ClaimShare(9),
            ], at: now, lease: .seconds(60))
        #expect(
            claims.map(\.work.delivery.id) == [
                "msg_1_a", "msg_1_c", "msg_1_d", "msg_2_a", "msg_2_c", "msg_3_a",
            ])
        let none = try await store.claimDeliveries(
            limit: -1, perEndpoint: 1, shares: [:], at: now, lease: .seconds(60))
        #expect(none.isEmpty)
    }
}

// Twenty endpoints with an old backlog do not hide a fresh delivery of the twenty-first.
@Test(arguments: Backend.all)
func everyEndpointGetsOneBeforeAnyGetsASecond(_ backend: Backend) async throws {
    try await backend.run { store in
        let now = Timestamp.start
        for number in 1...4 {
            try await store.announce(
                .sample(
                    "\(number)", endpoints: (1...20).map { "old\($0)" },
                    at: now - .hours(9) + .seconds(Int64(number))))
        }
        try await store.announce(.sample("9", endpoints: ["fresh"], at: now))
        let claims = try await store.claimDeliveries(
            limit: 21, perEndpoint: 4, shares: [:], at: now, lease: .seconds(60))
        #expect(claims.count == 21)
        #expect(claims.last?.work.delivery.id == "msg_9_fresh")
        #expect(Set(claims.map(\.work.delivery.endpoint)).count == 21)
    }
}

@Test(arguments: Backend.all)
func whatWasFoundInSendingDoesNotSayWhenItWasDue(_ backend: Backend) async throws {
    try await backend.run { store in
        try await store.announce(.sample("1"))
        #expect(try await store.claimAllDeliveries().first?.work.dueAt == .start)
    } thenAfterACrash: { store in
        let claim = try #require(await store.claimAllDeliveries().first)
        #expect(claim.work.dueAt == nil)
    }
}

/// A hundred thousand deliveries of one dead endpoint cost a claim no more than a hundred do, taken
/// or left.
@Test func aClaimBesideAHugeBacklogIsQuick() async throws {
    let few = try await medianClaim(beside: 100)
    let many = try await medianClaim(beside: 100_000)
    print("claim beside 100 waiting deliveries: \(few), beside 100 000: \(many)")
    // A look at each of them would be a thousand times as long.
    #expect(many < few * 10)
}

/// What a claim takes beside so many deliveries of a dead endpoint, in the median.
private func medianClaim(beside count: Int) async throws -> Duration {
    var times: [Duration] = []
    try await withDirectory { directory in
        let store = try SQLiteStore.open(path: directory + "/store.sqlite")
        let now = Timestamp.start + .hours(1)
        let notification = Announcement.sample("0").notification
        try await store.announce(
            Announcement(
                notification: notification,
                deliveries: (0..<count).map { number in
                    Delivery(
                        id: .init(rawValue: "msg_\(number)"), notificationID: notification.id,
                        type: notification.type, endpoint: "dead",
                        createdAt: .start + .milliseconds(Int64(number)))
                }))
        try await store.announce(
            .sample("9", endpoints: (1...10).map { "well\($0)" }, at: now))
        for round in 0..<40 {
            let share = [ClaimShare.none, ClaimShare(4), ClaimShare(4, dueBy: .start)][round % 3]
            let clock = ContinuousClock()
            let began = clock.now
            let claims = try await store.claimDeliveries(
                limit: 64, perEndpoint: 4, shares: ["dead": share], at: now, lease: .seconds(60))
            times.append(clock.now - began)
            #expect(claims.count { $0.work.delivery.endpoint == "dead" } <= 4)
            if round == 0 { #expect(claims.count == 10) }
        }
        try await store.close()
    }
    return times.sorted()[times.count / 2]
}

// Where several deliveries may go out as one message, and only where too many wait.
@Test(arguments: Backend.all)
func moreIsTakenThanThereArePlacesWhereMessagesAreMerged(_ backend: Backend) async throws {
    for (count, taken) in [(1, 1), (4, 2), (5, 5), (6, 6), (7, 6)] {
        try await backend.run { store in
            let now = Timestamp.start
            for number in 1...count {
                try await store.announce(
                    .sample("\(number)", endpoints: ["chat", "ops"], at: now - .hours(1)))
            }
            let merging = ClaimShare.Merging(above: 4, perPlace: 3)
            let claims = try await store.claimDeliveries(
                limit: 99, perEndpoint: 1, shares: ["chat": ClaimShare(2, merging: merging)],
                at: now, lease: .seconds(60))
            #expect(claims.count { $0.work.delivery.endpoint == "chat" } == taken, "\(count)")
            #expect(claims.count { $0.work.delivery.endpoint == "ops" } == 1)
        }
    }
}
