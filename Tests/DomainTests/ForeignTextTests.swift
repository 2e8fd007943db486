import Domain
import Testing

/// What comes from outside and is shown beside words of ours.
@Suite struct ForeignTextTests {
    @Test(arguments: [
        ("plain text", "plain text"), ("  a \t\r\n b  ", "a b"),
        ("a\u{202E}b\u{200B}c\u{FEFF}d\u{2066}", "abcd"), ("\u{1B}[31mred", "[31mred"),
        ("\u{85}a\u{2028}b\u{0}", "a b"), ("👨‍👩‍👧‍👦 中文 ❤️", "👨‍👩‍👧‍👦 中文 ❤️"),
        ("שלום x", "שלום x"), ("", ""), (" \u{3164}\u{115F}\n", ""), ("x\u{FFF9}y", "xy"),
    ])
    func plainTextIsOneVisibleLine(_ text: String, _ line: String) {
        #expect(Array(PlainText.line(text).utf8) == Array(line.utf8))
    }

    @Test(arguments: [
        ("abc", "<secret>"), ("xabcabcx", "x<secret><secret>x"), ("abcdef!", "<secret>!"),
        ("ab", "ab"), ("ABC", "ABC"), ("文abc文", "文<secret>文"), ("", ""),
        // Equal to Swift, not the same bytes.
        ("cafe\u{301}", "cafe\u{301}"), ("caf\u{E9}", "<secret>"),
    ])
    func secretsAreTakenOutByTheByteLongestFirst(_ text: String, _ redacted: String) {
        let redaction = Redaction(of: ["abc", "", "abcdef", "caf\u{E9}"].map { Secret($0) })
        #expect(Array(redaction.redact(text).utf8) == Array(redacted.utf8))
    }
}
