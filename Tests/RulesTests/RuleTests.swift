import Domain
import Rules
import StrictJSON
import Testing

private func refusal(of definition: String, name: String? = "r") throws -> RuleRefusal? {
    let json = try JSONValue(parsing: definition)
    do throws(RuleRefusal) {
        _ = try Rule(parsing: json, name: name)
        return nil
    } catch {
        return error
    }
}

@Test func aFullDefinitionIsReadAndWrittenBack() throws {
    let text = """
        {"name":"backup","match":{"type":["bot.published"]},"copy":[{"connection":"coze-prod",\
        "to_workspace":"7498","entity_id":{"from":"/data/event/bot_id"},"entity_type":"bot",\
        "on_uncertain":"reconcile","on_own_copies":true},{"connection":"keyue"}],\
        "notify":["audit"],"cooldown":"10m","enabled":false,\
        "template":"{{name}}"}
        """
    let json = try JSONValue(parsing: text)
    let rule = try Rule(parsing: json, name: nil, origin: .file("rules.yaml"))
    #expect(rule.name == "backup")
    #expect(rule.copies.count == 2)
    #expect(rule.copies[0].connection == "coze-prod")
    #expect(rule.copies[0].toWorkspace == "7498")
    #expect(rule.copies[0].entityID == .from(JSONPointer(tokens: ["data", "event", "bot_id"])))
    #expect(rule.copies[0].entityType == .literal("bot"))
    #expect(rule.copies[0].onUncertain == .reconcile)
    #expect(rule.copies[0].onOwnCopies)
    #expect(rule.copies[1] == CopyAction(connection: "keyue"))
    #expect(rule.notify == ["audit"])
    #expect(rule.cooldown == .seconds(600))
    #expect(!rule.isEnabled)
    #expect(rule.template?.source == "{{name}}")
    #expect(rule.origin == .file("rules.yaml"))
    #expect(rule.json == json)
    #expect(try Rule(parsing: rule.json, name: "backup", origin: rule.origin) == rule)
}

@Test func theBookKnowsTheWordsOfThoseRulesThatHaveSome() throws {
    func rule(_ name: String, _ template: String?) throws -> Rule {
        var json: JSONObject = ["match": ["a": [1]]]
        json["template"] = template.map { .string($0) }
        return try Rule(parsing: .object(json), name: name)
    }
    let book = RuleBook([try rule("a", "{{name}}"), try rule("b", nil)])
    #expect(book.current.templates.map(\.rule) == ["a"])
    book.replace(with: [try rule("a", nil), try rule("b", "{{copy}}"), try rule("c", "x")])
    #expect(book.current.templates.map(\.rule) == ["b", "c"])
    #expect(book.current.templates.map(\.template.source) == ["{{copy}}", "x"])
    // Where none had words, and nothing but those is new.
    let plain = RuleBook([try rule("a", nil), try rule("b", nil)])
    plain.replace(with: [try rule("a", nil), try rule("b", "x")])
    #expect(plain.current.templates.map(\.rule) == ["b"])
}

@Test func aShortDefinitionTakesTheDefaults() throws {
    let rule = try Rule(
        parsing: ["match": ["a": [1]], "copy": [["connection": "c", "to_workspace": 7498]]],
        name: "备份")
    #expect(rule.name == "备份")
    #expect(rule.notify == nil)
    #expect(rule.cooldown == .zero)
    #expect(rule.isEnabled)
    #expect(rule.origin == .api)
    #expect(rule.copies == [CopyAction(connection: "c", toWorkspace: "7498")])
    // A match alone tells everybody.
    let alone = try Rule(parsing: ["match": ["a": [1]]], name: "r")
    #expect(alone.notify == nil && alone.copies.isEmpty)

    let silent = try Rule(
        parsing: ["match": ["a": [1]], "copy": [["connection": "c"]], "notify": []], name: "r")
    #expect(silent.notify == [])
    #expect(silent.json["notify"] == [])
}

