/// Text that matches whatever the case of its letters.
///
/// Each code point of the pattern stands for itself, its upper and its lower case, with Unicode's
/// full mappings (`ß` also for `SS`) and without locale or context: no Turkish `i`, no final
/// sigma, no normalisation. That is what the pattern language was recorded to do.
package struct FoldedText: Hashable, Sendable {
    /// For each code point the spellings that are accepted, as UTF-8, in the order of their bytes.
    private let places: [[[UInt8]]]

    /// The text in small letters, when a value in small letters has the same bytes exactly when
    /// it matches; nil when the cases of a letter do not lead to one another.
    let small: [UInt8]?

    init(_ text: String) {
        places = text.unicodeScalars.map { scalar in
            scalar.isASCII ? Self.ofASCII[Int(scalar.value)] : LetterCase.spellings(of: scalar)
        }
        let letters = text.unicodeScalars.map(LetterCase.small)
        small = letters.contains(nil) ? nil : letters.flatMap { $0.map { Array($0.utf8) } ?? [] }
    }

    /// By code point; asking Unicode's tables for each letter of each pattern takes most of the
    /// time in which a hundred thousand of them are read.
    private static let ofASCII = (UInt8(0)..<128).map {
        LetterCase.spellings(of: Unicode.Scalar($0))
    }

    var isEmpty: Bool { places.isEmpty }

    /// Whether all texts that begin (end) so also begin (end) as `other` asks.
    func hasStart(_ other: FoldedText) -> Bool { places.starts(with: other.places) }
    func hasEnd(_ other: FoldedText) -> Bool {
        places.reversed().starts(with: other.places.reversed())
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
