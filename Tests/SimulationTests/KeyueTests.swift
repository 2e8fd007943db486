import Domain
import Simulation
import StrictJSON
import Testing

struct KeyueTests {
    let simulator = KeyueSimulator(SimulatedKeyue())

    @Test func aCopyWaitsThenRunsThenIsThere() throws {
        var desk = Desk(simulator)
        let answer = try #require(desk.duplicate().json)
        #expect(answer["code"] == 200)
        #expect(answer["data"]?["taskStatus"] == 0)
        // UTC+8.
        #expect(answer["data"]?["created"] == "2025-11-21 12:40:00")
        let id = answer["data"]?["id"]
        for (passed, status) in [(0, 0), (99, 0), (100, 1), (299, 1), (300, 2)] {
            desk.now = Desk.start + .milliseconds(passed)
            let row = desk.taskList()?["data"]?["taskList"]?[0]
            #expect(row?["id"] == id)
            #expect(row?["taskStatus"] == .number(JSONNumber(status)), "after \(passed) ms")
            #expect(desk.copies.count == (passed < 300 ? 0 : 1))
        }
        let agents = desk.get("/open/v1/api/v3/agents?keyword=v")?["data"]
        #expect(agents?["total"] == 2)
        #expect(agents?["list"]?[0]?["id"] == desk.copies[0]["copied_entity_id"])
        #expect(desk.copies[0]["entity_type"] == "agent")
    }

    @Test func aFixedNameIsRefusedWhileItIsTaken() throws {
        var desk = Desk(simulator)
        desk.ask("PUT", "/_sim/world", ["copy_names": "fixed"])
        #expect(desk.duplicate().json?["data"]?["agentName"] == "v(导入)")
        #expect(desk.duplicate().json?["code"] == 4_001_001)
        desk.now = Desk.start + .seconds(1)
        #expect(desk.duplicate().json?["code"] == 4_001_001)
        let copy = try #require(desk.copies[0]["copied_entity_id"]?.string)
        let gone = desk.ask(
            "POST", "/open/v1/api/v3/agents/delete?agentId=\(copy)",
            ["agentName": "v(导入)", "id": .string(copy)])
        #expect(gone.json?["code"] == 200)
        #expect(desk.duplicate().json?["code"] == 200)
    }

    @Test func aRandomSuffixLetsCopiesPileUp() {
        let desk = Desk(simulator)
        let names = (0..<20).map { _ in desk.duplicate().json?["data"]?["agentName"]?.string }
        #expect(Set(names).count == 20)
        #expect(names.allSatisfy { $0?.hasPrefix("v(导入") ?? false })
    }

    @Test(arguments: [
        [("token", "TEST-ROBOT-API-KEY"), ("uid", "TEST-UID")],
        [("token", "other"), ("uid", "TEST-UID"), ("username", "test-user")],
        [("token", "TEST-ROBOT-API-KEY"), ("uid", "TEST-UID"), ("username", "Test-user")],
        [],
    ])
    func allThreeHeadersMustFit(headers: [(String, String)]) {
        var desk = Desk(simulator)
        desk.headers = headers.map { ($0.0, $0.1) } + [("Content-Type", "application/json")]
        let answer = desk.duplicate()
        #expect(answer.json?["code"] == 401_001)
        #expect(answer.status == 200)
        desk.ask("PUT", "/_sim/world", ["error_http": "match"])
        #expect(desk.duplicate().status == 401)
    }

    @Test func whatCannotBeCopiedIsRefused() {
        var desk = Desk(simulator)
        #expect(desk.duplicate("").json?["code"] == 4_000_001)
        #expect(desk.duplicate("other").json?["code"] == 4_000_604)
        desk.headers.removeFirst()
        #expect(desk.duplicate().json?["code"] == 4_000_001)
        #expect(desk.taskList()?["data"]?["total"] == 0)
    }

    @Test func theTaskListHasLevelsAndPages() {
        let desk = Desk(simulator)
        let ids = (0..<25).map { _ in desk.duplicate().json?["data"]?["id"] }
        let first = desk.taskList()?["data"]
        #expect(first?["total"] == 25)
        #expect(first?["taskList"]?.array?.count == 20)
        #expect(first?["taskList"]?[0]?["id"] == ids[24])
        let last = desk.taskList("queryLevel=2&pn=3&ps=10")?["data"]
        #expect(last?["taskList"]?.array?.count == 5)
        #expect(last?["taskList"]?[4]?["id"] == ids[0])
        #expect(last?["pn"] == 3)
        desk.ask("PUT", "/_sim/world", ["task_order": "oldest"])
        #expect(desk.taskList("queryLevel=1")?["data"]?["taskList"]?[0]?["id"] == ids[0])
        #expect(desk.taskList("queryLevel=0&taskUrl=other")?["data"]?["total"] == 0)
        for bad in ["", "queryLevel=0", "queryLevel=3", "queryLevel=2&pn=0"] {
            #expect(desk.taskList(bad)?["code"] == 4_000_001, "\(bad)")
        }
    }

    @Test func aCopyThatMustFailSaysSo() {
        var desk = Desk(simulator)
        desk.ask("PUT", "/_sim/faults", ["next": [["route": "copy", "fault": "fail"]]])
        desk.duplicate()
        desk.now = Desk.start + .seconds(1)
        let row = desk.taskList()?["data"]?["taskList"]?[0]
        #expect(row?["taskStatus"] == 3)
        #expect(row?["errorMsg"] == "复制失败")
        #expect(desk.copies.isEmpty)
    }

    @Test func onlyAnAgentThatIsOffMayBeDeletedAndNamesStayUnique() {
        let desk = Desk(simulator)
        let id = "c24ce952-8355-457e-a997-51995167c0ae"
        let body: JSONValue = ["agentName": "v", "id": .string(id)]
        let path = "/open/v1/api/v3/agents/"
        #expect(
            desk.ask("POST", path + "delete?agentId=" + id, body).json?["code"] == 4_007_281)
        func rename(_ name: JSONValue) -> JSONValue? {
            desk.ask(
                "POST", path + "update",
                ["id": .string(id), "agentName": name, "avatarUrl": "", "description": ""]
            ).json?["code"]
        }
        #expect(rename("客服助手") == 4_001_001)
        #expect(rename("w") == 200)
        #expect(desk.get(path + "detail?id=" + id)?["data"]?["agentName"] == "w")
    }
}
