import Domain
import Simulation
import StrictJSON

/// What exists on the platforms of a run with kills: one original for each event, so that every
/// copy tells which event it was made for.
struct KillWorld: Sendable {
    /// How one event's original is copied.
    enum Way: Sendable {
        /// Within its workspace, where Coze copies before it answers.
        case same
        /// To another workspace, where Coze copies after it answered.
        case cross
        case keyue
    }

    static let backup = "7498000000000000001"
    private static let botsPerWorkspace = 25

    let count: Int

    /// Half within a workspace, the others across, and up to a tenth to Keyue, well mixed.
    func way(_ index: Int) -> Way {
        switch index % 10 {
        // Bounded: Keyue's list is asked twice a second at most, and grows with every copy.
        case 9 where index / 10 % max(1, count / 400) == 0: .keyue
        case 1, 3, 5, 7, 9: .cross
        default: .same
        }
    }

    /// Padded, so that no name begins with another.
    func name(_ index: Int) -> String { "bot-\(padded(index))" }

    func agentID(_ index: Int) -> String { "1b0a986f-6d50-4f26-8b80-00000\(padded(index))" }

    /// The id by which the copy task of this event knows its original.
    func original(_ index: Int) -> String {
        way(index) == .keyue ? agentID(index) : bot(index).id
    }

    func bot(_ index: Int) -> CozeWorld.Entity {
        var bot = CozeWorld.standard.bots[0]
        bot.id = "751200000000\(padded(index))"
        bot.name = name(index)
        bot.workspaceID = workspace(index)
        return bot
    }

    /// What is sent: a callback of Coze, or for Keyue, which has none, an event of a partner.
    func event(_ index: Int) throws -> SignedEvent {
        guard way(index) == .keyue else {
            return SignedEvent(
                SampleEvents().callback(
                    .published, of: bot(index), to: CozeWorld.standard.callbackApps[0],
                    number: index, at: .wall))
        }
        return try SignedEvent(
            partner: "agent.changed", key: "partner-\(padded(index))",
            entity: [
                "type": "agent", "id": .string(agentID(index)), "name": .string(name(index)),
            ])
    }

    /// Small ones, since a workspace is listed before each copy into it.
    private func workspace(_ index: Int) -> String {
        let kind = way(index) == .same ? "74810" : "74820"
        return kind + padded(index / (2 * Self.botsPerWorkspace))
    }

    private func workspaces(_ way: Way) -> [String] {
        var found: [String] = []
        for index in 0..<count where self.way(index) == way {
            let workspace = workspace(index)
            if !found.contains(workspace) { found.append(workspace) }
        }
        return found
    }

    private func padded(_ number: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: 7 - digits.count) + digits
    }

    /// For `PUT /_sim/world` of the Coze simulator.
    var coze: JSONValue {
        let all = workspaces(.same) + workspaces(.cross) + [Self.backup]
        return [
            "workspaces": .array(
                all.map {
                    [
                        "id": .string($0), "name": .string("workspace \($0)"), "type": "team",
                        "enterprise_id": "volcano_2105850001",
                    ]
                }),
            "bots": .array(
                (0..<count).filter { way($0) != .keyue }.map(bot).map {
                    [
                        "id": .string($0.id), "name": .string($0.name),
                        "workspace_id": .string($0.workspaceID),
                    ]
                }),
        ]
    }

    /// For `PUT /_sim/world` of the Keyue simulator.
    var keyue: JSONValue {
        [
            "agents": .array(
                (0..<count).filter { way($0) == .keyue }.map {
                    ["id": .string(agentID($0)), "name": .string(name($0))]
                })
        ]
    }

    /// For ``ServicePlan/rules``: one rule for each way.
    var rules: String {
        func rule(_ name: String, _ way: Way, _ copy: String) -> String {
            let list = workspaces(way).map { "\"\($0)\"" }.joined(separator: ", ")
            let match =
                way == .keyue
                ? "type: [agent.changed]"
                : "type: [bot.published], entity: { workspace_id: [\(list)] }"
            return """
                - name: \(name)
                  match: { \(match) }
                  copy: [{ \(copy) }]
                """
        }
        return [
            rule("same", .same, "connection: coze"),
            rule("cross", .cross, "connection: coze, to_workspace: \"\(Self.backup)\""),
            rule("keyue", .keyue, "connection: keyue"),
        ].joined(separator: "\n")
    }
}
