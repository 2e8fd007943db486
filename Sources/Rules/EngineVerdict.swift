import StrictJSON

/// Decides, from what a scan noted, which rules an event matches.
struct EngineVerdict {
    let tables: UnsafePointer<EngineTables>
    unowned(unsafe) let engine: MatchEngine
    unowned(unsafe) let memory: MatchMemory
    let scratch: UnsafeMutablePointer<MatchScratch>
    let bytes: UnsafeBufferPointer<UInt8>

    /// - Parameters:
    ///   - engine: Outlives the verdict, as `memory` does.
    init(_ engine: MatchEngine, _ memory: MatchMemory, _ bytes: UnsafeBufferPointer<UInt8>) {
        self.engine = engine
        tables = UnsafePointer(engine.tables)
        self.memory = memory
        scratch = memory.scratch
        self.bytes = bytes
    }

    func run() {
        // Whatever is met here adds nothing to what was passed.
        let count = scratch.pointee.passed.count
        for index in 0..<count {
            let filing = tables.pointee.filings[scratch.pointee.passed[index]]
            if let conjunction = filing.conjunction {
                consider(conjunction)
            } else if let place = filing.place {
                visit(place, count)
            }
        }
        for index in 0..<tables.pointee.valueless.count {
            consider(tables.pointee.valueless[index])
        }
        if scratch.pointee.postponed.count > 0 { settlePostponed() }
    }

    private func visit(_ number: Int32, _ count: Int) {
        let place = tables.pointee.places[number]
        for index in place.filed.indices { consider(tables.pointee.filed[index]) }
        guard place.leadsDeeper else { return }
        // Whichever are fewer: an event that passes thousands of tests visits thousands of places.
        if place.isBelowFew || place.below.count <= count {
            scratch.pointee.steps &+= place.below.count
            for index in place.below.indices {
                let next = tables.pointee.below[index]
                if scratch.pointee.isPassed(next.test) { visit(next.place, count) }
            }
            return
        }
        scratch.pointee.steps &+= count
        for index in 0..<count {
            if let next = tables.pointee.deeper.find(number, scratch.pointee.passed[index]) {
                visit(next, count)
            }
        }
    }

    @inline(__always)
    private func consider(_ number: Int32) {
        let conjunction = tables.pointee.conjunctions[number]
        if !conjunction.isSole {
            let epoch = scratch.pointee.epoch
            guard scratch.pointee.conjunctionStamps[number] != epoch else { return }
            scratch.pointee.conjunctionStamps[number] = epoch
            guard scratch.pointee.ruleStamps[conjunction.rule] != epoch else { return }
            guard holds(number, conjunction) else { return }
            scratch.pointee.ruleStamps[conjunction.rule] = epoch
        } else if !holds(number, conjunction) {
            return
        }
        scratch.pointee.rules.append(conjunction.rule)
    }

    /// `false` also for what is postponed.
    func holds(_ number: Int32, _ conjunction: EngineConjunction) -> Bool {
        var inArrays = 0
        var isAbsenceOpen = false
        var isOpen = false
        for index in conjunction.parts.indices {
            let part = tables.pointee.parts[index]
            if part.isAbsence {
                guard isPresent(part.number) else { continue }
                // Some scalar is there; in arrays it may be in an element that was not chosen.
                let last = scratch.pointee.fields[part.number].last
                if scratch.pointee.occurrences[last].element == 0 { return false }
                isAbsenceOpen = true
            } else {
                switch finding(part) {
                case .fails: return false
                case .holdsFreely: break
                case .holdsInArrays: inArrays += 1
                case .isOpen: isOpen = true
                }
            }
        }
        if scratch.pointee.arrays == 0, !isOpen { return !isAbsenceOpen }
        if inArrays < 2, !isAbsenceOpen, !isOpen { return true }
        if scratch.pointee.hasOverflowed {
            scratch.pointee.postponed.append(number)
            return false
        }
        return agree(conjunction)
    }

    private func isPresent(_ field: Int32) -> Bool {
        scratch.pointee.fields[field].stamp == scratch.pointee.epoch
    }

    /// What the scan says of one part by itself.
    ///
    /// Of one value it says where all of the field's are: in an array once is in arrays always,
    /// unless dotted keys lead elsewhere, and then it says no more than that there is this one.
    @inline(__always)
    func finding(_ part: EnginePart) -> MatchScratch.Finding {
        guard part.isTest else { return finding(ofCondition: part.number) }
        let state = scratch.pointee.tests[part.number]
        guard state.stamp == scratch.pointee.epoch else { return .fails }
        if scratch.pointee.elements.count == 1 { return .holdsFreely }
        let occurrence = scratch.pointee.hits[state.lastHit].occurrence
        return place(of: scratch.pointee.occurrences[occurrence])
    }

    private func finding(ofCondition number: Int32) -> MatchScratch.Finding {
        let known = scratch.pointee.conditions[number]
        if known.stamp == scratch.pointee.epoch { return known.finding }
        let condition = tables.pointee.conditions[number]
        let finding: MatchScratch.Finding =
            if !condition.hasExclusions {
                lookUp(condition)
            } else if scratch.pointee.hasOverflowed {
                isPresent(condition.field) ? .isOpen : .fails
            } else {
                search(condition)
            }
        scratch.pointee.conditions[number] = MatchScratch.ConditionState(
            stamp: scratch.pointee.epoch, finding: finding)
        return finding
    }

    private func place(of occurrence: MatchScratch.Occurrence) -> MatchScratch.Finding {
        occurrence.element == 0 ? .holdsFreely : .holdsInArrays
    }

    /// Goes by the values that pass a test, which are known.
    private func lookUp(_ condition: EngineCondition) -> MatchScratch.Finding {
        for index in condition.tests.indices {
            let found = finding(.test(tables.pointee.conditionTests[index]))
            if found != .fails { return found }
        }
        return .fails
    }

    /// Goes by the values that pass a test or nothing of an `anything-but`, as far as one is found.
    private func search(_ condition: EngineCondition) -> MatchScratch.Finding {
        guard isPresent(condition.field) else { return .fails }
        var found = MatchScratch.Finding.fails
        for index in condition.tests.indices {
            let test = tables.pointee.conditionTests[index]
            if tables.pointee.kinds[test] == .anythingBut {
                visitValues(of: condition.field, beyond: test) { occurrence in
                    found = place(of: occurrence)
                    return false
                }
            } else {
                found = finding(.test(test))
            }
            if found != .fails { return found }
        }
        return found
    }

    /// Asks the plain evaluator: for what would take too many steps here.
    func holdsByTree(_ conjunction: EngineConjunction) -> Bool {
        if memory.tree == nil { memory.tree = try? JSONValue(eventParsing: Array(bytes)) }
        guard let tree = memory.tree else { return false }
        // It goes through most of the event.
        scratch.pointee.steps &+= bytes.count
        return memory.evaluator(of: conjunction.rule, read: engine.evaluator)
            .holds(Int(conjunction.alternative), for: tree)
    }
}
