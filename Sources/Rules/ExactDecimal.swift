package import StrictJSON

/// A number of JSON as an exact decimal: `0.DIGITS × 10^exponent`, with a sign.
///
/// No binary fraction comes in between, so 64-bit ids, 19-digit fractions and `5`, `5.0`, `50e-1`
/// all compare as a person reads them.
package struct ExactDecimal: Hashable, Sendable {
    /// An exponent further from zero than this cannot stand in a pattern.
    ///
    /// In an event it is kept as this bound and one, which leaves every comparison with a number
    /// of a pattern exact.
    package static let exponentMax = 1_000_000

    /// Zero has no sign.
    let isNegative: Bool
    /// Without leading and trailing zeros; empty for zero.
    let digits: [UInt8]
    let exponent: Int
    /// Whether the number stayed inside `exponentMax`.
    package let isInRange: Bool

    package init(_ number: JSONNumber) {
        var digits: [UInt8] = []
        var isNegative = false
        var hasPoint = false
        var isExponentNegative = false
        var written = 0
        var scale = 0
        var exponentDigits: Substring.UTF8View?
        let text = number.text.utf8
        digits.reserveCapacity(text.count)
        for (index, byte) in zip(text.indices, text) {
            if byte == UInt8(ascii: "-") {
                isNegative = true
            } else if byte == UInt8(ascii: ".") {
                hasPoint = true
            } else if byte | 0x20 == UInt8(ascii: "e") {
                exponentDigits = text[text.index(after: index)...]
                break
            } else {
                if hasPoint { scale += 1 }
                if byte != UInt8(ascii: "0") || !digits.isEmpty { digits.append(byte) }
            }
        }
        for byte in exponentDigits ?? ""[...].utf8 {
            if byte == UInt8(ascii: "-") { isExponentNegative = true }
            guard byte &- UInt8(ascii: "0") < 10, written < 1 << 40 else { continue }
            written = written * 10 + Int(byte - UInt8(ascii: "0"))
        }
        var exponent = digits.count - scale + (isExponentNegative ? -written : written)
        while digits.last == UInt8(ascii: "0") { digits.removeLast() }
        if digits.isEmpty { (isNegative, exponent) = (false, 0) }
        isInRange = abs(exponent) <= Self.exponentMax
        if !isInRange { exponent = (Self.exponentMax + 1) * exponent.signum() }
        self.isNegative = isNegative
        self.digits = digits
        self.exponent = exponent
    }
}

extension ExactDecimal {
    /// A spelling of the number.
    var number: JSONNumber {
        let text =
            "\(isNegative ? "-" : "")0.\(String(decoding: digits, as: UTF8.self))e\(exponent)"
        return JSONNumber(text: text) ?? 0
    }
}

extension ExactDecimal: Comparable {
    package static func < (left: ExactDecimal, right: ExactDecimal) -> Bool {
        guard left.isNegative == right.isNegative else {
            return left.isNegative
        }
        return left.isNegative ? right.isCloser(than: left) : left.isCloser(than: right)
    }

    /// Whether this is closer to zero than `other`, signs aside.
    private func isCloser(than other: ExactDecimal) -> Bool {
        if digits.isEmpty || other.digits.isEmpty { return digits.isEmpty && !other.digits.isEmpty }
        if exponent != other.exponent { return exponent < other.exponent }
        return digits.lexicographicallyPrecedes(other.digits)
    }
}

/// What `numeric` asks of a number: one bound or two.
package struct NumericRange: Hashable, Sendable {
    package enum Comparison: String, Hashable, Sendable, CaseIterable {
        case less = "<"
        case lessOrEqual = "<="
        case equal = "="
        case greater = ">"
        case greaterOrEqual = ">="

        func holds(_ value: ExactDecimal, _ bound: ExactDecimal) -> Bool {
            switch self {
            case .less: value < bound
            case .lessOrEqual: value <= bound
            case .equal: value == bound
            case .greater: value > bound
            case .greaterOrEqual: value >= bound
            }
        }
    }

    package struct Bound: Hashable, Sendable {
        let comparison: Comparison
        let value: ExactDecimal

        /// Whether what keeps this bound, none of them `=`, keeps the other one.
        fileprivate func implies(_ other: Bound) -> Bool {
            switch (comparison, other.comparison) {
            case (.less, .less), (.less, .lessOrEqual), (.lessOrEqual, .lessOrEqual):
                value <= other.value
            case (.lessOrEqual, .less):
                value < other.value
            case (.greater, .greater), (.greater, .greaterOrEqual),
                (.greaterOrEqual, .greaterOrEqual):
                value >= other.value
            case (.greaterOrEqual, .greater):
                value > other.value
            default:
                false
            }
        }
    }

    let bounds: [Bound]

    /// Whether every number in here is in `other` too.
    func isInside(_ other: NumericRange) -> Bool {
        if let equal = bounds.first(where: { $0.comparison == .equal }) {
            return other.contains(equal.value)
        }
        return other.bounds.allSatisfy { wide in
            bounds.contains { narrow in narrow.implies(wide) }
        }
    }

    func contains(_ value: ExactDecimal) -> Bool {
        bounds.allSatisfy { $0.comparison.holds(value, $0.value) }
    }
}
