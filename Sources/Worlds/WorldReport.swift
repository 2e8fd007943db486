import Domain

/// What became of a world.
package struct WorldReport: Hashable, Sendable {
    package let seed: UInt64
    /// What was wrong, a line each; empty when every promise was kept.
    package var troubles: [String]
    /// What happened, in its order; the last are the rows as they stand at the end.
    package var moments: [Moment] = []
    package var counts = WorldCounts()
    /// How many jobs were run.
    package var jobs = 0
    /// How much virtual time passed.
    package var duration: Duration = .zero
    /// A number that two runs of one seed share, and hardly any two seeds.
    package var digest: UInt64 = 0

    /// What happened, a line each.
    package var story: [String] { moments.map(\.line) }
}

/// Makes a digest of what is put in, in its order.
///
/// Source: FNV-1a, 64 bits.
struct Digest {
    private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

    mutating func add(_ moment: Moment) {
        add(UInt64(bitPattern: moment.at.wholeMilliseconds))
        for byte in moment.what.utf8 { add(byte) }
        add(10 as UInt8)
    }

    mutating func add(_ number: UInt64) {
        for shift in stride(from: 0, to: 64, by: 8) {
            add(UInt8(truncatingIfNeeded: number >> UInt64(shift)))
        }
    }

    private mutating func add(_ byte: UInt8) {
        value = (value ^ UInt64(byte)) &* 0x100_0000_01B3
    }
}
