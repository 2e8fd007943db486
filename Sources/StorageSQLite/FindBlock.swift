/// Which rows of a segment contain three bytes in a row: the part of an index on text that has
/// its first two in common.
///
/// Three bytes are one Chinese character or three ASCII letters, so that a name is found by a
/// single character. A text ends with two zero bytes, so that its last one and its last two begin
/// something as well: what is shorter than three bytes is found by all that begins with it.
///
/// An entry is the third byte, the number of rows as two bytes, and the rows: their offsets in the
/// segment in two bytes each, or one bit for each of the segment's rows where that is shorter.
/// Numbers are little-endian.
struct FindBlock {
    let bytes: [UInt8]
    let span: Int

    /// Adds the rows that contain what the block begins with, then `third`, or anything then.
    func add(_ third: UInt8?, to rows: inout FindRows) {
        var index = 0
        while index + 3 <= bytes.count {
            let byte = bytes[index]
            let count = Int(bytes[index + 1]) | Int(bytes[index + 2]) << 8
            let start = index + 3
            let isMap = Self.isMap(count, span)
            index = start + (isMap ? span / 8 : count * 2)
            guard index <= bytes.count else { return }
            guard third == nil || byte == third else { continue }
            if isMap {
                rows.formUnion(map: bytes[start..<index])
            } else {
                for place in stride(from: start, to: index, by: 2) {
                    rows.insert(Int(bytes[place]) | Int(bytes[place + 1]) << 8)
                }
            }
            if third != nil { return }
        }
    }

    static func isMap(_ count: Int, _ span: Int) -> Bool { count * 2 > span / 8 }
}

/// Rows of one segment, by their offsets.
struct FindRows {
    private var words: [UInt64]

    init(span: Int) { words = Array(repeating: 0, count: (span + 63) / 64) }

    init(all span: Int) { words = Array(repeating: .max, count: (span + 63) / 64) }

    var isEmpty: Bool { words.allSatisfy { $0 == 0 } }

    mutating func insert(_ offset: Int) {
        guard offset < words.count * 64 else { return }
        words[offset / 64] |= 1 << UInt64(offset % 64)
    }

    mutating func formUnion(map: ArraySlice<UInt8>) {
        for (place, byte) in map.enumerated() {
            words[place / 8] |= UInt64(byte) << UInt64(place % 8 * 8)
        }
    }

    mutating func formIntersection(_ other: FindRows) {
        for place in words.indices { words[place] &= other.words[place] }
    }

    /// In ascending order.
    var offsets: [Int] {
        var offsets: [Int] = []
        for (place, word) in words.enumerated() {
            var rest = word
            while rest != 0 {
                offsets.append(place * 64 + rest.trailingZeroBitCount)
                rest &= rest - 1
            }
        }
        return offsets
    }
}

/// Makes the blocks of one segment.
struct FindBlockMaker {
    private let span: Int
    /// The three bytes, and the row behind them.
    private var entries: [UInt64] = []

    init(span: Int) {
        precondition(span % 64 == 0 && span <= 1 << 15)
        self.span = span
    }

    /// - Parameter text: Folded, as ``Needle`` folds.
    mutating func add(_ text: [UInt8], at offset: Int) {
        for place in text.indices {
            let second = place + 1 < text.count ? text[place + 1] : 0
            let third = place + 2 < text.count ? text[place + 2] : 0
            let bytes = UInt64(text[place]) << 16 | UInt64(second) << 8 | UInt64(third)
            entries.append(bytes << 16 | UInt64(offset))
        }
    }

    /// Each block with its first two bytes, in their order.
    consuming func blocks() -> [(pair: UInt16, bytes: [UInt8])] {
        entries.sort()
        var blocks: [(pair: UInt16, bytes: [UInt8])] = []
        var start = 0
        while start < entries.count {
            let three = entries[start] >> 16
            var rows: [UInt16] = []
            while start < entries.count, entries[start] >> 16 == three {
                let row = UInt16(truncatingIfNeeded: entries[start])
                if rows.last != row { rows.append(row) }
                start += 1
            }
            let pair = UInt16(truncatingIfNeeded: three >> 8)
            if blocks.last?.pair != pair { blocks.append((pair, [])) }
            append(
                UInt8(truncatingIfNeeded: three), rows, to: &blocks[blocks.count - 1].bytes)
        }
        return blocks
    }

    private func append(_ third: UInt8, _ rows: [UInt16], to bytes: inout [UInt8]) {
        bytes.append(third)
        bytes.append(UInt8(truncatingIfNeeded: rows.count))
        bytes.append(UInt8(truncatingIfNeeded: rows.count >> 8))
        if FindBlock.isMap(rows.count, span) {
            var map = [UInt8](repeating: 0, count: span / 8)
            for row in rows { map[Int(row) / 8] |= 1 << UInt8(row % 8) }
            bytes += map
        } else {
            for row in rows {
                bytes.append(UInt8(truncatingIfNeeded: row))
                bytes.append(UInt8(truncatingIfNeeded: row >> 8))
            }
        }
    }
}
