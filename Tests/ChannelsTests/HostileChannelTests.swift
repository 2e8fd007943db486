import Channels
import Domain
import StrictJSON
import Testing
import Transport

private let family = "👨‍👩‍👧‍👦"

/// Names that people and machines have thought of to be seen where they should not.
private let names: [(text: String, of: String)] = [
    (
        "**bold** _it_ ~~s~~ [x](https://evil.example) `code` # > - 1. | ||s|| "
            + "{{DATE(2026, SHORT)}}",
        "markup"
    ),
    ("<b>b</b><font color=\"info\">x</font><a href='https://evil.example'>y</a>&lt;&amp;", "tags"),
    (
        "<at user_id=\"all\"></at> <at id=all></at> @everyone @here @all <!channel> <!here> "
            + "<@U123> <@!1> <@&2> <users/all> <@userid> @13800000000 @channel",
        "mentions"
    ),
    ("<https://evil.example|click> http://evil.example www.evil.example evil.example", "links"),
    ("/start /help@bot #tag $X me@evil.example mailto:me@evil.example", "commands"),
    ("line\nbreak\r\nand\u{2028}more\u{85}\u{0}\u{1B}[31m\n# heading\n> quote", "line breaks"),
    ("\u{202E}gnp.exe\u{202C} \u{2066}x\u{2069}\u{200F}\u{61C} مرحبا", "direction"),
    (String(repeating: "x", count: 10_000), "ten thousand letters"),
    (String(repeating: "<", count: 10_000), "ten thousand to escape"),
    (String(repeating: "*_[`", count: 2_500), "ten thousand marks"),
    (String(repeating: family, count: 200), "emoji at the cut"),
    (String(repeating: "\"\\", count: 5_000), "escapes"),
    ("a" + String(repeating: "\u{301}", count: 10_000), "accents"),
    ("", "nothing"),
]

/// A template that says all there is.
private let everyWord = MessageTemplate.Name.allCases.map { "{{\($0.rawValue)}}" }
    .joined(separator: "\n")

/// The data of every type, every text of it replaced, the type of the entity aside.
private func poisoned(_ value: JSONValue, with name: String) -> JSONValue {
    switch value {
    case .string: .string(name)
    case .array(let elements): .array(elements.map { poisoned($0, with: name) })
    case .object(let object):
        .object(JSONObject(object.members.map { ($0.key, poisoned($0.value, with: name)) }))
    default: value
    }
}

@Test(arguments: Endpoint.Channel.chats)
func noNameBreaksAMessageOrMakesItTooLarge(_ channel: Endpoint.Channel) throws {
    let schema = try SharedFiles.cases("channel-bodies.json")?
        .first { $0["id"]?.string == channel.vectorName }?["schema"].map { JSONSchema(schema: $0) }
    for (place, name) in names.enumerated() {
        // One of each kind of message; what is long takes its time.
        let types: [NotificationType] =
            name.text.utf8.count > 1_000
            ? [.copyFailed, .connectionBroken]
            : [.copyFailed, .copySucceeded, .eventAnnounced, .endpointWarning, .connectionBroken]
        for type in types {
            let language: Endpoint.Language = place.isMultiple(of: 2) ? .zh : .en
            let notification = Sample.notification(
                type, data: poisoned(Sample.data(of: type), with: name.text))
            var endpoint = Endpoint.sample(channel, language)
            for words in [nil, try MessageTemplate(everyWord)] {
                endpoint.templates.own = words
                let body = try channel.messages.request(notification, to: endpoint).body
                let place = "\(channel) \(name.of) \(type) \(words == nil ? "ours" : "own")"
                let message = try JSONValue(parsing: body)
                #expect(schema?.faults(message) ?? [] == [], "\(place)")
                for fault in faults(of: channel, message, body) {
                    Issue.record("\(place): \(fault)")
                }
            }
        }
    }
}

/// What would call somebody, lead somewhere or be longer than the platform takes.
private func faults(
    of channel: Endpoint.Channel, _ message: JSONValue, _ body: [UInt8]
) -> [String] {
    let texts = outline(message)
    let all = texts.joined(separator: "\n")
    var faults: [String] = []
    func need(_ isMet: Bool, _ what: String) { if !isMet { faults.append(what) } }
    // Line breaks are ours; nothing that steers the text or the terminal is in it.
    need(!all.unicodeScalars.contains(where: isSteering), "steers")
    if ![.feishu].contains(channel) {
        for word in ["@everyone", "@here", "@all", "@U123", "@channel", "@138", "@userid", "@bot"] {
            need(!all.contains(word), "says \(word)")
        }
        for word in ["http://evil", "https://evil", "www.evil", "me@evil", "evil.example"] {
            need(!all.contains(word), "says \(word)")
        }
        need(!all.contains(" /start") && !all.hasPrefix("/start"), "says /start")
    }
    switch channel {
    case .feishu: need(body.count <= 20_000, "too large")
    case .dingTalk:
        need(body.count <= 20_000, "too large")
        need(message["at"] == ["atMobiles": [], "atUserIds": [], "isAtAll": false], "mentions")
        let text = message.value(at: "/markdown/text")?.string ?? ""
        need(!text.dropFirst(4).contains { "<[*~`".contains($0) }, "markup")
    case .weCom:
        let text = message.value(at: "/markdown/content")?.string ?? ""
        need(text.utf8.count <= 4_096, "too large")
        need(withoutFonts(text).allSatisfy { !"<[*~`".contains($0) }, "markup")
        need((message.value(at: "/text/content")?.string ?? "").utf8.count <= 2_048, "too large")
    case .infoflow:
        let text = message.value(at: "/message/body/0/content")?.string ?? ""
        need(text.utf8.count <= 2_000, "too large")
        need(withoutFonts(text).allSatisfy { !"<[*~".contains($0) }, "markup")
    case .mattermost, .googleChat:
        let text = message["text"]?.string ?? ""
        need(!text.contains("<") && !text.contains("["), "markup")
    case .slack:
        for block in message["blocks"]?.array ?? [] {
            need(!(block["text"]?["type"] == "mrkdwn"), "a name where markup is read")
        }
        need(!(message["text"]?.string ?? "").contains("<"), "markup")
    case .discord:
        need(message["allowed_mentions"] == ["parse": []], "mentions")
        // Not the footer, where nothing is interpreted, nor the colour.
        for text in texts.dropLast() where Int(text.dropFirst().dropLast()) == nil {
            need(!hasBareMarkup(text, "*_~|`>#-[<"), "markup: \(text.prefix(80))")
        }
    case .teams:
        need(body.count <= 28_000, "too large")
        for block in message.value(at: "/attachments/0/content/body")?.array ?? [] {
            need(block["type"] == "RichTextBlock", "a name where markup is read")
        }
    case .telegram:
        let text = message["text"]?.string ?? ""
        need(text.utf16.count <= 4_096, "too large")
        var rest = text
        for tag in ["<b>", "</b>", "<i>", "</i>", "<code>", "</code>"] {
            rest = rest.replacing(tag, with: "")
        }
        need(message["parse_mode"] == nil || !rest.contains("<"), "markup")
    case .webhook, .cloudEvents: break
    }
    return faults
}

