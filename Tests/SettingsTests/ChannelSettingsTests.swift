import Domain
import Foundation
import Rules
import Settings
import Testing

private let key = "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="

/// One endpoint called `e` with these lines.
private func memory(_ lines: String, before: String = "") -> Memory {
    let text = lines.split(separator: "\n").map { "    \($0)\n" }.joined()
    return Memory(yaml: "\(before)endpoints:\n  e:\n\(text)")
}

@Test(arguments: Endpoint.Channel.allCases)
func everyChannelIsReadByItsName(_ channel: Endpoint.Channel) throws {
    let more =
        switch channel {
        case .webhook: "secret: \(key)"
        case .telegram: "chat_id: \"@team_news\""
        case .infoflow: "group_ids: [1, 2]"
        case .cloudEvents: "origin: a.example"
        default: ""
        }
    let lines = "channel: \(channel.rawValue)\nurl: https://h.example/x\n\(more)"
    let one = try memory(lines).load()
    #expect(one.endpoints.map(\.channel) == [channel])
    // Used all the same, and told of.
    #expect(one.warnings.map(\.key) == (channel.isCallback ? [] : ["endpoints.e.url"]))
    #expect(one.warnings.allSatisfy { "\($0)".contains(channel.usualAddress) })
}

@Test func anAddressOnThisMachineIsATrialAndNotWarnedOf() throws {
    for host in ["127.0.0.1:9", "localhost:9", "[::1]:9"] {
        let one = try memory(
            "channel: slack\nurl: http://\(host)/x",
            before: "egress: { allow: [127.0.0.0/8, \"::1/128\"] }\n"
        ).load()
        #expect(!one.warnings.contains { $0.key == "endpoints.e.url" }, "\(host)")
    }
}

@Test func whatOnlyOneChannelHasIsRead() throws {
    let telegram = try memory(
        "channel: telegram\nurl: https://h.example/bot1:a\nchat_id: \"-1001234567890\"\ntopic_id: 7"
    ).load().endpoints[0].options
    #expect(telegram.chat == "-1001234567890" && telegram.topic == 7)
    let infoflow = try memory(
        "channel: infoflow\nurl: https://h.example/x\ngroup_ids: [7350000000000000001, 2]"
    ).load().endpoints[0].options
    #expect(infoflow.groups == [7_350_000_000_000_000_001, 2])
    let feishu = try memory("channel: feishu\nurl: https://h.example/x\ncard: \"1.0\"").load()
    #expect(feishu.endpoints[0].options.card == .one)
    let bus = try memory(
        "channel: cloudevents\nurl: https://h.example/x\nmode: binary\nrequest_rate: 120\n"
            + "type_prefix: com.example.copyhook\nhandshake: optional",
        before: "server: { public_url: \"https://hooks.example.com:8443/base\" }\n"
    ).load().endpoints[0].options.cloudEvents
    #expect(bus.mode == .binary && bus.handshake == .optional && bus.requestRate == 120)
    #expect(bus.source == "https://hooks.example.com:8443/base")
    #expect(bus.origin == "hooks.example.com" && bus.typePrefix == "com.example.copyhook")
}

