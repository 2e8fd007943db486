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
