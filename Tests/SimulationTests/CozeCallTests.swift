import Domain
import Signing
import Simulation
import StrictJSON
import Testing

struct CozeCallTests {
    @Test func errorsComeUnder200OrUnderTheStatusThatFits() {
        let desk = Desk(CozeSimulator(SimulatedCoze()))
        var stranger = desk
        stranger.headers = [("Authorization", "Bearer pat_other")]
        for (choice, statuses) in [("200", [200, 200, 200]), ("match", [401, 404, 400])] {
            desk.ask("PUT", "/_sim/world", ["error_http": .string(choice)])
            let answers = [
                stranger.ask("GET", "/v1/workspaces"), desk.copy("7512041635401000009"),
                desk.ask("GET", "/v1/bots"),
            ]
            #expect(answers.map(\.status) == statuses, "\(choice)")
            #expect(answers.map { $0.json?["code"] } == [4100, 4200, 4000])
        }
        // A fault plan overrules the world.
        desk.ask("PUT", "/_sim/faults", ["error_http": 200])
        #expect(desk.ask("GET", "/v1/bots").status == 200)
    }

    @Test(arguments: [
        nil, "", "pat_TESTONLY", "Bearer", "Bearer ", "bearer " + Desk.token,
        "Bearer " + Desk.token + " ", "Basic " + Desk.token,
    ])
    func aTokenThatIsNotThereIsRefused(authorization: String?) {
        var desk = Desk(CozeSimulator(SimulatedCoze()))
        desk.headers = authorization.map { [("Authorization", $0)] } ?? []
        #expect(desk.get("/v1/workspaces")?["code"] == 4100)
    }

    @Test func aTokenWithoutAPermissionIsRefusedThere() {
        let desk = Desk(CozeSimulator(SimulatedCoze()))
        desk.ask(
            "PUT", "/_sim/world",
            ["tokens": [["token": .string(Desk.token), "permissions": ["listBot"]]]])
        #expect(desk.get("/v1/bots?workspace_id=\(Desk.here)")?["code"] == 0)
        #expect(desk.get("/v1/workspaces")?["code"] == 4101)
        #expect(desk.copy().json?["code"] == 4101)
    }

    @Test func everyAnswerCarriesItsLogIDTwiceAndTheDate() throws {
        let desk = Desk(CozeSimulator(SimulatedCoze()))
        for answer in [desk.copy(), desk.copy("1")] {
            let logID = answer.headers.first { $0.name == "X-Tt-Logid" }?.value
            #expect(answer.json?["detail"]?["logid"]?.string == logID)
            #expect(
                answer.headers.first { $0.name == "Date" }?.value
                    == "Fri, 21 Nov 2025 04:40:00 GMT")
        }
    }

    @Test func workspacesAreListedPageByPage() {
        let desk = Desk(CozeSimulator(SimulatedCoze()))
        let all = desk.get("/v1/workspaces")?["data"]
        #expect(all?["total_count"] == 3)
        #expect(all?["workspaces"]?[2]?["workspace_type"] == "personal")
        #expect(all?["workspaces"]?[2]?["enterprise_id"] == "")
        let second = desk.get("/v1/workspaces?page_num=2&page_size=2")?["data"]
        #expect(second?["workspaces"]?.array?.count == 1)
        #expect(desk.get("/v1/workspaces?page_num=3&page_size=2")?["data"]?["workspaces"] == [])
        let team = desk.get("/v1/workspaces?enterprise_id=volcano_2105850001")?["data"]
        #expect(team?["total_count"] == 2)
        for bad in ["page_num=0", "page_num=x", "page_size=-1", "user_id=5"] {
            #expect(desk.get("/v1/workspaces?" + bad)?["code"] == 4000, "\(bad)")
        }
    }

    @Test func listsOfABotsAndWorkflowsTurnTheirPages() {
        let desk = Desk(CozeSimulator(SimulatedCoze()))
        let bots: [JSONValue] = (0..<25).map {
            ["id": .string("b\($0)"), "workspace_id": .string(Desk.here)]
        }
        desk.ask("PUT", "/_sim/world", ["bots": .array(bots), "workflows": .array(bots)])
        let path = "/v1/bots?workspace_id=\(Desk.here)"
        #expect(desk.get(path)?["data"]?["items"]?.array?.count == 20)
        #expect(desk.get(path)?["data"]?["total"] == 25)
        #expect(desk.get(path + "&page_num=2")?["data"]?["items"]?[4]?["id"] == "b24")
        let flows = "/v1/workflows?workspace_id=\(Desk.here)"
        #expect(desk.get(flows)?["code"] == 4000)
        #expect(desk.get(flows + "&page_num=2")?["data"]?["has_more"] == true)
        #expect(desk.get(flows + "&page_num=3")?["data"]?["has_more"] == false)
        // An official client asks for more than is documented.
        let many = desk.get(flows + "&page_num=1&page_size=100")
        #expect(many?["data"]?["items"]?.array?.count == 25)
        #expect(desk.get("/v1/bots?workspace_id=1")?["code"] == 4101)
        #expect(desk.get(path + "&publish_status=other")?["code"] == 4000)
    }
}

