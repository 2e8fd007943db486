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

    private static let botsPerWorkspace = 25

    let count: Int
    /// How many endpoints hear of every end.
    var endpoints = 1

    /// The secret that all of them sign with.
    static let hookSecret = EndpointHook.standard[0].secret

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

    /// Where the bots of a workspace go that are copied across: small as well.
    private func backup(of workspace: String) -> String { "74980" + workspace.suffix(7) }

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
        let sources = workspaces(.cross)
        let all = workspaces(.same) + sources + sources.map(backup)
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

    func hook(_ number: Int) -> String { "/hooks/\(number)" }

    var hooks: [String] { (0..<endpoints).map(hook) }

    /// For `PUT /_sim/world` of the endpoint simulator.
    var hookWorld: JSONValue {
        [
            "hooks": .array(
                hooks.map {
                    [
                        "path": .string($0), "scheme": "webhook",
                        "secret": .string(Self.hookSecret?.exposed ?? ""),
                    ]
                })
        ]
    }

    /// The section `endpoints` of a configuration.
    func endpointSection(_ url: String) -> String {
        "endpoints:\n"
            + (0..<endpoints).map { number in
                """
                  hook-\(number):
                    url: \(url)\(hook(number))
                    secret: "\(Self.hookSecret?.exposed ?? "")"

                """
            }.joined()
    }

    /// For ``ServicePlan/rules``: one rule for each way, and for each workspace that has a backup
    /// of its own.
    var rules: String {
        func rule(_ name: String, _ match: String, _ copy: String) -> String {
            """
            - name: \(name)
              match: { \(match) }
              copy: [{ \(copy) }]
            """
        }
        func published(in workspaces: [String]) -> String {
            let list = workspaces.map { "\"\($0)\"" }.joined(separator: ", ")
            return "type: [bot.published], entity: { workspace_id: [\(list)] }"
        }
        let same = rule("same", published(in: workspaces(.same)), "connection: coze")
        let keyue = rule("keyue", "type: [agent.changed]", "connection: keyue")
        let across = workspaces(.cross).map { workspace in
            rule(
                "cross-\(workspace)", published(in: [workspace]),
                "connection: coze, to_workspace: \"\(backup(of: workspace))\"")
        }
        return ([same, keyue] + across).joined(separator: "\n")
    }
}
