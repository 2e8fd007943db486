import Channels
import Copying
import Domain
import Intake
import Logging
import Matching
import Notifying
import Pipeline
import Providers
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
    static let sourceSecrets = [
        "desk": Secret("whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="),
        "shop": Secret("whsec_ISIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="),
    ]
    private static let endpointSecret = Secret(
        "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=")
    private static let rules = [
        """
        {"name":"backup","match":{"type":["bot.published"]},
         "copy":[{"connection":"coze","to_workspace":"7498204883280000002"}]}
        """,
        """
        {"name":"forms","match":{"type":["form.sent"]},
         "copy":[{"connection":"keyue","entity_type":"agent",
         "entity_id":{"from":"/data/data/agent"}}]}
        """,
        #"{"name":"tell","match":{"type":[{"prefix":"bot."}]},"notify":["ops"]}"#,
    ]
    private static let twin = """
        {"name":"twin","match":{"type":["bot.published"]},"copy":[{"connection":"coze"}]}
        """

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
    let platforms: [String: any CopyPlatform]
    let audience: Audience

    init(_ plan: WorldPlan, time: WorldTime) throws {
        self.plan = plan
        var world = CozeWorld.standard
        world.copyTime = plan.copyTime
        world.bots.removeLast()
        if plan.hasNamesakes { world.bots[1].name = world.bots[0].name }
        self.world = world
        var keyueWorld = KeyueWorld.standard
        keyueWorld.copyTime = plan.copyTime
        coze = CozeSimulator(SimulatedCoze(world))
        keyue = PlatformSimulator(SimulatedKeyue(keyueWorld))
        endpoint = EndpointSimulator(
            SimulatedEndpoint(
                hooks: ["/hooks", "/ops"].map {
                    EndpointHook(path: $0, scheme: .webhook, secret: Self.endpointSecret)
                }))
        witness = (
            Witness("coze", coze), Witness("keyue", keyue), Witness("endpoint", endpoint)
        )
        transport = SimulatedTransport(
            [
                "coze.test": witness.coze, "keyue.test": witness.keyue,
                "hooks.test": witness.endpoint, "ops.test": witness.endpoint,
            ], time: time.theirs)
        transport.setReachable(!plan.isOpsDead, host: "ops.test")
        sources = try Self.sources(world)
        let texts = Self.rules + (plan.hasTwinRule ? [Self.twin] : [])
        book = RuleBook(
            try texts.map { try Rule(parsing: try JSONValue(parsing: $0), name: nil) })
        connections = Self.connections(plan, world, keyueWorld)
        platforms = Dictionary(
            uniqueKeysWithValues: try connections.map { ($0.name, try copyPlatform(for: $0)) })
        audience = Audience(
            ["hooks", "ops"].map { name in
                Endpoint(
                    name: name, channel: .webhook, url: Secret("https://\(name).test/\(name)"),
                    secrets: [Self.endpointSecret])
            })
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
        if let token = world.tokens.first?.token {
            connections.append(
                Connection(
                    name: "coze", provider: .coze, baseURL: "https://coze.test",
                    credential: .token(token)))
        }
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
        if chances["http_429"] != nil, seed.isMultiple(of: 2) { object["retry_after_s"] = 7 }
        return try FaultPlan(.object(object))
    }
}
