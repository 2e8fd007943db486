import Rules
import StrictJSON
import Testing

private func pattern(_ text: String) throws -> Pattern { try Pattern(parsing: Array(text.utf8)) }

@Suite struct RuleSetTests {
    @Test func aSetAnswersInTheOrderOfNumbersAndWithNoneTwice() throws {
        let set = RuleSet([
            (7, try pattern(#"{"type":[{"prefix":"bot."}]}"#)),
            (1, try pattern(#"{"type":["app.published"]}"#)),
            (3, try pattern(#"{"data":{"n":[{"numeric":[">",1]}]}}"#)),
            (7, try pattern(#"{"data":{"n":[2]}}"#)),
        ])
        let event = Array(#"{"type":"bot.published","data":{"n":2.0}}"#.utf8)
        #expect(try set.matches(document: event) == [3, 7])
        #expect(try set.matches(document: Array("{}".utf8)) == [])
        #expect(RuleSet([]).isEmpty)
    }

    @Test(arguments: ["[]", "1", "", "{} {}", #"{"a":1,"a":2}"#, "{\"a\":\"\u{1}\"}"])
    func aSetRefusesWhatIsNoEvent(_ text: String) {
        #expect(throws: JSONRefusal.self) {
            try RuleSet([]).matches(document: Array(text.utf8))
        }
    }

    @Test func anEventLargerThanIntakeAllowsIsMatched() throws {
        let long = String(repeating: "x", count: 2 << 20)
        let set = RuleSet([(4, try Pattern(parsing: ["s": [["suffix": "y"]]]))])
        #expect(try set.matches(document: Array(#"{"s":"\#(long)y"}"#.utf8)) == [4])
    }

    /// However the patterns came in, the answer is that of all at once.
    @Test func whatWasAddedOneByOneAnswersLikeWhatWasThereFromTheStart() throws {
        var matter = RandomMatter(seed: 4)
        let patterns = (0..<400).compactMap { number in
            (try? pattern(matter.pattern())).map { (number % 150, $0) }
        }
        var grown = RuleSet([])
        var place = 0
        while place < patterns.count {
            let end = min(place + matter.number(1...3), patterns.count)
            grown = grown.adding(Array(patterns[place..<end]))
            place = end
        }
        let whole = RuleSet(patterns)
        #expect(grown.count == patterns.count)
        var found = 0
        for _ in 0..<200 {
            let event = Array(matter.event().utf8)
            let answer = try whole.matches(document: event)
            #expect(try grown.matches(document: event) == answer)
            found += answer.count
        }
        #expect(found > 200)
    }
}

@Suite struct RuleBookTests {
    @Test func whatStaysAsItWasIsNotCompiledAgain() throws {
        var rules = try (0..<100).map {
            Rule(name: "r\($0)", match: try pattern(#"{"n":[\#($0)]}"#))
        }
        let book = RuleBook(rules)
        #expect(book.current.matcher.layerCounts == [100])
        rules.insert(Rule(name: "new", match: try pattern(#"{"n":["new"]}"#)), at: 50)
        book.replace(with: rules)
        #expect(book.current.matcher.layerCounts == [100, 1])
        rules.reverse()
        rules[0].isEnabled = false
        book.replace(with: rules)
        #expect(book.current.matcher.layerCounts == [100, 1])
        rules[0].isEnabled = true
        book.replace(with: rules)
        #expect(book.current.matcher.layerCounts == [100, 2])
        book.replace(with: Array(rules[..<10]))
        #expect(book.current.matcher.layerCounts == [10])
    }

    @Test func aBookThatWasChangedAnswersLikeANewOne() throws {
        var matter = RandomMatter(seed: 5)
        let pool = try (0..<20).map { try pattern(#"{"n":[\#($0 % 4),\#($0 % 5)]}"#) }
        var rules: [Rule] = []
        let book = RuleBook()
        var found = 0
        for round in 0..<150 {
            switch matter.number(0...3) {
            case 0 where !rules.isEmpty: rules.remove(at: matter.number(0...rules.count - 1))
            case 1 where !rules.isEmpty:
                rules[matter.number(0...rules.count - 1)].isEnabled.toggle()
            case 2 where !rules.isEmpty:
                rules.insert(rules.removeLast(), at: matter.number(0...rules.count))
            default:
                let match = pool[matter.number(0...pool.count - 1)]
                rules.append(Rule(name: "r\(round)", match: match))
            }
            book.replace(with: rules)
            let event = Array(#"{"n":\#(round % 5)}"#.utf8)
            let json = try JSONValue(eventParsing: event)
            let expected = rules.filter { $0.isEnabled && $0.match.matches(json) }.map(\.name)
            #expect(book.current.matches(checked: event)?.map(\.name) == expected)
            found += expected.count
        }
        #expect(found > 200)
    }

    @Test func bytesThatAreNoEventHaveNoAnswer() throws {
        let book = RuleBook([Rule(name: "r", match: try pattern(#"{"a":[1]}"#))])
        #expect(book.current.matches(checked: Array(#"{"a":1}"#.utf8))?.count == 1)
        #expect(book.current.matches(checked: Array(#"{"a":1"#.utf8)) == nil)
        #expect(book.current.matches(checked: Array("[1]".utf8)) == nil)
    }
}
