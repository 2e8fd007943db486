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
        let letters = text.unicodeScalars.map(LetterCase.smallOfPair)
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

    func equals(_ value: String) -> Bool { rest(of: value)?.isEmpty ?? false }

    func begins(_ value: String) -> Bool { rest(of: value) != nil }

    func ends(_ value: String) -> Bool {
        var rest = value.utf8[...]
        for spellings in places.reversed() {
            guard let end = spellings.first(where: { rest.suffix($0.count).elementsEqual($0) })
            else { return false }
            rest = rest.dropLast(end.count)
        }
        return true
    }

    /// What follows the match that a text starts with.
    ///
    /// No spelling of a letter begins or ends with another one of it, so that one at most fits.
    private func rest(of value: String) -> Substring.UTF8View? {
        var rest = value.utf8[...]
        for spellings in places {
            guard let start = spellings.first(where: { rest.starts(with: $0) }) else { return nil }
            rest = rest.dropFirst(start.count)
        }
        return rest
    }
}
