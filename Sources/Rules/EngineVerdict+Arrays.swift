// Whether the conditions of a conjunction agree on the elements they choose.
//
// Elements are numbered in the order of the text, so that everything inside an element is one
// stretch of numbers. Without dotted keys a path leads from an element into one array at most, so
// conditions part into groups by the array they go into, and the groups do not touch each other.
// With them each condition is given one way first; see ``EngineVerdict/agreeByWays(_:in:)``.
extension EngineVerdict {
    func agree(_ conjunction: EngineConjunction) -> Bool {
        scratch.pointee.seekers.removeAll()
        for index in conjunction.parts.indices {
            let part = tables.pointee.parts[index]
            // Apart, since it makes the list, which may move what is subscripted then.
            let holding: EngineStretch
            if part.isAbsence {
                guard scratch.pointee.fields[part.number].stamp == scratch.pointee.epoch
                else { continue }
                holding = presence(of: part.number)
            } else {
                // What holds outside of arrays agrees with everything. With dotted keys it may
                // hold inside of some too, and have to, where absence is asked of the others.
                guard scratch.pointee.hasDottedKeys || finding(part) == .holdsInArrays
                else { continue }
                holding =
                    part.isTest
                    ? self.holding(ofTest: part.number) : self.holding(ofCondition: part.number)
            }
            scratch.pointee.seekers.append(
                MatchScratch.Seeker(holding: holding, isAbsence: part.isAbsence))
        }
        let stretch = 0..<scratch.pointee.seekers.count
        let isAgreed =
            scratch.pointee.hasDottedKeys
            ? agreeByWays(conjunction, stretch) : agree(stretch, in: 0)
        scratch.pointee.forgetHoldings()
        return isAgreed
    }

    // The elements in which a part holds, listed once for each event.

    private func holding(ofTest number: Int32) -> EngineStretch {
        if let known = scratch.pointee.holding(scratch.pointee.tests[number].holding) {
            return known
        }
        var state = scratch.pointee.tests[number]
        state.holding = list { noteHits(of: number) }
        scratch.pointee.tests[number] = state
        return kept(state.holding)
    }

    private func holding(ofCondition number: Int32) -> EngineStretch {
        if let known = scratch.pointee.holding(scratch.pointee.conditions[number].holding) {
            return known
        }
        var state = scratch.pointee.conditions[number]
        let condition = tables.pointee.conditions[number]
        state.holding = list {
            for index in condition.tests.indices {
                let test = tables.pointee.conditionTests[index]
                guard tables.pointee.kinds[test] == .anythingBut else {
                    noteHits(of: test)
                    continue
                }
                visitValues(of: condition.field, beyond: test) { occurrence in
                    scratch.pointee.holding.append(occurrence.element)
                    return true
                }
            }
        }
        scratch.pointee.conditions[number] = state
        return kept(state.holding)
    }

    /// The elements in which a field is there.
    private func presence(of number: Int32) -> EngineStretch {
        if let known = scratch.pointee.holding(scratch.pointee.fields[number].holding) {
            return known
        }
        var state = scratch.pointee.fields[number]
        state.holding = list {
            var next = state.last
            while next >= 0 {
                let occurrence = scratch.pointee.occurrences[next]
                scratch.pointee.holding.append(occurrence.element)
                next = occurrence.previous
            }
        }
        scratch.pointee.fields[number] = state
        return kept(state.holding)
    }

    private func kept(_ number: Int32) -> EngineStretch {
        scratch.pointee.holding(number) ?? .empty
    }

    /// The number under which the elements that `note` appends are kept, ascending.
    private func list(_ note: () -> Void) -> Int32 {
        let start = scratch.pointee.holding.count
        note()
        var found = scratch.pointee.holding.buffer
        // One test's come last first, so that turning them round is all there is to do.
        found[start...].reverse()
        if !zip(found[start...], found[start...].dropFirst()).allSatisfy({ $0 <= $1 }) {
            found[start...].sort()
        }
        scratch.pointee.steps &+= found.count - start
        return scratch.pointee.keepHolding(from: start)
    }

    private func noteHits(of test: Int32) {
        guard scratch.pointee.isPassed(test) else { return }
        var next = scratch.pointee.tests[test].lastHit
        while next >= 0 {
            let hit = scratch.pointee.hits[next]
            scratch.pointee.holding.append(scratch.pointee.occurrences[hit.occurrence].element)
            next = hit.previous
        }
    }

    /// Whether conditions that all hold somewhere in an element can do so together.
    ///
    /// An absence is asked of the elements that the others choose; in arrays in which they choose
    /// none, of all.
    ///
    /// - Parameter stretch: Of the seekers; sorted here by the array they go into.
    func agree(_ stretch: Range<Int>, in element: Int32) -> Bool {
        for place in stretch {
            var seeker = scratch.pointee.seekers[place]
            let first = elements(of: seeker, in: element).first
            let child = first.flatMap { self.child(of: element, around: $0) }
            if seeker.isAbsence, first != nil, child == nil { return false }
            seeker.array = child.map { scratch.pointee.elements[$0].array } ?? -1
            sortIn(seeker, at: place, from: stretch.lowerBound)
        }
        var start = stretch.lowerBound
        while start < stretch.upperBound {
            let array = scratch.pointee.seekers[start].array
            var end = start + 1
            while end < stretch.upperBound, scratch.pointee.seekers[end].array == array { end += 1 }
            if array >= 0, !agree(start..<end, inOneOf: element) { return false }
            start = end
        }
        return true
    }

