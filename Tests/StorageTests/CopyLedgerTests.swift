import Domain
import Storage
import Testing

@Test(arguments: Backend.all)
func tasksAreLentEarliestFirstAndFairly(_ backend: Backend) async throws {
    try await backend.run { store in
        let now = Timestamp.start
        try await store.plan([
            .sample("a3", connection: "a", due: now - .seconds(3)),
            .sample("a9", connection: "a", due: now - .seconds(9)),
            .sample("a5", connection: "a", due: now - .seconds(5)),
            .sample("b4", connection: "b", due: now - .seconds(4)),
            .sample("c8", connection: "c", due: now - .seconds(8)),
            .sample("d0", connection: "d", due: now),
            .sample("later", connection: "d", due: now + .milliseconds(1)),
        ])
        func claim(
            limit: Int, perConnection: Int, skipping: Set<String> = []
        ) async throws -> [String] {
            try await store.claimTasks(
                limit: limit, perConnection: perConnection, skipping: skipping, at: now,
                lease: .seconds(60)
            ).map(\.claim.work.id.rawValue)
        }
        #expect(try await claim(limit: 0, perConnection: 9) == [])
        #expect(try await claim(limit: 9, perConnection: 0) == [])
        #expect(
            try await claim(limit: 2, perConnection: 1, skipping: ["c"]) == ["tsk_a9", "tsk_b4"])
        #expect(try await claim(limit: 9, perConnection: 1) == ["tsk_c8", "tsk_a5", "tsk_d0"])
        #expect(try await claim(limit: 9, perConnection: 9) == ["tsk_a3"])
        #expect(try await claim(limit: 9, perConnection: 9) == [])
    }
}

@Test(arguments: Backend.all)
func aLeaseEndsAndTheNextTokenIsOneHigher(_ backend: Backend) async throws {
    try await backend.run { store in
        let now = Timestamp.start
        try await store.plan([.sample("1")])
        let first = try #require(await store.claimAll(at: now, lease: .seconds(30)).first).claim
        #expect(try await store.claimAll(at: now + .milliseconds(29_999)).isEmpty)
        let second = try #require(await store.claimAll(at: now + .seconds(30)).first).claim
        #expect((first.token, second.token) == (1, 2))
        #expect(second.leasedUntil == now + .seconds(90))
        let attempt = Attempt(.prepare, at: now, outcome: "late")
        let late = try first.after(.cancelRequested(at: now))
        for _ in 1...2 {
            let lost = try await code {
                try await store.settle(
                    late,
                    with: CopySettlement(
                        attempts: [attempt], announcements: [.sample("late")], ownCopy: "copy"),
                    at: now + .seconds(31))
            }
            #expect(lost == .claimLost)
        }
        let record = try #require(await store.task("tsk_1"))
        #expect(record.attempts == [attempt], "kept as evidence, and once")
        #expect(record.task.state.name == .queued)
        #expect(try await store.delivery("msg_late_hook") == nil)
        #expect(try await store.ownCopies(among: ["copy"], of: .coze).isEmpty)
        // The present holder is not disturbed.
        try await store.dispatch(try second.after(.prepared(at: now)), at: now + .seconds(31))
    }
}

@Test(arguments: Backend.all)
func aSettledClaimIsOver(_ backend: Backend) async throws {
    try await backend.run { store in
        let now = Timestamp.start
        try await store.plan([.sample("1")])
        let claim = try #require(await store.claimAll(lease: .seconds(30)).first).claim
        let attempt = Attempt(.prepare, at: now, outcome: "retry")
        let settlement = CopySettlement(attempts: [attempt])
        // Late, but nobody took it since: good.
        try await store.settle(
            try claim.after(.postponed(until: now + .hours(1))), with: settlement,
            at: now + .minutes(5))
        let again = try await code {
            try await store.settle(
                try claim.after(.cancelRequested(at: now)), with: settlement, at: now)
        }
        #expect(again == .claimLost)
        let dispatched = try await code {
            try await store.dispatch(try claim.after(.prepared(at: now)), at: now)
        }
        #expect(dispatched == .claimLost)
        let record = try #require(await store.task("tsk_1"))
        #expect(record.attempts == [attempt])
        #expect(record.task.state == .queued(notBefore: now + .hours(1)))
        #expect(record.history.map(\.state) == [.queued])
        #expect(try await store.claimAll(at: now + .minutes(59)).isEmpty)
        #expect(try await store.claimAll(at: now + .hours(1)).first?.claim.token == 2)
    }
}

