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

    /// Each a way in which a page of HTML, a log or a proxy repeats what it was sent.
    @Test(arguments: [
        ("&#81;x7-k9Zp_0aT+", "<secret>"), ("&#x51;&#X78;7-k9Zp_0aT+", "<secret>"),
        ("&#081;&#00120;7-k9Zp&#95;0aT&#43;!", "<secret>!"),
        ("&#81&#120&#55-k9Zp_0aT+", "<secret>"),
        ("&#x51&#x78;7-k9Zp&lowbar;0aT&plus;", "<secret>"),
        ("QX7-K9ZP_0AT+", "<secret>"), ("key qx7-k9zp_0at+!", "key <secret>!"),
        ("&#113;X7-K9zp_0At&#x2b;", "<secret>"), ("%71x7-k9zp_0at%2b", "<secret>"),
        // In base 64: by itself, without its padding, behind one byte and behind two.
        ("UXg3LWs5WnBfMGFUKw==", "<secret>"), ("said UXg3LWs5WnBfMGFUKw.", "said <secret>."),
        ("OlF4Ny1rOVpwXzBhVCs6", "Ol<secret>s6"), ("YTpReDcta5", "YTpReDcta5"),
        ("YTpReDctazlacF8wYVQr", "YTp<secret>"), ("OlF4Ny1rOVpwXzBhVCs", "Ol<secret>s"),
        // In both alphabets.
        ("Pj4-Pz8_Pj4-Pz8_", "<secret>"), ("Pj4+Pz8/Pj4+Pz8/", "<secret>"),
        // No number, another one, a short secret in other capitals.
        ("&#;&#x;&#+81;&#81x", "&#;&#x;&#+81;&#81x"), ("&#337;x7-k9Zp_0aT+", "&#337;x7-k9Zp_0aT+"),
        ("PIN7", "PIN7"), ("pin7", "<secret>"), ("&#112;in7", "<secret>"),
    ])
    func aSecretIsFoundHoweverItIsRepeated(_ said: String, _ shown: String) {
        let redaction = Redaction(
            of: ["Qx7-k9Zp_0aT+", ">>>???>>>???", "pin7"].map { Secret($0) })
        #expect(redaction.redact(said) == shown)
    }
}
