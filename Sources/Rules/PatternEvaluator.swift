package import StrictJSON

/// One pattern, made ready to be asked of one event after another, each a tree.
///
/// Slow and simple: it explains, it decides what the engine cannot, and the engine is tested
/// against it.
package struct PatternEvaluator: Sendable {
    let meaning: PatternMeaning
    private let alternatives: [PatternNode]

    package init(_ pattern: Pattern) {
        meaning = pattern.meaning
        alternatives = meaning.conjunctions.map { [leaves = meaning.leaves] conditions in
            PatternNode(of: conditions, leaves: leaves)
        }
    }

    /// Whether the event answers the pattern; only a JSON object ever does.
    package func matches(_ event: JSONValue) -> Bool {
        guard case .object = event else { return false }
        return alternatives.indices.contains { holds($0, for: event) }
    }

    /// Whether the event answers one of the alternatives, by its place among them.
    func holds(_ alternative: Int, for event: JSONValue) -> Bool {
        let node = alternatives[alternative]
        return node.holds(
            at: [PatternPlace(value: event, rest: nil)], for: node.wanted, SplitPatience())
    }
}

extension Pattern {
    /// For one event; for more of them make one evaluator.
    package func matches(_ event: JSONValue) -> Bool { PatternEvaluator(self).matches(event) }

    /// Answers as `matches` does, and says why.
    package func explain(_ event: JSONValue) -> Explanation {
        PatternEvaluator(self).explain(event)
    }
}

/// The conditions of one alternative as a tree of path steps, so that each array of the event is
/// met once by everything that is asked of it.
struct PatternNode: Sendable {
    /// The numbers, within the alternative, of the conditions here and below that want a value.
    private(set) var wanted: Set<Int> = []
    /// What a scalar at this place must pass; `nil` when nothing is asked of it.
    private(set) var tests: [ValueTest]?
    /// The number of that condition.
    private(set) var number = 0
    /// Whether no scalar may be at this place.
    private(set) var wantsAbsence = false
    private(set) var children: [(step: [UInt8], node: PatternNode)] = []

    init(of conditions: [PatternCondition], leaves: [PatternLeaf]) {
        for (number, condition) in conditions.enumerated() {
            let leaf = leaves[condition.leaf]
            insert(condition, leaf.tests, at: leaf.path[...], number: number)
        }
    }

    private mutating func insert(
        _ condition: PatternCondition, _ tests: [ValueTest], at path: ArraySlice<String>,
        number: Int
    ) {
        if !condition.wantsAbsence { wanted.insert(number) }
        guard let first = path.first else {
            if condition.wantsAbsence {
                wantsAbsence = true
            } else {
                self.tests = tests
                self.number = number
            }
            return
        }
        let step = Array(first.utf8)
        let place = children.firstIndex { $0.step == step } ?? children.count
        if place == children.count { children.append((step, PatternNode(of: [], leaves: []))) }
        children[place].node.insert(condition, tests, at: path.dropFirst(), number: number)
    }
}

/// A value of the event at a path, or what is left of a dotted key in front of it.
///
/// `{"a.b": 1}` is the same as `{"a": {"b": 1}}`: after the step `a`, the rest is `b`.
struct PatternPlace {
    let value: JSONValue
    let rest: Substring.UTF8View?

    /// Where a step leads from here.
    func next(_ step: [UInt8]) -> [PatternPlace] {
        if let rest { return Self.follow(step, rest, to: value).map { [$0] } ?? [] }
        guard case .object(let object) = value else { return [] }
        return object.members.compactMap { Self.follow(step, $0.key[...].utf8, to: $0.value) }
    }

    private static func follow(
        _ step: [UInt8], _ key: Substring.UTF8View, to value: JSONValue
    ) -> PatternPlace? {
        guard key.starts(with: step) else { return nil }
        let rest = key.dropFirst(step.count)
        guard let dot = rest.first else { return PatternPlace(value: value, rest: nil) }
        return dot == UInt8(ascii: ".") ? PatternPlace(value: value, rest: rest.dropFirst()) : nil
    }

    /// The elements, when this is an array.
    var elements: [JSONValue]? { rest == nil ? value.array : nil }

    var scalar: JSONValue? {
        guard rest == nil, value.array == nil, value.object == nil else { return nil }
        return value
    }
}

extension PatternNode {
    /// Whether everything asked here and below holds at these places, which are all the values
    /// that one path leads to.
    ///
    /// Of the conditions that want a value, only those in `wanted` are asked. What wants absence
    /// is asked of the elements that these choose, and of all elements where they choose none.
    func holds(
        at places: [PatternPlace], for wanted: Set<Int>, _ patience: SplitPatience
    ) -> Bool {
        let arrays = places.compactMap(\.elements)
        if arrays.isEmpty { return holdsWithoutArrays(at: places, for: wanted, patience) }
        if arrays.count == 1, places.count == 1 {
            return holds(in: arrays[0], for: wanted, patience)
        }
        // Dotted keys can lead to one path by several ways. Ways do not share arrays, so each
        // condition may take its own.
        let others = places.filter { $0.elements == nil }
        return split(wanted, over: arrays, hasOthers: !others.isEmpty, patience) {
            holdsWithoutArrays(at: others, for: $0, patience)
        }
    }

