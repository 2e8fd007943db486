import Channels
import Domain
import StrictJSON
import Testing
import Transport

extension Endpoint {
    /// One that has this template.
    fileprivate static func sample(
        _ channel: Channel, _ template: String, _ language: Language = .en
    ) throws -> Endpoint {
        var endpoint = Endpoint.sample(channel, language)
        endpoint.templates.own = try MessageTemplate(template)
        return endpoint
    }
}

/// What Telegram, which gets plain text, is told.
private func said(
    _ template: String, _ type: NotificationType, _ language: Endpoint.Language = .en,
    data: JSONValue? = nil
) throws -> String {
    let request = try Endpoint.Channel.telegram.messages.request(
        Sample.notification(type, data: data ?? Sample.data(of: type)),
        to: .sample(.telegram, template, language))
    let text = try #require(try JSONValue(parsing: request.body)["text"]?.string)
    // Nobody sees it.
    return text.replacing("\u{200B}", with: "")
}

private let page = "https://www.coze.cn/space/7481000000000000001/bot/7512000000000000009"
private let footer = "\nCopyhook · tsk_1 · evt_1"

@Test(arguments: [
    ("{{name}} is there: {{link}}", "客服助手 is there: \(page)"),
    ("{{{name}}} & {{&name}}", "客服助手 & 客服助手"),
    ("{{mark}} {{kind}} {{id}} → {{copy}}", "✅ bot 7351000000000000001 → 7512000000000000009"),
    ("{{#succeeded}}well{{/succeeded}}{{^succeeded}}ill{{/succeeded}}", "well"),
    ("{{#failed}}{{reason}}{{/failed}}{{^failed}}in {{took}}{{/failed}}", "in 1.8 s"),
    ("{{rule}}, {{connection}}, {{provider}}, {{task}}", "backup, coze-prod, coze, tsk_1"),
    ("{{event}}, {{source}}, {{event_id}}", "bot.published, coze-main, evt_1"),
    ("{{type}} {{time}} {{attempts}}", "copy.succeeded 2026-03-18 08:30:15 UTC 1"),
    (
        "{{title}}\n\n\n{{summary}}\n",
        "Bot copied: 客服助手\n\n“客服助手” was copied to the same workspace."
    ),
    ("one\n{{#failed}}\nnever\n{{/failed}}\ntwo", "one\ntwo"),
    ("{{! nobody sees }}{{workspace}}{{endpoint}}{{reason}}{{cause}}", "7481000000000000001"),
])
func aTemplateSaysWhatItNames(_ template: String, _ due: String) throws {
    #expect(try said(template, .copySucceeded) == due + footer)
}

@Test func aFailureIsToldInBothLanguages() throws {
    let template = "{{name}}：{{cause}} / {{reason}} / {{advice}} / {{command}}"
    #expect(
        try said(template, .copyFailed, .zh)
            == "客服助手：平台拒绝了凭证，或凭证权限不足 / no permission（代码 4101） / "
            + "请检查该连接的凭证是否有效、权限是否足够。之后重新发布，就会再次复制。 / copyhook tasks show tsk_1\(footer)")
    #expect(try said("{{endpoint}} {{reason}}", .endpointWarning) == "audit HTTP 503\nCopyhook")
    #expect(
        try said("{{connection}}: {{cause}}", .connectionBroken)
            == "coze-prod: the platform refused the credential or its permissions\nCopyhook")
    #expect(try said("{{name}} {{workspace}}", .eventAnnounced).hasPrefix("客服助手 7481000"))
    #expect(try said("{{#ping}}here{{/ping}}", .ping) == "here\nCopyhook")
}

/// A template may be about some types only.
@Test func whatATemplateHasNothingToSayOfIsToldInOurWords() throws {
    let template = "{{#failed}}\nbad: {{name}}\n{{/failed}}\n \n"
    #expect(try said(template, .copyFailed) == "bad: 客服助手\(footer)")
    for type in NotificationType.allCases where type != .copyFailed {
        let plain = try Endpoint.Channel.feishu.messages.request(
            Sample.notification(type), to: .sample(.feishu, template))
        let ours = try Endpoint.Channel.feishu.messages.request(
            Sample.notification(type), to: .sample(.feishu, .en))
        #expect(plain.body == ours.body, "\(type)")
    }
}

