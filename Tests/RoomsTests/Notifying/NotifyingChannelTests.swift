import Channels
import Domain
import Signing
import Simulation
import StrictJSON
import Testing
import Transport

/// Every channel against the endpoint simulator, which plays its platform.
@Suite struct NotifyingChannelTests {
    private static let start = NotifyingWorld.start
    private static let feishuSecret = Secret("Xm2pQ7vT9aLk3ZcR8yWd1f")
    private static let robotSecret = Secret("SECd5a65edf82df4dd9503e3c9319fab21324a81aba5c3ee51")

    /// One endpoint and the hook behind its address.
    private struct Pair {
        var endpoint: Endpoint
        let simulator: EndpointSimulator
        private let transport: SimulatedTransport
        let channel: any MessageChannel

        init(_ channel: Endpoint.Channel) throws {
            var path = "/hook"
            var query = ""
            switch channel {
            case .telegram: path = "/bot1:abc/sendMessage"
            case .teams: query = "?sig=abc"
            case .dingTalk: query = "?access_token=abc"
            default: break
            }
            endpoint = Endpoint(
                name: "e", channel: channel, url: Secret("https://chat.test\(path)\(query)"))
            switch channel {
            case .webhook, .cloudEvents: endpoint.secrets = [NotifyingWorld.key]
            case .feishu: endpoint.secrets = [feishuSecret]
            case .dingTalk: endpoint.secrets = [robotSecret]
            default: break
            }
            endpoint.options.chat = "-100"
            endpoint.options.groups = [7]
            endpoint.options.cloudEvents.origin = "hooks.example.com"
            let scheme = try #require(EndpointHook.Scheme(rawValue: channel.rawValue))
            simulator = EndpointSimulator(
                SimulatedEndpoint(hooks: [
                    EndpointHook(path: path, scheme: scheme, secret: endpoint.secrets.first)
                ]))
            transport = SimulatedTransport(
                ["chat.test": simulator], time: ManualClock(NotifyingChannelTests.start).source)
            self.channel = channel.messages
        }

        func send(
            _ type: NotificationType = .ping, at now: Timestamp = NotifyingChannelTests.start
        ) async throws -> DeliveryOutcome {
            let notification = CompletionNotification(
                id: "ntf_1", type: type, taskID: nil, eventID: nil, createdAt: now,
                payload: CompletionNotification.payload(type, at: now, data: [:]))
            let delivery = Delivery(
                id: "msg_1", notificationID: "ntf_1", type: type, endpoint: "e", createdAt: now)
            return try await answer(
                to: channel.request(for: notification, as: delivery, to: endpoint, at: now))
        }

        func answer(to request: HTTPRequest) async throws -> DeliveryOutcome {
            do throws(TransportFailure) {
                return channel.read(
                    .success(try await transport.send(request)), at: NotifyingChannelTests.start)
            } catch {
                return channel.read(.failure(error), at: NotifyingChannelTests.start)
            }
        }
    }

    @Test(arguments: Endpoint.Channel.allCases)
    func everyPlatformTakesEveryMessageAndItsRefusalIsUnderstood(
        _ channel: Endpoint.Channel
    ) async throws {
        for type in NotificationType.allCases {
            // Each on a platform of its own, since some take only so many a second.
            let pair = try Pair(channel)
            #expect(try await pair.send(type).word == "accepted", "\(channel) \(type)")
        }
        let pair = try Pair(channel)
        pair.simulator.plan(try FaultPlan(["refuse": 1]))
        let refused = try await pair.send()
        // A callback follows its schedule whatever it is told, but for a form it does not read.
        #expect(refused.word == (channel == .webhook ? "retry" : "rejected"), "\(refused)")
    }

