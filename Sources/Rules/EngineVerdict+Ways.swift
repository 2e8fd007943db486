// Dotted keys: `{"a.b": [...], "a": {"b": [...]}}` has two arrays at one path, so that conditions
// on it agree by way of one or of the other.
extension EngineVerdict {
    private typealias Holders = Slice<UnsafeBufferPointer<Int32>>

    /// Steps that deciding one conjunction may take, for each element of the event.
    ///
    /// About what the plain evaluator takes for an element: it is asked where this is not enough.
    private static let stepsMax = 64

    /// Whether the seekers of a conjunction agree, whatever ways they take.
    func agreeByWays(_ conjunction: EngineConjunction, _ stretch: Range<Int>) -> Bool {
        let stepsMax = Self.stepsMax * (scratch.pointee.elements.count + Self.stepsMax)
        scratch.pointee.stepsEnd = scratch.pointee.steps &+ stepsMax
        if agreeByWays(stretch, in: 0) { return true }
        return scratch.pointee.isOutOfSteps && holdsByTree(conjunction)
    }

    /// The same as ``agree(_:in:)`` for an event with dotted keys.
    ///
    /// Arrays at one path share no elements, so every condition may take a way of its own. Each is
    /// given one after another of those it has, which are few, until all agree. What asks for
    /// absence is asked in every array that holds something of it, by a seeker for each.
    ///
    /// - Parameter stretch: The last of the seekers; more may be put behind them.
    func agreeByWays(_ stretch: Range<Int>, in element: Int32) -> Bool {
        guard partAbsences(stretch, in: element) else { return false }
        let stretch = stretch.lowerBound..<scratch.pointee.seekers.count
        for place in stretch where !scratch.pointee.seekers[place].isAbsence {
            let holders = elements(of: scratch.pointee.seekers[place], in: element)
            let first = firstWay(holders, from: element)
            if first.endIndex < holders.endIndex {
                return agree(stretch, in: element, byWaysOf: place, holders)
            }
        }
        return agree(stretch, in: element)
    }

    private func agree(
        _ stretch: Range<Int>, in element: Int32, byWaysOf place: Int, _ holders: Holders
    ) -> Bool {
        let top = scratch.pointee.seekers.count
        let bindsNothing =
            holders.first == element
            && !stretch.contains { scratch.pointee.seekers[$0].isAbsence }
        var rest = holders
        while !rest.isEmpty {
            scratch.pointee.steps &+= 1
            guard !scratch.pointee.isOutOfSteps else { return false }
            let way = firstWay(rest, from: element)
            for other in stretch {
                let seeker = scratch.pointee.seekers[other]
                scratch.pointee.seekers.append(other == place ? seeker.going(way) : seeker)
            }
            let isAgreed = agreeByWays(top..<top + stretch.count, in: element)
            scratch.pointee.seekers.truncate(to: top)
            if isAgreed { return true }
            // What was found outside of arrays disagrees with nothing, so that no other way is
            // better; only absences are easier to have in elements that are chosen.
            if bindsNothing { return false }
            rest = rest[way.endIndex...]
        }
        return false
    }

    /// Gives each absence a seeker for every way it has.
    ///
    /// - Returns: `false` where one cannot be had, because something is there outside of arrays, or
    ///   in more of them than others choose elements in.
    private func partAbsences(_ stretch: Range<Int>, in element: Int32) -> Bool {
        let choosing = stretch.reduce(0) { $0 + (scratch.pointee.seekers[$1].isAbsence ? 0 : 1) }
        for place in stretch where scratch.pointee.seekers[place].isAbsence {
            let seeker = scratch.pointee.seekers[place]
            var rest = elements(of: seeker, in: element)
            var ways = 0
            while let first = rest.first {
                ways += 1
                guard first != element, ways <= choosing else { return false }
                let way = firstWay(rest, from: element)
                if ways == 1 {
                    scratch.pointee.seekers[place] = seeker.going(way)
                } else {
                    scratch.pointee.seekers.append(seeker.going(way))
                }
                rest = rest[way.endIndex...]
            }
        }
        return true
    }

    /// The first of these holders and those beside it in the same array right below the element;
    /// the element itself is a way of its own.
    private func firstWay(_ holders: Holders, from element: Int32) -> Holders {
        func array(_ index: Int) -> Int32 {
            child(of: element, around: holders[index])
                .map { scratch.pointee.elements[$0].array } ?? -1
        }
        let first = array(holders.startIndex)
        // Mostly all go the same way.
        if array(holders.endIndex - 1) == first { return holders }
        // One array ends before another begins.
        var (start, end) = (holders.startIndex, holders.endIndex)
        while start < end {
            let middle = (start + end) / 2
            if array(middle) == first { start = middle + 1 } else { end = middle }
        }
        return holders[..<start]
    }
}

extension MatchScratch.Seeker {
    fileprivate func going(_ way: Slice<UnsafeBufferPointer<Int32>>) -> MatchScratch.Seeker {
        MatchScratch.Seeker(
            holding: EngineStretch(start: Int32(way.startIndex), end: Int32(way.endIndex)),
            isAbsence: isAbsence)
    }
}
