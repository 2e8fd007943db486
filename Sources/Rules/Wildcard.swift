/// Text in which each `*` stands for any run of characters, the empty one included.
///
/// `?` is a question mark. `\*` and `\\` are the star and the backslash themselves. The whole
/// value must match.
package struct Wildcard: Hashable, Sendable {
    /// What stands between the stars, UTF-8; one part means no star at all.
    let parts: [[UInt8]]

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

    func matches(_ value: String) -> Bool {
        let table = WildcardTable([self])
        defer { table.free() }
        return Array(value.utf8).withUnsafeBufferPointer { table.matches(0, $0) }
    }
}