    /// In an array, everything that wants a value wants it of one and the same element.
    private func holds(
        in elements: [JSONValue], for wanted: Set<Int>, _ patience: SplitPatience
    ) -> Bool {
        func holds(_ element: JSONValue) -> Bool {
            self.holds(at: [PatternPlace(value: element, rest: nil)], for: wanted, patience)
        }
        return wanted.isEmpty ? elements.allSatisfy(holds) : elements.contains(where: holds)
    }

    private func holdsWithoutArrays(
        at places: [PatternPlace], for wanted: Set<Int>, _ patience: SplitPatience
    ) -> Bool {
        if let tests, wanted.contains(number) {
            let isPassed = places.contains { place in
                guard let scalar = place.scalar else { return false }
                return tests.contains { $0.passes(scalar) }
            }
            guard isPassed else { return false }
        }
        if wantsAbsence, places.contains(where: { $0.scalar != nil }) { return false }
        return children.allSatisfy { child in
            let next = places.flatMap { $0.next(child.step) }
            let asked = child.node.wanted.intersection(wanted)
            return child.node.holds(at: next, for: asked, patience)
        }
    }

    /// How many conditions that have a choice are tried on every way that can answer them.
    ///
    /// Those beyond take the first way that can: a bound on cost for events made to be costly.
    private static let splitMax = 10

    /// Whether the wanted conditions can be dealt out to the arrays and to what `others` answers.
    ///
    /// Which conditions are dealt out so far is all that the arrays to come need to know, so that
    /// each such set is looked at once, however many deals lead to it.
    private func split(
        _ wanted: Set<Int>, over arrays: [[JSONValue]], hasOthers: Bool, _ patience: SplitPatience,
        others: (Set<Int>) -> Bool
    ) -> Bool {
        let asked = wanted.sorted().map { number in
            (number: number, arrays: arrays.indices.filter { canAnswer(number, in: arrays[$0]) })
        }.filter { !$0.arrays.isEmpty }
        // Mostly one way has the answers to all.
        for preferred in arrays.indices where asked.count > 1 && patience.isLeft {
            var dealt = [Set<Int>](repeating: [], count: arrays.count)
            for condition in asked {
                let isThere = condition.arrays.contains(preferred)
                dealt[isThere ? preferred : condition.arrays[0]].insert(condition.number)
            }
            patience.take(arrays[preferred].count)
            if zip(arrays, dealt).allSatisfy({ holds(in: $0, for: $1, patience) }),
                others(wanted.subtracting(asked.map(\.number)))
            {
                return true
            }
        }
        let choosing = asked.filter { hasOthers || $0.arrays.count > 1 }
        let freeMax = patience.isLeft ? Self.splitMax : 0
        let free = choosing.prefix(freeMax)
        let beyond =
            asked.filter { !hasOthers && $0.arrays.count == 1 } + choosing.dropFirst(freeMax)
        /// The conditions of one set, a bit for each that is free.
        func conditions(_ set: Int) -> Set<Int> {
            Set(free.enumerated().filter { set >> $0.offset & 1 == 1 }.map(\.element.number))
        }
        var reached = [Bool](repeating: false, count: 1 << free.count)
        reached[0] = true
        for (place, array) in arrays.enumerated() {
            let fixed = beyond.filter { $0.arrays[0] == place }.map(\.number)
            let answerable = free.enumerated().reduce(0) { set, condition in
                condition.element.arrays.contains(place) ? set | 1 << condition.offset : set
            }
            let taken = reached.indices.filter { set in
                guard set & ~answerable == 0, set == 0 || patience.isLeft else { return false }
                patience.take(array.count)
                return holds(in: array, for: conditions(set).union(fixed), patience)
            }
            var next = [Bool](repeating: false, count: reached.count)
            for set in reached.indices where reached[set] {
                for more in taken where set & more == 0 { next[set | more] = true }
            }
            reached = next
        }
        let rest = wanted.subtracting(beyond.map(\.number))
        return reached.indices.contains { reached[$0] && others(rest.subtracting(conditions($0))) }
    }

    /// Whether one condition alone has its answer somewhere in the array.
    private func canAnswer(_ number: Int, in elements: [JSONValue]) -> Bool {
        var values: [PatternPlace] = []
        collect(number, at: elements.map { PatternPlace(value: $0, rest: nil) }, into: &values)
        return !values.isEmpty
    }

    private func collect(
        _ number: Int, at places: [PatternPlace], into values: inout [PatternPlace]
    ) {
        var flat: [PatternPlace] = []
        var open = places
        while let place = open.popLast() {
            if let elements = place.elements {
                open += elements.map { PatternPlace(value: $0, rest: nil) }
            } else {
                flat.append(place)
            }
        }
        if let tests, self.number == number {
            values += flat.filter { place in
                guard let scalar = place.scalar else { return false }
                return tests.contains { $0.passes(scalar) }
            }
        }
        for child in children where child.node.wanted.contains(number) {
            child.node.collect(number, at: flat.flatMap { $0.next(child.step) }, into: &values)
        }
    }
}

/// How many elements are looked at for ways of dealing conditions out, however the arrays of an
/// event nest.
///
/// A class, since all that are on the way together draw on it.
final class SplitPatience {
    private var left = 200_000

    var isLeft: Bool { left > 0 }

    func take(_ elements: Int) { left -= elements + 1 }
}
