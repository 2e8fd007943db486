/// Numbers by pairs of numbers, never changed any more.
struct FrozenPairs {
    /// Two words a slot: the pair, and what it stands for plus one; 0 where there is nothing.
    private let slots: Frozen<UInt64>
    private let mask: Int

    /// - Parameter source: By `first << 32 | second`.
    init(_ source: [UInt64: Int32]) {
        var count = 4
        while count < source.count * 2 { count *= 2 }
        mask = count - 1
        var slots = [UInt64](repeating: 0, count: count * 2)
        for (pair, value) in source {
            var place = Self.hash(pair) & mask
            while slots[place * 2 + 1] != 0 { place = (place + 1) & mask }
            slots[place * 2] = pair
            slots[place * 2 + 1] = UInt64(value) + 1
        }
        self.slots = Frozen(slots)
    }

    func free() { slots.free() }

    var size: Int { slots.size }

    @inline(__always)
    func find(_ first: Int32, _ second: Int32) -> Int32? {
        let pair = Self.pair(first, second)
        var place = Self.hash(pair) & mask
        while true {
            let value = slots[place * 2 + 1]
            if value == 0 { return nil }
            if slots[place * 2] == pair { return Int32(truncatingIfNeeded: value - 1) }
            place = (place + 1) & mask
        }
    }

    @inline(__always)
    static func pair(_ first: Int32, _ second: Int32) -> UInt64 {
        UInt64(UInt32(bitPattern: first)) << 32 | UInt64(UInt32(bitPattern: second))
    }

    @inline(__always)
    private static func hash(_ pair: UInt64) -> Int {
        Int(truncatingIfNeeded: (pair &* 0x9E37_79B9_7F4A_7C15) >> 32)
    }
}
