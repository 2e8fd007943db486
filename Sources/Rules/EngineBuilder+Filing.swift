// Where conjunctions and wildcards are put so that few are met in vain.
extension EngineBuilder {
    /// More conjunctions than this in one place are filed again by another field.
    private static let placeMax = 16

    /// How often the conjunctions of one rule are filed at most: as often as it may have
    /// conditions, so that values of several fields do not multiply.
    private static let filingsMax = Pattern.Limits.conditionsMax

    private mutating func mayFile(_ conjunction: Int32, times count: Int) -> Bool {
        let rule = Int(parts.conjunctions[Int(conjunction)].rule)
        while filings.count <= rule { filings.append(0) }
        guard filings[rule] + count <= Self.filingsMax else { return false }
        filings[rule] += count
        return true
    }

    /// Files each conjunction under the tests of the condition that fewest others share.
    mutating func fileConjunctions() {
        var uses = [Int32](repeating: 0, count: parts.kinds.count)
        for conjunction in parts.conjunctions {
            visitAccessTests(of: conjunction) { uses[Int($0)] += 1 }
        }
        var groups = [[Int32]](repeating: [], count: 0)
        var groupOfTest = [Int32](repeating: -1, count: parts.kinds.count)
        for number in parts.conjunctions.indices {
            guard
                let best = best(
                    of: Int32(number), besides: [],
                    by: { uses.indices.contains(Int($0)) ? uses[Int($0)] : 0 })
            else {
                parts.valueless.append(Int32(number))
                continue
            }
            let all = access(best)
            let isAffordable = mayFile(Int32(number), times: all.count)
            let field = parts.conditions[Int(best)].field
            for test in isAffordable ? all : [file(.exists, [], field)] {
                // Filing makes `exists` tests that nobody asked for.
                while groupOfTest.count <= Int(test) { groupOfTest.append(-1) }
                if groupOfTest[Int(test)] < 0 {
                    groupOfTest[Int(test)] = Int32(groups.count)
                    groups.append([])
                }
                groups[Int(groupOfTest[Int(test)])].append(Int32(number))
            }
        }
        var placeOfTest = [Int32](repeating: -1, count: parts.kinds.count)
        for (test, group) in groupOfTest.enumerated() where group >= 0 {
            placeOfTest[test] = place(groups[Int(group)], under: [Int32(test)])
            groups[Int(group)] = []
        }
        // So does filing what is told apart further down.
        let missing = parts.kinds.count - placeOfTest.count
        parts.placeOfTest = placeOfTest + [Int32](repeating: -1, count: missing)
    }

    /// Files a group in a place of its own, and what can be told apart in places below.
    private mutating func place(_ group: [Int32], under tests: [Int32]) -> Int32 {
        let place = Int32(parts.places.count)
        parts.places.append(EnginePlace(filed: .empty, below: .empty))
        var direct = group
        var below: [(test: Int32, group: [Int32])] = []
        if group.count > Self.placeMax {
            (direct, below) = split(group, under: tests)
        }
        let start = parts.filed.count
        parts.filed += direct
        let filed = EngineStretch(start, to: parts.filed)
        let next = below.map { test, group in
            EngineBelow(test: test, place: self.place(group, under: tests + [test]))
        }
        let first = parts.below.count
        parts.below += next
        let filled = EnginePlace(filed: filed, below: EngineStretch(first, to: parts.below))
        parts.places[Int(place)] = filled
        if !filled.isBelowFew {
            for next in next { parts.deeper[FrozenPairs.pair(place, next.test)] = next.place }
        }
        return place
    }

    /// Deals a group out by the conditions that tell most of it apart.
    private mutating func split(
        _ group: [Int32], under tests: [Int32]
    ) -> ([Int32], [(test: Int32, group: [Int32])]) {
        let used = Set(tests.map { fieldOfTest[Int($0)] })
        var uses: [Int32: Int32] = [:]
        for number in group {
            let conjunction = parts.conjunctions[Int(number)]
            visitAccessTests(of: conjunction) { test in
                if !used.contains(fieldOfTest[Int(test)]) { uses[test, default: 0] += 1 }
            }
        }
        var direct: [Int32] = []
        var groups: [(test: Int32, group: [Int32])] = []
        var groupOfTest: [Int32: Int] = [:]
        for number in group {
            guard
                let best = best(of: number, besides: used, by: { uses[$0] ?? 0 }),
                access(best).allSatisfy({ Int(uses[$0] ?? 0) * 2 <= group.count }),
                mayFile(number, times: access(best).count)
            else {
                direct.append(number)
                continue
            }
            for test in access(best) {
                let index = groupOfTest[test] ?? groups.count
                if index == groups.count {
                    groupOfTest[test] = index
                    groups.append((test, []))
                }
                groups[index].group.append(number)
            }
        }
        return (direct, groups)
    }

