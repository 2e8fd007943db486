/// One thing that a conjunction asks.
struct EnginePart {
    private let bits: UInt32

    private static let testBit: UInt32 = 1 << 30
    private static let absenceBit: UInt32 = 1 << 31

    private init(bits: UInt32) { self.bits = bits }

    static func test(_ number: Int32) -> EnginePart { EnginePart(bits: UInt32(number) | testBit) }
    static func condition(_ number: Int) -> EnginePart { EnginePart(bits: UInt32(number)) }
    static func absence(of field: Int32) -> EnginePart {
        EnginePart(bits: UInt32(field) | absenceBit)
    }

    /// The number of a test, a condition or a field.
    @inline(__always)
    var number: Int32 { Int32(bits & ~(Self.testBit | Self.absenceBit)) }
    @inline(__always)
    var isTest: Bool { bits & Self.testBit != 0 }
    @inline(__always)
    var isAbsence: Bool { bits & Self.absenceBit != 0 }
}
