import Administration
import Domain
import Rules
import Storage
import StorageMemory
import StrictJSON
import Testing

/// Numbers that are the same in every run.
private struct Draw: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return (state ^ (state >> 29)) &* 0xBF58_476D_1CE4_E5B9
    }
}

private let types = ["bot.published", "bot.unpublished", "app.published", "bot.deleted"]

/// What rules of these tests look for.
private let patterns = [
    #"{"type":["bot.published"]}"#, #"{"type":[{"prefix":"bot."}]}"#,
    #"{"type":[{"anything-but":["bot.deleted"]}]}"#, #"{"data":{"n":[{"numeric":["<",5]}]}}"#,
    #"{"$or":[{"type":["app.published"]},{"data":{"n":[7]}}]}"#,
    #"{"data":{"tags":["a"],"n":[{"exists":true}]}}"#,
]

private func wish(_ members: String) throws -> BacktestWish {
    try BacktestWish(parsing: Array("{\(members)}".utf8), now: MatchingWorld.start)
}

extension JSONValue {
    fileprivate var integer: Int { number?.int64.map(Int.init) ?? -1 }

    /// How many, and the ids of those that are told.
    fileprivate func kind(_ name: String) -> (count: Int, ids: [String]) {
        let kind = self[name]
        return (
            kind?["count"]?.integer ?? -1,
            kind?["events"]?.array?.compactMap { $0["id"]?.string } ?? []
        )
    }
}

