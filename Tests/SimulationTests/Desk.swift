import Domain
import Simulation
import StrictJSON

/// Somebody who asks a simulator, one request at a time, on a clock that the test moves.
struct Desk {
    static let token = "pat_TESTONLY0000000000000000000000000000000000000000000000000000000"
    static let start = Timestamp(milliseconds: 1_763_700_000_250)
    /// Team workspaces of the standard world, then its personal one.
    static let (here, there) = ("7309693825197000001", "7498204883280000002")
    static let personal = "7487906116106500003"
    static let bot = "7512041635401000001"

    let simulator: any Simulator
    var now = Desk.start
    var headers: [(name: String, value: String)] = [
        ("Content-Type", "application/json"), ("Authorization", "Bearer " + Desk.token),
        ("token", "TEST-ROBOT-API-KEY"), ("uid", "TEST-UID"), ("username", "test-user"),
    ]

    init(_ simulator: any Simulator) { self.simulator = simulator }

    @discardableResult
    func ask(_ method: String, _ target: String, _ body: JSONValue? = nil) -> SimulatedAnswer {
        simulator.handle(
            SimulatedRequest(
                method: method, target: target, headers: headers, body: body?.bytes() ?? []),
            at: now)
    }

    func get(_ target: String) -> JSONValue? { ask("GET", target).json }

    /// A copy at Coze.
    @discardableResult
    func copy(_ id: String = bot, type: String = "bot", to target: String? = there)
        -> SimulatedAnswer
    {
        var body: JSONObject = ["entity_id": .string(id), "entity_type": .string(type)]
        body["to_workspace_id"] = target.map(JSONValue.string)
        return ask("POST", "/v1/entities/copy_tasks", .object(body))
    }

    /// A copy at Keyue.
    @discardableResult
    func duplicate(_ id: String = "c24ce952-8355-457e-a997-51995167c0ae") -> SimulatedAnswer {
        ask("POST", "/open/v1/api/v2/task/create/agent_copy", ["agentId": .string(id)])
    }

    func taskList(_ query: String = "queryLevel=0&taskUrl=%2Fapi%2Fv2%2Fagents%2Fcopy")
        -> JSONValue?
    {
        get("/open/v1/api/v2/task/openList?" + query)
    }

    var copies: [JSONValue] { ask("GET", "/_sim/copies").json?.array ?? [] }
}
