import Domain
import Simulation
import StrictJSON
import Testing
import Transport

struct CozeCopyTests {
    /// Bodies, and the code that each is refused with.
    static let uncopyable: [(body: JSONValue, code: JSONValue)] = [
        (["entity_type": "bot"], 4000),
        (["entity_id": "", "entity_type": "bot"], 4000),
        (["entity_id": 7_512_041_635_401_000_001, "entity_type": "bot"], 4000),
        (["entity_id": "7512041635401000001"], 4000),
        (["entity_id": "7512041635401000001", "entity_type": "plugin"], 4000),
        (["entity_id": "7512041635401000001", "entity_type": "bot", "to_workspace_id": 5], 4000),
        ([], 4000),
        (["entity_id": "7512041635401000009", "entity_type": "bot"], 4200),
        // An app is no bot.
        (["entity_id": "7516142259870000011", "entity_type": "bot"], 4200),
        (
            [
                "entity_id": "7512041635401000001", "entity_type": "bot",
                "to_workspace_id": "7498204883280000009",
            ], 4101
        ),
        // Into a personal workspace, and out of one.
        (
            [
                "entity_id": "7512041635401000001", "entity_type": "bot",
                "to_workspace_id": "7487906116106500003",
            ], 4000
        ),
        (
            [
                "entity_id": "7512041635401000004", "entity_type": "bot",
                "to_workspace_id": "7309693825197000001",
            ], 4000
        ),
    ]

    @Test func aBotInItsOwnWorkspaceIsCopiedAtOnce() throws {
        let desk = Desk(CozeSimulator(SimulatedCoze()))
        for target in [nil, "", Desk.here] {
            let answer = try #require(desk.copy(to: target).json)
            #expect(answer["code"] == 0)
            #expect(answer["data"]?["copied_entity_id"]?.string?.count == 19)
            #expect(answer["data"]?["task_id"] == nil)
        }
        #expect(desk.copies.count == 3)
        #expect(Set(desk.copies.map { $0["copied_entity_id"] }).count == 3)
    }

    @Test(arguments: [
        ("bot", Desk.bot, Desk.there as String?), ("app", "7516142259870000011", nil),
        ("app", "7516142259870000011", Desk.there), ("workflow", "7350583675492300021", nil),
    ])
    func everythingElseTakesItsTime(type: String, id: String, target: String?) throws {
        var desk = Desk(CozeSimulator(SimulatedCoze()))
        let task = try #require(
            desk.copy(id, type: type, to: target).json?["data"]?["task_id"]?.string)
        let path = "/v1/entities/copy_tasks/" + task

        desk.now = Desk.start + .milliseconds(299)
        #expect(desk.get(path)?["data"]?["task_status"] == "in_progress")
        #expect(desk.get(path)?["data"]?["target_entity_id"] == nil)
        #expect(desk.copies.isEmpty)

