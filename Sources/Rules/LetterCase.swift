/// The cases of a letter.
///
/// Most letters have two, each of which leads to the other. Some lead to letters that do not lead
/// back: a Kelvin sign to `k`, a final sigma and a dotless `ı` to `Σ` and `I`, and `ß` to `SS`.
enum LetterCase {
    /// The small one of a letter's two; whatever has no pair, itself.
    @inline(__always)
    static func small(_ letter: UInt32) -> UInt32 {
        if letter < 0x80 { return letter &- 0x41 < 26 ? letter | 0x20 : letter }
        let page = Int(letter >> 7)
        guard page < pages.count, pages[page] >= 0 else { return letter }
        return letters[Int(pages[page]) + Int(letter & 0x7F)]
    }

    /// What a code point of a pattern stands for, as UTF-8: itself, its upper and its lower case.
    static func spellings(of letter: Unicode.Scalar) -> [[UInt8]] {
        Set((mappings(of: letter) + [String(letter)]).map { Array($0.utf8) })
            .sorted { $0.lexicographicallyPrecedes($1) }
    }

    /// The small letter of a code point of a pattern, if those that have the same are all that it
    /// stands for.
    static func smallOfPair(_ letter: Unicode.Scalar) -> Unicode.Scalar? {
        let small = Self.small(letter.value)
        let isOneOfTwo = mappings(of: letter).allSatisfy { mapping in
            mapping.unicodeScalars.allSatisfy { Self.small($0.value) == small }
                && mapping.unicodeScalars.count == 1
        }
        return isOneOfTwo ? Unicode.Scalar(small) : nil
    }

    private static func mappings(of letter: Unicode.Scalar) -> [String] {
        [letter.properties.uppercaseMapping, letter.properties.lowercaseMapping]
    }

    /// Appends a text of UTF-8 in small letters.
    static func appendSmall(_ text: UnsafeBufferPointer<UInt8>, to small: inout Stack<UInt8>) {
        var place = 0
        while place < text.count {
            let byte = text[place]
            let width = byte < 0xC0 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4
            let end = min(place + width, text.count)
            var letter = width == 1 ? UInt32(byte) : UInt32(byte) & (0x7F >> UInt32(width))
            for index in place + 1..<max(end, place + 1) {
                letter = letter << 6 | UInt32(text[index] & 0x3F)
            }
            let found = Self.small(letter)
            if found != letter, let units = Unicode.Scalar(found).flatMap(UTF8.encode) {
                for unit in units { small.append(unit) }
            } else {
                for index in place..<end { small.append(text[index]) }
            }
            place = end
        }
    }

    // MARK: - The table

    /// Where the page of 128 code points begins in ``letters``, or -1 if it has no pairs.
    private static let pages = table.pages
    /// The small letters of those pages.
    private static let letters = table.letters

    /// No letter beyond has two cases (Unicode 16 ends at U+1E943).
    private static let end: UInt32 = 0x1_F000

    private static let table: (pages: [Int32], letters: [UInt32]) = {
        var pages: [Int32] = []
        var letters: [UInt32] = []
        for start in stride(from: UInt32(0), to: end, by: 128) {
            let page = (start..<start + 128).map { letter in
                Unicode.Scalar(letter).flatMap(ownSmall)?.value ?? letter
            }
            let hasPairs = page != Array(start..<start + 128)
            pages.append(hasPairs ? Int32(letters.count) : -1)
            if hasPairs { letters += page }
        }
        return (pages, letters)
    }()

    /// The lower case of a letter, if that leads back to it.
    private static func ownSmall(_ letter: Unicode.Scalar) -> Unicode.Scalar? {
        guard letter.properties.changesWhenLowercased else { return nil }
        let small = letter.properties.lowercaseMapping.unicodeScalars
        guard small.count == 1, let small = small.first else { return nil }
        let large = small.properties.uppercaseMapping.unicodeScalars
        return large.count == 1 && large.first == letter ? small : nil
    }
}