struct CozeTokenTests {
    static let path = "/api/permission/oauth2/token"
    static let grant: JSONValue = [
        "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "duration_seconds": 900,
        "scope": .null,
    ]

    let simulator = CozeSimulator(SimulatedCoze())
    let key: RSAPrivateKey
    let desk: Desk

    init() throws {
        key = try RSAPrivateKey.make()
        desk = Desk(simulator)
        let app: JSONValue = [
            "app_id": "app", "key_id": "kid", "public_key": .string(key.publicKey.pem),
            "audiences": ["127.0.0.1:9001"],
        ]
        let answer = desk.ask("PUT", "/_sim/world", ["oauth_apps": [app]])
        #expect(answer.status == 200, "\(answer.text)")
    }

    private func exchange(
        _ assertion: CozeAssertion, _ body: JSONValue = grant, with key: RSAPrivateKey? = nil,
        path: String = path
    ) throws -> SimulatedAnswer {
        var desk = desk
        let token = try assertion.signed(with: key ?? self.key)
        desk.headers = [
            ("Authorization", "Bearer " + token), ("Host", "sim.example:8443"),
        ]
        return desk.ask("POST", path, body)
    }

    private func assertion(_ tokenID: String = "jti-1") -> CozeAssertion {
        CozeAssertion(
            appID: "app", keyID: "kid", audience: "api.coze.cn", issuedAt: Desk.start,
            tokenID: tokenID)
    }

    @Test func aSignedAssertionBuysATokenThatWorksUntilItsTimeIsOver() throws {
        let answer = try #require(try exchange(assertion()).json)
        let token = try #require(answer["access_token"]?.string)
        // An absolute time in seconds, without the envelope.
        let expiry = try #require(answer["expires_in"]?.number?.int64)
        #expect(expiry == Desk.start.milliseconds / 1_000 + 900)
        #expect(answer["code"] == nil)

        var desk = desk
        desk.headers = [("Authorization", "Bearer " + token)]
        desk.now = Timestamp(milliseconds: expiry * 1_000 - 1)
        #expect(desk.get("/v1/workspaces")?["code"] == 0)
        desk.now = Timestamp(milliseconds: expiry * 1_000)
        let late = desk.ask("GET", "/v1/workspaces")
        #expect(late.json?["code"] == 700_012_006)
        #expect(late.status == 401)
    }

    @Test func anAssertionCountsOnce() throws {
        #expect(try exchange(assertion()).json?["access_token"] != nil)
        #expect(try exchange(assertion()).json?["error_code"] == "invalid_client")
        #expect(try exchange(assertion("jti-2")).json?["access_token"] != nil)
    }

    @Test(arguments: ["api.coze.cn", "sim.example", "sim.example:8443", "127.0.0.1:9001"])
    func theAudienceMayBeTheHostWithOrWithoutItsPort(audience: String) throws {
        var assertion = assertion()
        assertion.audience = audience
        #expect(try exchange(assertion).json?["access_token"] != nil)
    }

    @Test func theOtherTwoPathsAreServed() throws {
        for (index, part) in ["account/749", "enterprise_id/volcano_1"].enumerated() {
            let path = "/api/permission/oauth2/\(part)/token"
            let answer = try exchange(assertion("\(index)"), path: path)
            #expect(answer.json?["access_token"] != nil)
        }
    }

    @Test func whatIsWrongWithAnAssertionIsRefused() throws {
        var cases: [CozeAssertion] = []
        for change: (inout CozeAssertion) -> Void in [
            { $0.appID = "other" }, { $0.keyID = "other" }, { $0.audience = "api.coze.example" },
            { $0.issuedAt = Desk.start + .seconds(62) },
            { $0.issuedAt = Desk.start - .seconds(601) }, { $0.lifetime = .zero },
            { $0.tokenID = "" },
        ] {
            var wrong = assertion()
            change(&wrong)
            cases.append(wrong)
        }
        for wrong in cases {
            let answer = try exchange(wrong)
            #expect(answer.json?["error_code"] == "invalid_client", "\(wrong)")
            #expect(answer.status == 200)
        }
        let stranger = try exchange(assertion(), with: try RSAPrivateKey.make())
        #expect(stranger.json?["error_code"] == "invalid_client")
        // None of them has used up the id.
        #expect(try exchange(assertion()).json?["access_token"] != nil)
    }

    @Test func theBodyIsCheckedBeforeTheAssertionIsUsedUp() throws {
        let grant = "urn:ietf:params:oauth:grant-type:jwt-bearer" as JSONValue
        for (body, code) in [
            (["grant_type": "password"], "unsupported_grant_type"),
            (["duration_seconds": 900], "invalid_request"),
            (["grant_type": grant, "duration_seconds": 86_400], "invalid_request"),
            (["grant_type": grant, "duration_seconds": 0], "invalid_request"),
        ] as [(JSONValue, JSONValue)] {
            #expect(try exchange(assertion(), body).json?["error_code"] == code)
        }
        let longest = try exchange(
            assertion(), ["grant_type": grant, "duration_seconds": 86_399])
        #expect(longest.json?["access_token"] != nil)
    }
}