@Test(arguments: [
    ("channel: telegram\nurl: https://h.example/x", "endpoints.e.chat_id: this key is missing"),
    (
        "channel: telegram\nurl: https://h.example/x\nchat_id: \"my chat\"",
        "endpoints.e.chat_id: “my chat” is not accepted"
    ),
    ("channel: infoflow\nurl: https://h.example/x", "endpoints.e.group_ids: this key is missing"),
    (
        "channel: infoflow\nurl: https://h.example/x\ngroup_ids: [a]",
        "endpoints.e.group_ids[0]: “a” is not accepted"
    ),
    (
        "channel: infoflow\nurl: https://h.example/x\ngroup_ids: []",
        "endpoints.e.group_ids: there is no group"
    ),
    (
        "channel: cloudevents\nurl: https://h.example/x", "endpoints.e.origin: this key is missing"
    ),
    (
        "channel: cloudevents\nurl: https://h.example/x\norigin: a\nmode: binary\nsecret: \(key)",
        "endpoints.e.mode: in binary mode"
    ),
    (
        "channel: teams\nurl: https://x.webhook.office.com/webhookb2/a/IncomingWebhook/b/c",
        "endpoints.e.url: this is a connector"
    ),
    (
        "channel: slack\nurl: https://h.example/x\nsecret: aaaaaaaaaaaaaaaaaaaa",
        "endpoints.e.secret: there is no key of this name"
    ),
    (
        "channel: slack\nurl: https://h.example/x\nheaders: { X-Key: a }",
        "endpoints.e.headers: there is no key of this name"
    ),
    (
        "channel: slack\nurl: https://h.example/x\nchat_id: \"1\"",
        "endpoints.e.chat_id: there is no key of this name"
    ),
    (
        "channel: slak\nurl: https://h.example/x",
        "endpoints.e.channel: “slak” is not known\n    Did you mean \"slack\"?"
    ),
    (
        "url: https://h.example/x\nsecret: \(key)\nheaders: { CE-Id: a }",
        "endpoints.e.headers.CE-Id: this header belongs to"
    ),
])
func whatAChannelCannotUseIsRefusedWithARemedy(_ lines: String, _ due: String) {
    let refusal = memory(lines).refusal
    #expect(refusal.contains(due), "\(refusal)")
}

/// A link needs to know which platform a connection talks to.
@Test func endpointsKnowWhereThePlatformsPagesAre() throws {
    let auth = "auth: { token: aaaaaaaaaaaaaaaaaaaa }"
    let connections = """
        connections:
          cn: { provider: coze, \(auth) }
          com: { provider: coze, base_url: "https://api.coze.com", \(auth) }
          own: { provider: coze, base_url: "https://coze.example.com", \(auth) }
          agents: { provider: keyue, auth: { token: aaaaaaaaaaaaaaaaaaaa, uid: u, username: me } }

        """
    let one = try memory("url: https://h.example/x\nsecret: \(key)", before: connections).load()
    #expect(
        one.endpoints[0].sites == ["cn": "https://www.coze.cn", "com": "https://www.coze.com"])
}

@Test func ownWordsAreReadFromTheFileOrFromOneBesideIt() throws {
    let chat = "channel: slack\nurl: https://hooks.slack.com/services/a"
    let written = try memory("\(chat)\ntemplate: |\n  {{mark}} {{name}}\n  {{link}}").load()
    #expect(written.endpoints[0].templates.own?.source == "{{mark}} {{name}}\n{{link}}\n")
    var beside = memory("\(chat)\ntemplate: \"${file:words.mustache}\"")
    beside.files["words.mustache"] = "{{name}} costs $5\n"
    #expect(try beside.load().endpoints[0].templates.own?.source == "{{name}} costs $5")
    let rule = try Memory(
        yaml: "rules:\n  - { name: r, match: { type: [a] }, template: \"{{name}}\" }\n"
    ).load().rules[0]
    #expect(rule.template?.source == "{{name}}")
    #expect(try memory(chat).load().endpoints[0].templates == MessageTemplates())
}

@Test(arguments: [
    (
        "{{name}} {{nmae}}",
        "copyhook.yaml:5: endpoints.e.template: there is nothing called “nmae”",
        "Did you mean \"name\"? deploy/copyhook.example.yaml lists all that can be named."
    ),
    ("{{#failed}}", "{{#failed}} is never closed by {{/failed}}", "{{#name}}…{{/name}}"),
    ("{{> x}}", "there are no other templates here", "copyhook.example.yaml lists all"),
    ("{{name}}, {{ping}}", "“ping” has no text of its own; {{#ping}}", "Write a text of at most"),
    ("{{name}}\\u0007", "the template holds U+0007, which nobody sees", "Take it out."),
    ("", "the template is empty", "Write a text of at most 8192 bytes"),
    (
        "{{name}} ${TOKEN}", "a template takes nothing from the environment",
        "${file:NAME.mustache} for the whole of it"
    ),
    ("${file:/proc/self/environ}", "does not end with .mustache", "Rename the file if it is"),
    ("${file:keys/token}", "does not end with .mustache", "no key leaves by mistake"),
    ("${file:token.mustache/../token}", "does not end with .mustache", "Rename the file"),
    ("${file:a}${TOKEN}", "a template takes nothing from the environment", "Write the text"),
])
func aTemplateWithAMistakeIsRefusedWhereItStands(_ text: String, _ what: String, _ remedy: String)
    throws
{
    let chat = "channel: slack\nurl: https://hooks.slack.com/services/a"
    var one = memory("\(chat)\ntemplate: \"\(text)\"")
    one.environment["TOKEN"] = "planted-token"
    #expect(one.refusal.contains(what) && one.refusal.contains(remedy), "\(one.refusal)")
    #expect(!one.refusal.contains("planted"))
    var rule = Memory(
        yaml: "rules:\n  - name: r\n    match: { type: [a] }\n    template: \"\(text)\"\n")
    rule.environment["TOKEN"] = "planted-token"
    let said = rule.refusal
    let inRule = what.replacing("copyhook.yaml:5: endpoints.e", with: "copyhook.yaml:4: rules[0]")
    #expect(said.contains(inRule) && said.contains(remedy), "\(said)")
    #expect(!said.contains("planted"))
}