@Test(arguments: Backend.all)
func whatIsNotThereIsNotFound(_ backend: Backend) async throws {
    try await backend.run { store in
        let claim = Claim(work: CopyTask.sample("9"), token: 1, leasedUntil: .start)
        let codes = try await [
            code { _ = try await store.takeTask("tsk_9", at: .start, lease: .seconds(1)) },
            code { try await store.settle(claim, with: CopySettlement(), at: .start) },
            code { try await store.dispatch(claim, at: .start) },
            code { _ = try await store.takeDelivery("msg_9", at: .start, lease: .seconds(1)) },
            code { try await store.deleteRule("none", noting: nil) },
        ]
        #expect(codes == Array(repeating: .notFound, count: 5))
        #expect(try await store.task("tsk_9") == nil)
        #expect(try await store.event("evt_9") == nil)
        #expect(try await store.delivery("msg_9") == nil)
    }
}

@Test(arguments: Backend.all)
func aClaimAfterACrashNeverTakesASentTaskForANewOne(_ backend: Backend) async throws {
    let now = Timestamp.start
    try await backend.run { store in
        try await store.plan([.sample("sent"), .sample("unsent")])
        let claims = try await store.claimAll(at: now, lease: .hours(9))
        let sent = try #require(claims.first { $0.claim.work.id == "tsk_sent" }).claim
        try await store.dispatch(try sent.after(.prepared(at: now)), at: now)
    } thenAfterACrash: { store in
        let claims = try await store.claimAll(at: now + .seconds(1))
        #expect(claims.map(\.claim.work.id) == ["tsk_sent", "tsk_unsent"])
        #expect(claims.map(\.step) == [.look, .prepare])
        #expect(claims.map(\.claim.token) == [2, 2])
        // The claim's own meaning is stored: should this process die too, it stays so.
        let record = try #require(await store.task("tsk_sent"))
        #expect(record.task.state == .reconciling(lookAt: now + .seconds(1)))
        #expect(record.task.looks == 1)
        #expect(record.task.attempts == 1)
        #expect(record.history.map(\.state) == [.queued, .submitting, .reconciling])
    }
}

@Test(arguments: Backend.all)
func everyLookAndPollIsCountedByItsClaim(_ backend: Backend) async throws {
    try await backend.run { store in
        let now = Timestamp.start
        try await store.plan([.sample("1")])
        var claim = try #require(await store.claimAll().first).claim
        claim = try claim.after(.prepared(at: now))
        try await store.dispatch(claim, at: now)
        claim = try claim.after(.accepted("job", pollAt: now + .seconds(1)))
        try await store.settle(claim, with: CopySettlement(), at: now)
        #expect(try await store.claimAll(at: now).isEmpty)
        let polled = try #require(await store.claimAll(at: now + .seconds(1)).first)
        #expect(polled.step == .poll("job"))
        #expect(polled.claim.work.polls == 1)
        #expect(try await store.task("tsk_1")?.task.polls == 1)
    }
}

@Test(arguments: Backend.all)
func aPersonTakesATaskThatNobodyHolds(_ backend: Backend) async throws {
    try await backend.run { store in
        let now = Timestamp.start
        try await store.plan([.sample("1", due: now + .days(1))])
        let taken = try await store.takeTask("tsk_1", at: now, lease: .seconds(10))
        #expect(taken.work == .sample("1", due: now + .days(1)))
        #expect(taken.token == 1)
        let early = now + .milliseconds(9_999)
        let lost = try await code {
            _ = try await store.takeTask("tsk_1", at: early, lease: .seconds(10))
        }
        #expect(lost == .claimLost)
        let again = try await store.takeTask("tsk_1", at: now + .seconds(10), lease: .seconds(10))
        #expect(again.token == 2)
        try await store.settle(
            try again.after(.cancelRequested(at: now)), with: CopySettlement(), at: now)
        // What has ended can be taken too, as it stands.
        let ended = try await store.takeTask("tsk_1", at: now, lease: .seconds(10))
        #expect(ended.work.state == .cancelled)
        #expect(ended.token == 3)
        #expect(try await store.claimAll(at: now + .days(2)).isEmpty)
    }
}

