import Domain
import Rules
import StrictJSON
import Testing

private func pattern(_ text: String) throws -> Pattern { try Pattern(parsing: Array(text.utf8)) }

private func rule(
    _ name: String, _ match: String, copies: [String] = [], notify: [String]? = nil,
    isEnabled: Bool = true
) throws -> Rule {
    Rule(
        name: name, match: try pattern(match), copies: copies.map { CopyAction(connection: $0) },
        notify: notify, isEnabled: isEnabled)
}

/// Kind and place of each finding, as one text.
private func found(_ match: String, sources: [String]? = ["own", "coze-main"]) throws -> [String] {
    try pattern(match).findings(for: EventShape(sources: sources))
        .map { "\($0.kind) \($0.pointer)" }
}

// MARK: - Never, and always

@Test(
    arguments: [
        // Not a field of events, a field inside a text, an object taken for a value.
        (#"{"bot_id":["1"]}"#, ["neverMatches /bot_id"]),
        (#"{"type":{"name":["x"]}}"#, ["neverMatches /type/name"]),
        (#"{"entity":["x"]}"#, ["neverMatches /entity"]),
        (#"{"entity":{"nmae":["x"]}}"#, ["neverMatches /entity/nmae"]),
        (#"{"data":{"nmae":["x"]}}"#, []),
        (#"{"datas.bot":["x"]}"#, ["neverMatches /datas.bot"]),
        // Tests that no text passes.
        (
            #"{"type":[1,null,true]}"#,
            ["neverMatches /type/0", "neverMatches /type/1", "neverMatches /type/2"]
        ),
        (#"{"entity":{"id":[7351]}}"#, ["neverMatches /entity/id/0"]),
        (#"{"entity":{"id":[7351,"7351"]}}"#, ["neverPasses /entity/id/0"]),
        (#"{"time":[{"numeric":[">",1]}]}"#, ["neverMatches /time/0"]),
        (#"{"type":[{"anything-but":{"wildcard":"*"}}]}"#, ["neverMatches /type/0"]),
        (#"{"type":[{"anything-but":{"wildcard":"a*"}}]}"#, []),
        (#"{"data":{"x":[1,null,true,{"anything-but":{"wildcard":"*"}}]}}"#, []),
        (#"{"type":[{"exists":false}]}"#, ["neverMatches /type/0"]),
        (#"{"entity":{"id":[{"exists":false}]}}"#, []),
        (#"{"entity":{"id":[{"exists":false}],"type":["bot"]}}"#, ["neverMatches "]),
        (#"{"entity":{"id":[{"exists":false}],"type":[{"exists":false}]}}"#, []),
        (#"{"entity":{"name":[{"exists":false}],"type":["bot"]}}"#, []),
        (#"{"entity":[{"exists":false}],"type":["a"]}"#, ["isDoubtful /entity"]),
        // Sources that are not configured.
        (#"{"source":["coze-mian"]}"#, ["neverMatches /source/0"]),
        (#"{"source":["coze-main","other"]}"#, ["neverPasses /source/1"]),
        (#"{"source":[{"prefix":"coze"}],"type":["a"]}"#, []),
        (#"{"source":[{"prefix":"own"},{"prefix":"coze"}]}"#, ["matchesEverything "]),
        // Branches.
        (#"{"$or":[{"type":["a"]},{"bot_id":["1"]}]}"#, ["neverPasses /$or/1/bot_id"]),
        (
            #"{"$or":[{"kind":["a"]},{"bot_id":["1"]}]}"#,
            ["neverMatches /$or/0/kind", "neverMatches /$or/1/bot_id"]
        ),
        (
            #"{"type":["a"],"$or":[{"source":["own"]},{"entity":{"id":[5]}}]}"#,
            ["neverPasses /$or/1/entity/id/0"]
        ),
        // Everything.
        (#"{"type":[{"exists":true}]}"#, ["matchesEverything "]),
        (#"{"type":[{"prefix":""}]}"#, ["matchesEverything "]),
        (#"{"type":[{"wildcard":"*"}],"id":[{"suffix":""}]}"#, ["matchesEverything "]),
        (#"{"type":["a",{"anything-but":"a"}]}"#, ["matchesEverything "]),
        (#"{"type":["a",{"anything-but":["a","b"]}]}"#, []),
        (
            #"{"type":[{"prefix":"a"},{"anything-but":{"prefix":["ab","ac"]}}]}"#,
            ["matchesEverything "]
        ),
        (#"{"type":[{"prefix":"ab"},{"anything-but":{"prefix":["a"]}}]}"#, []),
        (#"{"type":[{"anything-but":5}]}"#, ["matchesEverything "]),
        (#"{"data":{"x":[{"exists":true}]}}"#, []),
        (#"{"data":{"x":[{"exists":true},{"exists":false}]}}"#, ["matchesEverything "]),
        (#"{"data":{"x":[{"prefix":""},{"exists":false}]}}"#, []),
        (#"{"entity":{"id":[{"prefix":""},{"exists":false}]}}"#, ["matchesEverything "]),
        (#"{"$or":[{"type":["a"]},{"type":[{"anything-but":[1,2]}]}]}"#, ["matchesEverything "]),
        // What means something else.
        (#"{"type":["bot.*"]}"#, ["isDoubtful /type/0"]),
        (#"{"type":[{"exactly":"bot.*"}]}"#, []),
        (#"{"data":{"n":{"numeric":[">",5]}}}"#, ["isDoubtful /data/n/numeric"]),
        (#"{"data":{"a[0].b":["x"]}}"#, ["isDoubtful /data/a[0].b"]),
    ] as [(String, [String])])
func aSecondLookFindsWhatCannotBeMeant(_ match: String, _ findings: [String]) throws {
    #expect(try found(match) == findings, "\(match)")
}

@Test func sourcesThatNobodyKnowsAreNotJudged() throws {
    #expect(try found(#"{"source":["anything"]}"#, sources: nil) == [])
}

@Test func theShapeIsThatOfEvents() throws {
    let entity = EntityReference(type: "bot", id: "1", name: "n", workspaceID: "w", version: "v")
    let event = Event(
        id: "evt_1", identity: Event.Identity(source: "s", key: "k"), type: "t", time: nil,
        receivedAt: Timestamp(milliseconds: 0), entity: entity, body: Array("{}".utf8))
    let document = try JSONValue(parsing: event.document)
    #expect(Set(document.object?.keys ?? []) == Set(EventShape.root))
    #expect(document["entity"]?.object?.keys == EventShape.ofEntity)
    for name in EventShape.always { #expect(document[name]?.string != nil, "\(name)") }
}

// MARK: - Shadows

/// Whether a rule with the first pattern is shadowed by one with the second.
private func isShadowed(_ narrow: String, by wide: String) throws -> Bool {
    let rules = [try rule("wide", wide), try rule("narrow", narrow)]
    return RuleLint.findings(in: rules).contains { $0.kind == .isShadowed && $0.rule == "narrow" }
}

@Test(arguments: [
    (#"{"type":["a"]}"#, #"{"type":["a","b"]}"#),
    (#"{"type":["a"],"source":["own"]}"#, #"{"type":["a"]}"#),
    (#"{"type":["bot.a","bot.b"]}"#, #"{"type":[{"prefix":"bot."}]}"#),
    (#"{"type":[{"prefix":"bot.p"}]}"#, #"{"type":[{"prefix":"bot."}]}"#),
    (#"{"type":[{"prefix":"bot.p"}]}"#, #"{"type":[{"wildcard":"b*"}]}"#),
    (#"{"type":[{"prefix":"bot.p"}]}"#, #"{"type":[{"prefix":{"equals-ignore-case":"BOT"}}]}"#),
    (#"{"type":[{"suffix":".published"}]}"#, #"{"type":[{"suffix":"ed"}]}"#),
    (
        #"{"type":[{"equals-ignore-case":"a.Publish"}]}"#,
        #"{"type":[{"suffix":{"equals-ignore-case":".pUBlish"}}]}"#
    ),
    (#"{"type":[{"wildcard":"bot.*.x"}]}"#, #"{"type":[{"wildcard":"bot*x"}]}"#),
    (#"{"type":[{"wildcard":"bot.*"}]}"#, #"{"type":[{"prefix":"bot."}]}"#),
    (
        #"{"type":[{"equals-ignore-case":"Bot.X"}]}"#,
        #"{"type":[{"prefix":{"equals-ignore-case":"bOT"}}]}"#
    ),
    (#"{"data":{"n":[{"numeric":[">",5,"<",8]}]}}"#, #"{"data":{"n":[{"numeric":[">=",5]}]}}"#),
    (#"{"data":{"n":[7]}}"#, #"{"data":{"n":[{"numeric":[">=",5]}]}}"#),
    (#"{"data":{"n":[5.0]}}"#, #"{"data":{"n":[5,6]}}"#),
    (#"{"data":{"ip":[{"cidr":"10.1.0.0/16"}]}}"#, #"{"data":{"ip":[{"cidr":"10.0.0.0/8"}]}}"#),
    (#"{"type":["a"]}"#, #"{"type":[{"anything-but":["b","c"]}]}"#),
    (#"{"type":[{"prefix":"bot."}]}"#, #"{"type":[{"anything-but":["app.x"]}]}"#),
    (#"{"type":[{"prefix":"bot."}]}"#, #"{"type":[{"anything-but":{"prefix":"app."}}]}"#),
    (#"{"type":[{"anything-but":["b","c"]}]}"#, #"{"type":[{"anything-but":["c"]}]}"#),
    (#"{"type":[{"anything-but":{"prefix":"b"}}]}"#, #"{"type":[{"anything-but":["bot"]}]}"#),
    (#"{"data":{"x":["a"]}}"#, #"{"data":{"x":[{"exists":true}]}}"#),
    (#"{"data":{"x":[{"exists":false}],"y":[1]}}"#, #"{"data":{"y":[1],"x":[{"exists":false}]}}"#),
    (#"{"data":{"y":["a"]}}"#, #"{"$or":[{"data":{"y":["a"]}},{"type":["b"]}]}"#),
    (
        #"{"$or":[{"data":{"y":["a"]}},{"type":["b"]}]}"#,
        #"{"$or":[{"data":{"y":["a","c"]}},{"type":["b"]}]}"#
    ),
    (#"{"data.x.y":["a"]}"#, #"{"data":{"x":{"y":["a"]}}}"#),
    (#"{"type":["a"]}"#, #"{"id":[{"exists":true}]}"#),
    (#"{"type":["a"],"data":{"x":[{"exists":false}]}}"#, #"{"data":{"x":[{"exists":false}]}}"#),
])
func aRuleThatAddsNothingIsShadowed(_ narrow: String, _ wide: String) throws {
    #expect(try isShadowed(narrow, by: wide), "\(narrow) by \(wide)")
    // The other way round only what is equal says so, and of the equal the later one is told of.
    let rules = [try rule("narrow", narrow), try rule("wide", wide)]
    let shadowed = RuleLint.findings(in: rules).filter { $0.kind == .isShadowed }.map(\.rule)
    #expect(shadowed.count == 1)
}

@Test(arguments: [
    (#"{"type":["a","b"]}"#, #"{"type":["a"]}"#),
    (#"{"type":["a"]}"#, #"{"type":["a"],"source":["own"]}"#),
    (#"{"type":[{"prefix":"bot"}]}"#, #"{"type":[{"prefix":"bot."}]}"#),
    (#"{"type":[{"prefix":"a"}]}"#, #"{"type":[{"wildcard":""}]}"#),
    (#"{"type":[{"prefix":""}]}"#, #"{"type":[{"wildcard":""}]}"#),
    (#"{"type":[{"suffix":""}]}"#, #"{"type":[{"wildcard":"a*"}]}"#),
    (#"{"type":[{"wildcard":"a*b"}]}"#, #"{"type":[{"wildcard":"a*c*b"}]}"#),
    (#"{"type":[{"wildcard":"a*"}]}"#, #"{"type":[{"wildcard":"a"}]}"#),
    (#"{"data":{"x":[{"exists":true}]}}"#, #"{"data":{"x":[{"anything-but":["b"]}]}}"#),
    (#"{"data":{"x":[{"exists":true}]}}"#, #"{"data":{"x":[{"prefix":""}]}}"#),
    (#"{"data":{"n":[{"numeric":[">",5]}]}}"#, #"{"data":{"n":[{"numeric":[">",5,"<",8]}]}}"#),
    (#"{"data":{"n":[{"numeric":[">=",5]}]}}"#, #"{"data":{"n":[{"numeric":[">",5]}]}}"#),
    (#"{"data":{"ip":[{"cidr":"10.0.0.0/8"}]}}"#, #"{"data":{"ip":[{"cidr":"10.1.0.0/16"}]}}"#),
    (#"{"type":[{"prefix":"b"}]}"#, #"{"type":[{"anything-but":["bot"]}]}"#),
    (#"{"type":[{"equals-ignore-case":"bot"}]}"#, #"{"type":[{"prefix":"b"}]}"#),
    (
        #"{"type":[{"equals-ignore-case":"bot"}]}"#,
        #"{"type":[{"suffix":{"equals-ignore-case":"tob"}}]}"#
    ),
    // Another condition of the first one chooses the element in which the absence is decided.
    (
        #"{"data":{"e":{"a":[1],"z":[{"exists":false}]}}}"#,
        #"{"data":{"e":{"z":[{"exists":false}]}}}"#
    ),
    (
        #"{"data":{"e":{"a":[{"exists":true},{"exists":false}],"z":[{"exists":false}]}}}"#,
        #"{"data":{"e":{"z":[{"exists":false}]}}}"#
    ),
    (#"{"$or":[{"data":{"y":["a"]}},{"type":["b"]}]}"#, #"{"data":{"y":["a"]}}"#),
])
func aRuleThatAddsSomethingIsNot(_ narrow: String, _ wide: String) throws {
    #expect(try !isShadowed(narrow, by: wide), "\(narrow) by \(wide)")
}

@Test func onlyRulesThatDoTheSameShadow() throws {
    func shadowed(_ rules: Rule...) -> [String?] {
        RuleLint.findings(in: rules).filter { $0.kind == .isShadowed }.map(\.rule)
    }
    let (wide, narrow) = (#"{"type":["a","b"]}"#, #"{"type":["a"]}"#)
    #expect(
        try shadowed(
            rule("w", wide, copies: ["one", "two"], notify: ["x", "y"]),
            rule("n", narrow, copies: ["two", "one"], notify: ["y", "x"])) == ["n"])
    #expect(
        try shadowed(rule("w", wide, copies: ["one"]), rule("n", narrow, copies: ["two"])) == [])
    #expect(
        try shadowed(rule("w", wide, notify: ["x"]), rule("n", narrow, notify: ["y"])) == [])
    #expect(try shadowed(rule("w", wide, notify: ["x"]), rule("n", narrow)) == [])
    #expect(try shadowed(rule("w", wide, isEnabled: false), rule("n", narrow)) == [])
    // What the wider one was about rests for a while.
    func resting(_ name: String, _ match: String) throws -> Rule {
        var rule = try rule(name, match)
        rule.cooldown = .hours(1)
        return rule
    }
    #expect(try shadowed(resting("w", wide), rule("n", narrow)) == [])
    #expect(try shadowed(resting("w", wide), resting("n", narrow)) == [])
    #expect(try shadowed(resting("w", wide), resting("n", wide)) == ["n"])
    let json = { (words: String) throws in
        try Rule(
            parsing: ["match": ["type": ["a"]], "notify": ["x"], "template": .string(words)],
            name: words)
    }
    #expect(try shadowed(json("Hello"), json("Bye")) == [])
    #expect(
        try shadowed(rule("one", narrow), rule("two", narrow), rule("three", narrow)) == [
            "two", "three",
        ])
}

@Test func aFindingNamesTheRuleThePlaceAndTheRemedy() throws {
    let rules = [
        try rule("all-bots", #"{"type":[{"prefix":"bot."}]}"#, copies: ["one"]),
        try rule("published", #"{"type":["bot.published"]}"#, copies: ["one"]),
        try rule("old", #"{"detail-type":["bot.published"]}"#),
    ]
    #expect(
        RuleLint.findings(in: rules).map(\.description) == [
            """
            rule published: /match: the rule all-bots matches whatever this one matches and does \
            the same, so that it is copied twice
            Take one of the two out, or give them different actions.
            """,
            """
            rule old: /match/detail-type: events have no field detail-type, so no event can match
            Write instead: "type": ["bot.published"]
            """,
        ])
}

@Test func thousandsOfRulesOnOneFieldAreComparedAndTheRestIsBounded() throws {
    let many = try (0..<3_000).map { try rule("r\($0)", #"{"type":["t\#($0 / 2)"]}"#) }
    let findings = RuleLint.findings(in: many)
    #expect(findings.count == 1_500 && findings.allSatisfy { $0.kind == .isShadowed })

    let prefixes = try (0..<200).map { try rule("r\($0)", #"{"type":[{"prefix":"t\#($0)."}]}"#) }
    #expect(RuleLint.findings(in: prefixes).isEmpty)
    let cut = RuleLint.findings(in: prefixes, comparisonsMax: 1_000)
    #expect(cut.map(\.kind) == [.isUnfinished])
}
