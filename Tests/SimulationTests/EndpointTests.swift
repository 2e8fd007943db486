import Domain
import Signing
import Simulation
import StrictJSON
import Testing

struct EndpointTests {
    let desk = Desk(EndpointSimulator(SimulatedEndpoint()))
    let body = Array(#"{"type":"copy.succeeded","data":{"名":"客服助手"}}"#.utf8)

    private func deliver(
        _ path: String, _ headers: [(name: String, value: String)], _ body: [UInt8],
        at now: Timestamp = Desk.start
    ) -> SimulatedAnswer {
        desk.simulator.handle(
            SimulatedRequest(method: "POST", target: path, headers: headers, body: body), at: now)
    }

    private func signed(_ secret: String) throws -> [(name: String, value: String)] {
        try StandardWebhooksSigner(secrets: [Secret(secret)])
            .headers(id: "msg_1", at: Desk.start, body: body)
    }

    @Test func aSignedWebhookIsTakenAndKeptToTheByte() throws {
        let headers = try signed("whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=")
        #expect(deliver("/hooks/copyhook?a=b", headers, body).status == 204)
        let kept = try #require(desk.get("/_sim/deliveries")?[0])
        #expect(kept["at"]?.string == Desk.start.description)
        #expect(kept["method"] == "POST")
        #expect(kept["path"] == "/hooks/copyhook")
        #expect(kept["query"] == "a=b")
        #expect(kept["body"]?.string == Base64.encode(body))
        #expect(kept["headers"]?[0] == ["webhook-id", "msg_1"])
        #expect(kept["verified"] == true)
        #expect(kept["answered"] == 204)
    }

    @Test func aWrongSignatureIsKeptAndRefused() throws {
        let headers = try signed("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
        #expect(deliver("/hooks/copyhook", headers, body).status == 401)
        #expect(deliver("/hooks/copyhook", [], body).status == 401)
        let right = try signed("whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=")
        #expect(deliver("/hooks/copyhook", right, body + [0x20]).status == 401)
        let late = deliver("/hooks/copyhook", right, body, at: Desk.start + .seconds(302))
        #expect(late.status == 401)
        let kept = desk.get("/_sim/deliveries")?.array ?? []
        #expect(kept.map { $0["verified"] } == [false, false, false, false])
    }

    @Test func feishuIsAnsweredAsFeishuAnswers() throws {
        let secret = Secret("Xm2pQ7vT9aLk3ZcR8yWd1f")
        let path = "/open-apis/bot/v2/hook/simulated"
        func message(_ sign: FeishuSignature) -> [UInt8] {
            JSONValue.object([
                "timestamp": .string(sign.timestamp), "sign": .string(sign.sign),
                "msg_type": "text", "content": ["text": "a"],
            ]).bytes()
        }
        let good = message(FeishuSignature(secret: secret, at: Desk.start))
        #expect(deliver(path, [], good).json?["code"] == 0)
        let bad = message(FeishuSignature(secret: Secret("other"), at: Desk.start))
        let refused = deliver(path, [], bad)
        #expect(refused.status == 200)
        #expect(refused.json?["code"] == 19021)
        #expect(deliver(path, [], good, at: Desk.start + .hours(2)).json?["code"] == 19021)
    }

    @Test func pathsWithoutAHookTakeEverything() {
        #expect(deliver("/else", [], body).status == 204)
        #expect(desk.get("/_sim/deliveries")?[0]?["verified"] == .null)
    }

    @Test func aHookMayAnswerAnythingAndOtherPlatformsAnswerTheirWay() {
        let hooks: JSONValue = [
            ["path": "/gone", "scheme": "webhook", "answer": ["status": 410, "body": "gone"]],
            ["path": "/odd", "answer": ["status": 200, "body": ["code": 19001]]],
            ["path": "/slack", "scheme": "slack"], ["path": "/ding", "scheme": "dingtalk"],
        ]
        desk.ask("PUT", "/_sim/world", ["hooks": hooks])
        #expect(deliver("/gone", [], body).status == 410)
        #expect(deliver("/odd", [], body).json?["code"] == 19001)
        let type = [(name: "Content-Type", value: "application/json")]
        let slack = Array(#"{"text":"a"}"#.utf8)
        let ding = Array(#"{"msgtype":"text","text":{"content":"a"}}"#.utf8)
        #expect(deliver("/slack", type, slack).text == "ok")
        #expect(deliver("/slack", type, body).text == "no_text")
        #expect(deliver("/ding", type, ding).json?["errcode"] == 0)
        #expect(deliver("/ding", [], ding).json?["errcode"] == 43004)
        #expect(deliver("/ding", type, body).json?["errcode"] == 400105)
        desk.ask("PUT", "/_sim/faults", ["refuse": 1])
        #expect(deliver("/ding", type, ding).json?["errcode"] == 310000)
        #expect(deliver("/slack", type, slack).status == 400)
    }

    @Test func whatTheSenderNeverHeardOfIsKeptUnlessTheLineWasCutBefore() {
        for (fault, count) in [("cut_before", 0), ("cut_after_acting", 1), ("http_500", 2)] {
            desk.ask("PUT", "/_sim/faults", ["next": [["fault": .string(fault)]]])
            _ = deliver("/else", [], body)
            #expect(desk.get("/_sim/deliveries")?.array?.count == count, "\(fault)")
        }
        let kept = desk.get("/_sim/deliveries")
        #expect(kept?[0]?["answered"] == .null)
        #expect(kept?[1]?["answered"] == 500)
    }

    @Test(arguments: [
        (#"{"hooks": [{"path": "a"}]}"#, "/hooks/0/path"),
        (#"{"hooks": [{"path": "/_sim/world"}]}"#, "/hooks/0/path"),
        (#"{"hooks": [{"path": "/a"}, {"path": "/a"}]}"#, "/hooks/1"),
        (#"{"hooks": [{"path": "/a", "scheme": "other"}]}"#, "/hooks/0/scheme"),
        (
            #"{"hooks": [{"path": "/a", "scheme": "webhook", "secret": "short"}]}"#,
            "/hooks/0/secret"
        ),
        (#"{"hooks": [{"path": "/a", "answer": {"status": 1}}]}"#, "/hooks/0/answer/status"),
    ])
    func aHookThatCannotBeReadIsRefused(body: String, place: String) {
        let answer = desk.simulator.handle(
            SimulatedRequest(method: "PUT", target: "/_sim/world", body: Array(body.utf8)),
            at: Desk.start)
        #expect(answer.status == 400)
        #expect(answer.json?["error"]?["place"]?.string == place, "\(answer.text)")
    }
}