@Test(arguments: Backend.all)
func whatIsToldIsWrittenWithTheTaskAndOnce(_ backend: Backend) async throws {
    try await backend.run { store in
        let now = Timestamp.start
        try await store.plan([.sample("1"), .sample("2")])
        let claims = try await store.claimAll().map(\.claim)
        for claim in claims {
            try await store.settle(
                try claim.after(.cancelRequested(at: now)),
                with: CopySettlement(
                    announcements: [.sample("same", task: claim.work, endpoints: ["a", "b"])],
                    ownCopy: "copy\0\u{E9}"),
                at: now)
        }
        #expect(try await store.census().deliveries == [.pending: 2])
        #expect(try await store.delivery("msg_same_a")?.notification.taskID == claims[0].work.id)
        let own = try await store.ownCopies(among: ["copy", "copy\0\u{E9}"], of: .coze)
        #expect(own == ["copy\0\u{E9}"])
        #expect(try await store.ownCopies(among: ["copy\0\u{E9}"], of: .keyue).isEmpty)
        #expect(try await store.ownCopies(among: [], of: .coze).isEmpty)
    }
}

@Test(arguments: Backend.all)
func everythingATaskCarriesComesBack(_ backend: Backend) async throws {
    try await backend.run { store in
        let now = Timestamp.start
        try await store.plan([.sample("1")])
        var claim = try #require(await store.claimAll().first).claim.after(.prepared(at: now))
        claim.work.evidence.baseline = ["a", "b\0"]
        claim.work.evidence.clockAhead = -1_500
        try await store.dispatch(claim, at: now)
        claim.work.evidence.candidates = [
            CopyTask.Candidate(id: "c", name: nil, updatedAt: now),
            CopyTask.Candidate(id: "d", name: "名/\"", updatedAt: nil),
        ]
        claim.work.evidence.adoptedBecause = ["name"]
        claim.work.evidence.providerStatus = "2"
        claim.work.evidence.statusVerified = false
        claim.work.evidence.lastTrouble = Failure(.quotaExceeded, code: "700012006", message: "满")
        claim = try claim.after(
            .answerLost(lookAt: now), .ambiguous(lookAt: nil, at: now + .seconds(5)))
        try await store.settle(claim, with: CopySettlement(), at: now)
        #expect(try await store.task("tsk_1")?.task == claim.work)
        #expect(try await store.claimAll(at: now + .days(99)).isEmpty, "not looked for any more")
        let taken = try await store.takeTask("tsk_1", at: now, lease: .seconds(1))
        #expect(taken.work == claim.work)
        let failed = try taken.after(
            .givenUp(Failure(.abandoned, message: "no", logID: "l"), at: now))
        try await store.settle(failed, with: CopySettlement(), at: now)
        #expect(try await store.task("tsk_1")?.task == failed.work)
    }
}

/// Over a connection that is switched off nothing new is begun, and what has begun goes on.
@Test(arguments: Backend.all)
func whatIsQueuedForAHeldConnectionStays(_ backend: Backend) async throws {
    try await backend.run { store in
        let now = Timestamp.start
        try await store.plan([
            .sample("begun", connection: "a", due: now - .seconds(9)),
            .sample("queued", connection: "a", due: now - .seconds(5)),
            .sample("other", connection: "b", due: now),
        ])
        _ = try await store.sent("tsk_begun", at: now)
        func claim(holding held: Set<String>, at now: Timestamp) async throws -> [String] {
            try await store.claimTasks(
                limit: 9, perConnection: 9, skipping: [], holding: held, at: now,
                lease: .seconds(600)
            ).map(\.claim.work.id.rawValue).sorted()
        }
        let later = now + .minutes(1)
        #expect(try await claim(holding: ["a"], at: later) == ["tsk_begun", "tsk_other"])
        #expect(try await claim(holding: ["a"], at: later) == [])
        #expect(try await claim(holding: [], at: later) == ["tsk_queued"])
    }
}
