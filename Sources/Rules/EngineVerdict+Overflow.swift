// Events that pass so many tests in their arrays that not all of it is kept.
//
// Three hundred rules with a bound on the price of an item, and an event with eighty thousand
// items: that is twenty-four million values that pass a test, of which nobody needs more at a time
// than a few rules ask for.
extension EngineVerdict {
    /// Decides what was postponed: scans the event again, for as many conjunctions at a time as
    /// the hits of their tests leave room for.
    ///
    /// How many these are the first scan has counted, so that none of these scans overflows. What
    /// is too much by itself is asked of the plain evaluator.
    func settlePostponed() {
        let helper = MatchMemory(for: engine, rules: 0)
        var wanted = WantedTests(of: tables.pointee.tests.count)
        // The memory's own from here on, which frees it.
        defer { helper.scratch.pointee.wanted = wanted }
        let postponed = scratch.pointee.postponed.buffer
        var start = 0
        while start < postponed.count {
            let end = choose(among: postponed[start...], into: wanted)
            wanted.fillTrees(tables)
            if end > start, let other = scanningAgain(for: wanted, in: helper) {
                for number in postponed[start..<end] { settle(number, other.holds) }
                scratch.pointee.steps &+= helper.scratch.pointee.steps
                start = end
            } else {
                settle(postponed[start]) { _, conjunction in holdsByTree(conjunction) }
                start += 1
            }
        }
    }

    /// What another scan says of the wanted tests.
    private func scanningAgain(for wanted: WantedTests, in helper: MatchMemory) -> EngineVerdict? {
        guard let base = bytes.baseAddress else { return nil }
        helper.begin()
        helper.scratch.pointee.wanted = wanted
        var scan = EngineScan(engine, helper.scratch, bytes, base)
        return scan.run() ? EngineVerdict(engine, helper, bytes) : nil
    }

    /// Makes the tests of as many conjunctions wanted, and no others, as there is room for.
    ///
    /// All are looked at: thousands of rules mostly share a few tests, and what shares those that
    /// are wanted already needs no room.
    ///
    /// - Returns: Where those begin that have to wait; the chosen ones stand before them then.
    private func choose(
        among postponed: Slice<UnsafeMutableBufferPointer<Int32>>, into wanted: WantedTests
    ) -> Int {
        wanted.removeAll()
        var count = 0
        var end = postponed.startIndex
        for place in postponed.indices {
            let number = postponed[place]
            let more = hits(of: number, besides: wanted)
            guard count + more <= scratch.pointee.hitsMax else { continue }
            count += more
            visitTests(of: number) { wanted.insert($0) }
            postponed.base.swapAt(place, end)
            end += 1
        }
        return end
    }

    private func settle(_ number: Int32, _ holds: (Int32, EngineConjunction) -> Bool) {
        let conjunction = tables.pointee.conjunctions[number]
        let epoch = scratch.pointee.epoch
        guard scratch.pointee.ruleStamps[conjunction.rule] != epoch, holds(number, conjunction)
        else { return }
        scratch.pointee.ruleStamps[conjunction.rule] = epoch
        scratch.pointee.rules.append(conjunction.rule)
    }

    /// How many values pass the tests of a conjunction that are not wanted yet.
    private func hits(of number: Int32, besides wanted: WantedTests) -> Int {
        var count = 0
        visitTests(of: number) { test in
            guard scratch.pointee.isPassed(test), !wanted.contains(test) else { return }
            count += Int(scratch.pointee.tests[test].count)
        }
        return count
    }

    /// Calls `visit` with every test that a conjunction's answer may hang on.
    private func visitTests(of number: Int32, _ visit: (Int32) -> Void) {
        for index in tables.pointee.conjunctions[number].parts.indices {
            let part = tables.pointee.parts[index]
            if part.isAbsence { continue }
            if part.isTest {
                visit(part.number)
                continue
            }
            for index in tables.pointee.conditions[part.number].tests.indices {
                let test = tables.pointee.conditionTests[index]
                guard tables.pointee.kinds[test] == .anythingBut else {
                    visit(test)
                    continue
                }
                let stretch = tables.pointee.exclusions[tables.pointee.detailOfTest[test]]
                for index in stretch.indices { visit(tables.pointee.excluded[index]) }
            }
        }
    }
}
