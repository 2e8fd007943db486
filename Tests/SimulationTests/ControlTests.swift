import Domain
import Simulation
import StrictJSON
import Testing

struct ControlTests {
    static let simulators: [@Sendable () -> any Simulator] = [
        { CozeSimulator(SimulatedCoze()) }, { KeyueSimulator(SimulatedKeyue()) },
        { EndpointSimulator(SimulatedEndpoint()) },
    ]

    @Test(arguments: simulators)
    func aWorldThatIsPutBackIsTheSameWorld(make: @Sendable () -> any Simulator) throws {
        let desk = Desk(make())
        let world = try #require(desk.get("/_sim/world"))
        #expect(world.object?.isEmpty == false)
        #expect(desk.ask("PUT", "/_sim/world", world).json == world)
        #expect(desk.get("/_sim/world") == world)
    }

    @Test func everyDetailOfAWorldComesBack() throws {
        let desk = Desk(CozeSimulator(SimulatedCoze()))
        let bot: JSONValue = [
            "id": "1", "name": "é\"", "workspace_id": "w", "description": "d",
            "is_published": false, "updated_at": 5, "created_at": 4, "version": "9",
            "icon_url": "i", "published_at": 3, "folder_id": "f", "owner_user_id": "u",
            "copy_failure": "no",
        ]
        let given: JSONValue = [
            "tokens": ["a", ["token": "b", "user_id": "u", "permissions": ["listBot"]]],
            "users": [["id": "u", "name": "n"]],
            "workspaces": [
                [
                    "id": "w", "name": "W", "type": "personal", "enterprise_id": "",
                    "members": ["u"],
                ]
            ],
            "bots": [bot], "copy_ms": 7, "copy_name": "x{name}", "error_http": "match",
            "clock_ahead_ms": -5,
            "callback_apps": [
                [
                    "api_app_id": "1", "verify_token": "t", "app_type": "connector",
                    "connector_id": "c",
                ]
            ],
        ]
        let world = desk.ask("PUT", "/_sim/world", given).json
        for member in try #require(given.object).members {
            #expect(world?[member.key] == member.value, "\(member.key)")
        }
        // What was not given stays.
        #expect(world?["apps"]?.array?.count == 1)
    }

    @Test(arguments: [
        (#"{"bots": 5}"#, "/bots"), (#"{"bots": [{"id": 5, "workspace_id": "1"}]}"#, "/bots/0/id"),
        (#"{"bots": [{"id": "5"}]}"#, "/bots/0/workspace_id"),
        (#"{"bots": [{"id": "5", "workspace_id": "1", "nmae": ""}]}"#, "/bots/0/nmae"),
        (#"{"world": 1}"#, "/world"), (#"{"copy_ms": -1}"#, "/copy_ms"),
        (#"{"copy_ms": "300"}"#, "/copy_ms"), (#"{"error_http": 500}"#, "/error_http"),
        (#"{"users": [{"id": "1"}, {"id": "1"}]}"#, "/users/1"),
        (#"{"workspaces": [{"id": "1", "type": "group"}]}"#, "/workspaces/0/type"),
        (
            #"{"oauth_apps": [{"app_id": "1", "key_id": "2", "public_key": "3"}]}"#,
            "/oauth_apps/0/public_key"
        ),
        (#"{"tokens": [5]}"#, "/tokens/0"), (#"[]"#, ""), ("{", "line 1, column 2"),
        ("{\n\"bots\": [], \"bots\": []}", "line 2, column 13"),
    ])
    func aWorldThatCannotBeReadIsRefusedWithItsPlace(body: String, place: String) {
        let desk = Desk(CozeSimulator(SimulatedCoze()))
        let before = desk.get("/_sim/world")
        let answer = desk.simulator.handle(
            SimulatedRequest(method: "PUT", target: "/_sim/world", body: Array(body.utf8)),
            at: Desk.start)
        #expect(answer.status == 400)
        #expect(answer.json?["error"]?["place"]?.string == place, "\(answer.text)")
        #expect(desk.get("/_sim/world") == before)
    }

    @Test func forgettingBringsTheFirstWorldBack() {
        var desk = Desk(CozeSimulator(SimulatedCoze()))
        let world = desk.get("/_sim/world")
        desk.ask("PUT", "/_sim/world", ["bots": [], "copy_ms": 1])
        desk.ask("PUT", "/_sim/faults", ["cut_before": 1])
        #expect(desk.ask("DELETE", "/_sim").status == 204)
        #expect(desk.get("/_sim/world") == world)
        #expect(desk.get("/_sim/faults") == [:])
        desk.copy()
        desk.now = Desk.start + .seconds(1)
        #expect(desk.copies.count == 1)
        desk.ask("DELETE", "/_sim")
        #expect(desk.copies.isEmpty)
    }

    @Test func controlRoutesSufferNoFaultsAndNameTheirMethods() {
        let desk = Desk(CozeSimulator(SimulatedCoze()))
        desk.ask("PUT", "/_sim/faults", ["cut_before": 1, "delay_ms": [5, 5]])
        for path in ["/_sim/world", "/_sim/copies", "/_sim/deliveries", "/_sim/faults"] {
            let answer = desk.ask("GET", path)
            #expect(answer.status == 200)
            #expect(answer.cut == .none)
            #expect(answer.delay == .zero)
        }
        #expect(desk.ask("POST", "/_sim/world").status == 405)
        #expect(desk.ask("GET", "/_sim/other").status == 404)
        #expect(desk.ask("GET", "/_simulated").cut == .before)
    }
}
