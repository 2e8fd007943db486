/// A JSON number as its exact text.
///
/// 64-bit ids do not fit a `Double`, so nothing is converted before somebody asks: `text` is what
/// was received, and equality is equality of the text.
package struct JSONNumber: Hashable, Sendable {
    /// The number as RFC 8259 section 6 spells it; ASCII.
    package let text: String

    /// Wraps text that is already known to follow the grammar.
    init(checked text: String) { self.text = text }

    package init(_ value: some BinaryInteger) { text = String(value) }

    /// The shortest text that reads back as `value`, or `nil` for what JSON cannot say: an
    /// infinity or not a number.
    package init?(_ value: Double) {
        guard value.isFinite else { return nil }
        text = value.description
    }

    /// The number that `text` spells, or `nil` when it does not follow RFC 8259 section 6.
    package init?(text: String) {
        let bytes = Array(text.utf8)
        let scan = bytes.withUnsafeBufferPointer { NumberGrammar.scan($0, from: 0) }
        guard scan == .end(bytes.count) else { return nil }
        self.text = text
    }

    /// The value of a plain integer (`-12`, not `5.0`, not `1e3`) that fits 64 bits, else `nil`.
    package var int64: Int64? { text.utf8.contains(UInt8(ascii: "+")) ? nil : Int64(text) }

    /// The nearest double, or `nil` beyond its range; exact integers ask for `int64`.
    package var double: Double? {
        guard let value = Double(text), value.isFinite else { return nil }
        return value
    }
}

extension JSONNumber: ExpressibleByIntegerLiteral {
    package init(integerLiteral value: Int64) { self.init(value) }
}

extension JSONNumber: CustomStringConvertible {
    package var description: String { text }
}

/// The grammar of RFC 8259 section 6: `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?`.
enum NumberGrammar {
    enum Scan: Equatable {
        /// A number ends before this offset.
        case end(Int)
        /// At this offset the grammar asks for a digit.
        case digitMissing(Int)
        /// At this offset a digit follows a leading zero.
        case leadingZero(Int)
    }

    static func scan(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Scan {
        func isDigit(_ index: Int) -> Bool {
            index < bytes.count && bytes[index] &- UInt8(ascii: "0") < 10
        }
        var index = start
        if index < bytes.count, bytes[index] == UInt8(ascii: "-") { index += 1 }
        guard isDigit(index) else { return .digitMissing(index) }
        if bytes[index] == UInt8(ascii: "0") {
            index += 1
            if isDigit(index) { return .leadingZero(index) }
        } else {
            while isDigit(index) { index += 1 }
        }
        if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
            index += 1
            guard isDigit(index) else { return .digitMissing(index) }
            while isDigit(index) { index += 1 }
        }
        if index < bytes.count, bytes[index] | 0x20 == UInt8(ascii: "e") {
            index += 1
            if index < bytes.count,
                bytes[index] == UInt8(ascii: "+") || bytes[index] == UInt8(ascii: "-")
            {
                index += 1
            }
            guard isDigit(index) else { return .digitMissing(index) }
            while isDigit(index) { index += 1 }
        }
        return .end(index)
    }
}
