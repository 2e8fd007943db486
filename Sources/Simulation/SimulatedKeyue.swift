import Domain
package import StrictJSON
import Transport

/// A stand-in for Keyue that checks what the real one checks.
package typealias KeyueSimulator = PlatformSimulator<SimulatedKeyue>

/// What the simulated Keyue does.
///
/// contracts/keyue.md sections 1 to 9. Where the contract calls something unconfirmed, this keeps
/// to the plainest reading, and ``KeyueWorld`` has a member for the other one.
///
/// Fault routes: `copy`, `poll` (also `tasks`), `list` (also `agents`), `get`, `update`, `delete`.
package struct SimulatedKeyue: SimulatedPlatform {
    package var keyue: KeyueWorld
    package internal(set) var copies: [SimulatedCopy] = []
    /// In the order in which they were begun.
    var tasks: [KeyueTask] = []

    package init(_ world: KeyueWorld = .standard) {
        keyue = world
    }

    package var world: JSONObject { keyue.json }

    package mutating func changeWorld(_ object: JSONObject) throws(ControlRefusal) {
        // Changed aside, so that a refusal in the middle leaves the world as it was.
        var changed = keyue
        try changed.change(ControlFields(object))
        keyue = changed
    }

    package func routes(of request: SimulatedRequest) -> [String] {
        KeyueRoute(request)?.names ?? ["other"]
    }

    package mutating func answer(
        _ request: SimulatedRequest, under circumstances: Circumstances
    ) -> SimulatedAnswer {
        let call = call(request, circumstances)
        guard let route = KeyueRoute(request) else { return call.notFound() }
        guard let owner = owner(of: call) else { return call.refused(.credential) }
        let isJSON =
            request.header("Content-Type")?.lowercased().hasPrefix("application/json") ?? false
        guard request.method != "POST" || isJSON else {
            return call.refused(.badParameter("Content-Type"))
        }
        do throws(KeyueRefusal) {
            switch route {
            case .copy: return call.success(try begin(call, for: owner))
            case .tasks: return call.success(try listTasks(call, for: owner))
            case .agents: return call.success(try listAgents(call))
            case .detail: return call.success(try detail(call))
            case .update: return call.success(try update(call))
            case .delete: return call.success(try delete(call))
            }
        } catch {
            return call.refused(error)
        }
    }

    package func refusal(
        of request: SimulatedRequest, under circumstances: Circumstances
    ) -> SimulatedAnswer {
        let call = call(request, circumstances)
        return call.refused(KeyueRoute(request) == .copy ? .duplicateName : .credential)
    }

    private func call(
        _ request: SimulatedRequest, _ circumstances: Circumstances
    ) -> KeyueCall {
        KeyueCall(
            request: request, now: circumstances.now + keyue.clockAhead,
            circumstances: circumstances,
            errors: circumstances.errorStatus ?? keyue.errorStatus)
    }

    /// The credential all three of whose values came along.
    private func owner(of call: KeyueCall) -> KeyueWorld.Credential? {
        guard let token = call.request.header("token"), let uid = call.request.header("uid"),
            let name = call.request.header("username")
        else { return nil }
        return keyue.credentials.first {
            $0.token.exposed.hasSameBytes(as: token) && $0.uid.hasSameBytes(as: uid)
                && $0.username.hasSameBytes(as: name)
        }
    }
}

/// What a request is for.
enum KeyueRoute: Hashable, Sendable {
    case copy, tasks, agents, detail, update, delete

    init?(_ request: SimulatedRequest) {
        switch (request.method, request.path) {
        case ("POST", "/open/v1/api/v2/task/create/agent_copy"): self = .copy
        case ("GET", "/open/v1/api/v2/task/openList"): self = .tasks
        case ("GET", "/open/v1/api/v3/agents"): self = .agents
        case ("GET", "/open/v1/api/v3/agents/detail"): self = .detail
        case ("POST", "/open/v1/api/v3/agents/update"): self = .update
        case ("POST", "/open/v1/api/v3/agents/delete"): self = .delete
        default: return nil
        }
    }

    /// What a fault plan calls it.
    var names: [String] {
        switch self {
        case .copy: ["copy"]
        case .tasks: ["poll", "tasks"]
        case .agents: ["list", "agents"]
        case .detail: ["get"]
        case .update: ["update"]
        case .delete: ["delete"]
        }
    }
}

/// One request at the simulated Keyue, and how its answers look.
struct KeyueCall: Sendable {
    let request: SimulatedRequest
    /// By the platform's clock.
    let now: Timestamp
    let circumstances: Circumstances
    let errors: ErrorStatus

    func success(_ data: JSONValue) -> SimulatedAnswer {
        finished(
            .json([
                "time": .number(JSONNumber(now.milliseconds)), "data": data, "code": 200,
                "msg": "OK",
            ]))
    }

    func refused(_ refusal: KeyueRefusal) -> SimulatedAnswer {
        var body: JSONObject = ["msg": .string(refusal.message)]
        // The one error that is printed on a page of a sister product has no tip.
        if refusal != .credential { body["tip"] = "" }
        body["code"] = .number(JSONNumber(refusal.code))
        body["requestId"] = .string(
            MintedID.hexadecimal(32, circumstances.number, at: now))
        return finished(.json(.object(body), status: errors == .match ? refusal.status : 200))
    }

    func notFound() -> SimulatedAnswer {
        finished(
            .json(
                [
                    "timestamp": .number(JSONNumber(now.milliseconds)), "status": 404,
                    "error": "Not Found", "path": .string(request.path),
                ], status: 404))
    }

    private func finished(_ answer: SimulatedAnswer) -> SimulatedAnswer {
        var answer = answer
        answer.headers.append(("Date", now.httpDate))
        return answer
    }

    /// Page number and size, each from 1.
    func page() throws(KeyueRefusal) -> (number: Int, size: Int) {
        func read(_ name: String, _ usual: Int) throws(KeyueRefusal) -> Int {
            guard let text = request.parameter(name) else { return usual }
            guard let value = Int(text), (1...1_000_000).contains(value) else {
                throw .badParameter(name)
            }
            return value
        }
        return (try read("pn", 1), min(try read("ps", 20), 200))
    }
}

/// An error of the platform.
///
/// contracts/keyue.md section 8; the code for a bad parameter is ours, since none is documented.
enum KeyueRefusal: Error, Hashable, Sendable {
    case credential
    case badParameter(String)
    case duplicateName
    case noSuchAgent
    case stateForbidsDeletion

    var code: Int64 {
        switch self {
        case .credential: 401_001
        case .badParameter: 4_000_001
        case .duplicateName: 4_001_001
        case .noSuchAgent: 4_000_604
        case .stateForbidsDeletion: 4_007_281
        }
    }

    /// The class of HTTP status that the code starts with.
    var status: Int { self == .credential ? 401 : 400 }

    var message: String {
        switch self {
        case .credential: "API Key验证失败"
        case .badParameter(let name): "参数错误: \(name)"
        case .duplicateName: "机器人名称重复"
        case .noSuchAgent: "机器人不存在,请刷新页面重试"
        case .stateForbidsDeletion: "机器人当前状态不可删除"
        }
    }
}
