import Rules
import StrictJSON
import Testing

/// What an event costs beside its scan grows as the event does: counted in steps, so that no clock
/// decides.
@Suite struct GrowthTests {
    /// Twice of something: not more than this many times the steps.
    private static let growthMax = 2.3

    private func set(_ texts: [String], hitsMax: Int = RuleSet.hitsMax) throws -> RuleSet {
        let patterns = try texts.enumerated().map {
            ($0.offset, try Pattern(parsing: Array($0.element.utf8)))
        }
        return RuleSet(patterns, hitsMax: hitsMax)
    }

    private func steps(_ set: RuleSet, _ event: String) throws -> Int {
        _ = try JSONValue(eventParsing: Array(event.utf8))
        return try #require(set.steps(checked: Array(event.utf8)))
    }

    // MARK: - Dotted keys

    /// Rules of which three conditions hold, and in no object together.
    private let split = (0..<50).map { #"{"a":{"i":{"n":[1],"m":[2],"k":["\#($0)"]}}}"# }

    private func objects(_ count: Int, _ last: String = #"{"m":2}"#) -> String {
        (0..<count).map { #"{"n":1,"k":"\#($0 % 50)"},"# }.joined() + last
    }

    @Test(arguments: [
        #""a.i":5"#, #""a.i":[5]"#, #""a.i":{"z":1}"#, #""a.i":[{"m":2},{"m":2}]"#,
        #""a.i.m":2"#, #""a.i":[{"n":1},{"m":2}]"#,
    ])
    func aDottedKeyBesideAnArrayCostsLittle(_ dotted: String) throws {
        let set = try set(split)
        let plain = try steps(set, #"{"a":{"i":[\#(objects(300))]}}"#)
        let found = try steps(set, #"{"a":{"i":[\#(objects(300))]},\#(dotted)}"#)
        // A step for each byte would be a million.
        #expect(found < plain * 10 + 10_000, "\(plain)")
    }

    @Test func objectsOnTwoWaysCostWhatTheyAre() throws {
        let set = try set(split.map { $0.replacing(#""m":"#, with: #""o":[3],"m":"#) })
        func event(_ count: Int) -> String {
            let objects = objects(count, #"{"m":2},{"o":3},{"o":3}"#)
            return #"{"a":{"i":[\#(objects)]},"a.i":[\#(objects)]}"#
        }
        #expect(set.matches(checked: Array(event(200).utf8)) == [])
        let once = try steps(set, event(200))
        #expect(try Double(steps(set, event(400))) < Double(once) * Self.growthMax, "\(once)")
    }

    // MARK: - Places

    /// Thousands of places of which each leads to as many others.
    @Test func aPlaceIsLeftByWhateverIsFewer() throws {
        let set = try set(
            (0..<400).flatMap { id in
                (0..<40).map { #"{"i":{"id":["i\#(id)"],"k":["k\#($0)"]}}"# }
            })
        func event(_ count: Int) -> String {
            #"{"i":[\#((0..<count).map { #"{"id":"i\#($0)"}"# }.joined(separator: ","))]}"#
        }
        let once = try steps(set, event(200))
        #expect(once > 200)
        #expect(try Double(steps(set, event(400))) < Double(once) * Self.growthMax, "\(once)")
    }

    // MARK: - What is excluded

    @Test func anExclusionIsNotDearerForWhatElseAValuePasses() throws {
        func set(_ bounds: Int) throws -> RuleSet {
            try self.set(
                (0..<bounds).map { #"{"i":{"n":[{"numeric":[">",-\#($0)]}],"q":[1]}}"# }
                    + (0..<50).map { #"{"i":{"n":[{"anything-but":[\#($0),5]}],"m":[\#($0)]}}"# })
        }
        let items = (0..<400).map { #"{"n":\#($0 % 2 * 5)},{"m":\#($0 % 50)}"# }
        let event = #"{"i":[\#(items.joined(separator: ","))]}"#
        let few = try steps(try set(1), event)
        #expect(few > 400)
        // A step for each bound that each value passes would be six million.
        let many = try steps(try set(300), event)
        #expect(many < few + 2 * 300 * 50 + 10_000, "\(few)")
    }

    // MARK: - Beyond the bound of hits

    @Test func moreRulesThanAreNotedCostWhatTheyAre() throws {
        let items = (0..<60).map { #"{"n":\#(5_000 + $0 % 7),"m":\#($0 * 10),"k":"ab"}"# }
        let event = #"{"i":[\#(items.joined(separator: ","))]}"#
        func set(_ count: Int) throws -> RuleSet {
            try self.set(
                (0..<count).flatMap { number in
                    let more = #"[{"numeric":[">",\#(number)]}]"#
                    return [
                        #"{"i":{"n":\#(more),"m":\#(more)}}"#,
                        #"{"i":{"n":\#(more),"k":[{"wildcard":"*a*b*"}],"m":[1]}}"#,
                    ]
                }, hitsMax: 500)
        }
        let once = try steps(try set(100), event)
        #expect(once > 0)
        #expect(try Double(steps(try set(200), event)) < Double(once) * Self.growthMax, "\(once)")
    }

    /// Two hundred rules that share ten bounds, in turn.
    @Test func rulesThatShareTestsAreDecidedTogether() throws {
        let set = try set(
            (0..<200).map { #"{"i":{"n":[{"numeric":[">",\#($0 % 10)]}],"k":[\#($0)]}}"# },
            hitsMax: 1_000)
        let items = (0..<400).map { #"{"n":99,"k":\#($0 % 200)}"# }
        let event = #"{"i":[\#(items.joined(separator: ","))]}"#
        #expect(set.matches(checked: Array(event.utf8))?.count == 200)
        // Two bounds fit into a scan, and so do the hundred and more rules with either; a scan for
        // each two rules in turn would be ten times as much.
        let found = try steps(set, event)
        #expect(found < 60_000, "\(found)")
    }

    // MARK: - Arrays inside arrays

    @Test func manyObjectsInManyArraysAreGoneThroughOnce() throws {
        let set = try set([#"{"a":{"b":[1],"c":[2]}}"#])
        let objects = (0..<1_000).map { $0 % 2 == 0 ? #"{"b":1}"# : #"{"c":2}"# }
        func event(_ depth: Int, _ brothers: String = "") -> String {
            String(repeating: "[" + brothers, count: depth) + objects.joined(separator: ",")
                + String(repeating: "]", count: depth)
        }
        let few = try steps(set, #"{"a":\#(event(2))}"#)
        let many = try steps(set, #"{"a":\#(event(60))}"#)
        #expect(many < few + 2_000, "\(few)")
        let brothers = try steps(set, #"{"a":\#(event(60, "0,{},[1],"))}"#)
        #expect(brothers < few + 4_000, "\(few)")
    }
}