@Test func aProgramHasNoTemplate() {
    let one = memory("url: https://h.example/x\nsecret: \(key)\ntemplate: \"{{name}}\"")
    #expect(one.refusal.contains("endpoints.e.template: no person reads this endpoint"))
}

@Test(
    arguments: [
        ("dingtalk", "20/m", nil), ("dingtalk", "21/m", "dingtalk takes 20/m, and this is more"),
        ("dingtalk", "1/s", "dingtalk takes 20/m"), ("wecom", "1/s", "wecom takes 20/m"),
        ("wecom", "1200/h", nil), ("feishu", "100/m", nil), ("feishu", "5/s", "feishu takes 100/m"),
        ("slack", "60/m", nil), ("slack", "2/s", "slack takes 1/s"),
        ("googlechat", "3601/h", "googlechat takes 1/s"), ("discord", "1000/s", nil),
        ("telegram", "30/m", "telegram takes 20/m"),
    ] as [(String, String, String?)])
func aRateAboveThePlatformsIsWarnedOf(_ channel: String, _ rate: String, _ due: String?) throws {
    let more = channel == "telegram" ? "\nchat_id: \"-1001\"" : ""
    let lines = "channel: \(channel)\nurl: https://h.example/x\nlimits: { rate: \(rate) }\(more)"
    let said = try memory(lines).load().warnings.filter { $0.key == "endpoints.e.limits.rate" }
    #expect(said.count == (due == nil ? 0 : 1))
    if let due, let one = said.first { #expect("\(one)".contains(due), "\(one)") }
    let person = lines.replacing("-1001", with: "@news_of_us")
    let isMore = channel == "telegram" ? false : due != nil
    let others = try memory(person).load().warnings
    #expect(others.contains { $0.key == "endpoints.e.limits.rate" } == isMore)
}

@Test func aKeyThatFewCanVerifyIsHintedAt() throws {
    let pair = "whsk_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="
    for (secrets, count) in [
        ("secret: \(pair)", 1), ("secrets: [\(pair), \(key)]", 0), ("secret: \(key)", 0),
    ] {
        let one = try memory("url: https://h.example/x\n\(secrets)").load()
        #expect(one.hints.count { "\($0)".contains("few receivers can verify") } == count)
    }
    let short = memory("url: https://h.example/x\nsecret: whsk_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcY")
    #expect(short.refusal.contains("whsk_ and whpk_ are for the halves of an Ed25519 pair."))
    let unknown = memory("url: https://h.example/x\nsecret: whsek_AQIDBAUGBwgJCgsMDQ4PEBES")
    #expect(unknown.refusal.contains("it begins with none of whsec_, whsk_ and whpk_"))
}

/// Errors say where the list is, so it must be there.
@Test func thePagesNameEveryWordOfATemplate() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    for page in ["deploy/copyhook.example.yaml", "Sources/Domain/Domain.docc/Channels.md"] {
        let text = try String(contentsOf: root.appending(path: page), encoding: .utf8)
        let words = Set(text.split { !$0.isLetter && $0 != "_" }.map(String.init))
        #expect(MessageTemplate.words.filter { !words.contains($0) } == [], "\(page)")
    }
}
