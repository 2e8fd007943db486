/// A ``ByteTable`` that is only read any more.
struct FrozenByteTable {
    private let slots: Frozen<UInt64>
    private let entries: Frozen<ByteTable.Entry>
    private let arena: Frozen<UInt8>
    /// Bits of which each entry sets one: most of what is not in the table ends here, in memory
    /// that is near.
    private let filter: Frozen<UInt64>

    /// Bits of the filter for each entry.
    private static let filterBits = 16

    init(_ table: ByteTable) {
        slots = Frozen(table.slots)
        entries = Frozen(table.entries)
        arena = Frozen(table.arena)
        var words = 1
        while words * 64 < table.count * Self.filterBits { words *= 2 }
        var filter = [UInt64](repeating: 0, count: words)
        for number in 0..<table.count {
            let bit = Int(truncatingIfNeeded: table.hash(of: number) >> 32) & (words * 64 - 1)
            filter[bit / 64] |= 1 << UInt64(bit % 64)
        }
        self.filter = Frozen(filter)
    }

    func free() {
        slots.free()
        entries.free()
        arena.free()
        filter.free()
    }

    var count: Int { entries.count }
    /// In bytes.
    var size: Int { slots.size + entries.size + arena.size + filter.size }

    @inline(__always)
    func find(_ bytes: UnsafeBufferPointer<UInt8>, in scope: UInt32) -> Int? {
        find(bytes, in: scope, hash: ByteHash(scope).hash(bytes))
    }

    /// - Parameter hash: That of `bytes` begun with `scope`.
    @inline(__always)
    func find(_ bytes: UnsafeBufferPointer<UInt8>, in scope: UInt32, hash: UInt64) -> Int? {
        let bit = Int(truncatingIfNeeded: hash >> 32) & (filter.count * 64 - 1)
        guard filter[bit >> 6] & 1 << UInt64(bit & 63) != 0 else { return nil }
        return findSlot(bytes, in: scope, hash: hash)
    }

    private func findSlot(
        _ bytes: UnsafeBufferPointer<UInt8>, in scope: UInt32, hash: UInt64
    ) -> Int? {
        let mask = slots.count - 1
        var place = Int(truncatingIfNeeded: hash) & mask
        while true {
            let slot = slots[place]
            if slot == 0 { return nil }
            if slot >> 32 == hash >> 32 {
                let number = Int(slot & 0xFFFF_FFFF) - 1
                let entry = entries[number]
                if entry.scope == scope, Int(entry.count) == bytes.count,
                    isEqual(bytes, arena.slice(Int(entry.offset), bytes.count))
                {
                    return number
                }
            }
            place = (place + 1) & mask
        }
    }
}
