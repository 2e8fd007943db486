/// Wildcards as flat bytes, for an engine.
struct WildcardTable {
    private struct Part {
        let offset: UInt32
        let count: UInt32
    }

    /// By wildcard, its parts.
    private let stretches: Frozen<EngineStretch>
    private let parts: Frozen<Part>
    private let bytes: Frozen<UInt8>

    init(_ wildcards: [Wildcard]) {
        var stretches: [EngineStretch] = []
        var parts: [Part] = []
        var bytes: [UInt8] = []
        for wildcard in wildcards {
            let start = parts.count
            for part in wildcard.parts {
                parts.append(Part(offset: UInt32(bytes.count), count: UInt32(part.count)))
                bytes += part
            }
            stretches.append(EngineStretch(start, to: parts))
        }
        self.stretches = Frozen(stretches)
        self.parts = Frozen(parts)
        self.bytes = Frozen(bytes)
    }

    func free() {
        stretches.free()
        parts.free()
        bytes.free()
    }

    var count: Int { stretches.count }
    /// In bytes.
    var size: Int { stretches.size + parts.size + bytes.size }

    /// Takes each part at its first place: an earlier place leaves more for the parts behind it,
    /// so there is nothing to come back to.
    func matches(_ number: Int, _ text: UnsafeBufferPointer<UInt8>) -> Bool {
        let stretch = stretches[number]
        let first = part(stretch.start)
        guard text.count >= first.count, isEqual(rebased(text, 0, first.count), first) else {
            return false
        }
        guard stretch.count > 1 else { return text.count == first.count }
        let last = part(stretch.end - 1)
        guard text.count >= first.count + last.count,
            isEqual(rebased(text, text.count - last.count, last.count), last)
        else { return false }
        var place = first.count
        let end = text.count - last.count
        for index in stretch.start + 1..<stretch.end - 1 {
            let part = part(index)
            guard let next = part.firstEnd(in: rebased(text, place, end - place)) else {
                return false
            }
            place += next
        }
        return true
    }

    @inline(__always)
    private func part(_ index: Int32) -> UnsafeBufferPointer<UInt8> {
        bytes.slice(Int(parts[index].offset), Int(parts[index].count))
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// Beyond this product of lengths the table of borders is worth its making.
    private static var naiveMax: Int { 4_096 }

    /// The end of the first occurrence in `text`, in time linear in both.
    fileprivate func firstEnd(in text: UnsafeBufferPointer<UInt8>) -> Int? {
        guard let first else { return 0 }
        guard text.count >= count else { return nil }
        if count * text.count > Self.naiveMax { return firstEndByBorders(in: text) }
        for start in 0...text.count - count
        where text[start] == first && isEqual(rebased(text, start, count), self) {
            return start + count
        }
        return nil
    }

    /// Source: Knuth, Morris, Pratt, "Fast Pattern Matching in Strings", 1977.
    private func firstEndByBorders(in text: UnsafeBufferPointer<UInt8>) -> Int? {
        var borders = [Int](repeating: 0, count: count)
        var length = 0
        for index in indices.dropFirst() {
            while length > 0, self[index] != self[length] { length = borders[length - 1] }
            if self[index] == self[length] { length += 1 }
            borders[index] = length
        }
        length = 0
        for (index, byte) in text.enumerated() {
            while length > 0, byte != self[length] { length = borders[length - 1] }
            if byte == self[length] { length += 1 }
            if length == count { return index + 1 }
        }
        return nil
    }
}