private func withoutFonts(_ text: String) -> String {
    text.replacing(#/<font color="[a-z]+">|</font>/#, with: "")
}

/// Whether one of these stands there without a backslash in front.
private func hasBareMarkup(_ text: String, _ marks: String) -> Bool {
    var isMarked = false
    for scalar in text.unicodeScalars {
        if isMarked {
            isMarked = false
        } else if scalar == "\\" {
            isMarked = true
        } else if marks.unicodeScalars.contains(scalar) {
            return true
        }
    }
    return false
}

private func isSteering(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0...0x09, 0x0B...0x1F, 0x7F...0x9F, 0x200E, 0x200F, 0x2028...0x202E, 0x2066, 0x2067,
        0x61C:
        true
    default: false
    }
}

/// A name is quiet, and looks as it did.
@Test(arguments: [
    ("plain 客服助手 v1.2", "plain 客服助手 v1.2"), ("@all", "@\u{200B}all"),
    ("http://a.example/b", "http:\u{200B}//\u{200B}a.\u{200B}example/b"), ("1.2.3", "1.2.3"),
    ("/start a/b", "/\u{200B}start a/b"), ("a@b.cn", "a@\u{200B}b.\u{200B}cn"),
    ("&commat;all", "&\u{200B}commat;all"), ("&#64;all", "&\u{200B}#64;all"),
    ("R&D; AT&T", "R&\u{200B}D; AT&T"), ("&; & x;", "&; & x;"),
])
func aQuietNameCallsNobodyAndLeadsNowhere(_ text: String, _ due: String) {
    #expect(Array(Dialect.plain.foreign(text).utf8) == Array(due.utf8))
    for dialect in Dialect.allCases {
        let shown = dialect.foreign(text).unicodeScalars.filter { $0 != "\u{200B}" && $0 != "\\" }
        #expect(shown.count >= text.unicodeScalars.count)
    }
}

@Test func aCommandOfOursIsCopiedAsItIs() throws {
    for channel in Endpoint.Channel.chats {
        let request = try channel.messages.request(
            Sample.notification(.copyUnresolved), to: .sample(channel))
        let text = outline(try JSONValue(parsing: request.body)).joined(separator: "\n")
            .replacing("\\", with: "")
        #expect(text.contains("copyhook tasks resolve tsk_1"), "\(channel)")
        #expect(text.contains("Copyhook · tsk_1 · evt_1"), "\(channel)")
    }
}

@Test func theLinkLeadsToTheCopyOnlyWhereThatIsCertain() throws {
    let site = ["coze-prod": "https://www.coze.cn"]
    func link(_ data: JSONValue, _ type: NotificationType = .copySucceeded) throws -> String? {
        try ChatMessage(Sample.notification(type, data: data), in: .en, sites: site).link?.url
    }
    let copied: JSONObject = ["copy_id": "7512000000000000009"]
    let page = "https://www.coze.cn/space/7481000000000000001/bot/7512000000000000009"
    #expect(try link(Sample.task(copied)) == page)
    var moved = copied
    moved["to_workspace"] = "7498000000000000001"
    #expect(
        try link(Sample.task(moved))
            == "https://www.coze.cn/space/7498000000000000001/bot/7512000000000000009")
    #expect(
        try link(Sample.data(of: .copyFailed), .copyFailed)
            == "https://www.coze.cn/space/7481000000000000001/bot/7351000000000000001")
    let flow: JSONValue = ["type": "workflow", "id": "1", "workspace_id": "2"]
    #expect(
        try link(Sample.task(["copy_id": "3"], entity: flow))
            == "https://www.coze.cn/work_flow?space_id=2&workflow_id=3")
    for entity: JSONValue in [
        ["type": "app", "id": "1", "workspace_id": "2"], ["type": "bot", "id": "1"],
        ["type": "bot", "id": "1", "workspace_id": "2/../3"],
    ] {
        #expect(try link(Sample.task(["copy_id": "3"], entity: entity)) == nil)
    }
    // What is no id is no address; the original still is one.
    #expect(
        try link(Sample.task(["copy_id": "../x"]))
            == "https://www.coze.cn/space/7481000000000000001/bot/7351000000000000001")
    #expect(try link(Sample.task(["copy_id": "3", "connection": "keyue-prod"])) == nil)
}
