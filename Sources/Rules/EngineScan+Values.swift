import StrictJSON

// Which tests a scalar passes.
extension EngineScan {
    /// - Parameter raw: What stands between the quotes.
    mutating func string(_ raw: UnsafeBufferPointer<UInt8>, at node: Int, in element: Int32) {
        let number = tables.pointee.fieldOfNode[node]
        let start = Int32(scratch.pointee.hits.count)
        if hasBackslash(raw) {
            guard unescape(raw, into: &scratch.pointee.text) else {
                scratch.pointee.isMalformed = true
                return
            }
            plain(UnsafeBufferPointer(scratch.pointee.text.buffer), number)
        } else {
            plain(raw, number)
        }
        occur(number, element, from: start)
    }

    /// A number, `true`, `false` or `null`.
    mutating func scalar(_ raw: UnsafeBufferPointer<UInt8>, at node: Int, in element: Int32) {
        guard let first = raw.first else {
            scratch.pointee.isMalformed = true
            return
        }
        let number = tables.pointee.fieldOfNode[node]
        let start = Int32(scratch.pointee.hits.count)
        let field = tables.pointee.fields[number]
        switch first {
        case UInt8(ascii: "n"): take(field.null)
        case UInt8(ascii: "t"): take(field.isTrue)
        case UInt8(ascii: "f"): take(field.isFalse)
        default: self.number(raw, number, field)
        }
        occur(number, element, from: start)
    }

    private func occur(_ field: Int32, _ element: Int32, from start: Int32) {
        take(tables.pointee.fields[field].exists)
        let known = scratch.pointee.fields[field]
        let previous = known.stamp == scratch.pointee.epoch ? known.last : -1
        scratch.pointee.fields[field] = MatchScratch.FieldState(
            stamp: scratch.pointee.epoch, last: Int32(scratch.pointee.occurrences.count))
        scratch.pointee.occurrences.append(
            MatchScratch.Occurrence(
                element: element,
                hits: EngineStretch(start: start, end: Int32(scratch.pointee.hits.count)),
                previous: previous))
    }

    @inline(__always)
    private func take(_ test: Int32) {
        if test >= 0 { scratch.pointee.hit(test) }
    }

    @inline(__always)
    private func find(
        _ bytes: UnsafeBufferPointer<UInt8>, _ kind: EngineTestKind, _ field: Int32
    ) {
        if let test = tables.pointee.tests.find(bytes, in: kind.scope(Int(field))) {
            scratch.pointee.hit(Int32(truncatingIfNeeded: test))
        }
    }

    private func hasBackslash(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        var place = 0
        while place + 8 <= text.count {
            if ByteHash.word(text, place).holds(UInt8(ascii: "\\")) { return true }
            place += 8
        }
        return ByteHash.tail(text, place, text.count - place).holds(UInt8(ascii: "\\"))
    }

    // MARK: - Strings

    private func plain(_ text: UnsafeBufferPointer<UInt8>, _ number: Int32) {
        let field = tables.pointee.fields[number]
        if field.has(.exact) { find(text, .exact, number) }
        guard !field.hasOnlyExactStrings else { return }
        take(field.anyString)
        if field.has(.prefix) { starts(text, .prefix, number, field.prefixLengths) }
        if field.has(.suffix) { ends(text, .suffix, number, field.suffixLengths) }
        if field.has(.folded) || field.has(.foldedPrefix) || field.has(.foldedSuffix) {
            folded(text, number, field)
        }
        if field.has(.block) { block(text, number, field) }
        for (length, kind) in EngineTestKind.runs where field.has(kind) {
            wildcards(text, number, length, kind)
        }
        if field.has(.looselyFolded) {
            let value = JSONValue.string(String(decoding: text, as: UTF8.self))
            for index in field.loose.indices {
                let test = tables.pointee.loose[index]
                if scratch.pointee.isWanted(test),
                    engine.looseTests[Int(tables.pointee.detailOfTest[test])].passes(value)
                {
                    scratch.pointee.hit(test)
                }
            }
        }
    }

    /// Looks up every start of the text whose length is one of these, ascending.
    private func starts(
        _ text: UnsafeBufferPointer<UInt8>, _ kind: EngineTestKind, _ field: Int32,
        _ lengths: EngineStretch
    ) {
        let scope = kind.scope(Int(field))
        var hash = ByteHash(scope)
        var taken = 0
        for index in lengths.indices {
            let length = Int(tables.pointee.lengths[index])
            if length > text.count { return }
            while taken + 8 <= length {
                hash.take(ByteHash.word(text, taken))
                taken += 8
            }
            let end = hash.end(ByteHash.tail(text, taken, length - taken), count: length)
            if let test = tables.pointee.tests.find(rebased(text, 0, length), in: scope, hash: end)
            {
                scratch.pointee.hit(Int32(truncatingIfNeeded: test))
            }
        }
    }

