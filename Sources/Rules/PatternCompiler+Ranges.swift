import StrictJSON

// The operands of `numeric` and `wildcard`.
extension PatternCompiler {
    private static let rangeRemedy =
        "Write one comparison (= < <= > >=) and a number, or a lower bound and an "
        + "upper one: [\">=\", 0, \"<\", 100]."

    func range(
        _ operand: JSONValue, at pointer: JSONPointer
    ) throws(PatternRefusal) -> NumericRange {
        guard case .array(let terms) = operand, terms.count == 2 || terms.count == 4 else {
            throw refusal(
                pointer, "numeric takes a list of two or four terms", "numeric", Self.rangeRemedy,
                instead: Self.meantRange(operand))
        }
        var bounds: [NumericRange.Bound] = []
        bounds.reserveCapacity(terms.count / 2)
        for index in stride(from: 0, to: terms.count, by: 2) {
            guard let word = terms[index].string,
                let comparison = NumericRange.Comparison(rawValue: word)
            else {
                let isSwapped =
                    terms[index].number != nil
                    && terms[index + 1].string.flatMap(NumericRange.Comparison.init) != nil
                throw refusal(
                    pointer.appending(index),
                    isSwapped
                        ? "a comparison stands before its number" : "this is no comparison",
                    "numeric", Self.rangeRemedy,
                    instead: Self.meantRange(operand))
            }
            guard let number = terms[index + 1].number else {
                throw refusal(
                    pointer.appending(index + 1),
                    "a comparison takes a number, not \(terms[index + 1].kind)", "numeric",
                    terms[index + 1].string != nil && terms[index + 1].spelledNumber == nil
                        ? "Text is not compared; its start is told by prefix."
                        : "Write the number without quotes: [\"\(word)\", 100].",
                    instead: Self.meantRange(operand))
            }
            let value = try decimal(number, at: pointer.appending(index + 1), "numeric")
            bounds.append(NumericRange.Bound(comparison: comparison, value: value))
        }
        if bounds.count == 2 {
            guard [.greater, .greaterOrEqual].contains(bounds[0].comparison),
                [.less, .lessOrEqual].contains(bounds[1].comparison)
            else {
                throw refusal(
                    pointer,
                    "of two bounds the lower one (> or >=) comes first, then the upper "
                        + "one (< or <=)", "numeric", Self.rangeRemedy,
                    instead: Self.meantRange(operand))
            }
            guard bounds[0].value < bounds[1].value else {
                throw refusal(
                    pointer, "the lower bound is not below the upper one", "numeric",
                    "Swap the numbers; for one number write [\"=\", 5].",
                    instead: Self.meantRange(operand))
            }
        }
        return NumericRange(bounds: bounds)
    }

    func wildcard(
        _ operand: JSONValue, at pointer: JSONPointer, _ name: String
    ) throws(PatternRefusal) -> Wildcard {
        let text = try string(operand, at: pointer, name)
        do throws(Wildcard.Fault) {
            return try Wildcard(text)
        } catch {
            let (what, remedy) =
                switch error {
                case .doubledStar:
                    ("two stars stand side by side", "One star stands for any run of characters.")
                case .unknownEscape:
                    (
                        "a backslash escapes neither a star nor a backslash",
                        "Write \\* for a star and \\\\ for a backslash, each backslash doubled "
                            + "again inside JSON quotes."
                    )
                case .tooManyStars:
                    (
                        "there are more than \(Wildcard.starsMax) stars, the limit",
                        "Use fewer stars."
                    )
                case .tooLong:
                    (
                        "the text is longer than \(Wildcard.bytesMax) bytes, the limit",
                        "Use a shorter text."
                    )
                }
            throw refusal(pointer, what, name, remedy, instead: mended(text, error, name))
        }
    }

