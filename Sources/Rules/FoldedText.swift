/// Text that matches whatever the case of its letters.
///
/// Each code point stands for itself, its upper and its lower case, with Unicode's full mappings
/// (`ß` also for `SS`) and without locale or context: no Turkish `i`, no final sigma, no
/// normalisation. That is what the pattern language was recorded to do.
package struct FoldedText: Hashable, Sendable {
    /// For each code point the spellings that are accepted, as UTF-8, in the order of their bytes.
    private let places: [[[UInt8]]]

    init(_ text: String) {
        places = text.unicodeScalars.map { scalar in
            scalar.isASCII ? Self.ofASCII[Int(scalar.value)] : Self.spellings(of: scalar)
        }
    }

    private static func spellings(of scalar: Unicode.Scalar) -> [[UInt8]] {
        var spellings = [Array(scalar.utf8)]
        for mapping in [scalar.properties.uppercaseMapping, scalar.properties.lowercaseMapping]
        where !spellings.contains(Array(mapping.utf8)) {
            spellings.append(Array(mapping.utf8))
        }
        return spellings.sorted { $0.lexicographicallyPrecedes($1) }
    }

    /// By code point; asking Unicode's tables for each letter of each pattern takes most of the
    /// time in which a hundred thousand of them are read.
    private static let ofASCII = (UInt8(0)..<128).map { spellings(of: Unicode.Scalar($0)) }

    var isEmpty: Bool { places.isEmpty }

    /// Whether all texts that begin (end) so also begin (end) as `other` asks.
    func hasStart(_ other: FoldedText) -> Bool { places.starts(with: other.places) }
    func hasEnd(_ other: FoldedText) -> Bool {
        places.reversed().starts(with: other.places.reversed())
    }

    /// The text with small ASCII letters, when that is all the folding there is to it: a value
    /// whose ASCII letters are made small then has the same bytes exactly when it matches.
    var asciiFolded: [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(places.count)
        for spellings in places {
            if spellings.count == 1 {
                bytes += spellings[0]
            } else if spellings.count == 2, spellings.allSatisfy({ $0.count == 1 }) {
                bytes.append(spellings[0][0] | 0x20)
            } else {
                return nil
            }
        }
        return bytes
    }

    func equals(_ value: String) -> Bool {
        let bytes = Array(value.utf8)
        return ends(in: bytes[...]).contains(bytes.endIndex)
    }

    func begins(_ value: String) -> Bool { !ends(in: Array(value.utf8)[...]).isEmpty }

    func ends(_ value: String) -> Bool {
        let reversed = Array(value.utf8.reversed())
        return !Self.ends(of: places.reversed().map { $0.map { $0.reversed() } }, in: reversed[...])
            .isEmpty
    }

    private func ends(in bytes: ArraySlice<UInt8>) -> Set<Int> {
        Self.ends(of: places, in: bytes)
    }

    /// Where a match that starts at the start may end.
    ///
    /// Spellings of one place may differ in length, hence a set; it is never larger than the text.
    private static func ends(of places: [[[UInt8]]], in bytes: ArraySlice<UInt8>) -> Set<Int> {
        var ends: Set<Int> = [bytes.startIndex]
        for spellings in places {
            var next: Set<Int> = []
            for end in ends {
                for spelling in spellings where bytes[end...].starts(with: spelling) {
                    next.insert(end + spelling.count)
                }
            }
            if next.isEmpty { return [] }
            ends = next
        }
        return ends
    }
}
