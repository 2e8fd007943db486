/// A small generator whose whole future follows from its seed.
///
/// Source: SplitMix64, Sebastiano Vigna, `splitmix64.c`, public domain. Good enough for choosing
/// faults, never for secrets.
package struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(seed: UInt64) {
        self.state = seed
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

extension SeededGenerator {
    /// Whether something of this chance happens; draws one number whatever the chance.
    ///
    /// - Parameter chance: From 0, never, to 1, always.
    mutating func happens(_ chance: Double) -> Bool {
        // 53 bits make a double in 0..<1, so that 1 always and 0 never happens.
        Double(next() >> 11) * 0x1p-53 < chance
    }
}