    @Test(arguments: Endpoint.Channel.allCases)
    func aMessageThatIsNoneIsRefusedAsThePlatformRefuses(
        _ channel: Endpoint.Channel
    ) async throws {
        let pair = try Pair(channel)
        var request = HTTPRequest(.post, pair.endpoint.url.exposed)
        request.headers = [HTTPField("content-type", "application/json; charset=utf-8")]
        request.body = Array(#"{"a":1}"#.utf8)
        let outcome = try await pair.answer(to: request)
        switch channel {
        case .webhook, .cloudEvents: #expect(outcome.word == "retry")
        // Unsigned, which is what they look at first.
        case .feishu, .dingTalk: #expect(outcome.word == "channel_broken")
        default: #expect(outcome.word == "rejected", "\(outcome)")
        }
    }

    @Test(arguments: [Endpoint.Channel.feishu, .dingTalk])
    func aRobotsWrongSecretOrStaleMomentBreaksTheChannelUnderHTTP200(
        _ channel: Endpoint.Channel
    ) async throws {
        var pair = try Pair(channel)
        let stale = try await pair.send(at: Self.start - .hours(2))
        #expect(stale.word == "channel_broken" && stale.reason.status == 200, "\(stale)")
        pair.endpoint.secrets = [Secret("SECanother")]
        let forged = try await pair.send()
        #expect(forged.word == "channel_broken" && forged.reason.status == 200, "\(forged)")
        #expect(pair.simulator.deliveries.map(\.isVerified) == [false, false])
    }

    @Test(arguments: [
        (Endpoint.Channel.feishu, 5, "11232"), (.dingTalk, 20, "130101"), (.weCom, 20, "45009"),
        (.slack, 10, "rate_limited"), (.discord, 5, "rate_limited"),
        (.telegram, 20, "rate_limited"), (.googleChat, 60, "rate_limited"),
    ])
    func whoWritesTooFastIsHeldBack(
        _ channel: Endpoint.Channel, _ allowed: Int, _ reason: String
    ) async throws {
        let pair = try Pair(channel)
        for number in 1...allowed {
            #expect(try await pair.send().isAccepted, "\(channel) \(number)")
        }
        let outcome = try await pair.send()
        guard case .retry(_, let slowsEndpoint, let said) = outcome else {
            Issue.record("\(channel) \(outcome)")
            return
        }
        #expect(slowsEndpoint && said.word == reason)
    }

    @Test func aReceiverOfCloudEventsIsAskedBeforeTheFirstEventAndEveryDay() async throws {
        var bus = Endpoint(name: "bus", channel: .cloudEvents, url: Secret("https://bus.test/in"))
        bus.options.cloudEvents.origin = "hooks.example.com"
        bus.options.cloudEvents.requestRate = 120
        let world = NotifyingWorld([bus])
        let room = world.room()
        let granted = [
            HTTPField("WebHook-Allowed-Origin", "*"), HTTPField("WebHook-Allowed-Rate", "2"),
        ]
        world.transport.answer(200, "", granted)
        for number in 1...3 { try await world.announce(number, to: ["bus"]) }
        try await world.turns(room)
        // Two a minute were permitted; the first claim came before anybody knew.
        #expect(world.transport.sent.map(\.method).prefix(2) == [.options, .post])
        let question = try #require(world.transport.sent.first)
        #expect(question.url == "https://bus.test/in")
        #expect(question.headers.first("webhook-request-origin") == "hooks.example.com")
        #expect(question.headers.first("webhook-request-rate") == "120")
        let asked = { world.transport.sent.count { $0.method == .options } }
        #expect(asked() == 1)
        world.advance(by: .hours(23))
        try await world.announce(11, to: ["bus"])
        try await world.turns(room)
        #expect(asked() == 1)
        world.advance(by: .hours(2))
        try await world.announce(12, to: ["bus"])
        try await world.turns(room)
        #expect(asked() == 2)
        #expect(world.paper.lines.contains { $0.contains("endpoint.permitted") })
    }

    @Test func withoutPermissionNothingLeaves() async throws {
        var bus = Endpoint(name: "bus", channel: .cloudEvents, url: Secret("https://bus.test/in"))
        bus.options.cloudEvents.origin = "hooks.example.com"
        let world = NotifyingWorld([bus])
        let room = world.room()
        world.transport.answer(200)
        let ids = try await world.announce(to: ["bus"])
        try await world.turns(room)
        #expect(world.transport.sent.map(\.method) == [.options])
        #expect(try await world.delivery(ids[0]).state.name == .pending)
        #expect(try await world.attempts(ids[0]).first?.detail.contains("OPTIONS") == true)
    }

    // The last message that fits says so, although it was taken.
    @Test func discordIsLeftAloneWhenItsWindowIsFull() async throws {
        var room = Endpoint(name: "e", channel: .discord, url: Secret("https://d.test/x"))
        room.concurrent = 1
        let world = NotifyingWorld([room])
        let stage = world.room()
        for number in 1...2 { try await world.announce(number, to: ["e"]) }
        world.transport.answer(
            200, #"{"id":"1"}"#,
            [
                HTTPField("X-RateLimit-Remaining", "0"),
                HTTPField("X-RateLimit-Reset-After", "1.2"),
            ])
        try await world.turns(stage)
        #expect(world.transport.sent.count == 1)
        world.advance(by: .milliseconds(1_999))
        try await world.turns(stage)
        #expect(world.transport.sent.count == 1)
        world.advance(by: .milliseconds(1))
        try await world.turns(stage)
        #expect(world.transport.sent.count == 2)
    }

    @Test func aTelegramGroupThatMovedIsFollowed() async throws {
        var group = Endpoint(
            name: "group", channel: .telegram, url: Secret("https://api.test/bot1:a"))
        group.options.chat = "-1"
        let world = NotifyingWorld([group])
        let room = world.room()
        world.transport.answer(by: { request in
            let chat = (try? JSONValue(parsing: request.body))?["chat_id"]?.number?.int64
            let body =
                chat == -1
                ? #"{"ok":false,"error_code":400,"parameters":{"migrate_to_chat_id":-1007}}"#
                : #"{"ok":true,"result":{}}"#
            return .success(HTTPAnswer(status: chat == -1 ? 400 : 200, body: Array(body.utf8)))
        })
        let ids = try await world.announce(to: ["group"])
        try await world.turns(room)
        #expect(try await world.delivery(ids[0]).state.name == .pending)
        world.advance(by: .seconds(10))
        try await world.turns(room)
        #expect(try await world.delivery(ids[0]).state == .delivered)
        #expect(world.transport.sent.count == 2)
        #expect(
            world.paper.lines.contains { $0.contains("endpoint.moved") && $0.contains("-1007") })
    }
}
