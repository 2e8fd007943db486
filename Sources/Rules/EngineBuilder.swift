import StrictJSON

/// Compiles patterns into a ``MatchEngine``.
///
/// Time and space are linear in the text of the patterns and in the alternatives that each has.
struct EngineBuilder {
    var parts = EngineParts()
    /// Conditions by field and tests, so that those that many rules share exist once.
    private var conditionTable = ByteTable()
    var fieldOfTest: [Int32] = []
    /// By rule, how often it was filed so far.
    var filings: [Int] = []

    /// Adds a rule's pattern under its number.
    mutating func add(_ pattern: Pattern, as rule: Int) {
        let pattern = pattern.meaning
        // A leaf is met by many alternatives, and compiled at most twice.
        var known: [Int: Int32] = [:]
        let isChoice = pattern.conjunctions.count > 1
        for (alternative, conjunction) in pattern.conjunctions.enumerated() {
            let start = Int32(parts.parts.count)
            for condition in conjunction {
                let key = condition.leaf * 2 + (condition.wantsAbsence ? 1 : 0)
                let part: Int32
                if let old = known[key] {
                    part = old
                } else {
                    let leaf = pattern.leaves[condition.leaf]
                    let field = field(at: leaf.path)
                    part = condition.wantsAbsence ? ~field : self.condition(field, leaf.tests)
                    if isChoice { known[key] = part }
                }
                parts.parts.append(part)
            }
            parts.conjunctions.append(
                EngineConjunction(
                    rule: Int32(rule), alternative: Int32(alternative),
                    parts: EngineStretch(start: start, end: Int32(parts.parts.count))))
        }
    }

    /// The engine of everything that was added.
    ///
    /// - Parameter hitsMax: See ``MatchEngine/hitsMax``.
    mutating func build(
        hitsMax: Int, evaluator: @escaping @Sendable (Int) -> PatternEvaluator
    ) -> MatchEngine {
        fileWildcards()
        fileConjunctions()
        return MatchEngine(parts, hitsMax: hitsMax, evaluator: evaluator)
    }

    // MARK: - Paths

    private mutating func field(at path: [String]) -> Int32 {
        var node = 0
        for step in path {
            var step = step
            let (next, form) = step.withUTF8 {
                (parts.steps.intern($0, in: UInt32(node)) + 1, stepForm($0))
            }
            if next == parts.fieldOfNode.count {
                parts.fieldOfNode.append(-1)
                parts.stepForms.append(0)
                parts.stepForms[node] |= form
            }
            node = next
        }
        if parts.fieldOfNode[node] < 0 {
            parts.fieldOfNode[node] = Int32(parts.fields.count)
            parts.fields.append(EngineField())
            parts.lists.append(EngineFieldLists())
        }
        return parts.fieldOfNode[node]
    }

    // MARK: - Conditions

    private mutating func condition(_ field: Int32, _ tests: [ValueTest]) -> Int32 {
        var numbers: [Int32] = []
        numbers.reserveCapacity(tests.count)
        for test in tests where test != .absent {
            let number = self.test(test, of: field)
            if !numbers.contains(number) || numbers.count > 64 { numbers.append(number) }
        }
        let condition = conditionTable.intern(numbers, in: UInt32(field))
        if condition == parts.conditions.count {
            let start = Int32(parts.conditionTests.count)
            parts.conditionTests += numbers
            parts.conditions.append(
                EngineCondition(
                    field: field,
                    tests: EngineStretch(start: start, end: Int32(parts.conditionTests.count)),
                    hasExclusions: numbers.contains { parts.kinds[Int($0)] == .anythingBut }))
        }
        return Int32(condition)
    }

    /// The number of a test of a field, filed when it is a new one.
    private mutating func test(_ test: ValueTest, of field: Int32) -> Int32 {
        switch test {
        case .null: return file(.null, [], field)
        case .bool(let bool): return file(bool ? .isTrue : .isFalse, [], field)
        case .string(let bytes): return file(.exact, bytes, field)
        case .number(let number): return file(.number, number.key, field)
        case .prefix(let bytes):
            return bytes.isEmpty ? file(.anyString, [], field) : file(.prefix, bytes, field)
        case .suffix(let bytes):
            return bytes.isEmpty
                ? file(.anyString, [], field) : file(.suffix, bytes.reversed(), field)
        case .equalsIgnoringCase(let text):
            guard let bytes = text.small else { return fileLoosely(test, field) }
            return file(.folded, bytes, field)
        case .prefixIgnoringCase(let text):
            guard let bytes = text.small else { return fileLoosely(test, field) }
            return bytes.isEmpty ? file(.anyString, [], field) : file(.foldedPrefix, bytes, field)
        case .suffixIgnoringCase(let text):
            guard let bytes = text.small else { return fileLoosely(test, field) }
            return bytes.isEmpty
                ? file(.anyString, [], field) : file(.foldedSuffix, bytes.reversed(), field)
        case .wildcard(let wildcard): return self.wildcard(wildcard, field)
        case .numeric(let range): return numeric(range, field)
        case .cidr(let block):
            return file(.block, [UInt8(block.bits)] + block.address, field)
        case .exists, .absent: return file(.exists, [], field)
        case .anythingBut(let tests): return exclusion(of: tests, field)
        }
    }