    /// Puts a seeker where it belongs among those before its place.
    private func sortIn(_ seeker: MatchScratch.Seeker, at place: Int, from start: Int) {
        var place = place
        while place > start, scratch.pointee.seekers[place - 1].array > seeker.array {
            scratch.pointee.seekers[place] = scratch.pointee.seekers[place - 1]
            place -= 1
        }
        scratch.pointee.seekers[place] = seeker
    }

    /// Whether some element of the one array that these conditions go into answers all of them.
    private func agree(_ stretch: Range<Int>, inOneOf element: Int32) -> Bool {
        var rarest: Slice<UnsafeBufferPointer<Int32>>?
        for place in stretch where !scratch.pointee.seekers[place].isAbsence {
            let other = elements(of: scratch.pointee.seekers[place], in: element)
            if rarest.map({ other.count < $0.count }) ?? true { rarest = other }
        }
        guard let rarest else { return false }
        if stretch.count == 1 { return true }
        // Further down they are sorted anew, so a copy goes there.
        let top = scratch.pointee.seekers.count
        var next = rarest.startIndex
        while next < rarest.endIndex {
            scratch.pointee.steps &+= 1
            guard let child = child(of: element, around: rarest[next]) else {
                next += 1
                continue
            }
            next = end(of: child, in: rarest, from: next)
            let isEverywhere = stretch.allSatisfy {
                let seeker = scratch.pointee.seekers[$0]
                return seeker.isAbsence || holds(seeker, in: child)
            }
            guard isEverywhere else { continue }
            for place in stretch {
                scratch.pointee.seekers.append(scratch.pointee.seekers[place])
            }
            let copy = top..<top + stretch.count
            let isAgreed =
                scratch.pointee.hasDottedKeys
                ? agreeByWays(copy, in: child) : agree(copy, in: child)
            scratch.pointee.seekers.truncate(to: top)
            if isAgreed { return true }
        }
        return false
    }

    /// Where the holders end that lie inside an element, from one of them on.
    private func end(
        of child: Int32, in holders: Slice<UnsafeBufferPointer<Int32>>, from place: Int
    ) -> Int {
        let last = scratch.pointee.elements[child].last
        // Mostly there is one. Where there are thousands, as in an array inside arrays, they are
        // not gone through on every level.
        guard place + 1 < holders.endIndex, holders[place + 1] <= last else { return place + 1 }
        return lowerBound(holders[place...], last + 1)
    }

    /// Whether a part holds in an element or inside it.
    private func holds(_ seeker: MatchScratch.Seeker, in element: Int32) -> Bool {
        let all = holders(of: seeker)
        let first = lowerBound(all, element)
        return first < all.endIndex && all[first] <= scratch.pointee.elements[element].last
    }

    /// The elements, this one or inside it, in which a part holds.
    func elements(
        of seeker: MatchScratch.Seeker, in element: Int32
    ) -> Slice<UnsafeBufferPointer<Int32>> {
        let all = holders(of: seeker)
        let start = lowerBound(all, element)
        let end = lowerBound(all[start...], scratch.pointee.elements[element].last + 1)
        return all[start..<end]
    }

    private func holders(of seeker: MatchScratch.Seeker) -> Slice<UnsafeBufferPointer<Int32>> {
        let holding = UnsafeBufferPointer(scratch.pointee.holding.buffer)
        return holding[Int(seeker.holding.start)..<Int(seeker.holding.end)]
    }

    private func lowerBound(_ values: Slice<UnsafeBufferPointer<Int32>>, _ value: Int32) -> Int {
        var (start, end) = (values.startIndex, values.endIndex)
        while start < end {
            let middle = (start + end) / 2
            if values[middle] < value { start = middle + 1 } else { end = middle }
        }
        return start
    }

    /// The element right below `element` that `inner` is or lies in; `nil` for `element` itself.
    ///
    /// - Parameter inner: `element` or inside it.
    func child(of element: Int32, around inner: Int32) -> Int32? {
        guard inner != element else { return nil }
        // Up from the one and on from brother to brother, the first of which comes right behind
        // the other: so neither many levels nor many brothers are gone through.
        var outer = inner
        var brother = element + 1
        while true {
            let parent = scratch.pointee.elements[outer].parent
            if parent == element { return outer }
            let last = scratch.pointee.elements[brother].last
            if inner <= last { return brother }
            outer = parent
            brother = last + 1
            scratch.pointee.steps &+= 1
        }
    }
}
