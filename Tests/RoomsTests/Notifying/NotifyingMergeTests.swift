import Channels
import Domain
import Notifying
import Simulation
import Storage
import StorageMemory
import StrictJSON
import Synchronization
import Testing
import Transport

/// What happens when one chat gets more than it takes.
@Suite struct NotifyingMergeTests {
    private static func robot(_ channel: Endpoint.Channel = .dingTalk) -> Endpoint {
        Endpoint(
            name: "robot", channel: channel,
            url: Secret("https://robot.example.com/robot/send?access_token=t0ken"))
    }

    /// A world whose endpoint is the simulated robot, which counts and silences as DingTalk does.
    private static func world() -> NotifyingWorld {
        let world = NotifyingWorld([robot()])
        let simulator = EndpointSimulator(
            SimulatedEndpoint(hooks: [EndpointHook(path: "/robot/send", scheme: .dingtalk)]))
        let clock = world.clock
        world.transport.answer(by: { request in
            let answer = simulator.handle(
                SimulatedRequest(
                    method: "POST", target: "/robot/send",
                    headers: request.headers.map { ($0.name, $0.value) }, body: request.body),
                at: clock.now)
            return .success(HTTPAnswer(status: answer.status, body: answer.body))
        })
        return world
    }

    private static func announce(
        _ number: Int, _ type: NotificationType = .copySucceeded, in world: NotifyingWorld,
        payload: [UInt8]? = nil
    ) async throws {
        let id = CompletionNotification.ID(rawValue: "ntf_\(number)")
        let data: JSONValue = [
            "task": [
                "id": .string("tsk_\(number)"), "rule": "backup",
                "entity": ["type": "bot", "id": "1", "name": .string("bot \(number)")],
            ]
        ]
        let notification = CompletionNotification(
            id: id, type: type, taskID: CopyTask.ID(rawValue: "tsk_\(number)"), eventID: nil,
            createdAt: world.now,
            payload: payload ?? CompletionNotification.payload(type, at: world.now, data: data))
        let delivery = Delivery(
            id: Delivery.ID(rawValue: "msg_\(number)"), notificationID: id, type: type,
            endpoint: "robot", createdAt: world.now)
        try await world.store.announce(
            Announcement(notification: notification, deliveries: [delivery]))
    }

