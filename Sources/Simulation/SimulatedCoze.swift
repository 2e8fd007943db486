import Domain
package import StrictJSON
import Transport

/// A stand-in for Coze that checks what the real one checks.
package typealias CozeSimulator = PlatformSimulator<SimulatedCoze>

/// What the simulated Coze does.
///
/// contracts/coze.md sections 2 and 5 to 7. Where the contract calls something unconfirmed, this
/// keeps to the plainest reading, and ``CozeWorld`` has a member for the other one.
///
/// Fault routes: `token`, `copy`, `poll`, `list` (also `workspaces`, `members`, `bots`, `apps`,
/// `workflows`) and `get`.
package struct SimulatedCoze: SimulatedPlatform {
    package var coze: CozeWorld
    package internal(set) var copies: [SimulatedCopy] = []
    /// Every task ever begun, by its id.
    var tasks: [Identifier<CozeTask>: CozeTask] = [:]
    /// Tasks that are not finished, in the order in which they were begun.
    var running: [Identifier<CozeTask>] = []
    /// Access tokens that were given for a JWT, by their text.
    var granted: [Identifier<CozeGrant>: CozeGrant] = [:]
    /// When each `jti` that was used expires.
    var usedTokenIDs: [Identifier<CozeGrant>: Timestamp] = [:]

    package init(_ world: CozeWorld = .standard) {
        coze = world
    }

    package var world: JSONObject { coze.json }

    package mutating func changeWorld(_ object: JSONObject) throws(ControlRefusal) {
        // Changed aside, so that a refusal in the middle leaves the world as it was.
        var changed = coze
        try changed.change(ControlFields(object))
        coze = changed
    }

    package func routes(of request: SimulatedRequest) -> [String] {
        CozeRoute(request)?.names ?? ["other"]
    }

    package mutating func answer(
        _ request: SimulatedRequest, under circumstances: Circumstances
    ) -> SimulatedAnswer {
        var call = CozeCall(request, circumstances, errors: coze.errorStatus)
        call.now = circumstances.now + coze.clockAhead
        guard let route = CozeRoute(request) else { return call.notFound() }
        if case .token = route { return grantToken(call) }
        let caller: CozeCaller
        switch authorize(call) {
        case .success(let known): caller = known
        case .failure(let refusal): return call.refused(refusal)
        }
        if let missing = missingPermission(route, call, caller) {
            return call.refused(.noPermission(missing))
        }
        switch route {
        case .token: return call.notFound()
        case .copy: return copy(call, for: caller)
        case .poll(let id): return poll(call, id)
        case .workspaces: return listWorkspaces(call, for: caller)
        case .members(let id): return listMembers(call, of: id, for: caller)
        case .list(let kind): return list(call, kind, for: caller)
        case .get(let kind, let id): return get(call, kind, id, for: caller)
        }
    }

    package func refusal(
        of request: SimulatedRequest, under circumstances: Circumstances
    ) -> SimulatedAnswer {
        let call = CozeCall(request, circumstances, errors: coze.errorStatus)
        if case .token? = CozeRoute(request) {
            return call.oauthRefused(.deactivated("sample app"))
        }
        return call.refused(.noPermission(nil))
    }

    /// The documented permissions, contracts/coze.md sections 5.1 and 6.
    private func missingPermission(
        _ route: CozeRoute, _ call: CozeCall, _ caller: CozeCaller
    ) -> String? {
        guard let held = caller.permissions else { return nil }
        let needed: [String] =
            switch route {
            case .token, .poll: []
            case .copy:
                switch call.request.jsonObject?["entity_type"]?.string {
                case "bot": ["Bot.duplicate", "Workspace.createBot"]
                case "app": ["Project.copy", "Workspace.createProject"]
                case "workflow": ["Workflow.copy", "Workspace.createWorkflow"]
                default: []
                }
            case .workspaces: ["listWorkspace"]
            case .members: ["readMember"]
            case .list(.bot): ["listBot"]
            case .list(.app): ["listApp"]
            case .list(.workflow): ["listWorkflow"]
            case .get(.workflow, _): ["getMetaData"]
            case .get: ["getMetadata"]
            }
        return needed.first { permission in
            !held.contains { $0.hasSameBytes(as: permission) }
        }
    }
}

/// What a request is for.
enum CozeRoute: Hashable, Sendable {
    case token
    case copy
    case poll(String)
    case workspaces
    case members(String)
    case list(CozeWorld.EntityKind)
    case get(CozeWorld.EntityKind, String)

    init?(_ request: SimulatedRequest) {
        let segments = request.segments
        switch (request.method, segments.first, segments.count) {
        case ("POST", "api", 4) where segments[1...] == ["permission", "oauth2", "token"]:
            self = .token
        case ("POST", "api", 6)
        where segments[1...2] == ["permission", "oauth2"] && segments[5] == "token"
            && ["account", "enterprise_id"].contains(segments[3]):
            self = .token
        case ("POST", "v1", 3) where segments[1...] == ["entities", "copy_tasks"]: self = .copy
        case ("GET", "v1", 4) where segments[1...2] == ["entities", "copy_tasks"]:
            self = .poll(segments[3])
        case ("GET", "v1", 2):
            switch segments[1] {
            case "workspaces": self = .workspaces
            case "bots": self = .list(.bot)
            case "apps": self = .list(.app)
            case "workflows": self = .list(.workflow)
            default: return nil
            }
        case ("GET", "v1", 3) where segments[1] == "bots": self = .get(.bot, segments[2])
        case ("GET", "v1", 3) where segments[1] == "workflows":
            self = .get(.workflow, segments[2])
        case ("GET", "v1", 4) where segments[1] == "workspaces" && segments[3] == "members":
            self = .members(segments[2])
        default: return nil
        }
    }

    /// What a fault plan calls it.
    var names: [String] {
        switch self {
        case .token: ["token"]
        case .copy: ["copy"]
        case .poll: ["poll"]
        case .workspaces: ["list", "workspaces"]
        case .members: ["list", "members"]
        case .list(let kind): ["list", kind.rawValue + "s"]
        case .get: ["get"]
        }
    }
}

/// Whose token came with a request.
struct CozeCaller: Hashable, Sendable {
    let userID: String
    /// Absent for all.
    let permissions: [String]?
}
