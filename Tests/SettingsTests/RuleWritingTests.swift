import Settings
import StrictJSON
import Testing

/// Rules that are written as files are read back as they were.
@Suite struct RuleWritingTests {
    /// What YAML does not take, reads as the end of a line, or takes for something else.
    static let odd: [String] =
        [
            "\u{0}", "\t", "\n", "\u{7F}", "\u{80}", "\u{85}", "\u{9F}", "\u{A0}", "\u{2028}",
            "\u{2029}", "\u{202E}", "x\u{FEFF}", "\u{FFFE}", "\u{FFFF}", "\u{10FFFF}", "客服",
            "e\u{301}",
            "", " ", "~", "null", "yes", "0x1F", "1.50", "- a", "a: b", "#", "a #b", "? a", "!",
            "&a",
            "*a", "|", ">", "%", "@", "`", "${A}", "$${A}", "\\", "\"", "'",
            String(repeating: "long", count: 300), String(repeating: "字", count: 1_100),
        ]

    @Test func whatWouldNotComeBackIsNotWritten() {
        let rule: JSONValue = ["match": ["type": ["\u{FEFF}x"]]]
        #expect(RuleDefinition.yaml(rule, name: "odd") == nil)
    }

    @Test(arguments: odd)
    func oddTextsComeBackAsValuesAndAsNames(_ text: String) throws {
        for text in [text, "a\(text)b"] where !text.isEmpty {
            let data: JSONValue = .object([
                text: .array([.string(text), .object([text: .array([.string(text)])])])
            ])
            let rule: JSONValue = ["name": "odd", "match": ["data": data]]
            let written = try #require(RuleDefinition.yaml(rule, name: "odd"))
            let read = try RuleDefinition.json(Array(written.utf8), file: "odd.yaml")
            #expect(read == rule, "\(text.debugDescription) as \(written)")
        }
    }
}