@Test func aRulesWordsAreForThatRuleAlone() throws {
    var endpoint = try Endpoint.sample(.slack, "own")
    endpoint.templates.rules = [.init("backup", try MessageTemplate("of the rule"))]
    func text(_ type: NotificationType) throws -> String {
        let request = try Endpoint.Channel.slack.messages.request(
            Sample.notification(type), to: endpoint)
        return try #require(try JSONValue(parsing: request.body)["text"]?.string)
    }
    #expect(try text(.copySucceeded) == "of the rule\(footer)")
    #expect(try text(.eventAnnounced).hasPrefix("own\n"))
    endpoint.templates.rules = [.init("tell", try MessageTemplate("of the rule"))]
    #expect(try text(.copySucceeded) == "own\(footer)")
    #expect(try text(.eventAnnounced).hasPrefix("of the rule\n"))
}

/// Names are values: nothing in them is read as a template, as markup or as a link.
@Test func aNameInATemplateStaysAName() throws {
    let name = "{{task}} <!channel> @all https://evil.example \u{10FFFD}*x*"
    let data = Sample.task(
        ["copy_id": "7512000000000000009"],
        entity: ["type": "bot", "id": "1", "name": .string(name), "workspace_id": "2"])
    let notification = Sample.notification(.copySucceeded, data: data)
    let request = try Endpoint.Channel.slack.messages.request(
        notification, to: .sample(.slack, "*{{name}}* {{{name}}} {{link}}"))
    #expect(try JSONValue(parsing: request.body)["mrkdwn"] == false)
    let text = try #require(try JSONValue(parsing: request.body)["text"]?.string)
    #expect(!text.contains("<!") && !text.contains("@all") && !text.contains("//evil"), "\(text)")
    #expect(text.contains("{{task}}") && !text.unicodeScalars.contains("\u{10FFFD}"))
    let page = "<https://www.coze.cn/space/2/bot/7512000000000000009>"
    #expect(text.ranges(of: page).count == 1)
    let robot = try Endpoint.Channel.dingTalk.messages.request(
        notification, to: .sample(.dingTalk, "{{name}} [x](https://evil.example) {{link}}"))
    let body = try JSONValue(parsing: robot.body)
    let content = try #require(body.value(at: "/text/content")?.string)
    #expect(body["msgtype"] == "text" && !content.contains("[") && !content.contains("//evil"))
    #expect(content.contains("https://www.coze.cn/space/2/bot/7512000000000000009"))
}

@Test func teamsGetsTheLinkAsAButtonWhereTheTemplateWantsOne() throws {
    for (template, count) in [("{{name}}", 0), ("{{name}} {{link}}", 1)] {
        let request = try Endpoint.Channel.teams.messages.request(
            Sample.notification(.copySucceeded), to: .sample(.teams, template))
        let card = try JSONValue(parsing: request.body).value(at: "/attachments/0/content")
        #expect((card?["actions"]?.array ?? []).count == count)
    }
}

@Test(arguments: Endpoint.Channel.chats)
func ownWordsEndWhereThePlatformEndsAndNeverLoseTheFooter(_ channel: Endpoint.Channel) throws {
    let schema = try SharedFiles.cases("channel-bodies.json")?
        .first { $0["id"]?.string == channel.vectorName }?["schema"].map { JSONSchema(schema: $0) }
    let letters = ["x", "<", "&", "*", "客", "👨‍👩‍👧‍👦"]
    for letter in letters {
        let count = MessageTemplate.bytesMax / letter.utf8.count
        let line = String(repeating: letter, count: count / 20) + "\n"
        for template in [
            String(repeating: letter, count: count), String(repeating: line, count: 19),
        ] {
            let request = try channel.messages.request(
                Sample.notification(.copySucceeded), to: .sample(channel, template))
            let message = try JSONValue(parsing: request.body)
            #expect(schema?.faults(message) ?? [] == [], "\(channel) \(letter)")
            let text = outline(message).joined(separator: "\n").replacing("\\", with: "")
            #expect(text.hasSuffix("Copyhook · tsk_1 · evt_1"), "\(channel) \(letter)")
            // Most of what there is room for is used, and no more.
            #expect((500...24_000).contains(text.utf8.count), "\(channel) \(letter)")
            switch channel {
            case .weCom: #expect(text.utf8.count <= 2_048)
            case .infoflow: #expect(text.utf8.count <= 2_000)
            case .discord: #expect(message["content"]?.string?.utf16.count ?? .max <= 2_000)
            default: break
            }
        }
    }
}

@Test func oneMessageForManyTakesTheFirstLineOfEach() throws {
    let template = "{{mark}} {{#failed}}NO {{/failed}}{{name}}\n{{link}}\nmore"
    let notifications = [NotificationType.copySucceeded, .copyFailed, .copySucceeded]
        .map { Sample.notification($0) }
    let request = try Endpoint.Channel.mattermost.messages.request(
        merging: notifications, to: .sample(.mattermost, template), at: start)
    let text = try #require(try JSONValue(parsing: request.body)["text"]?.string)
    #expect(
        text == """
            #### ❌ 3 notifications

            In one message: 2 copied, 1 failed.

            - ❌ NO 客服助手
            - ✅ 客服助手
            - ✅ 客服助手

            For details run copyhook tasks show with the id of a task.

            ###### Copyhook
            """)
}

