import Channels
import Domain
import Notifying
import Signing
import Storage
import Synchronization
import Testing
import Transport

/// Attempts over time: the schedules, what an endpoint asks for, and ids that last.
struct NotifyingScheduleTests {
    @Test(arguments: 1...5)
    func aWebhookIsTriedTwelveTimesInAboutThreeDays(_ seed: Int) async throws {
        let world = NotifyingWorld([NotifyingWorld.webhook("ops")], seed: UInt64(seed))
        world.transport.answer(500)
        let id = try await world.announce(to: ["ops"])[0]
        let room = world.room()
        while case .pending(let dueAt) = try await world.delivery(id).state {
            world.advance(to: dueAt - .milliseconds(1))
            #expect(try await world.turn(room) == 0 || dueAt == NotifyingWorld.start)
            world.advance(to: dueAt)
            try await world.turn(room)
        }
        #expect(try await world.delivery(id).state == .exhausted(reason: "schedule"))
        #expect(world.transport.sent.count == 12)
        #expect(try await world.delivery(id).attempts == 12)

        // 75.7 h, each delay drawn from 0.85 to 1.25 of itself.
        let hours = Double((world.now - NotifyingWorld.start).wholeMilliseconds) / 3_600_000
        print("seed \(seed): \(hours) h")
        #expect((75.7 * 0.85...75.7 * 1.25).contains(hours))
        let delays = RetrySchedule.webhook.delays
        let attempts = try await world.attempts(id)
        try #require(attempts.count == 12)
        for (place, delay) in delays.enumerated() {
            let gap = attempts[place + 1].at - attempts[place].at
            #expect(gap >= delay * 85 / 100 - .milliseconds(1) && gap <= delay * 125 / 100)
        }
        #expect(try await world.turn(room) == 0)
    }

    @Test func everyAttemptIsSignedAnewUnderOneId() async throws {
        let world = NotifyingWorld([NotifyingWorld.webhook("ops")])
        world.transport.fail(.timedOut, isSent: true)
        let id = try await world.announce(to: ["ops"])[0]
        let room = world.room()
        while case .pending(let dueAt) = try await world.delivery(id).state {
            world.advance(to: dueAt)
            let now = world.now
            try await world.turn(room)
            let request = try #require(world.transport.sent.last)
            #expect(try verifies(request, at: now))
        }
        let sent = world.transport.sent
        #expect(sent.count == 12)
        #expect(Set(sent.map { $0.headers.first("webhook-id") }) == ["msg_1_ops"])
        #expect(Set(sent.map { $0.headers.first("webhook-timestamp") }).count == 12)
        #expect(Set(sent.map(\.body)).count == 1)
    }

    @Test func aChatMessageIsTriedFiveTimes() async throws {
        let world = NotifyingWorld([NotifyingWorld.feishu("chat")])
        world.transport.fail(.couldNotConnect, isSent: false)
        let id = try await world.announce(to: ["chat"])[0]
        let room = world.room()
        while case .pending(let dueAt) = try await world.delivery(id).state {
            world.advance(to: dueAt)
            try await world.turn(room)
        }
        #expect(try await world.delivery(id).state == .exhausted(reason: "schedule"))
        #expect(world.transport.sent.count == 5)
    }

    @Test func aCrashBetweenSendingAndSettlingSendsAgainUnderTheSameId() async throws {
        let world = NotifyingWorld([NotifyingWorld.webhook("ops")])
        let id = try await world.announce(to: ["ops"])[0]
        let first = world.room()
        for claim in try await first.claim(limit: 1, at: world.now) {
            _ = await first.perform(claim)
        }
        #expect(try await world.delivery(id).state == .sending)

        let second = world.room()
        world.advance(by: NotifyingWorld.lease - .milliseconds(1))
        #expect(try await world.turn(second) == 0)
        world.advance(by: .milliseconds(1))
        #expect(try await world.turn(second) == 1)
        #expect(try await world.delivery(id).state == .delivered)
        #expect(try await world.delivery(id).attempts == 2)
        #expect(
            world.transport.sent.map { $0.headers.first("webhook-id") } == [
                "msg_1_ops", "msg_1_ops",
            ])
    }

    @Test func aLateWorkerCannotUndoWhatAnotherSettled() async throws {
        let world = NotifyingWorld([NotifyingWorld.webhook("ops")])
        let id = try await world.announce(to: ["ops"])[0]
        let room = world.room()
        world.transport.answer(500)
        let slow = try #require(try await room.claim(limit: 1, at: world.now).first)
        let late = await room.perform(slow)
        world.advance(by: NotifyingWorld.lease)
        world.transport.answer(200)
        try await world.turn(room)
        let lost = await #expect(throws: StorageError.self) { try await room.settle(late) }
        #expect(lost?.code == .claimLost)
        #expect(try await world.delivery(id).state == .delivered)
    }

    @Test(arguments: [
        ("120", Duration.seconds(120)), ("1", .seconds(1)), ("999999999", .days(1)),
        ("Wed, 18 Mar 2026 08:31:45 GMT", .seconds(90)), ("soon", nil), ("-5", nil),
    ])
    func theLaterOfScheduleAndRetryAfterCounts(_ text: String, _ asked: Duration?) async throws {
        let world = NotifyingWorld([NotifyingWorld.webhook("ops")])
        world.transport.answer(503, "", [HTTPField("Retry-After", text)])
        let id = try await world.announce(to: ["ops"])[0]
        try await world.turn(world.room())
        let dueAt = try #require(try await world.delivery(id).state.dueAt)
        let wait = dueAt - NotifyingWorld.start
        if let asked, asked > .seconds(7) {
            #expect(wait == asked)
        } else {
            #expect(wait >= .milliseconds(4_250) && wait <= .milliseconds(6_250))
        }
    }

    /// Whether our own verifier takes it.
    private func verifies(_ request: HTTPRequest, at now: Timestamp) throws -> Bool {
        let scheme = try StandardWebhooksScheme(
            keys: [StandardWebhooksKey(parsing: NotifyingWorld.key)])
        let headers = HeaderFields(request.headers.map { (name: $0.name, value: $0.value) })
        let verdict = scheme.verify(
            IncomingRequest(headers: headers, body: request.body), at: now)
        if case .event = verdict { return true }
        return false
    }
}