    /// The same for its ends, which are filed back to front.
    private func ends(
        _ text: UnsafeBufferPointer<UInt8>, _ kind: EngineTestKind, _ field: Int32,
        _ lengths: EngineStretch
    ) {
        let length = min(text.count, Int(tables.pointee.lengths[lengths.end - 1]))
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: max(length, 1)) { buffer in
            for index in 0..<length { buffer[index] = text[text.count - 1 - index] }
            starts(rebased(UnsafeBufferPointer(buffer), 0, length), kind, field, lengths)
        }
    }

    private func folded(
        _ text: UnsafeBufferPointer<UInt8>, _ number: Int32, _ field: EngineField
    ) {
        scratch.pointee.folded.removeAll()
        LetterCase.appendSmall(text, to: &scratch.pointee.folded)
        let small = UnsafeBufferPointer(scratch.pointee.folded.buffer)
        if field.has(.folded) { find(small, .folded, number) }
        if field.has(.foldedPrefix) {
            starts(small, .foldedPrefix, number, field.foldedPrefixLengths)
        }
        if field.has(.foldedSuffix) {
            ends(small, .foldedSuffix, number, field.foldedSuffixLengths)
        }
    }

    private func block(
        _ text: UnsafeBufferPointer<UInt8>, _ number: Int32, _ field: EngineField
    ) {
        guard text.count <= 45, text.contains(where: { $0 == 0x2E || $0 == 0x3A }) else { return }
        for form in AddressBlock.forms(of: String(decoding: text, as: UTF8.self)) {
            for index in field.blockWidths.indices {
                let width = tables.pointee.blockWidths[index]
                guard width.bytes == form.count else { continue }
                withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 17) { key in
                    key[0] = UInt8(width.bits)
                    for byte in form.indices {
                        key[byte + 1] = AddressBlock.masked(form[byte], byte, width.bits)
                    }
                    find(rebased(UnsafeBufferPointer(key), 0, form.count + 1), .block, number)
                }
            }
        }
    }

    /// Tries the wildcards whose run of bytes stands somewhere in the text.
    private func wildcards(
        _ text: UnsafeBufferPointer<UInt8>, _ number: Int32, _ length: Int, _ kind: EngineTestKind
    ) {
        guard text.count >= length else { return }
        scratch.pointee.nextWildcardEpoch()
        let scope = kind.scope(Int(number))
        for start in 0...text.count - length {
            guard let run = tables.pointee.runTable.find(rebased(text, start, length), in: scope)
            else {
                continue
            }
            for index in tables.pointee.runs[run].indices {
                let test = tables.pointee.runTests[index]
                let wildcard = Int(tables.pointee.detailOfTest[test])
                guard scratch.pointee.wildcardStamps[wildcard] != scratch.pointee.wildcardEpoch,
                    scratch.pointee.isWanted(test)
                else { continue }
                scratch.pointee.wildcardStamps[wildcard] = scratch.pointee.wildcardEpoch
                if tables.pointee.wildcards.matches(wildcard, text) { scratch.pointee.hit(test) }
            }
        }
    }

    // MARK: - Numbers

    private func number(
        _ raw: UnsafeBufferPointer<UInt8>, _ number: Int32, _ field: EngineField
    ) {
        guard field.has(.number) || field.has(.range) else { return }
        guard let short = EngineNumber(raw) else { return longNumber(raw, number, field) }
        if field.has(.number) {
            withUnsafeTemporaryAllocation(byteCount: EngineNumber.keySize, alignment: 8) { key in
                short.write(to: key)
                find(UnsafeBufferPointer(key.bindMemory(to: UInt8.self)), .number, number)
            }
        }
        guard field.has(.range) else { return }
        guard let double = short.double else { return longNumber(raw, number, field) }
        tree(of: field, number).visit(double) { interval in
            let isInside =
                interval.contains(double, isWhole: short.isWholeDouble)
                ?? exact(raw).map(range(of: interval.test).contains) ?? false
            if isInside { scratch.pointee.hit(interval.test) }
        }
    }

    /// Numbers of many digits or far from one, which are few.
    private func longNumber(
        _ raw: UnsafeBufferPointer<UInt8>, _ number: Int32, _ field: EngineField
    ) {
        guard let exact = exact(raw) else {
            scratch.pointee.isMalformed = true
            return
        }
        exact.key.withUnsafeBufferPointer { find($0, .number, number) }
        tree(of: field, number).visit(exact.double) { interval in
            if range(of: interval.test).contains(exact) { scratch.pointee.hit(interval.test) }
        }
    }

    private func tree(of field: EngineField, _ number: Int32) -> IntervalTree {
        scratch.pointee.wanted?.tree(of: number)
            ?? IntervalTree(intervals: tables.pointee.intervals, stretch: field.intervals)
    }

    private func range(of test: Int32) -> NumericRange {
        engine.ranges[Int(tables.pointee.detailOfTest[test])]
    }

    private func exact(_ raw: UnsafeBufferPointer<UInt8>) -> ExactDecimal? {
        JSONNumber(text: String(decoding: raw, as: UTF8.self)).map { ExactDecimal($0) }
    }
}