@Test func anIDIsTakenFromTheEventAsItIsWritten() throws {
    let event = try JSONValue(parsing: #"{"data":{"s":"7351","n":7505309748215939108,"o":{}}}"#)
    func text(_ tokens: String...) -> String? {
        ValueSource.from(JSONPointer(tokens: tokens)).text(in: event)
    }
    #expect(text("data", "s") == "7351")
    #expect(text("data", "n") == "7505309748215939108")
    #expect(text("data", "o") == nil)
    #expect(text("data", "x") == nil)
    #expect(ValueSource.literal("bot").text(in: event) == "bot")
}

@Test(arguments: [
    ("[]", "", "an object is wanted, not a list", "match"),
    ("{}", "", "no `match`", "match: {type: [bot.published]}"),
    (#"{"match":{"a":[1]},"notify":[]}"#, "", "do nothing", "`notify`"),
    (#"{"mach":{"a":[1]}}"#, "/mach", "no key", #"Did you mean "match"?"#),
    (#"{"match":{"a":[1]},"copies":[]}"#, "/copies", "no key", "Accepted are name, match, copy"),
    (#"{"match":{"a":"x"},"notify":["e"]}"#, "/match/a", "list of tests", #"["x"]"#),
    (#"{"match":{"a":[{"prefx":"x"}]},"notify":["e"]}"#, "/match/a/0/prefx", "no op", "prefix"),
    (#"{"match":{"a":[1]},"copy":{"connection":"c"}}"#, "/copy", "a list is wanted", "copy: ["),
    (#"{"match":{"a":[1]},"copy":["c"]}"#, "/copy/0", "an object is wanted", "connection"),
    (#"{"match":{"a":[1]},"copy":[{}]}"#, "/copy/0", "no connection", "`connections`"),
    (#"{"match":{"a":[1]},"copy":[{"connection":""}]}"#, "/copy/0", "no connection", "Add"),
    (#"{"match":{"a":[1]},"copy":[{"connection":5}]}"#, "/copy/0/connection", "a string", "quotes"),
    (
        #"{"match":{"a":[1]},"copy":[{"connection":"c","workspace":"1"}]}"#, "/copy/0/workspace",
        "no key", "to_workspace"
    ),
    (
        #"{"match":{"a":[1]},"copy":[{"connection":"c","to_workspace":true}]}"#,
        "/copy/0/to_workspace", "not a boolean", "in quotes"
    ),
    (
        #"{"match":{"a":[1]},"copy":[{"connection":"c","to_workspace":""}]}"#,
        "/copy/0/to_workspace", "empty", "leave the key out"
    ),
    (
        #"{"match":{"a":[1]},"copy":[{"connection":"c","entity_id":{"from":"data"}}]}"#,
        "/copy/0/entity_id", "no JSON pointer", "/data/event/bot_id"
    ),
    (
        #"{"match":{"a":[1]},"copy":[{"connection":"c","entity_id":{"form":"/data"}}]}"#,
        "/copy/0/entity_id/form", "no key", #"Did you mean "from"?"#
    ),
    (
        #"{"match":{"a":[1]},"copy":[{"connection":"c","on_uncertain":"retyr"}]}"#,
        "/copy/0/on_uncertain", "no such policy", #"Did you mean "retry"? Accepted are hold"#
    ),
    (
        #"{"match":{"a":[1]},"copy":[{"connection":"c","on_own_copies":"yes"}]}"#,
        "/copy/0/on_own_copies", "true or false", "without quotes"
    ),
    (#"{"match":{"a":[1]},"notify":"audit"}"#, "/notify", "a list is wanted", "names of endpoints"),
    (#"{"match":{"a":[1]},"notify":[5]}"#, "/notify/0", "not a number", "names of endpoints"),
    (#"{"match":{"a":[1]},"notify":["e","e"]}"#, "/notify/1", "twice", "each once"),
    (#"{"match":{"a":[1]},"notify":["e"],"cooldown":"soon"}"#, "/cooldown", "no duration", "10m"),
    (#"{"match":{"a":[1]},"notify":["e"],"cooldown":5}"#, "/cooldown", "no duration", "10m"),
    (
        #"{"match":{"a":[1]},"notify":["e"],"cooldown":"366d"}"#, "/cooldown", "no dur",
        "at most 365d"
    ),
    (#"{"match":{"a":[1]},"notify":["e"],"enabled":1}"#, "/enabled", "true or false", "quotes"),
    (#"{"match":{"a":[1]},"template":5}"#, "/template", "a string is wanted", "quotes"),
    (
        #"{"match":{"a":[1]},"template":"{{nmae}}"}"#, "/template", "nothing called “nmae”",
        #"Did you mean "name"? deploy/copyhook.example.yaml lists all"#
    ),
    (#"{"match":{"a":[1]},"notify":["e"],"name":"other"}"#, "/name", "differs", "Leave `name` out"),
])
func aRuleIsRefusedWithThePlaceAndTheRemedy(
    _ text: String, pointer: String, what: String, remedy: String
) throws {
    let found = try #require(try refusal(of: text), "accepted \(text)")
    #expect(found.pointer.description == pointer, "\(text)\n\(found)")
    #expect(found.what.contains(what), "\(text)\n\(found)")
    #expect(found.remedy.contains(remedy), "\(text)\n\(found)")
    #expect(found.description.split(separator: "\n").count == 2)
}

@Test(arguments: ["", "a b", "a/b", "a\n", "\u{202E}a", String(repeating: "a", count: 129)])
func aNameThatCouldMisleadIsRefused(_ name: String) throws {
    let found = try refusal(of: #"{"match":{"a":[1]},"notify":["e"]}"#, name: name)
    #expect(found?.pointer.description == "/name")
    let long = String(repeating: "a", count: 128)
    #expect(try refusal(of: #"{"match":{"a":[1]},"notify":["e"]}"#, name: long) == nil)
}

@Test func aRuleNeedsAName() throws {
    let found = try refusal(of: #"{"match":{"a":[1]},"notify":["e"]}"#, name: nil)
    #expect(found?.what == "the rule has no name")
}

@Test(
    arguments: [
        ("macth", "match"), ("MATCH", "match"), ("notfy", "notify"),
        ("on-uncertain", "on_uncertain"),
        ("copyy", "copy"), ("xyz", nil), ("", nil), (String(repeating: "m", count: 100), nil),
    ] as [(String, String?)])
func theNearestKnownWordIsFound(_ word: String, is expected: String?) {
    let known = ["match", "copy", "notify", "on_uncertain"]
    #expect(Spelling.nearest(to: word, among: known) == expected)
}
