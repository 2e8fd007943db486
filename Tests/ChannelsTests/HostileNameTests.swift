import Channels
import Domain
import StrictJSON
import Testing
import Transport

private let family = "👨‍👩‍👧‍👦"

private let hostileNames: [String] = [
    "**bold** [x](https://evil.example) `code` # > - 1.",
    "<at user_id=\"all\"></at> <at id=all></at> @everyone <!channel>",
    "line\nbreak\r\nand\u{2028}more\u{85}\u{0}\u{1B}[31m",
    "\u{202E}gnp.exe\u{202C} \u{2066}x\u{2069}\u{200F}\u{61C}",
    "مرحبا بالعالم",
    String(repeating: "x", count: 10_000),
    String(repeating: family, count: 200),
    "a" + String(repeating: "\u{301}", count: 10_000),
    String(repeating: "\"\\", count: 5_000),
    "{{DATE(2026-03-18T08:30:15Z, SHORT)}} ${SECRET} %s \u{FEFF}\u{200B}",
    String(repeating: "\u{200B}", count: 10_000),
    "",
]

/// The data of every type, every text of it replaced.
private func poisoned(_ value: JSONValue, with name: String) -> JSONValue {
    switch value {
    case .string: .string(name)
    case .array(let elements): .array(elements.map { poisoned($0, with: name) })
    case .object(let object):
        .object(JSONObject(object.members.map { ($0.key, poisoned($0.value, with: name)) }))
    default: value
    }
}

// By their places, since the names themselves would fill the log.
@Test(arguments: hostileNames.indices)
func noNameBreaksACardOrMovesWhatStandsNextToIt(_ place: Int) throws {
    let name = hostileNames[place]
    for type in NotificationType.allCases {
        for language in Endpoint.Language.allCases {
            let data = poisoned(Sample.data(of: type), with: name)
            let notification = Sample.notification(type, data: data)
            let endpoint = Endpoint.feishu(language, secrets: [Secret("s")])
            let body = try FeishuChannel().request(notification, to: endpoint).body
            #expect(body.count <= FeishuChannel.bodyMax, "\(type): \(body.count)")
            try checkCard(body)

            let message = try ChatMessage(notification, in: language)
            let texts =
                [message.title, message.summary, message.footer] + message.facts.map(\.line)
                + [message.advice].compactMap { $0 }
            #expect(texts.map(\.utf8.count).reduce(0, +) <= ChatMessage.bytesMax, "\(type)")
            for text in texts {
                #expect(!text.unicodeScalars.contains(where: isSteering), "\(type): \(text)")
                let starts = text.unicodeScalars.count { $0 == "\u{2068}" }
                let ends = text.unicodeScalars.count { $0 == "\u{2069}" }
                #expect(starts == ends, "\(type): \(text)")
            }
        }
    }
}

/// Line breaks, controls and marks that turn the direction of writing for what follows.
private func isSteering(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0...0x1F, 0x7F...0x9F, 0x200E, 0x200F, 0x2028...0x202E, 0x2066, 0x2067, 0x61C: true
    default: false
    }
}

/// Exactly the members that the contract names, and no text outside a `plain_text` element.
private func checkCard(_ body: [UInt8]) throws {
    let body = try JSONValue(parsing: body)
    #expect(body.object?.keys == ["timestamp", "sign", "msg_type", "card"])
    #expect(body["msg_type"] == "interactive")
    let card = try #require(body["card"])
    #expect(card.object?.keys == ["schema", "config", "header", "body"])
    #expect(card["schema"] == "2.0")
    #expect(card.value(at: "/header/title/tag") == "plain_text")
    let elements = try #require(card.value(at: "/body/elements")?.array)
    #expect(!elements.isEmpty)
    for element in elements {
        #expect(element.object?.keys == ["tag", "text"])
        #expect(element["tag"] == "div")
        #expect(element["text"]?.object?.keys == ["tag", "content"])
        #expect(element.value(at: "/text/tag") == "plain_text")
        #expect(element.value(at: "/text/content")?.string?.isEmpty == false)
    }
}

@Test func emojiAtTheCutStayWhole() throws {
    let name = String(repeating: family, count: 200)
    let data = Sample.task([:], entity: ["type": "bot", "id": "1", "name": .string(name)])
    let message = try ChatMessage(Sample.notification(.copySucceeded, data: data), in: .en)
    // 25 bytes each: seven fit into 200 bytes together with the marker.
    #expect(message.title == "Bot copied: " + String(repeating: family, count: 7) + "…")
}

@Test func aNameOfNothingVisibleGivesWayToTheId() throws {
    let entity: JSONValue = ["type": "bot", "id": "735", "name": "\u{200B}\n\u{202E}"]
    let message = try ChatMessage(
        Sample.notification(.copySucceeded, data: Sample.task([:], entity: entity)), in: .zh)
    #expect(message.title == "机器人已复制：735")
}

@Test(arguments: [
    ("plain text", "plain text"),
    ("  a \t\r\n b  ", "a b"),
    ("a\u{202E}b\u{200B}c\u{FEFF}", "abc"),
    ("\u{1B}[31mred", "[31mred"),
    ("emoji \(family) 中文 ❤️", "emoji \(family) 中文 ❤️"),
    ("שלום x", "\u{2068}שלום x\u{2069}"),
    ("", ""),
    ("\u{3164}\u{115F}", ""),
])
func plainTextIsOneVisibleLine(_ text: String, _ line: String) {
    #expect(Array(PlainText.isolatedLine(text).utf8) == Array(line.utf8))
}

@Test func aCutKeepsTheEndOfAnIsolate() {
    let line = PlainText.isolatedLine(
        String(repeating: "ש", count: 100), limit: TextLimit(50, .utf8Bytes))
    #expect(line.utf8.count <= 50)
    #expect(line.unicodeScalars.first == "\u{2068}")
    #expect(line.hasSuffix("…\u{2069}"))
}