    private func mended(_ text: String, _ fault: Wildcard.Fault, _ name: String) -> [JSONValue]? {
        guard let open, let element = open.list[open.index].object else { return nil }
        var bytes: [UInt8] = []
        var isEscape = false
        for byte in text.utf8 {
            let isStar = byte == UInt8(ascii: "*")
            if fault == .doubledStar, !isEscape, isStar, bytes.last == byte { continue }
            if fault == .unknownEscape, isEscape, !isStar, byte != UInt8(ascii: "\\") {
                bytes.append(UInt8(ascii: "\\"))
            }
            bytes.append(byte)
            isEscape = !isEscape && byte == UInt8(ascii: "\\")
        }
        if isEscape { bytes.append(UInt8(ascii: "\\")) }
        let operand = JSONValue.string(String(decoding: bytes, as: UTF8.self))
        let isExcluded = element["anything-but"] != nil
        guard !isExcluded || element["anything-but"]?["wildcard"]?.string != nil else {
            return nil
        }
        return [isExcluded ? ["anything-but": ["wildcard": operand]] : ["wildcard": operand]]
    }

    /// A range as another language would write it: `">5"`, `{">": 5}`, `5`, bounds in the wrong
    /// order, operands before their comparison, numbers in quotes.
    static func meantRange(_ operand: JSONValue) -> [JSONValue]? {
        var bounds: [(word: String, value: JSONValue)] = []
        switch operand {
        case .number:
            return [["numeric": ["=", operand]]]
        case .string(let text):
            let word = text.prefix { "<>=!".contains($0) }
            guard let value = JSONValue.string(String(text.dropFirst(word.count))).spelledNumber
            else { return nil }
            bounds = [(word.isEmpty ? "=" : String(word), value)]
        case .object(let object):
            bounds = object.members.map { ($0.key, $0.value) }
        case .array(let terms):
            var rest = terms[...]
            while let first = rest.popFirst() {
                guard let second = rest.popFirst() else {
                    guard bounds.isEmpty else { return nil }
                    return first.array == nil ? meantRange(first) : nil
                }
                if let word = first.string, first.spelledNumber == nil {
                    bounds.append((word, second))
                } else if let word = second.string, second.spelledNumber == nil {
                    // `100 >` said of a value is read as the value being above 100.
                    bounds.append((word, first))
                } else if terms.count == 2 {
                    bounds = [(">=", first), ("<=", second)]
                } else {
                    return nil
                }
            }
        default:
            return nil
        }
        return meantRange(bounds)
    }

    private static func meantRange(
        _ bounds: [(word: String, value: JSONValue)]
    ) -> [JSONValue]? {
        let words = [
            "==": "=", "===": "=", "eq": "=", "=>": ">=", "=<": "<=", "gt": ">", "gte": ">=",
            "lt": "<", "lte": "<=", "≥": ">=", "≤": "<=",
        ]
        var terms: [(word: String, value: JSONValue)] = []
        for bound in bounds {
            let plain = bound.word.hasPrefix("$") ? String(bound.word.dropFirst()) : bound.word
            let word = words[plain] ?? plain
            guard let value = bound.value.number.map({ .number($0) }) ?? bound.value.spelledNumber
            else { return nil }
            if ["!=", "<>", "!==", "!", "ne"].contains(word) {
                return bounds.count == 1 ? [["anything-but": value]] : nil
            }
            terms.append((word, value))
        }
        if terms.count == 2 {
            if terms[0].word.hasPrefix("<") {
                // "Below 3 or above 5" is two tests.
                if let low = terms[0].value.number, let high = terms[1].value.number,
                    terms[1].word.hasPrefix(">"), ExactDecimal(low) <= ExactDecimal(high),
                    terms.map(\.word) != ["<=", ">="] || low != high
                {
                    return terms.map { ["numeric": [.string($0.word), $0.value]] }
                }
                terms.swapAt(0, 1)
            }
            if let low = terms[0].value.number, let high = terms[1].value.number {
                let (lower, upper) = (ExactDecimal(low), ExactDecimal(high))
                if lower == upper {
                    guard terms.map(\.word) == [">=", "<="] else { return nil }
                    terms = [("=", terms[0].value)]
                } else if upper < lower {
                    (terms[0].value, terms[1].value) = (terms[1].value, terms[0].value)
                }
            }
        }
        return [["numeric": .array(terms.flatMap { [.string($0.word), $0.value] })]]
    }
}
