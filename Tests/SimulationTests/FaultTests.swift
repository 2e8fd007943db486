import Domain
import Simulation
import StrictJSON
import Testing

struct FaultTests {
    /// What each fault does to a copy in one workspace: status, cut, and whether it is made.
    static let kinds: [(String, Int?, SimulatedAnswer.Cut?, Int)] = [
        ("cut_before", nil, .before, 0), ("http_429", 429, SimulatedAnswer.Cut.none, 0),
        ("http_500", 500, SimulatedAnswer.Cut.none, 0),
        ("refuse", 200, SimulatedAnswer.Cut.none, 0), ("cut_after_acting", nil, .afterActing, 1),
        ("http_500_after_acting", 500, SimulatedAnswer.Cut.none, 1),
        ("fail", 200, SimulatedAnswer.Cut.none, 0),
        ("garbage", 200, SimulatedAnswer.Cut.none, 1), ("truncated", 200, nil, 1),
        ("drip", 200, nil, 1),
    ]

    @Test(arguments: kinds)
    func everyKindOfFaultDoesWhatItSays(
        kind: String, status: Int?, cut: SimulatedAnswer.Cut?, made: Int
    ) {
        for plan in [
            .object([kind: 1]), ["next": [["route": "copy", "fault": .string(kind)]]],
            [["fault": .string(kind)]],
        ] as [JSONValue] {
            let desk = Desk(CozeSimulator(SimulatedCoze()))
            #expect(desk.ask("PUT", "/_sim/faults", plan).status == 200)
            let answer = desk.copy(to: nil)
            #expect(desk.copies.count == made, "\(plan)")
            if let status { #expect(answer.status == status) }
            if let cut { #expect(answer.cut == cut) }
            switch kind {
            case "refuse", "fail": #expect(answer.json?["code"] == 4101)
            case "garbage": #expect(answer.json == nil)
            case "truncated":
                #expect(answer.cut == .truncated(after: answer.body.count / 2))
            case "drip": #expect(answer.cut == .drip(piece: 16, pause: .milliseconds(20)))
            default: break
            }
        }
    }

    @Test func aPlanIsUsedUpInOrderRouteByRoute() {
        let desk = Desk(CozeSimulator(SimulatedCoze()))
        desk.ask(
            "PUT", "/_sim/faults",
            [
                "next": [
                    ["route": "poll", "fault": "http_500"],
                    ["route": "copy", "fault": "http_429", "retry_after_s": 7],
                    ["route": "copy", "fault": "cut_after_acting", "times": 2],
                    ["route": "bots", "status": 418, "body": "tea", "headers": ["X-A": "b"]],
                    ["route": "/v1/workspaces", "status": 200, "body": ["code": 9]],
                    ["status": 201, "acts": true, "headers": [["X-A", "1"], ["X-A", "2"]]],
                ]
            ])
        let first = desk.copy(to: nil)
        #expect(first.status == 429)
        #expect(first.headers.contains { $0 == ("Retry-After", "7") })
        #expect(first.body.isEmpty)
        #expect(desk.copy(to: nil).cut == .afterActing)
        #expect(desk.get("/_sim/faults")?["next"]?.array?.count == 5)
        #expect(desk.copy(to: nil).cut == .afterActing)
        #expect(desk.copies.count == 2)
        let tea = desk.ask("GET", "/v1/bots?workspace_id=\(Desk.here)")
        #expect(tea.status == 418)
        #expect(tea.text == "tea")
        #expect(tea.headers.contains { $0 == ("X-A", "b") })
        #expect(desk.get("/v1/workspaces") == ["code": 9])
        let last = desk.copy(to: nil)
        #expect(last.status == 201)
        #expect(last.headers.filter { $0.name == "X-A" }.map(\.value) == ["1", "2"])
        #expect(desk.copies.count == 3)
        #expect(desk.get("/v1/workspaces")?["code"] == 0)
        #expect(desk.ask("GET", "/v1/entities/copy_tasks/1").status == 500)
        #expect(desk.get("/_sim/faults") == [:])
    }

    @Test func aSeedDrawsTheSameFaultsAgain() throws {
        func run(_ seed: Int64) -> [String] {
            let desk = Desk(CozeSimulator(SimulatedCoze()))
            desk.ask(
                "PUT", "/_sim/faults",
                [
                    "seed": .number(JSONNumber(seed)), "http_500": .number(JSONNumber(0.25) ?? 0),
                    "cut_after_acting": .number(JSONNumber(0.25) ?? 0), "delay_ms": [10, 20],
                ])
            return (0..<400).map { _ in
                let answer = desk.copy(to: nil)
                #expect((Duration.milliseconds(10)...(.milliseconds(20))).contains(answer.delay))
                return "\(answer.status) \(answer.cut) \(answer.delay)"
            }
        }
        #expect(run(1) == run(1))
        #expect(run(1) != run(2))
        let failures = run(3).count { $0.hasPrefix("500") }
        #expect((60...140).contains(failures), "\(failures) of 400 at a chance of a quarter")
    }

    @Test func noPlanMeansNoFault() {
        let desk = Desk(CozeSimulator(SimulatedCoze()))
        desk.ask("PUT", "/_sim/faults", ["cut_before": 1])
        desk.ask("PUT", "/_sim/faults", [:])
        for _ in 0..<100 {
            let answer = desk.copy(to: nil)
            #expect(answer.status == 200 && answer.cut == .none && answer.delay == .zero)
        }
    }

    @Test func aRefusalComesUnderTheStatusThatIsAsked() {
        let desk = Desk(KeyueSimulator(SimulatedKeyue()))
        desk.ask("PUT", "/_sim/faults", ["refuse": 1, "error_http": "match"])
        let answer = desk.duplicate()
        #expect(answer.status == 400)
        #expect(answer.json?["code"] == 4_001_001)
        desk.ask("PUT", "/_sim/faults", ["refuse": 1])
        #expect(desk.duplicate().status == 200)
    }

    @Test(arguments: [
        (#"{"cut_before": 1.5}"#, "/cut_before"), (#"{"cut_before": "1"}"#, "/cut_before"),
        (#"{"cut": 1}"#, "/cut"), (#"{"delay_ms": [5]}"#, "/delay_ms"),
        (#"{"delay_ms": [5, 4]}"#, "/delay_ms"), (#"{"delay_ms": [5, 600001]}"#, "/delay_ms"),
        (#"{"next": {}}"#, "/next"), (#"{"next": [{}]}"#, "/next/0"),
        (#"{"next": [{"fault": "other"}]}"#, "/next/0/fault"),
        (#"[{"status": 200}, {"status": 99}]"#, "/1/status"),
        (#"[{"status": 200, "fault": "drip"}]"#, "/0/status"),
        (#"[{"status": 200, "headers": {"A": "b\nc"}}]"#, "/0/headers"),
        (#"[{"status": 200, "headers": {"A:": "b"}}]"#, "/0/headers"),
        (#"{"seed": -1}"#, "/seed"), (#"5"#, ""),
    ])
    func aPlanThatCannotBeReadIsRefusedWithItsPlace(body: String, place: String) {
        let desk = Desk(CozeSimulator(SimulatedCoze()))
        desk.ask("PUT", "/_sim/faults", ["http_500": 1])
        let answer = desk.simulator.handle(
            SimulatedRequest(method: "PUT", target: "/_sim/faults", body: Array(body.utf8)),
            at: Desk.start)
        #expect(answer.status == 400, "\(body)")
        #expect(answer.json?["error"]?["place"]?.string == place, "\(answer.text)")
        // The old plan holds.
        #expect(desk.copy().status == 500)
    }
}
