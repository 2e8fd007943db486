/// Text in which each `*` stands for any run of characters, the empty one included.
///
/// `?` is a question mark. `\*` and `\\` are the star and the backslash themselves. The whole
/// value must match.
package struct Wildcard: Hashable, Sendable {
    /// What stands between the stars, UTF-8; one part means no star at all.
    private let parts: [[UInt8]]

    /// Why a text is no wildcard.
    enum Fault: Error, Hashable {
        case doubledStar
        case unknownEscape
        case tooManyStars
        case tooLong
    }

    static let starsMax = 64
    static let bytesMax = 4_096

    init(_ text: String) throws(Fault) {
        guard text.utf8.count <= Self.bytesMax else { throw .tooLong }
        var parts: [[UInt8]] = [[]]
        var isEscape = false
        var afterStar = false
        for byte in text.utf8 {
            let isStar = byte == UInt8(ascii: "*") && !isEscape
            if isEscape {
                guard byte == UInt8(ascii: "*") || byte == UInt8(ascii: "\\") else {
                    throw .unknownEscape
                }
                parts[parts.count - 1].append(byte)
                isEscape = false
            } else if isStar {
                if afterStar { throw .doubledStar }
                parts.append([])
            } else if byte == UInt8(ascii: "\\") {
                isEscape = true
            } else {
                parts[parts.count - 1].append(byte)
            }
            afterStar = isStar
        }
        if isEscape { throw .unknownEscape }
        guard parts.count <= Self.starsMax + 1 else { throw .tooManyStars }
        self.parts = parts
    }

    /// What every match starts with, and ends with.
    var start: [UInt8] { parts[0] }
    var end: [UInt8] { parts[parts.count - 1] }

    var startsInStar: Bool { parts.count > 1 && start.isEmpty }
    var endsInStar: Bool { parts.count > 1 && end.isEmpty }

    /// Whether it is one star, which every text matches.
    var isEverything: Bool { parts.count == 2 && parts.allSatisfy(\.isEmpty) }

    /// Whether nothing but texts that match `other` match this.
    ///
    /// Sound, not complete: a star here counts as a character that only a star there matches.
    func isInside(_ other: Wildcard) -> Bool {
        let (narrow, wide) = (units, other.units)
        guard narrow.count * wide.count <= Self.comparedMax else { return false }
        // `reached[place]`: whether so much of `wide` has taken what was read of `narrow`.
        var reached = [Bool](repeating: false, count: wide.count + 1)
        reached[0] = true
        func passStars() {
            for place in wide.indices where wide[place] == nil && reached[place] {
                reached[place + 1] = true
            }
        }
        passStars()
        for unit in narrow {
            var next = [Bool](repeating: false, count: wide.count + 1)
            for place in wide.indices where reached[place] {
                if wide[place] == nil { next[place] = true }
                if let unit, wide[place] == unit { next[place + 1] = true }
            }
            reached = next
            passStars()
        }
        return reached[wide.count]
    }

    /// Steps that one comparison of two wildcards may take.
    private static let comparedMax = 1 << 20

    /// Bytes, and `nil` for a star.
    private var units: [UInt8?] {
        var units: [UInt8?] = parts[0].map { $0 }
        for part in parts.dropFirst() {
            units.append(nil)
            units += part.map { $0 }
        }
        return units
    }

    /// Takes each part at its first place: an earlier place leaves more for the parts behind it,
    /// so there is nothing to come back to.
    func matches(_ value: String) -> Bool {
        let bytes = Array(value.utf8)
        guard let first = parts.first, let last = parts.last, bytes.starts(with: first) else {
            return false
        }
        guard parts.count > 1 else { return bytes.count == first.count }
        guard bytes.count >= first.count + last.count,
            bytes[(bytes.count - last.count)...].elementsEqual(last)
        else { return false }
        var rest = bytes[first.count..<(bytes.count - last.count)]
        for part in parts.dropFirst().dropLast() {
            guard let end = Self.end(of: part, in: rest) else { return false }
            rest = rest[end...]
        }
        return true
    }

    /// The end of the first occurrence of `part`, in time linear in both.
    ///
    /// Source: Knuth, Morris, Pratt, "Fast Pattern Matching in Strings", 1977.
    private static func end(of part: [UInt8], in bytes: ArraySlice<UInt8>) -> Int? {
        guard !part.isEmpty else { return bytes.startIndex }
        var borders = [Int](repeating: 0, count: part.count)
        var length = 0
        for index in part.indices.dropFirst() {
            while length > 0, part[index] != part[length] { length = borders[length - 1] }
            if part[index] == part[length] { length += 1 }
            borders[index] = length
        }
        length = 0
        for index in bytes.indices {
            while length > 0, bytes[index] != part[length] { length = borders[length - 1] }
            if bytes[index] == part[length] { length += 1 }
            if length == part.count { return index + 1 }
        }
        return nil
    }
}
