import Domain
import Simulation
import StrictJSON
import Testing

/// The recorded requests of the contracts, and answers of the recorded shape.
@Suite(.enabled(if: SharedFiles.areThere || SharedFiles.skip("recorded exchanges")))
struct FixtureTests {
    /// Each copy, then its poll, and each list of the default routes.
    @Test(arguments: [
        "copy_create_bot_same_workspace", "copy_create_bot_cross_workspace",
        "copy_create_app_same_workspace", "copy_create_app_cross_workspace",
        "copy_create_workflow_same_workspace", "copy_create_workflow_cross_workspace",
        "workspace_list", "workspace_members", "bot_list", "app_list", "workflow_list",
        "workflow_get", "error_4200_resource_not_found", "error_4101_no_permission",
        "error_4100_authentication_invalid", "error_4000_invalid_parameter",
        "error_unknown_route_http_404",
    ])
    func cozeAnswersInTheRecordedShape(name: String) throws {
        let fixture = try SharedFiles.json("coze/\(name).json")
        let desk = Desk(CozeSimulator(SimulatedCoze()))
        switch name {
        case "error_4200_resource_not_found": desk.ask("PUT", "/_sim/world", ["bots": []])
        case "error_4100_authentication_invalid": desk.ask("PUT", "/_sim/world", ["tokens": []])
        case "error_4101_no_permission":
            desk.ask(
                "PUT", "/_sim/world",
                ["tokens": [["token": .string(Desk.token), "permissions": []]]])
        case "bot_list", "app_list":
            // The recorded ones lie in a folder.
            let kind = name == "bot_list" ? "bots" : "apps"
            desk.ask(
                "PUT", "/_sim/world",
                .object([
                    kind: [["id": "1", "workspace_id": .string(Desk.here), "folder_id": "2"]]
                ]))
        default: break
        }
        var request = try request(#require(fixture["request"]))
        if name == "error_4000_invalid_parameter" {
            request = SimulatedRequest(
                method: request.method, target: request.path, headers: request.headers)
        }
        let answer = desk.simulator.handle(request, at: Desk.start)
        let wanted = try #require(fixture["response"])
        #expect(answer.status == Int(wanted["http_status"]?.number?.int64 ?? 0))
        var body = try #require(wanted["body"])
        if body["detail"] == nil, case .object(var object) = body, name == "app_list" {
            // Printed without; every answer of ours has it.
            object["detail"] = ["logid": ""]
            body = .object(object)
        }
        #expect(shape(answer.json) == shape(body))
        #expect(answer.json?["code"] == body["code"])
    }

    @Test(arguments: [
        ("copy_get_in_progress", 0), ("copy_get_successful", 300), ("copy_get_failed", 300),
    ])
    func aPollAnswersInTheRecordedShape(name: String, after passed: Int) throws {
        let fixture = try SharedFiles.json("coze/\(name).json")
        var desk = Desk(CozeSimulator(SimulatedCoze()))
        if name == "copy_get_failed" {
            desk.ask("PUT", "/_sim/faults", ["next": [["route": "copy", "fault": "fail"]]])
        }
        let task = try #require(desk.copy().json?["data"]?["task_id"]?.string)
        desk.now = Desk.start + .milliseconds(passed)
        let answer = desk.get("/v1/entities/copy_tasks/" + task)
        let wanted = fixture["response"]?["body"]
        #expect(shape(answer) == shape(wanted))
        #expect(answer?["data"]?["task_status"] == wanted?["data"]?["task_status"])
    }

    @Test(arguments: ["auth_jwt_token", "auth_jwt_token_account", "auth_jwt_token_enterprise"])
    func theRecordedAssertionBuysAToken(name: String) throws {
        let fixture = try SharedFiles.json("coze/\(name).json")
        let vector = try SharedFiles.json("coze/jwt_rs256_vector.json")
        let recorded = try request(#require(fixture["request"]))
        let jwt = try #require(vector["jwt"]?.string)
        let simulator = CozeSimulator(SimulatedCoze())
        let answer = simulator.handle(
            SimulatedRequest(
                method: "POST", target: recorded.path,
                headers: [("Authorization", "Bearer " + jwt)], body: recorded.body),
            at: Timestamp(milliseconds: 1_757_386_800_000))
        #expect(shape(answer.json) == shape(fixture["response"]?["body"]))
        #expect(answer.json?["expires_in"] == fixture["response"]?["body"]?["expires_in"])
    }

    @Test(arguments: [
        ("agent_copy.request", "agent_copy.response.ok"),
        ("agent_list.request", "agent_list.response.ok"),
        ("agent_detail.request", "agent_detail.response.ok"),
        ("agent_update.request", "agent_update.response.ok"),
        ("agent_delete.request", "agent_delete.response.state_forbids"),
        ("task_list.request.level0", "task_list.response.empty"),
        ("task_list.request.level2", "task_list.response.empty"),
    ])
    func keyueAnswersInTheRecordedShape(question: String, reply: String) throws {
        let simulator = KeyueSimulator(SimulatedKeyue())
        let answer = simulator.handle(
            try request(SharedFiles.json("keyue/\(question).json")), at: Desk.start)
        let wanted = try SharedFiles.json("keyue/\(reply).json")
        #expect(shape(answer.json) == shape(wanted))
        #expect(answer.json?["code"] == wanted["code"])
    }

    @Test(arguments: [
        ("pending", 0, false), ("running", 150, false), ("succeeded", 300, false),
        ("failed", 300, true),
    ])
    func aTaskIsListedInTheRecordedShape(reply: String, after passed: Int, fails: Bool) throws {
        var desk = Desk(KeyueSimulator(SimulatedKeyue()))
        if fails { desk.ask("PUT", "/_sim/faults", ["fail": 1]) }
        desk.duplicate()
        desk.ask("PUT", "/_sim/faults", [:])
        desk.now = Desk.start + .milliseconds(passed)
        let wanted = try SharedFiles.json("keyue/task_list.response.\(reply).json")
        #expect(shape(desk.taskList()) == shape(wanted))
        let status = wanted.value(at: "/data/taskList/0/taskStatus")
        #expect(desk.taskList()?.value(at: "/data/taskList/0/taskStatus") == status)
    }

    @Test func keyueRefusesAsRecorded() throws {
        let desk = Desk(KeyueSimulator(SimulatedKeyue()))
        let missing = try SharedFiles.json("keyue/agent_copy.response.agent_missing.json")
        let answer = desk.duplicate("other").json
        #expect(shape(answer) == shape(missing))
        #expect(answer?["msg"] == missing["msg"])
        var stranger = desk
        stranger.headers = [("Content-Type", "application/json")]
        let rejected = try SharedFiles.json("keyue/error.credential_rejected.json")
        #expect(shape(stranger.duplicate().json) == shape(rejected))
    }
}
