import Rules
import Settings
import Testing

private let yaml = """
    endpoints:
      chat: {channel: feishu, url: "https://open.feishu.cn/open-apis/bot/v2/hook/x"}
    rules:
      - {name: inline, match: {type: [a]}, notify: [chat]}
    rules_dir: rules
    """
private let good = "match: {type: [b], id: [{prefix: \"${P}\"}]}\nnotify: [chat]\n"

private func load(_ files: [String: String]) -> Memory {
    Memory(yaml: yaml, environment: ["P": "7"], files: files)
}

@Test func rulesOfADirectoryFollowThoseOfTheFile() throws {
    let memory = load([
        "rules/b.yaml": good,
        "rules/a.json": #"{"name": "z", "match": {"a": [1]}, "notify": ["chat"]}"#,
        "rules/c.yml": good, "rules/.hidden.yaml": "broken: [", "rules/notes.txt": "broken: [",
    ])
    let configuration = try memory.load()
    #expect(configuration.rules.map(\.name) == ["inline", "z", "b", "c"])
    #expect(configuration.rules[2].origin == .file("rules/b.yaml"))
    #expect(configuration.rules[0].origin == .file("copyhook.yaml"))
    #expect(configuration.rulesDirectory == "rules")
}

@Test func aDirectoryReadAgainGivesAllOrNothing() throws {
    let configuration = try load(["rules/b.yaml": good]).load()
    func again(_ files: [String: String]) throws(ConfigurationRefusal) -> [String] {
        try configuration.readingRulesAgain(environment: ["P": "7"], files: load(files).access)
            .map(\.name)
    }
    #expect(try again(["rules/b.yaml": good, "rules/c.yaml": good]) == ["inline", "b", "c"])
    #expect(try again(["rules/only.txt": ""]) == ["inline"])
    #expect(throws: ConfigurationRefusal.self) {
        try again(["rules/b.yaml": good, "rules/c.yaml": "match: ["])
    }
    #expect(throws: ConfigurationRefusal.self) { try again([:]) }
}

@Test(arguments: [
    ("match: {type: [{prefx: b}]}\nnotify: [chat]\n", "rules/x.yaml:1: match.type[0].prefx: "),
    (
        "match: {a: [1]}\nnotify:\n  - chat\n  - nobody\n",
        "rules/x.yaml:4: notify[1]: there is no end"
    ),
    (
        "name: inline\nmatch: {a: [1]}\nnotify: [chat]\n",
        "rules/x.yaml:1: name: the name “inline” is"
    ),
    ("", "rules/x.yaml: the file is empty"),
    ("match: {a: [1]}\n\tnotify: [chat]\n", "rules/x.yaml:2: a tab stands in the indentation"),
    ("match: {type: [\"${NOT}\"]}\nnotify: [chat]\n", "rules/x.yaml:1: match.type[0]: the varia"),
])
func aBrokenRuleFileIsRefusedWithItsPlace(_ text: String, expected: String) {
    let refusal = load(["rules/x.yaml": text]).refusal
    #expect(refusal.hasPrefix(expected), "\(refusal)")
}

@Test func aMissingDirectoryIsRefused() {
    #expect(load([:]).refusal.hasPrefix("rules: rules_dir: there is no such directory"))
}
