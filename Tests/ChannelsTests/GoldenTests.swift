import Channels
import Domain
import StrictJSON
import Testing
import Transport

@Test(arguments: NotificationType.allCases, Endpoint.Language.allCases)
func aFeishuCardSaysWhatItShould(_ type: NotificationType, _ language: Endpoint.Language) throws {
    let request = try FeishuChannel().request(Sample.notification(type), to: .feishu(language))
    let golden = language == .zh ? goldenChinese[type] : goldenEnglish[type]
    #expect(try outline(request.body) == golden, "\(type) \(language)")
}

/// A card as a reader sees it: colour and title, then a paragraph each.
func outline(_ body: [UInt8]) throws -> String {
    let card = try #require(try JSONValue(parsing: body)["card"])
    let color = try #require(card.value(at: "/header/template")?.string)
    let title = try #require(card.value(at: "/header/title/content")?.string)
    let texts = try #require(card.value(at: "/body/elements")?.array).map { element in
        try #require(element.value(at: "/text/content")?.string)
    }
    return (["[\(color)] \(title)"] + texts).joined(separator: "\n\n")
}