        desk.now = Desk.start + .milliseconds(300)
        let data = try #require(desk.get(path)?["data"])
        #expect(data["task_status"] == "successful")
        #expect(data["entity_type"]?.string == type)
        #expect(data["target_workspace_id"]?.string == target ?? Desk.here)
        let copy = try #require(desk.copies.first)
        #expect(copy["copied_entity_id"] == data["target_entity_id"])
        #expect(copy["task_id"]?.string == task)
        #expect(copy["at"]?.string == desk.now.description)
        #expect(copy["entity_id"]?.string == id)
    }

    @Test func aCopyIsADraftThatTheUsualListHides() throws {
        let desk = Desk(CozeSimulator(SimulatedCoze()))
        let made = desk.copy(to: Desk.here).json?["data"]?["copied_entity_id"]
        func ids(_ status: String) -> [JSONValue?] {
            let answer = desk.get("/v1/bots?workspace_id=\(Desk.here)\(status)")
            return (answer?["data"]?["items"]?.array ?? []).map { $0["id"] }
        }
        #expect(!ids("").contains(made))
        #expect(!ids("&publish_status=published_online").contains(made))
        #expect(ids("&publish_status=all").contains(made))
        #expect(ids("&publish_status=unpublished_draft") == [made])
        let items = desk.get(
            "/v1/bots?workspace_id=\(Desk.here)&publish_status=unpublished_draft")
        let item = try #require(items?["data"]?["items"]?[0])
        #expect(item["name"] == "语音伴侣")
        #expect(item["is_published"] == false)
        #expect(item["updated_at"] == .number(JSONNumber(Desk.start.milliseconds / 1_000)))
    }

    @Test func aCopyIsNamedByTheTemplateWithoutReadingTheNameAgain() {
        let desk = Desk(CozeSimulator(SimulatedCoze()))
        desk.ask(
            "PUT", "/_sim/world",
            [
                "copy_name": "{name} {n} {x}",
                "bots": [["id": "1", "name": "{n}", "workspace_id": .string(Desk.here)]],
            ])
        desk.copy("1", to: nil)
        #expect(desk.get("/_sim/world")?["bots"]?[1]?["name"] == "{n} 1 {x}")
    }

    @Test(arguments: uncopyable)
    func whatCannotBeCopiedIsRefusedAndNotMade(body: JSONValue, code: JSONValue) {
        var desk = Desk(CozeSimulator(SimulatedCoze()))
        let answer = desk.ask("POST", "/v1/entities/copy_tasks", body)
        #expect(answer.json?["code"] == code)
        #expect(answer.json?["data"] == nil)
        desk.now = Desk.start + .seconds(60)
        #expect(desk.copies.isEmpty)
    }

    @Test func aPersonalBotMayBeCopiedWhereItIs() {
        let desk = Desk(CozeSimulator(SimulatedCoze()))
        #expect(desk.copy("7512041635401000004", to: nil).json?["code"] == 0)
        #expect(desk.copy("7512041635401000004", to: Desk.personal).json?["code"] == 0)
    }

    @Test func onlyMembersOfBothWorkspacesOfOneEnterpriseMayCopy() {
        let desk = Desk(CozeSimulator(SimulatedCoze()))
        func workspaces(_ enterprise: JSONValue, _ members: JSONValue) -> JSONValue {
            [
                "workspaces": [
                    ["id": .string(Desk.here), "enterprise_id": "a"],
                    [
                        "id": .string(Desk.there), "enterprise_id": enterprise,
                        "members": members,
                    ],
                ]
            ]
        }
        desk.ask("PUT", "/_sim/world", workspaces("a", ["3290203700000001"]))
        #expect(desk.copy().json?["code"] == 0)
        desk.ask("PUT", "/_sim/world", workspaces("a", ["2478774393200001"]))
        #expect(desk.copy().json?["code"] == 4101)
        desk.ask("PUT", "/_sim/world", workspaces("b", .null))
        #expect(desk.copy().json?["code"] == 4000)
    }

    @Test func aCopyThatMustFailSaysWhy() throws {
        var desk = Desk(CozeSimulator(SimulatedCoze()))
        desk.ask("PUT", "/_sim/faults", ["next": [["route": "copy", "fault": "fail"]]])
        let task = try #require(desk.copy().json?["data"]?["task_id"]?.string)
        desk.now = Desk.start + .seconds(1)
        let answer = try #require(desk.get("/v1/entities/copy_tasks/" + task))
        #expect(answer["code"] == 0)
        #expect(answer["data"]?["task_status"] == "failed")
        #expect(
            answer["data"]?["failed_reasons"]?[0]?["failed_reason"] == "资源配额不足，无法完成复制")
        #expect(desk.copies.isEmpty)
    }

    @Test func anUnknownTaskAndAnUnknownPathAreNotFound() {
        let desk = Desk(CozeSimulator(SimulatedCoze()))
        #expect(desk.get("/v1/entities/copy_tasks/1")?["code"] == 4200)
        let answer = desk.ask("POST", "/v1/entities/copy_taskz", [:])
        #expect(answer.status == 404)
        #expect(answer.json?["code"] == 4000)
    }

    @Test func theClockOfThePlatformMayBeAhead() throws {
        let desk = Desk(CozeSimulator(SimulatedCoze()))
        desk.ask("PUT", "/_sim/world", ["clock_ahead_ms": 3_600_000])
        let answer = desk.copy(to: nil)
        let date = answer.headers.first { $0.name == "Date" }?.value
        #expect(date == (Desk.start + .hours(1)).httpDate)
        let made = try #require(desk.get("/_sim/world")?["bots"]?.array?.last)
        #expect(made["updated_at"]?.number?.int64 == Desk.start.milliseconds / 1_000 + 3_600)
        // The ledger is by the clock of whoever runs the simulator.
        #expect(desk.copies.first?["at"]?.string == Desk.start.description)
    }
}
