import StrictJSON

// What follows from what, between tests of one field. Every `true` is a proof; `false` only says
// that none was found.
extension ValueTest {
    /// Whether every value that passes this test passes `other` too.
    func implies(_ other: ValueTest) -> Bool {
        if self == other || other == .exists { return true }
        if let value = literal { return other.passes(value) }
        if case .anythingBut(let excluded) = other { return excluded.allSatisfy(excludes) }
        if other.passesEveryString, asksForStrings { return true }
        switch self {
        case .prefix(let text): return Self.start(text, implies: other)
        case .suffix(let text): return Self.end(text, implies: other)
        case .wildcard(let wildcard):
            switch other {
            case .wildcard(let wide): return wildcard.isInside(wide)
            default:
                return Self.start(wildcard.start, implies: other)
                    || Self.end(wildcard.end, implies: other)
            }
        case .equalsIgnoringCase(let text):
            switch other {
            case .prefixIgnoringCase(let start): return text.hasStart(start)
            case .suffixIgnoringCase(let end): return text.hasEnd(end)
            default: return false
            }
        case .prefixIgnoringCase(let text):
            guard case .prefixIgnoringCase(let start) = other else { return false }
            return text.hasStart(start)
        case .suffixIgnoringCase(let text):
            guard case .suffixIgnoringCase(let end) = other else { return false }
            return text.hasEnd(end)
        case .numeric(let range):
            guard case .numeric(let wide) = other else { return false }
            return range.isInside(wide)
        case .cidr(let block):
            guard case .cidr(let wide) = other else { return false }
            return block.isInside(wide)
        default:
            return false
        }
    }

    /// Whether strings that start with `text` all pass `other`.
    private static func start(_ text: [UInt8], implies other: ValueTest) -> Bool {
        switch other {
        case .prefix(let start): text.starts(with: start)
        case .prefixIgnoringCase(let start):
            // Bytes that end inside a character say nothing of characters.
            String(validating: text, as: UTF8.self).map(start.begins) ?? false
        case .wildcard(let wildcard):
            wildcard.endsInStar
                && String(validating: text, as: UTF8.self).map(wildcard.matches) ?? false
        default: false
        }
    }

    private static func end(_ text: [UInt8], implies other: ValueTest) -> Bool {
        switch other {
        case .suffix(let end): text.reversed().starts(with: end.reversed())
        case .suffixIgnoringCase(let end):
            String(validating: text, as: UTF8.self).map(end.ends) ?? false
        case .wildcard(let wildcard):
            wildcard.startsInStar
                && String(validating: text, as: UTF8.self).map(wildcard.matches) ?? false
        default: false
        }
    }

    /// Whether no value passes both this test and `other`.
    private func excludes(_ other: ValueTest) -> Bool {
        if let value = literal { return !other.passes(value) }
        if let value = other.literal { return !passes(value) }
        // What is left out of this one passes nothing of it.
        if case .anythingBut(let excluded) = self { return excluded.contains { other.implies($0) } }
        if self == .exists || other == .exists { return false }
        if asksForStrings != other.asksForStrings { return true }
        if let mine = start, let others = other.start,
            !mine.starts(with: others), !others.starts(with: mine)
        {
            return true
        }
        if let mine = end?.reversed(), let others = other.end?.reversed(),
            !mine.starts(with: others), !others.starts(with: mine)
        {
            return true
        }
        return false
    }

    /// What every string that passes starts with.
    private var start: [UInt8]? {
        switch self {
        case .prefix(let text): text
        case .wildcard(let wildcard): wildcard.start
        default: nil
        }
    }

    private var end: [UInt8]? {
        switch self {
        case .suffix(let text): text
        case .wildcard(let wildcard): wildcard.end
        default: nil
        }
    }

    /// The only value that passes; numbers are no value here but a class of spellings, of which
    /// each test treats all alike.
    private var literal: JSONValue? {
        switch self {
        case .null: .null
        case .bool(let bool): .bool(bool)
        case .string(let bytes): .string(String(decoding: bytes, as: UTF8.self))
        case .number(let number): .number(number.number)
        default: nil
        }
    }

    /// Whether one value passes and no other.
    var isLiteral: Bool { literal != nil }

    /// Whether nothing but strings passes.
    var asksForStrings: Bool {
        switch self {
        case .string, .prefix, .suffix, .equalsIgnoringCase, .prefixIgnoringCase,
            .suffixIgnoringCase, .wildcard, .cidr:
            true
        case .null, .bool, .number, .numeric, .anythingBut, .exists, .absent: false
        }
    }

    /// Whether every string passes.
    var passesEveryString: Bool {
        switch self {
        case .exists: true
        case .prefix(let text), .suffix(let text): text.isEmpty
        case .prefixIgnoringCase(let text), .suffixIgnoringCase(let text): text.isEmpty
        case .wildcard(let wildcard): wildcard.isEverything
        case .anythingBut(let excluded): excluded.allSatisfy { !$0.passesSomeString }
        default: false
        }
    }

    /// Whether some string may pass; `false` is a proof that none does.
    var passesSomeString: Bool {
        switch self {
        case .null, .bool, .number, .numeric, .absent: false
        case .anythingBut(let excluded): !excluded.contains(where: \.passesEveryString)
        default: true
        }
    }
}

extension [ValueTest] {
    /// Whether together they let every scalar through, or every string when only strings come.
    func passEverything(ofStrings: Bool) -> Bool {
        contains { test in
            if test == .exists || ofStrings && test.passesEveryString { return true }
            // What a negation leaves out, the others must take.
            guard case .anythingBut(let excluded) = test else { return false }
            return excluded.allSatisfy { left in
                ofStrings && !left.passesSomeString || contains { left.implies($0) }
            }
        }
    }
}
