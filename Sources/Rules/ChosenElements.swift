import StrictJSON

/// The elements of arrays that a match rests on, found by taking others away.
///
/// An event that matches still does when an array on the way holds nothing but the one element
/// that answers. So each array is halved until one element is left, outer arrays first.
struct ChosenElements {
    /// The event with one element in each array that is asked for.
    private(set) var event: JSONValue
    /// By the array in the reduced event, where its element stood.
    private var indices: [JSONPointer: Int] = [:]
    /// Arrays of which no half will do alone.
    private var kept: Set<JSONPointer> = []

    /// - Parameter event: Matches the pattern.
    init(of event: JSONValue, for pattern: PatternEvaluator) {
        self.event = event
        for leaf in pattern.meaning.leaves {
            while let array = firstArray(on: leaf.path[...], in: self.event, at: .root) {
                reduce(array, pattern)
            }
        }
    }

    private func firstArray(
        on path: ArraySlice<String>, in value: JSONValue, at pointer: JSONPointer
    ) -> JSONPointer? {
        if let elements = value.array {
            if elements.count > 1, !kept.contains(pointer) { return pointer }
            for (index, element) in elements.enumerated() {
                let found = firstArray(on: path, in: element, at: pointer.appending(index))
                if let found { return found }
            }
        }
        for step in value.steps(along: path) {
            let next = pointer.appending(step.key)
            if let found = firstArray(on: step.path, in: step.value, at: next) { return found }
        }
        return nil
    }

    private mutating func reduce(_ pointer: JSONPointer, _ pattern: PatternEvaluator) {
        guard let elements = event.value(at: pointer)?.array else { return }
        var stretch = elements.indices
        while stretch.count > 1 {
            let middle = stretch.lowerBound + stretch.count / 2
            let halves = [stretch.lowerBound..<middle, middle..<stretch.upperBound]
            let half = halves.first { half in
                pattern.matches(
                    event.replacing(pointer.tokens[...], with: .array(Array(elements[half]))))
            }
            guard let half else {
                kept.insert(pointer)
                return
            }
            stretch = half
        }
        event = event.replacing(pointer.tokens[...], with: .array(Array(elements[stretch])))
        indices[pointer] = stretch.lowerBound
    }

    /// Where the first scalar at a path that passes `test` stands in the whole event.
    func place(of path: [String], where test: (JSONValue) -> Bool) -> JSONPointer? {
        firstScalar(at: path[...], in: event, from: .root, where: test).map(whole)
    }

    private func firstScalar(
        at path: ArraySlice<String>, in value: JSONValue, from pointer: JSONPointer,
        where test: (JSONValue) -> Bool
    ) -> JSONPointer? {
        var next: [(key: String, value: JSONValue, path: ArraySlice<String>)] = []
        if let elements = value.array {
            next = elements.enumerated().map { (String($0.offset), $0.element, path) }
        } else if path.isEmpty {
            return value.object == nil && test(value) ? pointer : nil
        } else {
            next = value.steps(along: path)
        }
        for step in next {
            let place = pointer.appending(step.key)
            if let found = firstScalar(at: step.path, in: step.value, from: place, where: test) {
                return found
            }
        }
        return nil
    }

    /// A place of the reduced event in the whole one.
    private func whole(_ reduced: JSONPointer) -> JSONPointer {
        var tokens = reduced.tokens
        for end in tokens.indices {
            if let index = indices[JSONPointer(tokens: Array(reduced.tokens[..<end]))] {
                tokens[end] = String(index)
            }
        }
        return JSONPointer(tokens: tokens)
    }
}

extension JSONValue {
    /// The members of an object that lie on a path, each with what is left of it: a key with dots
    /// is several steps.
    fileprivate func steps(
        along path: ArraySlice<String>
    ) -> [(key: String, value: JSONValue, path: ArraySlice<String>)] {
        guard let members = object?.members, !path.isEmpty else { return [] }
        return members.compactMap { member in
            let steps = member.key.utf8.split(
                separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
            guard steps.count <= path.count,
                zip(steps, path).allSatisfy({ $0.elementsEqual($1.utf8) })
            else { return nil }
            return (member.key, member.value, path.dropFirst(steps.count))
        }
    }

    /// The same value with another at a pointer that leads somewhere.
    fileprivate func replacing(_ tokens: ArraySlice<String>, with value: JSONValue) -> JSONValue {
        guard let first = tokens.first else { return value }
        if var elements = array, let index = Int(first), elements.indices.contains(index) {
            elements[index] = elements[index].replacing(tokens.dropFirst(), with: value)
            return .array(elements)
        }
        guard let members = object?.members else { return self }
        return .object(
            JSONObject(
                members.map { member in
                    let isIt = member.key.utf8.elementsEqual(first.utf8)
                    return (
                        member.key,
                        isIt
                            ? member.value.replacing(tokens.dropFirst(), with: value)
                            : member.value
                    )
                }))
    }
}
