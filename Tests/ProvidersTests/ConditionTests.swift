import Domain
import Providers
import StrictJSON
import Testing
import Transport

/// What a reply says of the platform as a whole, in a word.
private func word(_ condition: Condition) -> String {
    switch condition {
    case .well: "well"
    case .answered: "answered"
    case .credentialRefused: "refused"
    case .failing(_, let isTimeOut): isTimeOut ? "time-out" : "failing"
    case .slowing(let pause): pause.map { "slowing " + $0.text } ?? "slowing"
    case .unsaid: "unsaid"
    }
}

extension Reply {
    fileprivate static func asking(_ status: Int, toStayAway time: String) -> Reply {
        let answer = HTTPAnswer(status: status, headers: [HTTPField("Retry-After", time)])
        return Reply(.success(answer), at: Timestamp(milliseconds: 1_773_822_600_000))
    }
}

private func keyueCode(_ code: Int64, status: Int) -> Reply {
    .answer(status, ["code": .number(JSONNumber(code)), "msg": "x", "data": [:]])
}

@Test(arguments: [
    (Reply.coze(["items": []]), "well"), (.coze(refusing: 4200, status: 404), "answered"),
    (.coze(refusing: 4000), "answered"), (.coze(refusing: 4011), "answered"),
    // A listed code wins over the status beside it (decision 10).
    (.coze(refusing: 4200, status: 500), "answered"),
    (.coze(refusing: 4009, status: 503), "slowing"),
    (.coze(refusing: 4008), "slowing"), (.text(429, ""), "slowing"),
    (.asking(429, toStayAway: "7"), "slowing 7s"),
    (.coze(refusing: 4100), "refused"), (.coze(refusing: 700_012_006, status: 401), "refused"),
    (.text(401, ""), "refused"),
    // About what was asked, or about the whole token: not told apart, so nothing is broken.
    (.coze(refusing: 4101), "answered"), (.text(403, ""), "answered"),
    (.coze(refusing: 5000), "failing"), (.coze(refusing: 4999, status: 500), "failing"),
    (.text(500, ""), "failing"), (.text(503, "<html>"), "failing"), (.text(504, ""), "time-out"),
    (.text(408, ""), "time-out"), (.text(409, ""), "answered"), (.text(200, "no json"), "unsaid"),
    (.failure(.timedOut, isSent: true), "time-out"),
    (.failure(.timedOut, isSent: false), "time-out"), (.failure(.cutOff, isSent: true), "failing"),
    (.failure(.couldNotConnect, isSent: false), "failing"),
    (.failure(.couldNotResolve, isSent: false), "failing"),
    (.failure(.handshakeFailed, isSent: false), "failing"),
    // Our own doing.
    (.failure(.cancelled, isSent: true), "unsaid"), (.failure(.refused, isSent: false), "unsaid"),
])
func aReplyTellsHowCozeIs(_ reply: Reply, _ expected: String) throws {
    let platform = try copyPlatform(for: .coze())
    #expect(word(platform.condition(toldBy: reply)) == expected, "\(reply)")
}

@Test(arguments: [
    (keyueCode(200, status: 200), "well"), (keyueCode(4_001_001, status: 500), "answered"),
    (keyueCode(4_290_001, status: 200), "slowing"), (keyueCode(401_001, status: 200), "refused"),
    (.text(403, ""), "refused"), (keyueCode(5_000_001, status: 200), "failing"),
    (.text(502, ""), "failing"), (.text(504, ""), "time-out"), (.text(429, ""), "slowing"),
    (.asking(429, toStayAway: "90"), "slowing 90s"),
    (.failure(.timedOut, isSent: true), "time-out"),
])
func aReplyTellsHowKeyueIs(_ reply: Reply, _ expected: String) throws {
    let platform = try copyPlatform(for: .keyue())
    #expect(word(platform.condition(toldBy: reply)) == expected, "\(reply)")
}

@Test func theProbeIsAQueryThatChangesNothing() throws {
    let coze = try copyPlatform(for: .coze()).probe(with: grant)
    #expect(coze.method == .get && coze.body.isEmpty)
    #expect(coze.url == "https://api.coze.cn/v1/workspaces?page_num=1&page_size=1")
    let listed = try keyue().probe(with: grant)
    #expect(listed.method == .get && listed.url.hasSuffix("&pn=1&ps=1"))
    #expect(listed.url.contains("/task/openList?queryLevel=0&taskUrl="))
    let unlisted = try keyue { $0.taskQuery.isEnabled = false }.probe(with: grant)
    #expect(unlisted.url == "https://keyue.cloud.baidu.com/open/v1/api/v3/agents?pn=1&ps=1")
}
