import CBlocks

/// Byte strings, each in a scope, under dense numbers from 0; the form that grows.
///
/// Open addressing over one arena: eight bytes a slot, and twelve and its own bytes for each entry.
struct ByteTable {
    struct Entry {
        let offset: UInt32
        let count: UInt32
        let scope: UInt32
    }

    /// The upper half of the hash, and the number plus one; 0 where there is nothing.
    private(set) var slots: [UInt64]
    private(set) var entries: [Entry] = []
    private(set) var arena: [UInt8] = []

    init() { slots = Array(repeating: 0, count: 16) }

    var count: Int { entries.count }

    /// The number of these bytes in this scope, a new one if need be.
    mutating func intern(_ bytes: [UInt8], in scope: UInt32) -> Int {
        bytes.withUnsafeBufferPointer { intern($0, in: scope) }
    }

    /// The same for the bytes of numbers.
    mutating func intern(_ numbers: [Int32], in scope: UInt32) -> Int {
        numbers.withUnsafeBytes { bytes in
            bytes.withMemoryRebound(to: UInt8.self) { intern($0, in: scope) }
        }
    }

    mutating func intern(_ bytes: UnsafeBufferPointer<UInt8>, in scope: UInt32) -> Int {
        let hash = ByteHash(scope).hash(bytes)
        if let known = find(bytes, in: scope, hash: hash) { return known }
        if (entries.count + 1) * 2 > slots.count { grow() }
        entries.append(
            Entry(
                offset: UInt32(arena.count), count: UInt32(bytes.count), scope: scope))
        arena += bytes
        place(hash, entries.count)
        return entries.count - 1
    }

    private func find(
        _ bytes: UnsafeBufferPointer<UInt8>, in scope: UInt32, hash: UInt64
    ) -> Int? {
        let mask = slots.count - 1
        var place = Int(truncatingIfNeeded: hash) & mask
        while slots[place] != 0 {
            let entry = entries[Int(slots[place] & 0xFFFF_FFFF) - 1]
            let start = Int(entry.offset)
            if slots[place] >> 32 == hash >> 32, entry.scope == scope,
                Int(entry.count) == bytes.count,
                arena.withUnsafeBufferPointer({ isEqual(bytes, rebased($0, start, bytes.count)) })
            {
                return Int(slots[place] & 0xFFFF_FFFF) - 1
            }
            place = (place + 1) & mask
        }
        return nil
    }

    private mutating func place(_ hash: UInt64, _ numberAndOne: Int) {
        let mask = slots.count - 1
        var place = Int(truncatingIfNeeded: hash) & mask
        while slots[place] != 0 { place = (place + 1) & mask }
        slots[place] = hash & ~0xFFFF_FFFF | UInt64(numberAndOne)
    }

    private mutating func grow() {
        slots = Array(repeating: 0, count: slots.count * 2)
        for number in entries.indices { place(hash(of: number), number + 1) }
    }

    fileprivate func hash(of number: Int) -> UInt64 {
        let entry = entries[number]
        return arena.withUnsafeBufferPointer {
            ByteHash(entry.scope).hash(rebased($0, Int(entry.offset), Int(entry.count)))
        }
    }
}

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

/// Whether two buffers of one length hold the same.
@inline(__always)
func isEqual(_ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>) -> Bool {
    guard let first = left.baseAddress, let second = right.baseAddress else { return true }
    return copyhook_same(first, second, left.count)
}

/// A stretch of a buffer as one of its own.
@inline(__always)
func rebased(
    _ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ count: Int
) -> UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(rebasing: bytes[start..<start + count])
}

/// A hash that goes on from any multiple of eight bytes, so that all prefixes of a text cost
/// little more than the text.
struct ByteHash {
    private var state: UInt64

    init(_ scope: UInt32) {
        state = (UInt64(scope) &+ 0x9E37_79B9_7F4A_7C15) &* 0xD6E8_FEB8_6659_FD93
    }

    /// Takes eight whole bytes.
    @inline(__always)
    mutating func take(_ word: UInt64) {
        state = (state ^ word) &* 0x9E37_79B9_7F4A_7C15
        state ^= state >> 29
    }

    /// Takes what is left, fewer than eight, and the length of the whole.
    @inline(__always)
    func end(_ tail: UInt64, count: Int) -> UInt64 {
        var hash = (state ^ tail ^ UInt64(truncatingIfNeeded: count) << 56) &* 0xBF58_476D_1CE4_E5B9
        hash ^= hash >> 32
        hash = hash &* 0x94D0_49BB_1331_11EB
        return hash ^ hash >> 29
    }

    @inline(__always)
    func hash(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt64 {
        var copy = self
        var place = 0
        while place + 8 <= bytes.count {
            copy.take(Self.word(bytes, place))
            place += 8
        }
        return copy.end(Self.tail(bytes, place, bytes.count - place), count: bytes.count)
    }

    @inline(__always)
    static func word(_ bytes: UnsafeBufferPointer<UInt8>, _ place: Int) -> UInt64 {
        guard let base = bytes.baseAddress else { return 0 }
        return UnsafeRawPointer(base + place).loadUnaligned(as: UInt64.self)
    }

    /// Up to seven bytes, the first lowest.
    ///
    /// Two reads that overlap instead of one for each byte.
    @inline(__always)
    static func tail(_ bytes: UnsafeBufferPointer<UInt8>, _ place: Int, _ count: Int) -> UInt64 {
        guard count > 0, let base = bytes.baseAddress else { return 0 }
        let start = UnsafeRawPointer(base + place)
        if count >= 4 {
            let low = UInt64(start.loadUnaligned(as: UInt32.self))
            let high = UInt64((start + count - 4).loadUnaligned(as: UInt32.self))
            return low | high << UInt64(8 * (count - 4))
        }
        let low = UInt64(start.load(as: UInt8.self))
        let middle = UInt64((start + count / 2).load(as: UInt8.self))
        let high = UInt64((start + count - 1).load(as: UInt8.self))
        return low | middle << UInt64(8 * (count / 2)) | high << UInt64(8 * (count - 1))
    }
}

extension UInt64 {
    /// Whether one of the eight bytes is this one.
    ///
    /// Source: Warren, "Hacker's Delight", 2nd edition, section 6-1.
    @inline(__always)
    func holds(_ byte: UInt8) -> Bool {
        let different = self ^ (0x0101_0101_0101_0101 &* UInt64(byte))
        return (different &- 0x0101_0101_0101_0101) & ~different & 0x8080_8080_8080_8080 != 0
    }
}
