import CBlocks

/// Walks the places of a JSON text that carry its structure: quotes, brackets, commas, colons.
///
/// Takes 64 bytes at a time and never looks at what lies between two such places, so that a value
/// nobody asks for costs next to nothing. What stands inside strings is no structure.
///
/// Made for texts that passed the strict parser. Any other is safe too, and shows as places that
/// do not fit together.
struct BlockCursor {
    let bytes: UnsafePointer<UInt8>
    let count: Int
    /// Where the next block begins.
    private var position = 0
    /// Where the current one began.
    private var start = 0
    /// Structure in the current block that was not given out yet.
    private var places: UInt64 = 0
    /// Of these, the brackets.
    private var brackets: UInt64 = 0
    /// All ones when the block before ended inside a string.
    private var insideString: UInt64 = 0
    /// 1 when the block before ended in a backslash that escapes what follows.
    private var escaped: UInt64 = 0

    init(_ bytes: UnsafePointer<UInt8>, count: Int) {
        self.bytes = bytes
        self.count = count
    }

    /// The next place, or `count` at the end.
    @inline(__always)
    mutating func next() -> Int {
        while places == 0 {
            guard advance() else { return count }
        }
        let place = start + places.trailingZeroBitCount
        places &= places &- 1
        return place
    }

    /// Where ``next()`` will lead.
    @inline(__always)
    mutating func peek() -> Int {
        while places == 0 {
            guard advance() else { return count }
        }
        return start + places.trailingZeroBitCount
    }

    /// Leaves a container whose opening bracket was the last place given out.
    ///
    /// - Returns: The place of the bracket that closes it, or `count`.
    mutating func leaveContainer() -> Int {
        var depth = 1
        // Brackets before the one just given out are gone from `places` but not from here.
        brackets &= places
        while true {
            while brackets != 0 {
                let bit = brackets.trailingZeroBitCount
                brackets &= brackets &- 1
                // `{` and `[` end in 011, `}` and `]` in 101.
                depth += bytes[start + bit] & 0b100 == 0 ? 1 : -1
                if depth == 0 {
                    places &= ~(UInt64.max >> (63 - UInt64(bit)))
                    return start + bit
                }
            }
            guard advance() else {
                places = 0
                return count
            }
        }
    }

    private mutating func advance() -> Bool {
        guard position < count else { return false }
        start = position
        position += 64
        if position <= count {
            sort(copyhook_sort(bytes + start))
        } else {
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 64) { rest in
                rest.initialize(repeating: 0x20)
                rest.baseAddress?.update(from: bytes + start, count: count - start)
                if let rest = rest.baseAddress { sort(copyhook_sort(rest)) }
            }
        }
        return true
    }

    @inline(__always)
    private mutating func sort(_ block: copyhook_block) {
        let quotes = block.quotes & ~escapedBytes(block.backslashes)
        // Sums of bits modulo 2: set from each opening quote up to before its closing one.
        var inside = quotes
        inside ^= inside << 1
        inside ^= inside << 2
        inside ^= inside << 4
        inside ^= inside << 8
        inside ^= inside << 16
        inside ^= inside << 32
        inside ^= insideString
        insideString = UInt64(bitPattern: Int64(bitPattern: inside) >> 63)
        brackets = block.brackets & ~inside
        places = quotes | ((block.brackets | block.separators) & ~inside)
    }

    /// The bytes that an odd number of backslashes stands before.
    ///
    /// Source: Langdale, Lemire, "Parsing Gigabytes of JSON per Second", 2019, section 3.1.1.
    @inline(__always)
    private mutating func escapedBytes(_ backslashes: UInt64) -> UInt64 {
        guard backslashes != 0 else {
            let first = escaped
            escaped = 0
            return first
        }
        let evenBits: UInt64 = 0x5555_5555_5555_5555
        let escapes = backslashes & ~escaped
        let follows = escapes << 1 | escaped
        let oddStarts = escapes & ~evenBits & ~follows
        let (sum, overflow) = oddStarts.addingReportingOverflow(escapes)
        escaped = overflow ? 1 : 0
        return (evenBits ^ (sum << 1)) & follows
    }
}
