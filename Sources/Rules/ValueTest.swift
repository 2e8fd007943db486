package import StrictJSON

/// A question about one scalar of an event.
package indirect enum ValueTest: Hashable, Sendable {
    case null
    case bool(Bool)
    /// Byte for byte.
    case string([UInt8])
    case number(ExactDecimal)
    /// The start of a string, byte for byte.
    case prefix([UInt8])
    case suffix([UInt8])
    case equalsIgnoringCase(FoldedText)
    case prefixIgnoringCase(FoldedText)
    case suffixIgnoringCase(FoldedText)
    case wildcard(Wildcard)
    case numeric(NumericRange)
    case cidr(AddressBlock)
    /// Any scalar that passes none of these, null and booleans included.
    case anythingBut([ValueTest])
    /// Any scalar.
    case exists
    /// No scalar at all: never true of one. The matcher decides it after everything else.
    case absent

    /// Whether `value`, a scalar, passes; total, every test has an answer for every value.
    package func passes(_ value: JSONValue) -> Bool {
        switch self {
        case .exists: return true
        case .absent: return false
        case .anythingBut(let tests): return !tests.contains { $0.passes(value) }
        default: break
        }
        switch value {
        case .null: return self == .null
        case .bool(let bool): return self == .bool(bool)
        case .string(let string): return passes(string)
        case .number(let number): return passes(ExactDecimal(number))
        case .array, .object: return false
        }
    }

    private func passes(_ number: ExactDecimal) -> Bool {
        switch self {
        case .number(let expected): number == expected
        case .numeric(let range): range.contains(number)
        default: false
        }
    }

    private func passes(_ string: String) -> Bool {
        switch self {
        case .string(let expected): string.utf8.elementsEqual(expected)
        case .prefix(let prefix): string.utf8.starts(with: prefix)
        case .suffix(let suffix): string.utf8.suffix(suffix.count).elementsEqual(suffix)
        case .equalsIgnoringCase(let text): text.equals(string)
        case .prefixIgnoringCase(let text): text.begins(string)
        case .suffixIgnoringCase(let text): text.ends(string)
        case .wildcard(let wildcard): wildcard.matches(string)
        case .cidr(let block): block.contains(string)
        default: false
        }
    }
}