/// Lines that would be an item, a rule, a table, a heading, a quotation or code.
@Test(arguments: [
    "- item", "+ item", "  - item", "1. item", "12) item", "---", "===", "| a | b |", ":--|--:",
    "    code", "\tcode", "> said",
])
func aLineOfATemplateIsNoMarkup(_ line: String) throws {
    for channel in [Endpoint.Channel.mattermost, .googleChat, .discord, .slack] {
        let request = try channel.messages.request(
            Sample.notification(.copySucceeded), to: .sample(channel, "first\n\(line)\n{{id}}"))
        let message = try JSONValue(parsing: request.body)
        let text = try #require((message["text"] ?? message["content"])?.string)
        let lines = text.split(separator: "\n")
        #expect(lines.count == 4 && lines[1].hasPrefix("\u{200B}"), "\(channel): \(lines)")
        // What people copy stays as it is.
        #expect(lines[2] == "7351000000000000001")
    }
    let request = try Endpoint.Channel.telegram.messages.request(
        Sample.notification(.copySucceeded), to: .sample(.telegram, "first\n\(line)"))
    #expect(try JSONValue(parsing: request.body)["text"]?.string?.contains("\n\(line)\n") == true)
}

/// What the library would read otherwise than the check does.
@Test func whatTheLibraryMisreadsIsRefusedOrSaid() throws {
    for template in [
        "{{\ntype}}", "{{type\r}}", "{{#failed\u{2028}}}x{{/failed}}", "{\u{10FFFD}{.}}",
        "\u{10FFFD}",
    ] {
        #expect(throws: TemplateRefusal.self, "\(template)") { try MessageTemplate(template) }
    }
    #expect(try said("{{type}} {", .copyFailed) == "copy.failed {" + footer)
    #expect(try said("{{! of\ntwo lines }}{{type}}", .copyFailed) == "copy.failed" + footer)
}

/// Of one whose first line says nothing but its mark, the title is told.
@Test func ofManyEachHasALineThatSaysSomething() throws {
    for template in [
        "{{mark}} {{endpoint}}", "{{mark}}", "{{link}}\n{{name}}", "{{mark}} {{link}}",
    ] {
        let templates = MessageTemplates(own: try MessageTemplate(template))
        let message = try ChatMessage(
            merging: [Sample.notification(.copyFailed), Sample.notification(.copySucceeded)],
            in: .en, templates: templates)
        let lines = message.facts.map(\.value)
        #expect(lines.allSatisfy { $0.contains("客服助手") }, "\(lines)")
    }
}

/// Whatever the check lets through, the library that renders it reads as well.
@Test func whatIsTakenIsAlwaysRendered() throws {
    var random = SeededWords(seed: 11)
    var taken = 0
    for _ in 0..<2_000 {
        let source = "." + random.template(depth: 0)
        // An accent may fall on a brace, which then is none.
        guard let template = try? MessageTemplate(source) else { continue }
        taken += 1
        let message = try ChatMessage(
            Sample.notification(.copyFailed), in: .en, templates: MessageTemplates(own: template))
        #expect(message.words != nil, "\(source)")
    }
    #expect(taken > 1_500)
}

/// Draws templates that are well-formed, from all there is.
private struct SeededWords {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    private mutating func draw(_ count: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33) % count
    }

    mutating func template(depth: Int) -> String {
        let words = MessageTemplate.words
        let names = MessageTemplate.Name.allCases.map(\.rawValue)
        let plain = [
            "{ ", "{", "}", "}}", "\n", "\r\n", " ", "\t", "客", "a{b", "{ { ", "&", "\u{301}",
        ]
        return (0..<draw(5)).map { _ in
            let word = words[draw(words.count)]
            let name = names[draw(names.count)]
            let blank = ["", " ", "\t", "  "][draw(4)]
            switch draw(8) {
            case 0: return "{{\(blank)\(name)\(blank)}}"
            case 1: return "{{{\(blank)\(name)\(blank)}}}"
            case 2: return "{{&\(blank)\(name)}}"
            case 3: return "{{! \(word)\(blank){{ # }}"
            case 4, 5:
                guard depth < MessageTemplate.depthMax else { return "" }
                let sign = draw(2) == 0 ? "#" : "^"
                return "{{\(sign)\(blank)\(word)}}\(template(depth: depth + 1)){{/\(word)\(blank)}}"
            default: return plain[draw(plain.count)]
            }
        }.joined()
    }
}
