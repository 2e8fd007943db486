import CBlocks

// What is asked of bytes in place, without copying them.

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
