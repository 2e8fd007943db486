import Domain
package import StrictJSON

/// Why an event matches a pattern or does not, leaf by leaf, for people who write rules.
package struct Explanation: Hashable, Sendable {
    /// One list of tests.
    package struct Leaf: Hashable, Sendable {
        /// Where the list stands in the pattern.
        package let pointer: JSONPointer
        /// The field that is asked for, steps joined by dots: `entity.workspace_id`.
        package let path: String
        /// The list as it was written.
        package let asked: JSONValue
        /// The scalars that the event has at that path, in its order, at most `foundMax`.
        package let found: [JSONValue]
        /// Whether there were more.
        package let hasMore: Bool
        /// Whether the leaf alone, with no regard to the others, holds.
        package let isPassed: Bool
        /// Where in the event the value stands that the match rests on, elements of arrays
        /// included; `nil` where there is no match, or where it rests on an absence.
        package let place: JSONPointer?
        /// Whether the leaf is in a branch of `$or`, so that it need not pass.
        package let isInBranch: Bool

        package static let foundMax = 20

        /// Whether the place is one of several.
        fileprivate var isInArray: Bool {
            place.map { $0.tokens.joined(separator: ".") != path } ?? false
        }
    }

    package let isMatch: Bool
    /// In the order of the pattern's text.
    package let leaves: [Leaf]

    /// Whether there is a choice of branches in which every leaf passes alone, and yet no match:
    /// then the values stand in different elements of an array.
    package let isSplitOverElements: Bool
}

extension Explanation: CustomStringConvertible {
    /// The verdict, then a line a leaf, with what was asked and what was found.
    package var description: String {
        var lines = [isMatch ? "match" : "no match"]
        for leaf in leaves {
            var found = leaf.found.map(\.excerpt).joined(separator: ", ")
            if leaf.hasMore { found += ", ..." }
            lines.append(
                "  \(leaf.isPassed ? "passed" : "failed")  \(leaf.path)  asked "
                    + "\(leaf.asked.excerpt)  found \(found.isEmpty ? "nothing" : found)"
                    + (leaf.isInArray ? "  by \(leaf.place?.description ?? "")" : "")
                    + (leaf.isInBranch ? "  (in $or)" : ""))
        }
        if isSplitOverElements {
            lines.append(
                "  the values stand in different elements of an array; one element must have all")
        }
        return lines.map(\.onOneLine).joined(separator: "\n")
    }
}

extension PatternEvaluator {
    /// Answers as `matches` does, and says why.
    package func explain(_ event: JSONValue) -> Explanation {
        let isMatch = matches(event)
        let chosen = isMatch ? ChosenElements(of: event, for: self) : nil
        let explained = meaning.leaves.map { leaf in
            let found = Self.scalars(of: event, at: leaf.path)
            // In arrays it is the elements chosen that a field must be missing in.
            let isMissing =
                found.isEmpty
                || chosen.map { Self.scalars(of: $0.event, at: leaf.path).isEmpty } ?? false
            let isPassed =
                found.contains { value in leaf.tests.contains { $0.passes(value) } }
                || isMissing && leaf.tests.contains(.absent)
            return Explanation.Leaf(
                pointer: leaf.pointer, path: leaf.path.joined(separator: "."), asked: leaf.asked,
                found: Array(found.prefix(Explanation.Leaf.foundMax)),
                hasMore: found.count > Explanation.Leaf.foundMax, isPassed: isPassed,
                place: chosen?.place(of: leaf.path) { value in
                    leaf.tests.contains { $0.passes(value) }
                },
                isInBranch: leaf.pointer.tokens.contains("$or"))
        }
        let passesLeafByLeaf =
            event.object != nil
            && meaning.conjunctions.contains { $0.allSatisfy { explained[$0.leaf].isPassed } }
        return Explanation(
            isMatch: isMatch, leaves: explained,
            isSplitOverElements: passesLeafByLeaf && !isMatch)
    }

    /// Every scalar that a path leads to, arrays and dotted keys followed.
    private static func scalars(of event: JSONValue, at path: [String]) -> [JSONValue] {
        var places = [PatternPlace(value: event, rest: nil)]
        for step in path {
            places = flat(places).flatMap { $0.next(Array(step.utf8)) }
        }
        return flat(places).compactMap(\.scalar)
    }

    private static func flat(_ places: [PatternPlace]) -> [PatternPlace] {
        places.flatMap { place in
            guard let elements = place.elements else { return [place] }
            return flat(elements.map { PatternPlace(value: $0, rest: nil) })
        }
    }
}
