import Channels
import Copying
import Domain
import Intake
import Logging
import Matching
import Notifying
import Pipeline
import Rules
import Signing
import Simulation
import StrictJSON
import Synchronization
import Transport

/// What stands still in a world: platforms, sources, rules, connections, endpoints.
struct Scenery: Sendable {
    static let original = "7309693825197000001"
    static let target = "7498204883280000002"
    private static let forms = """
        {"name":"forms","match":{"type":["form.sent"]},
         "copy":[{"connection":"keyue","entity_type":"agent",
         "entity_id":{"from":"/data/data/agent"}}]}
        """
    private static let tell =
        #"{"name":"tell","match":{"type":[{"prefix":"bot."}]},"notify":["ops"]}"#
    private static let twin = """
        {"name":"twin","match":{"type":["bot.published"]},"copy":[{"connection":"coze"}]}
        """

    private static func backup(_ cooldown: Duration) -> String {
        """
        {"name":"backup","match":{"type":["bot.published"]},"cooldown":"\(cooldown.text)",
         "copy":[{"connection":"coze","to_workspace":"\(target)"}]}
        """
    }

    let plan: WorldPlan
    let world: CozeWorld
    let coze: CozeSimulator
    let keyue: PlatformSimulator<SimulatedKeyue>
    let endpoint: EndpointSimulator
    let witness: (coze: Witness, keyue: Witness, endpoint: Witness)
    let transport: SimulatedTransport
    let sources: [String: any SourceScheme]
    let book: RuleBook
    let connections: [Connection]
    let endpoints: [Endpoint]

    init(_ plan: WorldPlan, time: WorldTime, chronicle: Chronicle) throws {
        self.plan = plan
        var world = CozeWorld.standard
        world.copyTime = plan.copyTime
        world.bots.removeLast()
        if plan.hasNamesakes { world.bots[1].name = world.bots[0].name }
        world.oauthApps[0].publicKey = Self.publicKey
        world.oauthApps[0].audiences = ["coze.test"]
        self.world = world
        var keyueWorld = KeyueWorld.standard
        keyueWorld.copyTime = plan.copyTime
        keyueWorld.credentials[0].token = Secret("TESTONLY-KEY")
        keyueWorld.credentials[0].uid = "TESTONLY-UID"
        keyueWorld.credentials[0].username = "TESTONLY-USER"
        Strangers.settle(in: &world, count: plan.strangers)
        coze = CozeSimulator(SimulatedCoze(world))
        keyue = PlatformSimulator(SimulatedKeyue(keyueWorld))
        endpoint = EndpointSimulator(SimulatedEndpoint(hooks: Self.hooks))
        witness = (
            Witness("coze", coze, chronicle: chronicle),
            Witness("keyue", keyue, chronicle: chronicle),
            Witness("endpoint", endpoint, chronicle: chronicle)
        )
        transport = SimulatedTransport(
            [
                "coze.test": witness.coze, "keyue.test": witness.keyue,
                "hooks.test": witness.endpoint, "ops.test": witness.endpoint,
                "chat.test": witness.endpoint,
            ], time: time.theirs)
        sources = try Self.sources(world)
        let texts =
            [Self.backup(plan.cooldown), Self.forms, Self.tell]
            + (plan.hasTwinRule ? [Self.twin] : [])
        book = RuleBook(
            try texts.map { try Rule(parsing: try JSONValue(parsing: $0), name: nil) })
        connections = Self.connections(plan, world, keyueWorld)
        endpoints = Self.endpoints(plan)
    }

    private static let hooks =
        ["/hooks", "/ops"].map {
            EndpointHook(path: $0, scheme: .webhook, secret: endpointSecret)
        } + [EndpointHook(path: chatPath, scheme: .feishu, secret: chatSecret)]

    private static func endpoints(_ plan: WorldPlan) -> [Endpoint] {
        var endpoints = ["hooks", "ops"].map { name in
            Endpoint(
                name: name, channel: .webhook, url: Secret("https://\(name).test/\(name)"),
                secrets: [endpointSecret])
        }
        if plan.hasChat {
            endpoints.append(
                Endpoint(
                    name: "chat", channel: .feishu, url: Secret("https://chat.test\(chatPath)"),
                    secrets: [chatSecret]))
        }
        for index in endpoints.indices { endpoints[index].concurrent = plan.concurrent * 2 }
        return endpoints
    }

