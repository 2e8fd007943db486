/// How much text a place holds, in the unit that its platform counts in.
package struct TextLimit: Hashable, Sendable {
    package enum Unit: String, Hashable, Sendable, CaseIterable {
        case utf8Bytes = "utf8_bytes"
        case utf16Units = "utf16_units"
        case codePoints = "code_points"
        /// What a reader takes for one character.
        case graphemes

        package func length(of text: some StringProtocol) -> Int {
            switch self {
            case .utf8Bytes: text.utf8.count
            case .utf16Units: text.utf16.count
            case .codePoints: text.unicodeScalars.count
            case .graphemes: text.count
            }
        }
    }

    /// What stands in for the text that was cut off.
    package static let marker = "…"

    package let max: Int
    package let unit: Unit

    package init(_ max: Int, _ unit: Unit) {
        precondition(max >= 3, "the marker itself has three bytes")
        self.max = max
        self.unit = unit
    }

    package func holds(_ text: some StringProtocol) -> Bool { unit.length(of: text) <= max }

    /// The text, or as much of its start as fits together with ``marker``.
    ///
    /// Cut between two characters as readers see them, so that no family, flag or accent is torn
    /// apart. A single character may be longer than the limit; nothing is then left of it.
    package func cut(_ text: String) -> String {
        guard !holds(text) else { return text }
        var room = max - unit.length(of: Self.marker)
        var end = text.startIndex
        while end < text.endIndex {
            let next = text.index(after: end)
            room -= unit.length(of: text[end..<next])
            guard room >= 0 else { break }
            end = next
        }
        // The marker must not melt into a character before it, which an unfinished emoji
        // sequence at the end of the piece could make it do.
        let cut = text[..<end] + Self.marker
        return holds(cut) ? String(cut) : Self.marker
    }
}