    mutating func file(_ kind: EngineTestKind, _ bytes: [UInt8], _ field: Int32) -> Int32 {
        let number = parts.tests.intern(bytes, in: kind.scope(Int(field)))
        if number == parts.kinds.count {
            parts.kinds.append(kind)
            fieldOfTest.append(field)
            parts.detailOfTest.append(-1)
            parts.fields[Int(field)].note(kind, Int32(number))
            parts.lists[Int(field)].note(kind, bytes)
        }
        return Int32(number)
    }

    private mutating func fileLoosely(_ test: ValueTest, _ field: Int32) -> Int32 {
        // Told apart by how it is written: the places of a folded text have no bytes of their own.
        let number = file(.looselyFolded, Array("\(test)".utf8), field)
        if parts.detailOfTest[Int(number)] < 0 {
            parts.detailOfTest[Int(number)] = Int32(parts.looseTests.count)
            parts.looseTests.append(test)
            parts.lists[Int(field)].loose.append(number)
        }
        return number
    }

    private mutating func wildcard(_ wildcard: Wildcard, _ field: Int32) -> Int32 {
        let pieces = wildcard.parts
        guard pieces.count > 1 else { return file(.exact, pieces.first ?? [], field) }
        if pieces.count == 2 {
            if pieces[1].isEmpty { return test(.prefix(pieces[0]), of: field) }
            if pieces[0].isEmpty { return test(.suffix(pieces[1]), of: field) }
        }
        // Pieces, each behind its length, since any byte may stand in one.
        let key = pieces.flatMap { piece in
            withUnsafeBytes(of: UInt32(piece.count).littleEndian) { Array($0) } + piece
        }
        let number = file(.wildcard, key, field)
        if parts.detailOfTest[Int(number)] < 0 {
            parts.detailOfTest[Int(number)] = Int32(parts.wildcards.count)
            parts.wildcards.append(wildcard)
        }
        return number
    }

    private mutating func exclusion(of tests: [ValueTest], _ field: Int32) -> Int32 {
        // In order, for a search; and the same values are the same test however they are written.
        let numbers = tests.map { test($0, of: field) }.sorted()
        let key = numbers.flatMap { number in
            withUnsafeBytes(of: number.littleEndian) { Array($0) }
        }
        let number = file(.anythingBut, key, field)
        if parts.detailOfTest[Int(number)] < 0 {
            parts.detailOfTest[Int(number)] = Int32(parts.exclusions.count)
            let start = parts.excluded.count
            parts.excluded += numbers
            parts.exclusions.append(EngineStretch(start, to: parts.excluded))
        }
        return number
    }

    private mutating func numeric(_ range: NumericRange, _ field: Int32) -> Int32 {
        if range.bounds.count == 1, range.bounds[0].comparison == .equal {
            return file(.number, range.bounds[0].value.key, field)
        }
        let number = file(.range, range.key, field)
        if parts.detailOfTest[Int(number)] < 0 {
            parts.detailOfTest[Int(number)] = Int32(parts.ranges.count)
            parts.ranges.append(range)
            parts.lists[Int(field)].intervals.append(range.interval(for: number))
        }
        return number
    }
}

extension EngineField {
    fileprivate mutating func note(_ kind: EngineTestKind, _ number: Int32) {
        note(kind)
        switch kind {
        case .null: null = number
        case .isTrue: isTrue = number
        case .isFalse: isFalse = number
        case .exists: exists = number
        case .anyString: anyString = number
        default: break
        }
    }
}

extension EngineFieldLists {
    fileprivate mutating func note(_ kind: EngineTestKind, _ bytes: [UInt8]) {
        switch kind {
        case .prefix: Self.note(bytes.count, in: &prefixLengths)
        case .suffix: Self.note(bytes.count, in: &suffixLengths)
        case .foldedPrefix: Self.note(bytes.count, in: &foldedPrefixLengths)
        case .foldedSuffix: Self.note(bytes.count, in: &foldedSuffixLengths)
        case .block:
            let width = AddressBlock.Width(bytes: bytes.count - 1, bits: Int(bytes[0]))
            if !blockWidths.contains(width) { blockWidths.append(width) }
        default: break
        }
    }

    private static func note(_ length: Int, in lengths: inout [Int32]) {
        if !lengths.contains(Int32(length)) { lengths.append(Int32(length)) }
    }
}
