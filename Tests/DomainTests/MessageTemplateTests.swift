import Domain
import Testing

@Test(arguments: [
    "plain words", "{{name}}", "{{ name }}", "{{{name}}}", "{{&name}}", "{{& event_id }}",
    "{{#failed}}{{reason}}{{/failed}}", "{{^link}}nowhere{{/link}}", "a { b } }} c",
    "{{! what\nis {{ not said }}", "{{#copy}}{{#link}}{{link}}{{/link}}{{/ copy }}",
    "{{#duplicate_suspected}}two?{{/duplicate_suspected}}",
    "{{^ping}}\t1. a\r\n👨‍👩‍👧 \u{200F}א{{/ping}}",
])
func aTemplateOfOurWordsIsTaken(_ source: String) throws {
    #expect(try MessageTemplate(source).source == source)
}

@Test(
    arguments: [
        ("", "the template is empty", nil), (" \n\t", "the template is empty", nil),
        ("{{nmae}}", "there is nothing called “nmae”", "nmae"),
        ("a\n\nb {{url}}", "in line 3 of the template there is nothing called “url”", "url"),
        ("{{secret}}", "there is nothing called “secret”", "secret"),
        ("{{}}", "a tag has no name", ""), ("{{name", "a tag is never closed by }}", nil),
        ("{{{name}} x", "a tag is never closed by }}}", nil),
        ("{{! open", "a tag is never closed by }}", nil),
        ("{{#copy}}x", "{{#copy}} is never closed by {{/copy}}", nil),
        ("{{/copy}}", "{{/copy}} closes nothing", nil),
        ("{{#copy}}{{#link}}{{/copy}}{{/link}}", "{{/copy}} stands where {{/link}} is due", nil),
        ("{{> other}}", "there are no other templates here", nil),
        ("{{<a}}{{$b}}{{/b}}{{/a}}", "there are no other templates here", nil),
        ("{{=<% %>=}}", "{{=…}} is not known here", nil),
        ("{{%CONTENT_TYPE:HTML}}", "{{%…}} is not known here", nil),
        ("{{uppercased(name)}}", "there is nothing called “uppercased(name)”", "uppercased(name)"),
        ("{{name}}\u{301}", "a tag is never closed by }}", nil),
        (
            "a\n{{ping}}",
            "in line 2 of the template “ping” has no text of its own; {{#ping}}…{{/ping}} is said "
                + "of that type alone", nil
        ),
        (
            "{{{failed}}}",
            "“failed” has no text of its own; {{#failed}}…{{/failed}} is said of that type alone",
            nil
        ),
        ("a\u{1B}[2J", "the template holds U+001B, which nobody sees", nil),
        ("a\u{FEFF}", "the template holds U+FEFF, which nobody sees", nil),
        ("a\u{202E}b", "the template holds U+202E, which nobody sees", nil),
        ("a\u{85}b", "the template holds U+0085, which nobody sees", nil),
        ("a\u{10FFFD}b", "the template holds U+10FFFD, which nobody sees", nil),
        ("{{.}}", "there is nothing called “.”", "."),
        ("{{task.id}}", "there is nothing called “task.id”", "task.id"),
    ] as [(String, String, String?)])
func anyOtherIsRefusedWithItsLine(_ source: String, _ what: String, _ unknown: String?) {
    do throws(TemplateRefusal) {
        _ = try MessageTemplate(source)
        Issue.record("taken: \(source)")
    } catch {
        #expect(error.what == what)
        #expect(error.unknown == unknown)
    }
}

@Test func theMarkThatSomeEditorsPutInFrontOfAFileIsNoPartOfIt() throws {
    #expect(try MessageTemplate("\u{FEFF}{{name}}") == MessageTemplate("{{name}}"))
}

@Test func lengthAndDepthEndWhereTheySay() throws {
    let longest = String(repeating: "x", count: MessageTemplate.bytesMax)
    #expect(try MessageTemplate(longest).source.utf8.count == 8_192)
    #expect(throws: TemplateRefusal.self) { try MessageTemplate(longest + "x") }
    func nested(_ depth: Int) -> String {
        String(repeating: "{{#copy}}", count: depth) + "x"
            + String(repeating: "{{/copy}}", count: depth)
    }
    _ = try MessageTemplate(nested(MessageTemplate.depthMax))
    #expect(throws: TemplateRefusal.self) {
        try MessageTemplate(nested(MessageTemplate.depthMax + 1))
    }
}

@Test func aRulesTemplateGoesBeforeTheEndpointsOwn() throws {
    let (own, other) = (try MessageTemplate("own"), try MessageTemplate("rule"))
    let templates = MessageTemplates(own: own, rules: [.init("backup", other)])
    #expect(templates.template(of: "backup") == other)
    #expect(templates.template(of: "backups") == own)
    #expect(templates.template(of: nil) == own)
    #expect(MessageTemplates().template(of: "backup") == nil)
    #expect(Set(MessageTemplate.words).count == MessageTemplate.words.count)
}