    /// What may be sent at most, as it was configured (decision 23).
    var bounds: [Traffic.Bound] {
        var bounds = endpoints.map { endpoint in
            Traffic.Bound(
                host: "\(endpoint.name).test", isSubmission: nil, concurrent: endpoint.concurrent)
        }
        for connection in connections {
            let host = "\(connection.name).test"
            let limits = connection.limits
            bounds.append(
                Traffic.Bound(host: host, isSubmission: true, concurrent: limits.concurrent))
            if connection.provider == .coze {
                bounds.append(Traffic.Bound(host: host, isSubmission: nil, rate: limits.rate))
            } else {
                bounds.append(Traffic.Bound(host: host, isSubmission: true, rate: limits.rate))
                bounds.append(
                    Traffic.Bound(
                        host: host, isSubmission: false, rate: Rate(2, per: .seconds(1))))
            }
        }
        return bounds
    }

    /// Lets addresses answer or not, as the plan says for this time.
    func reach(at time: Duration) {
        transport.setReachable(time >= plan.opsDeadUntil, host: "ops.test")
        transport.setReachable(time >= plan.cozeDeadUntil, host: "coze.test")
    }

    private static func sources(_ world: CozeWorld) throws -> [String: any SourceScheme] {
        var sources: [String: any SourceScheme] = [
            "coze": try CozeScheme(
                apps: world.callbackApps.map {
                    .init(apiAppID: $0.apiAppID, verifyToken: $0.verifyToken)
                })
        ]
        for (name, secret) in sourceSecrets {
            sources[name] = try StandardWebhooksScheme(
                keys: [try StandardWebhooksKey(parsing: secret)])
        }
        return sources
    }

    private static func connections(
        _ plan: WorldPlan, _ world: CozeWorld, _ keyue: KeyueWorld
    ) -> [Connection] {
        var connections: [Connection] = []
        let app = world.oauthApps[0]
        connections.append(
            Connection(
                name: "coze", provider: .coze, baseURL: "https://coze.test",
                credential: plan.usesJWT
                    ? .jwt(
                        appID: app.appID, keyID: app.keyID, privateKey: privateKey, accountID: nil)
                    : .token(world.tokens[0].token)))
        if let known = keyue.credentials.first {
            connections.append(
                Connection(
                    name: "keyue", provider: .keyue, baseURL: "https://keyue.test",
                    credential: .keyue(
                        token: known.token, uid: Secret(known.uid),
                        username: Secret(known.username))))
        }
        return connections.map { connection in
            var connection = connection
            connection.onUncertain = plan.onUncertain
            connection.usesBaseline = plan.usesBaseline
            if connection.provider == .coze {
                connection.limits = .init(rate: plan.rate, concurrent: plan.concurrent)
            }
            connection.settle = .init(sync: .seconds(60), async: .minutes(4))
            return connection
        }
    }

    /// Lets everything go wrong that the plan says, or nothing any more.
    func trouble(_ isOn: Bool, seed: UInt64) throws(ControlRefusal) {
        coze.plan(try faults(isOn ? plan.coze : [:], seed))
        keyue.plan(try faults(isOn ? plan.keyue : [:], seed &+ 1))
        endpoint.plan(try faults(isOn ? plan.endpoint : [:], seed &+ 2))
    }

    private func faults(
        _ chances: [String: Double], _ seed: UInt64
    ) throws(ControlRefusal) -> FaultPlan {
        var object: JSONObject = [
            "seed": .number(JSONNumber(Int64(seed >> 12))),
            "delay_ms": [0, .number(JSONNumber(chances.isEmpty ? 10 : plan.delayMax))],
        ]
        for (kind, chance) in chances.sorted(by: { $0.key < $1.key }) {
            object[kind] = JSONNumber(chance).map { .number($0) }
        }
        if chances["http_429"] != nil, plan.retryAfter > 0 {
            object["retry_after_s"] = .number(JSONNumber(plan.retryAfter))
            object["retry_after_date"] = .bool(plan.isRetryAfterDate)
        }
        return try FaultPlan(.object(object))
    }
}
