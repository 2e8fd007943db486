import Domain

extension TailBoard {
    /// The screen as lines of text, as many as it has rows; none is wider than it.
    ///
    /// - Parameter paint: Colours what was measured; the chosen line is marked without it, too.
    package func screen(_ paint: Paint) -> [String] {
        var lines: [String]
        if case .reading(let pager) = mode {
            lines = pager.visible
        } else {
            lines = visible.map { row in
                guard size.columns > 2 else { return "" }
                let text = row.line.text(paint, width: size.columns - 2)
                return (row.number == chosen ? paint(.bold, "> ") : "  ") + text
            }
        }
        lines += Array(repeating: "", count: max(height - lines.count, 0))
        return lines + [paint(.bold, status.onOneLine.cut(to: size.columns))]
    }

    private var visible: ArraySlice<Row> {
        let rows = matching
        let newest = max(rows.count - height, 0)
        let first = chosen == nil ? newest : rows.firstIndex { $0.number >= top } ?? newest
        return rows[first...].prefix(height)
    }

    /// The last row: what is asked, what came of it, or how things stand and which keys there are.
    private var status: String {
        switch mode {
        case .filter: return "Only lines with: \(filter)_  (Enter keeps, Esc ends)"
        case .question(let subject): return subject.question
        case .reading(let pager): return pager.status
        case .list: break
        }
        let rows = matching
        var parts: [String] = []
        if !note.isEmpty { parts.append(note) }
        if !trouble.isEmpty { parts.append(trouble) }
        if isPaused { parts.append("paused") }
        if let place = rows.firstIndex(where: { $0.number == chosen }) {
            parts.append("line \(place + 1) of \(rows.count)")
        } else {
            parts.append(rows.count.of("line"))
        }
        if !filter.isEmpty { parts.append("with “\(filter)”") }
        parts.append(
            chosen == nil
                ? "up choose  / filter  space \(isPaused ? "go on" : "pause")  q end"
                : "o open  r again  G follow  / filter  space \(isPaused ? "go on" : "pause")  "
                    + "q end")
        return parts.joined(separator: " | ")
    }
}

/// A text longer than the screen, and where in it a person is.
package struct TailPager: Sendable {
    private let title: String
    private let lines: [String]
    private var size: TailBoard.Size
    /// The lines as the screen can take them.
    private var folded: [String] = []
    private var top = 0

    init(_ subject: TailBoard.Subject, _ text: String, _ size: TailBoard.Size) {
        title = subject.id.onOneLine
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).map {
            String($0).onOneLine
        }
        self.size = size
        fit(size)
    }

    private var height: Int { max(size.rows - 1, 0) }

    var visible: [String] { Array(folded.dropFirst(top).prefix(height)) }

    var status: String {
        let end = min(top + height, folded.count)
        return "\(title) | \(min(top + 1, end))-\(end) of \(folded.count) | "
            + "j down  k up  space page  b back a page  q back to the list"
    }

    /// Folds the text anew; the top stays in the text where it was, as far as widths allow.
    mutating func fit(_ size: TailBoard.Size) {
        let share = folded.isEmpty ? 0 : Double(top) / Double(folded.count)
        self.size = size
        folded = lines.flatMap { $0.folded(to: size.columns) }
        scroll(to: Int(share * Double(folded.count)))
    }

    /// - Returns: Whether the person goes on reading.
    mutating func press(_ key: Key) -> Bool {
        switch key {
        case .character("q"), .escape: return false
        case .up, .character("k"): scroll(to: top - 1)
        case .down, .character("j"), .enter: scroll(to: top + 1)
        case .pageDown, .character(" "): scroll(to: top + max(height, 1))
        case .pageUp, .character("b"): scroll(to: top - max(height, 1))
        case .home, .character("g"): scroll(to: 0)
        case .end, .character("G"): scroll(to: folded.count)
        default: break
        }
        return true
    }

    private mutating func scroll(to line: Int) {
        top = max(min(line, folded.count - height), 0)
    }
}

extension String {
    /// The text in pieces of at most so many places.
    func folded(to count: Int) -> [String] {
        guard utf8.count > count else { return [self] }
        var pieces: [String] = []
        var piece = ""
        var filled = 0
        for character in self {
            let width = String(character).columns
            if filled + width > count, !piece.isEmpty {
                pieces.append(piece)
                (piece, filled) = ("", 0)
            }
            piece.append(character)
            filled += width
        }
        return pieces + [piece]
    }
}
