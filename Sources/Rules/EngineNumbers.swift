// Numbers as the engine looks them up: exact decimals of up to nineteen digits in thirteen bytes.

extension ExactDecimal {
    /// The bytes that equal numbers share and different ones do not.
    var key: [UInt8] {
        guard let number = short else {
            let scale = withUnsafeBytes(of: Int32(exponent).littleEndian) { Array($0) }
            return [isNegative ? 3 : 2] + scale + digits
        }
        var bytes = [UInt8](repeating: 0, count: EngineNumber.keySize)
        bytes.withUnsafeMutableBytes { number.write(to: $0) }
        return bytes
    }

    /// The same as a number of few digits, where it has so few.
    private var short: EngineNumber? {
        guard digits.count <= EngineNumber.digitsMax else { return nil }
        return EngineNumber(
            isNegative: isNegative,
            mantissa: digits.reduce(0) { $0 * 10 + UInt64($1 - UInt8(ascii: "0")) },
            exponent: Int32(exponent), digits: digits.count)
    }

    /// The nearest double; infinite beyond what doubles hold.
    var double: Double {
        if let known = short?.double { return known }
        let text =
            "\(isNegative ? "-" : "")0.\(String(decoding: digits, as: UTF8.self))e\(exponent)"
        return digits.isEmpty ? 0 : Double(text) ?? 0
    }

    /// Whether ``double`` is this very number, and a whole one.
    var isWholeDouble: Bool { digits.count <= exponent && exponent <= 15 || digits.isEmpty }
}

extension NumericRange {
    /// The bytes that ranges of the same bounds share.
    var key: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(bounds.count * (EngineNumber.keySize + 4))
        for bound in bounds {
            let key = bound.value.key
            bytes += bound.comparison.rawValue.utf8
            bytes += [0, UInt8(truncatingIfNeeded: key.count)]
            bytes += key
        }
        return bytes
    }

    /// The range for a test, as an engine holds it.
    func interval(for test: Int32) -> EngineInterval {
        var low = EngineInterval.Bound(value: -.infinity, isIncluded: false, isWhole: false)
        var high = EngineInterval.Bound(value: .infinity, isIncluded: false, isWhole: false)
        for bound in bounds {
            let value = bound.value.double
            let end = EngineInterval.Bound(
                value: value,
                isIncluded: [.lessOrEqual, .greaterOrEqual, .equal].contains(bound.comparison),
                isWhole: bound.value.isWholeDouble)
            if [.greater, .greaterOrEqual, .equal].contains(bound.comparison) { low = end }
            if [.less, .lessOrEqual, .equal].contains(bound.comparison) { high = end }
        }
        return EngineInterval(test: test, low: low, high: high)
    }
}

/// A number of an event with few enough digits to need no memory.
struct EngineNumber {
    static let digitsMax = 19
    static let keySize = 13

    let isNegative: Bool
    /// Without trailing zeros.
    let mantissa: UInt64
    /// As in ``ExactDecimal``: the value is `0.MANTISSA × 10^exponent`.
    let exponent: Int32
    /// How many digits the mantissa has; 0 for zero.
    let digits: Int

    init(isNegative: Bool, mantissa: UInt64, exponent: Int32, digits: Int) {
        self.isNegative = isNegative
        self.mantissa = mantissa
        self.exponent = exponent
        self.digits = digits
    }

    /// Reads a number; `nil` when it is too long for this way.
    init?(_ bytes: UnsafeBufferPointer<UInt8>) {
        var place = 0
        var isNegative = false
        if bytes.first == UInt8(ascii: "-") {
            isNegative = true
            place = 1
        }
        var mantissa: UInt64 = 0
        var digits = 0
        var trailingZeros = 0
        var scale = 0
        var hasPoint = false
        var written = 0
        while place < bytes.count {
            let byte = bytes[place]
            place += 1
            let digit = byte &- UInt8(ascii: "0")
            if digit < 10 {
                if hasPoint { scale += 1 }
                if digit == 0, digits == 0 { continue }
                digits += 1
                guard digits <= Self.digitsMax else { return nil }
                mantissa = mantissa &* 10 &+ UInt64(digit)
                trailingZeros = digit == 0 ? trailingZeros + 1 : 0
            } else if byte == UInt8(ascii: ".") {
                hasPoint = true
            } else if byte | 0x20 == UInt8(ascii: "e") {
                guard let value = Self.exponent(bytes, from: place) else { return nil }
                written = value
                break
            } else {
                return nil
            }
        }
        if digits == 0 {
            self.init(isNegative: false, mantissa: 0, exponent: 0, digits: 0)
            return
        }
        let exponent = digits - scale + written
        for _ in 0..<trailingZeros { mantissa /= 10 }
        self.init(
            isNegative: isNegative, mantissa: mantissa, exponent: Int32(exponent),
            digits: digits - trailingZeros)
    }

    /// Up to five digits with a sign; more is not for this way.
    private static func exponent(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
        var place = start
        var isNegative = false
        if place < bytes.count,
            bytes[place] == UInt8(ascii: "-") || bytes[place] == UInt8(ascii: "+")
        {
            isNegative = bytes[place] == UInt8(ascii: "-")
            place += 1
        }
        guard place < bytes.count, bytes.count - place <= 5 else { return nil }
        var value = 0
        while place < bytes.count {
            let digit = bytes[place] &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            value = value * 10 + Int(digit)
            place += 1
        }
        return isNegative ? -value : value
    }

    func write(to bytes: UnsafeMutableRawBufferPointer) {
        bytes[0] = isNegative ? 1 : 0
        bytes.storeBytes(of: exponent.littleEndian, toByteOffset: 1, as: Int32.self)
        bytes.storeBytes(of: mantissa.littleEndian, toByteOffset: 5, as: UInt64.self)
    }

    /// The nearest double; `nil` where that takes more than one operation.
    var double: Double? {
        let power = Int(exponent) - digits
        guard mantissa < 1 << 53, (-22...22).contains(power) else { return nil }
        // Both sides are exact, so that the operation rounds once.
        let size =
            power < 0
            ? Double(mantissa) / Self.powers[-power] : Double(mantissa) * Self.powers[power]
        return isNegative ? -size : size
    }

    /// Whether ``double`` is this very number, and a whole one.
    var isWholeDouble: Bool { digits <= Int(exponent) && exponent <= 15 || digits == 0 }

    private static let powers: [Double] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
        1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    ]
}