@Suite struct BacktestTests {
    /// The events that a rule of this pattern fires for when they come in one by one.
    private func live(_ pattern: String, _ events: [Event]) async throws -> Set<Event.ID> {
        let world = try MatchingWorld([#"{"name":"r","match":\#(pattern)}"#])
        for event in events {
            _ = try await world.store.admit(event)
            try await world.runOnce()
        }
        var fired: Set<Event.ID> = []
        for event in events {
            let record = try #require(try await world.store.event(event.id))
            if !record.verdicts.isEmpty { fired.insert(event.id) }
        }
        return fired
    }

    private func someEvents(_ count: Int, seed: UInt64) -> [Event] {
        var draw = Draw(state: seed)
        return (0..<count).map { number in
            let tags = ["[]", #"["a"]"#, #"["b","a"]"#].randomElement(using: &draw) ?? ""
            return Event(
                id: Event.ID(rawValue: "evt_\(number)"),
                identity: .init(source: "main", key: "\(number)"),
                type: types.randomElement(using: &draw) ?? "", time: nil,
                receivedAt: MatchingWorld.start + .seconds(Int.random(in: 0..<40, using: &draw)),
                entity: Bool.random(using: &draw) ? MatchingWorld.bot("1") : nil,
                body: Array("{\"n\":\(Int.random(in: 0..<10, using: &draw)),\"tags\":\(tags)}".utf8)
            )
        }
    }

    @Test(arguments: UInt64(0)..<12)
    func whatItSaysIsWhatHappensWhenTheEventsComeIn(seed: UInt64) async throws {
        let events = someEvents(60, seed: seed)
        var draw = Draw(state: seed &+ 77)
        let (old, new) = (
            patterns.randomElement(using: &draw) ?? "", patterns.randomElement(using: &draw) ?? ""
        )
        let (before, after) = (try await live(old, events), try await live(new, events))
        let fixture = AdministrationFixture()
        for event in events { _ = try await fixture.store.admit(event) }
        _ = try await fixture.administration.putRule(
            "r", definition: Array(#"{"match":\#(old)}"#.utf8), by: .anna)

        var (gained, lost, same, neither) = (0, 0, 0, 0)
        var told: (gained: Set<String>, lost: Set<String>) = ([], [])
        var cursor: String?
        repeat {
            let place = cursor.map { #","cursor":"\#($0)""# } ?? ""
            let answer = try await fixture.administration.backtest(
                "r", try wish(#""definition":{"match":\#(new)},"limit":7\#(place)"#))
            #expect(answer["compared_with"] == "in_force")
            #expect(answer["total"]?.number?.int64 == (cursor == nil ? 60 : nil))
            gained += answer.kind("gained").count
            lost += answer.kind("lost").count
            same += answer["same"]?.integer ?? -1
            neither += answer["neither"]?.integer ?? -1
            told.gained.formUnion(answer.kind("gained").ids)
            told.lost.formUnion(answer.kind("lost").ids)
            cursor = answer["next"]?.string
        } while cursor != nil

        let names = { (ids: Set<Event.ID>) in Set(ids.map(\.rawValue)) }
        #expect(told.gained == names(after.subtracting(before)), "seed \(seed): \(old) \(new)")
        #expect(told.lost == names(before.subtracting(after)), "seed \(seed): \(old) \(new)")
        #expect(gained == told.gained.count && lost == told.lost.count)
        #expect(same == before.intersection(after).count)
        #expect(gained + lost + same + neither == 60)
    }

    @Test func aRuleThatIsNewOrSwitchedOffMatchedNothing() async throws {
        let fixture = AdministrationFixture()
        _ = try await fixture.store.admit(fixture.event(1))
        let all = #""definition":{"match":{"type":["bot.published"]}}"#
        var answer = try await fixture.administration.backtest("new", try wish(all))
        #expect(answer["compared_with"] == "nothing")
        #expect(answer.kind("gained") == (1, ["evt_1"]))
        let off = #"{"match":{"type":["bot.published"]},"enabled":false}"#
        _ = try await fixture.administration.putRule("new", definition: Array(off.utf8), by: .anna)
        answer = try await fixture.administration.backtest("new", try wish(all))
        #expect(answer["compared_with"] == "in_force")
        #expect(answer.kind("gained").count == 1)
        answer = try await fixture.administration.backtest(
            "new", try wish(#""definition":\#(off)"#))
        #expect(answer["neither"]?.integer == 1)
        #expect(fixture.book.current.rules.map(\.isEnabled) == [false], "nothing is changed")
    }

    @Test func onlyThePeriodIsGoneThrough() async throws {
        let fixture = AdministrationFixture()
        for event in someEvents(40, seed: 1) { _ = try await fixture.store.admit(event) }
        let since = (MatchingWorld.start + .seconds(10)).description
        let everything = #"{"match":{"type":[{"prefix":""}]}}"#
        let until = (MatchingWorld.start + .seconds(20)).description
        let answer = try await fixture.administration.backtest(
            "r",
            try wish(#""definition":\#(everything),"since":"\#(since)","until":"\#(until)""#))
        let expected = someEvents(40, seed: 1).count {
            (10..<20).contains(($0.receivedAt - MatchingWorld.start).components.seconds)
        }
        #expect(answer["total"]?.integer == expected)
        #expect(answer["examined"]?.integer == expected)
        #expect(expected > 0 && expected < 40)
    }

    @Test(
        arguments: [
            ("", "request_invalid", "/definition"), (#""definition":7"#, "rule_invalid", ""),
            (
                #""definition":{"match":{"type":[{"prefx":"b"}]}}"#, "rule_invalid",
                "/match/type/0/prefx"
            ),
            (
                #""definition":{"match":{"type":[{"prefix":""}]},"copy":[{"connection":"x"}]}"#,
                "rule_invalid",
                "/copy/0/connection"
            ),
            (
                #""definition":{"match":{"type":[{"prefix":""}]}},"since":"yesterday""#,
                "request_invalid", "/since"
            ),
            (
                #""definition":{"match":{"type":[{"prefix":""}]}},"until":7"#, "request_invalid",
                "/until"
            ),
            (
                #""definition":{"match":{"type":[{"prefix":""}]}},"limit":0"#, "request_invalid",
                "/limit"
            ),
            (
                #""definition":{"match":{"type":[{"prefix":""}]}},"limit":10001"#,
                "request_invalid",
                "/limit"
            ),
            (
                #""definition":{"match":{"type":[{"prefix":""}]}},"cursor":"x""#,
                "parameter_invalid", nil
            ),
            (
                #""definition":{"match":{"type":[{"prefix":""}]}},"page":1"#, "request_invalid",
                "/page"
            ),
        ] as [(String, String, String?)])
    func whatMeansNothingIsRefused(members: String, code: String, pointer: String?) async throws {
        let fixture = AdministrationFixture()
        let refusal = await #expect(throws: AdministrationError.self) {
            try await fixture.administration.backtest("r", try wish(members))
        }
        #expect(refusal?.code.rawValue == code)
        #expect(refusal?.pointer?.description == pointer)
    }
}
