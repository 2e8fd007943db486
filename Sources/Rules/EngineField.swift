/// What the engine knows of one field that some rule asks for, as far as every value needs it.
struct EngineField {
    /// By kind, whether anything is asked so.
    private(set) var kinds: UInt32 = 0
    /// The numbers of tests without an operand.
    var null: Int32 = -1
    var isTrue: Int32 = -1
    var isFalse: Int32 = -1
    var exists: Int32 = -1
    var anyString: Int32 = -1
    /// Stretches of the tables of the same names; the first four of ``EngineTables/lengths``.
    var prefixLengths = EngineStretch.empty
    var suffixLengths = EngineStretch.empty
    var foldedPrefixLengths = EngineStretch.empty
    var foldedSuffixLengths = EngineStretch.empty
    var blockWidths = EngineStretch.empty
    var intervals = EngineStretch.empty
    var loose = EngineStretch.empty

    mutating func note(_ kind: EngineTestKind) { kinds |= 1 << UInt32(kind.rawValue) }

    @inline(__always)
    func has(_ kind: EngineTestKind) -> Bool { kinds & (1 << UInt32(kind.rawValue)) != 0 }

    /// Whether a string must be looked at by more than one look-up.
    @inline(__always)
    var hasOnlyExactStrings: Bool {
        let plain: [EngineTestKind] = [.exact, .number, .null, .isTrue, .isFalse, .exists]
        return kinds & ~plain.reduce(0) { $0 | 1 << UInt32($1.rawValue) } == 0
    }
}

/// What is looked up in a field's values beyond one look-up, while rules are added.
struct EngineFieldLists {
    /// Lengths that occur, ascending once all are known.
    var prefixLengths: [Int32] = []
    var suffixLengths: [Int32] = []
    var foldedPrefixLengths: [Int32] = []
    var foldedSuffixLengths: [Int32] = []
    /// Widths of blocks that occur: four-byte addresses first, each with its number of bits.
    var blockWidths: [AddressBlock.Width] = []
    var intervals: [EngineInterval] = []
    /// Tests that are tried one by one.
    var loose: [Int32] = []
}

/// The lists of all fields, one behind the other.
struct FlatLists {
    private(set) var lengths: [Int32] = []
    private(set) var blockWidths: [AddressBlock.Width] = []
    private(set) var intervals: [EngineInterval] = []
    private(set) var loose: [Int32] = []

    mutating func take(_ field: EngineField, _ lists: EngineFieldLists) -> EngineField {
        var field = field
        field.prefixLengths = append(lists.prefixLengths.sorted(), to: &lengths)
        field.suffixLengths = append(lists.suffixLengths.sorted(), to: &lengths)
        field.foldedPrefixLengths = append(lists.foldedPrefixLengths.sorted(), to: &lengths)
        field.foldedSuffixLengths = append(lists.foldedSuffixLengths.sorted(), to: &lengths)
        field.blockWidths = append(lists.blockWidths.sorted(), to: &blockWidths)
        field.intervals = append(IntervalTree.order(lists.intervals), to: &intervals)
        field.loose = append(lists.loose, to: &loose)
        return field
    }

    private func append<Element>(
        _ elements: [Element], to all: inout [Element]
    ) -> EngineStretch {
        let start = all.count
        all += elements
        return EngineStretch(start, to: all)
    }
}
