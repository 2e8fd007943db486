import Rules
import StrictJSON
import Testing

/// Which elements an explanation names.
@Suite struct ChosenElementTests {
    private func places(_ pattern: String, _ event: String) throws -> [String?] {
        let pattern = try Pattern(parsing: Array(pattern.utf8))
        let explanation = pattern.explain(try JSONValue(parsing: Array(event.utf8)))
        return explanation.leaves.map { $0.place?.description }
    }

    @Test func theElementIsNamedThatAnswersEverything() throws {
        let event = #"{"e":[{"a":1,"b":1},{"a":2,"b":1},{"a":1,"b":2},{"a":2,"b":2}]}"#
        #expect(try places(#"{"e":{"a":[2],"b":[2]}}"#, event) == ["/e/3/a", "/e/3/b"])
        #expect(try places(#"{"e":{"a":[1],"b":[2]}}"#, event) == ["/e/2/a", "/e/2/b"])
        #expect(try places(#"{"e":{"a":[3],"b":[2]}}"#, event) == [nil, nil])
    }

    @Test func nestedArraysAndScalarsInArraysAreFollowed() throws {
        let event = #"{"x":[[{"t":["a","b"]}],[{"t":["c"]},{"t":["d","e"]}]],"y":5}"#
        #expect(try places(#"{"x":{"t":["e"]},"y":[5]}"#, event) == ["/x/1/1/t/1", "/y"])
    }

    @Test func aKeyWithDotsIsNamedAsItIsWritten() throws {
        #expect(
            try places(#"{"a":{"b":{"c":[1]}}}"#, #"{"a.b":[{"c":0},{"c":1}]}"#)
                == ["/a.b/1/c"])
    }

    @Test func anAbsenceAndABranchNotTakenHaveNoPlace() throws {
        #expect(
            try places(#"{"a":[1],"b":[{"exists":false}]}"#, #"{"a":[2,1]}"#) == ["/a/1", nil])
        #expect(
            try places(#"{"$or":[{"a":[1]},{"b":[1]}]}"#, #"{"b":1}"#) == [nil, "/b"])
    }

    @Test func theTextSaysWhichElementOfWhat() throws {
        let pattern = try Pattern(parsing: ["e": ["a": [2]], "f": [1]])
        let text = "\(pattern.explain(["e": [["a": 1], ["a": 2]], "f": 1]))"
        #expect(text.contains("found 1, 2  by /e/1/a"), "\(text)")
        #expect(!text.contains("by /f"), "\(text)")
    }

    /// What is missing where the others are found was asked for, wherever else it stands.
    @Test func anAbsenceInTheChosenElementIsPassed() throws {
        let pattern = try Pattern(parsing: ["items": ["a": [3], "b": [["exists": false]]]])
        func passed(_ event: JSONValue) -> [Bool] {
            pattern.explain(event).leaves.map(\.isPassed)
        }
        #expect(passed(["items": [["a": 1, "b": 2], ["a": 3]]]) == [true, true])
        #expect(passed(["items": [["a": 1], ["a": 3, "b": 2]]]) == [true, false])
    }

    /// The elements that are named match alone, whatever pattern and event are drawn.
    @Test func whatIsNamedAnswersTheLeaf() throws {
        var matter = RandomMatter(seed: 9)
        var named = 0
        for _ in 0..<400 {
            let text = matter.pattern()
            guard let pattern = try? Pattern(parsing: Array(text.utf8)) else { continue }
            let event = try JSONValue(parsing: Array(matter.event(answering: text).utf8))
            let explanation = pattern.explain(event)
            for leaf in explanation.leaves {
                guard let place = leaf.place else { continue }
                named += 1
                #expect(explanation.isMatch)
                let value = try #require(event.value(at: place), "\(text) \(place)")
                let alone = try Pattern(parsing: ["x": leaf.asked])
                #expect(alone.matches(["x": value]), "\(text) \(place)")
            }
        }
        #expect(named > 100)
    }
}
