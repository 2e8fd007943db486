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
        guard let base = bytes.baseAddress else { return }
        let helper = MatchMemory(for: engine, rules: 0)
        let other = EngineVerdict(engine, helper, bytes)
        let postponed = scratch.pointee.postponed.buffer
        var start = 0
        while start < postponed.count {
            helper.begin()
            helper.scratch.pointee.wantNone(of: tables.pointee.tests.count)
            var end = start
            var count = 0
            while end < postponed.count {
                let more = hits(of: postponed[end], besides: helper.scratch.pointee)
                guard count + more <= scratch.pointee.hitsMax else { break }
                count += more
                visitTests(of: postponed[end]) { helper.scratch.pointee.want($0) }
                end += 1
            }
            if end == start {
                settle(postponed[start]) { _, conjunction in holdsByTree(conjunction) }
                start += 1
                continue
            }
            var scan = EngineScan(engine, helper.scratch, bytes, base)
            guard scan.run() else { return }
            for number in postponed[start..<end] { settle(number, other.holds) }
            start = end
        }
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
    private func hits(of number: Int32, besides wanted: MatchScratch) -> Int {
        var count = 0
        visitTests(of: number) { test in
            guard scratch.pointee.isPassed(test), !wanted.isWanted(test) else { return }
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