    /// How many copies a message stands for.
    private static func count(of request: HTTPRequest) throws -> Int {
        let title = try #require(
            JSONValue(parsing: request.body).value(at: "/markdown/title")?.string)
        guard title.hasSuffix("条通知") else { return 1 }
        return try #require(title.split(separator: " ").compactMap { Int($0) }.first)
    }

    // Show 5 of the issue.
    @Test func fiveHundredCopiesInAMinuteLeaveInNoMoreThanEighteenMessagesAMinute() async throws {
        let world = Self.world()
        let room = world.room()
        var times: [Timestamp] = []
        func step(_ pause: Duration) async throws {
            try await world.turn(room)
            while times.count < world.transport.sent.count { times.append(world.now) }
            world.advance(by: pause)
        }
        for number in 1...500 {
            try await Self.announce(number, in: world)
            try await step(.milliseconds(120))
        }
        for _ in 1...600 { try await step(.milliseconds(500)) }

        for (place, time) in times.enumerated() {
            let inAMinute = times[place...].prefix { $0 - time < .minutes(1) }.count
            #expect(inAMinute <= 18)
        }
        let counts = try world.transport.sent.map(Self.count)
        #expect(counts.reduce(0, +) == 500)
        #expect(counts.contains { $0 > 1 })
        for number in 1...500 {
            let id = Delivery.ID(rawValue: "msg_\(number)")
            #expect(try await world.delivery(id).state == .delivered)
            #expect(try await world.attempts(id).map(\.outcome) == ["accepted"])
        }
        let last = try #require(times.last) - NotifyingWorld.start
        print("500 copies: \(counts.count) messages, the last after \(last.text): \(counts)")
    }

    @Test func whatLeavesWithinAMinuteByItselfIsNotMerged() async throws {
        let world = Self.world()
        let room = world.room()
        for number in 1...18 { try await Self.announce(number, in: world) }
        try await world.turns(room)
        #expect(world.transport.sent.count == 18)

        let full = Self.world()
        for number in 1...19 { try await Self.announce(number, in: full) }
        try await full.turns(full.room())
        #expect(try full.transport.sent.map(Self.count) == [19])
    }

    @Test func aMergedMessageNamesTheWorstFirstAndItsNumber() async throws {
        let world = Self.world()
        for number in 1...30 {
            try await Self.announce(number, number == 17 ? .copyFailed : .copySucceeded, in: world)
        }
        try await world.turns(world.room())
        let body = try JSONValue(parsing: try #require(world.transport.sent.first).body)
        let text = try #require(body.value(at: "/markdown/text")?.string)
        #expect(text.hasPrefix("### ❌ 30 条通知\n\n合并为一条：29 个已复制，1 个复制失败。\n\n- ❌ "))
        #expect(text.contains("- ❌ 机器人复制失败：bot 17 · tsk＿17\n- ✅ 机器人已复制：bot 1\n"))
        let attempt = try await world.attempts("msg_3").first
        #expect(attempt?.detail == "one message for 30")
    }

    @Test func eachOfAMergedMessageIsSettledByItsAnswer() async throws {
        let world = NotifyingWorld([Self.robot()])
        world.transport.answer(200, #"{"errcode":-1,"errmsg":"busy"}"#)
        let room = world.room()
        for number in 1...20 { try await Self.announce(number, in: world) }
        try await world.turns(room)
        #expect(world.transport.sent.count == 1)
        for number in 1...20 {
            let delivery = try await world.delivery(Delivery.ID(rawValue: "msg_\(number)"))
            #expect(delivery.state.name == .pending && delivery.attempts == 1)
        }
        world.transport.answer(200, #"{"errcode":310000,"errmsg":"sign not match"}"#)
        world.advance(by: .minutes(1))
        try await world.turns(room)
        for number in 1...20 {
            let delivery = try await world.delivery(Delivery.ID(rawValue: "msg_\(number)"))
            #expect(delivery.state == .exhausted(reason: "channel_broken"))
        }
    }

    @Test func oneThatCannotBeToldDoesNotSilenceTheOthers() async throws {
        let world = Self.world()
        for number in 1...30 {
            try await Self.announce(
                number, in: world, payload: number == 5 ? Array("{}".utf8) : nil)
        }
        try await world.turns(world.room())
        let broken = try await world.delivery("msg_5")
        #expect(broken.state == .exhausted(reason: "rejected"))
        for number in (1...30).filter({ $0 != 5 }) {
            let delivery = try await world.delivery(Delivery.ID(rawValue: "msg_\(number)"))
            #expect(delivery.state == .delivered, "\(number)")
        }
    }

    // A callback's ids are its receiver's: nothing is merged, however much there is.
    @Test func callbacksAreNeverMerged() async throws {
        let world = NotifyingWorld([NotifyingWorld.webhook("ops")])
        for number in 1...100 { try await world.announce(number, to: ["ops"]) }
        try await world.turns(world.room())
        #expect(world.transport.sent.count == 100)
    }

    @Test func theWordsOfARuleAreThoseItHasWhenTheMessageGoesOut() async throws {
        let world = Self.world()
        let room = world.room()
        func said() throws -> String? {
            let body = try JSONValue(parsing: try #require(world.transport.sent.last).body)
            return body.value(at: "/text/content")?.string
        }
        try await Self.announce(1, in: world)
        world.ruleTemplates.withLock { $0 = [] }
        try await world.turns(room)
        #expect(try said() == nil)
        try await Self.announce(2, in: world)
        let words = try MessageTemplate("{{name}} by {{rule}}")
        world.ruleTemplates.withLock { $0 = [.init("backup", words)] }
        world.advance(by: .minutes(2))
        try await world.turns(room)
        #expect(try said() == "bot 2 by backup\nCopyhook · tsk_2")
    }
}