    /// The condition under whose tests fewest are filed.
    private func best(
        of number: Int32, besides used: Set<Int32>, by uses: (Int32) -> Int32
    ) -> Int32? {
        let conjunction = parts.conjunctions[Int(number)]
        var best: (condition: Int32, cost: Int)?
        for index in conjunction.parts.indices {
            let part = parts.parts[Int(index)]
            guard part >= 0 else { continue }
            let condition = parts.conditions[Int(part)]
            if used.contains(condition.field) { continue }
            var cost = condition.hasExclusions ? 1 << 40 : 0
            for test in condition.tests.indices {
                let test = parts.conditionTests[Int(test)]
                cost += Int(uses(test)) + parts.kinds[Int(test)].cost
            }
            if best.map({ cost < $0.cost }) ?? true { best = (part, cost) }
        }
        return best?.condition
    }

    /// The tests that a conjunction could be filed under.
    private func visitAccessTests(
        of conjunction: EngineConjunction, _ visit: (Int32) -> Void
    ) {
        for index in conjunction.parts.indices {
            let part = parts.parts[Int(index)]
            guard part >= 0 else { continue }
            let condition = parts.conditions[Int(part)]
            guard !condition.hasExclusions else { continue }
            for test in condition.tests.indices { visit(parts.conditionTests[Int(test)]) }
        }
    }

    /// The tests of which the event passes one whenever it answers the condition.
    private mutating func access(_ number: Int32) -> [Int32] {
        let condition = parts.conditions[Int(number)]
        guard !condition.hasExclusions else { return [file(.exists, [], condition.field)] }
        return condition.tests.indices.map { parts.conditionTests[Int($0)] }
    }

    // MARK: - Wildcards

    /// Files each wildcard under the run of bytes in it that fewest others have.
    mutating func fileWildcards() {
        let tests = parts.kinds.indices.filter { parts.kinds[$0] == .wildcard }
        var known = ByteTable()
        var uses: [Int32] = []
        var kinds: [EngineTestKind] = []
        for test in tests {
            visitRuns(of: test) { bytes, kind in
                let run = known.intern(bytes, in: kind.scope(Int(fieldOfTest[test])))
                if run == uses.count {
                    uses.append(0)
                    kinds.append(kind)
                }
                uses[run] += 1
            }
        }
        var testsOfRun: [[Int32]] = []
        for test in tests {
            var rarest = -1
            visitRuns(of: test) { bytes, kind in
                let run = known.intern(bytes, in: kind.scope(Int(fieldOfTest[test])))
                if rarest < 0 || uses[run] < uses[rarest] { rarest = run }
            }
            guard rarest >= 0 else { continue }
            let field = Int(fieldOfTest[test])
            let number = parts.runTable.intern(
                known.bytes(of: rarest), in: kinds[rarest].scope(field))
            if number == testsOfRun.count {
                testsOfRun.append([])
                parts.fields[field].note(kinds[rarest])
            }
            testsOfRun[number].append(Int32(test))
        }
        for tests in testsOfRun {
            let start = parts.runTests.count
            parts.runTests += tests
            parts.runs.append(EngineStretch(start, to: parts.runTests))
        }
    }

    /// Calls `visit` with every run of eight and of four bytes that some piece of the wildcard
    /// has, and where none is so long with those of the longest length.
    private func visitRuns(
        of test: Int, _ visit: (UnsafeBufferPointer<UInt8>, EngineTestKind) -> Void
    ) {
        let pieces = parts.wildcards[Int(parts.detailOfTest[test])].parts
        let longest = pieces.reduce(0) { max($0, $1.count) }
        for (length, kind) in EngineTestKind.runs where length <= longest {
            for piece in pieces where piece.count >= length {
                piece.withUnsafeBufferPointer { bytes in
                    for start in 0...bytes.count - length {
                        visit(rebased(bytes, start, length), kind)
                    }
                }
            }
            if length <= 4 { return }
        }
    }
}

extension EngineTestKind {
    /// How often a value passes such a test though its rule does not match, as a rough order.
    fileprivate var cost: Int {
        switch self {
        case .exact, .number, .folded: 0
        case .prefix, .suffix, .foldedPrefix, .foldedSuffix, .wildcard, .block: 4
        case .looselyFolded, .null, .isTrue, .isFalse, .range: 16
        case .exists, .anyString: 1 << 20
        case .anythingBut: 1 << 40
        case .run1, .run2, .run3, .run4, .run8: 0
        }
    }
}
