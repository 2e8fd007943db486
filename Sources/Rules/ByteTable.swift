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

    /// The bytes under a number.
    func bytes(of number: Int) -> [UInt8] {
        let start = Int(entries[number].offset)
        return Array(arena[start..<start + Int(entries[number].count)])
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

    func hash(of number: Int) -> UInt64 {
        let entry = entries[number]
        return arena.withUnsafeBufferPointer {
            ByteHash(entry.scope).hash(rebased($0, Int(entry.offset), Int(entry.count)))
        }
    }
}
