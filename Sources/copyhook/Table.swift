import Domain

/// Rows under headings, in columns as wide as their widest cell.
struct Table {
    private let headings: [String]
    private var rows: [[String]] = []

    init(_ headings: String...) { self.init(headings) }

    init(_ headings: [String]) { self.headings = headings }

    mutating func add(_ cells: [String]) {
        precondition(cells.count == headings.count)
        rows.append(cells.map(\.onOneLine))
    }

    /// - Parameter paint: Colours a cell after it was measured; gets its column and text.
    func text(_ paint: (Int, String) -> String = { $1 }) -> String {
        let widths = headings.indices.map { column in
            ([headings] + rows).map { $0[column].columns }.max() ?? 0
        }
        return ([headings] + rows).enumerated().map { place, row in
            row.enumerated().map { column, cell in
                let padding = String(repeating: " ", count: widths[column] - cell.columns)
                return (place == 0 ? cell : paint(column, cell)) + padding
            }
            .joined(separator: "  ").trimmingEnd
        }
        .joined(separator: "\n")
    }
}

extension Int {
    /// `1 rule`, `2 rules`, `2 deliveries`.
    func of(_ noun: String) -> String {
        guard self != 1 else { return "1 \(noun)" }
        return "\(self) " + (noun.hasSuffix("y") ? "\(noun.dropLast())ies" : "\(noun)s")
    }
}

extension String {
    /// Places on a terminal, East Asian wide characters and emoji taking two.
    var columns: Int {
        reduce(0) { count, character in
            let scalar = character.unicodeScalars[character.unicodeScalars.startIndex].value
            let isWide =
                (0x1100...0x115F).contains(scalar) || (0x2E80...0xA4CF).contains(scalar)
                || (0xAC00...0xD7A3).contains(scalar) || (0xF900...0xFAFF).contains(scalar)
                || (0xFE30...0xFE6F).contains(scalar) || (0xFF00...0xFF60).contains(scalar)
                || (0x1F300...0x1FAFF).contains(scalar) || (0x20000...0x3FFFD).contains(scalar)
            return count + (isWide ? 2 : 1)
        }
    }

    /// With blanks behind, up to so many places.
    func padded(to count: Int) -> String {
        self + String(repeating: " ", count: max(count - columns, 0))
    }

    /// At most so many places, an ellipsis in the last where there was more.
    func cut(to count: Int) -> String {
        guard columns > count else { return self }
        var text = ""
        for character in self {
            guard (text + String(character)).columns < count else { break }
            text.append(character)
        }
        return text + "…"
    }

    var trimmingEnd: String {
        var text = self
        while text.last == " " { text.removeLast() }
        return text
    }
}
