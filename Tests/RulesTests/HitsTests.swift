import Rules
import StrictJSON
import Testing

/// What a matcher notes of one event is bounded, and its answer is not.
@Suite struct HitsTests {
    private func pattern(_ text: String) throws -> Pattern {
        try Pattern(parsing: Array(text.utf8))
    }

    @Test func howMuchIsNotedMakesNoDifferenceToTheAnswer() throws {
        let texts = (0..<12).flatMap { number in
            [
                #"{"items":{"n":[{"numeric":[">",\#(number)]}],"m":[{"prefix":""},1,2]}}"#,
                #"{"items":{"n":[{"anything-but":[\#(number),5]}],"k":["k\#(number)"]}}"#,
                #"{"items":{"n":[\#(number)],"gone":[{"exists":false}]}}"#,
                #"{"items":{"n":[{"numeric":[">=",\#(number)]}]}}"#,
                #"{"$or":[{"items":{"m":[\#(number)],"k":["k3"]}},{"items":{"m":[0],"n":[1]}}]}"#,
            ]
        }
        let patterns = try texts.enumerated().map { ($0.offset, try pattern($0.element)) }
        let items = (0..<40).map { number in
            let gone =
                number % 3 == 0 ? #","gone":{"x":[1]}"# : number % 3 == 1 ? #","gone":[1]"# : ""
            return #"{"n":\#(number % 13),"m":\#(number % 7),"k":"k\#(number % 5)"\#(gone)}"#
        }
        let event = #"{"items":[\#(items.joined(separator: ","))]}"#
        let json = try JSONValue(eventParsing: Array(event.utf8))
        let expected = patterns.filter { $0.1.matches(json) }.map(\.0)
        #expect(expected.count > 20 && expected.count < patterns.count)
        for hitsMax in [1, 2, 7, 40, 100, 300, 500, RuleSet.hitsMax] {
            let set = RuleSet(patterns, hitsMax: hitsMax)
            #expect(set.matches(checked: Array(event.utf8)) == expected, "\(hitsMax)")
        }
    }

    /// Beyond the bound as it is: 300 rules, and values that pass all of them.
    @Test func anEventPassesMoreTestsThanAreNoted() throws {
        let items = 1_750
        let patterns = try (0..<300).map { number in
            let more = #"[{"numeric":[">",\#(number)]}]"#
            let less = #"[{"numeric":["<",\#(1_000 + number)]}]"#
            let flag = number == 7 ? 2 : 1
            return (number, try pattern(#"{"a":{"n":\#(more),"m":\#(less),"k":[\#(flag)]}}"#))
        }
        #expect(items * 600 > RuleSet.hitsMax)
        let values = (0..<items).map { #"{"n":\#(900 + $0 % 50),"m":\#($0 % 900),"k":1}"# }
        let event = Array(#"{"a":[\#(values.joined(separator: ","))]}"#.utf8)
        let expected = (0..<300).filter { $0 != 7 }
        #expect(RuleSet(patterns).matches(checked: event) == expected)
    }

    /// Most objects pass every `anything-but`, so that there are more lists of elements than are
    /// kept, and rules that share them in turn.
    @Test func listsThatAreNotKeptAreMadeAgain() throws {
        let patterns = try (0..<60).map { number in
            let second = number % 3 == 0 ? "" : #""o":[{"anything-but":[\#(number % 4)]}],"#
            let rest = #""n":[{"anything-but":["x\#(number % 5)"]}],"m":["y\#(number % 7)"]"#
            return (number, try pattern(#"{"a":{\#(second)\#(rest)}}"#))
        }
        let objects =
            (0..<60).map { #"{"n":"z","o":\#($0 % 2)}"# } + [
                #"{"n":"x1","m":"y1"}"#, #"{"n":"x2","m":"y1"}"#, #"{"n":"x3","o":3,"m":"y2"}"#,
                #"{"n":"z","o":1,"m":"y3"}"#, #"{"o":2,"m":"y4"}"#, #"{"n":"x4","o":0,"m":"y4"}"#,
            ]
        let event = #"{"a":[\#(objects.joined(separator: ","))]}"#
        let json = try JSONValue(eventParsing: Array(event.utf8))
        let expected = patterns.filter { $0.1.matches(json) }.map(\.0)
        #expect(expected.count > 10 && expected.count < 50)
        for hitsMax in [12, 20, 30, 60, 100, RuleSet.hitsMax] {
            let set = RuleSet(patterns, hitsMax: hitsMax)
            #expect(set.matches(checked: Array(event.utf8)) == expected, "\(hitsMax)")
        }
    }
}
