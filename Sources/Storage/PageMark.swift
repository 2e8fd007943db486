package import Domain

/// The lists that people page through.
package enum Listed: String, Hashable, Sendable, CaseIterable {
    case events, tasks, deliveries
}

/// A place in a list: behind the row that a page ended with.
///
/// Lists are newest first, by the row's time and, where two rows have the same, by the order in
/// which they came. So a mark means the same place whatever is added or pruned meanwhile.
package struct PageMark: Hashable, Sendable {
    package let list: Listed
    package let at: Timestamp
    /// The row's place in the order in which rows came.
    package let position: Int64

    package init(list: Listed, at: Timestamp, position: Int64) {
        self.list = list
        self.at = at
        self.position = position
    }

    /// Reads what ``text`` says.
    ///
    /// - Throws: `.notFound` for the cursor of another list, and for what never was one.
    package init(_ text: String, of list: Listed) throws(StorageError) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4, let at = Int64(parts[1], radix: 36),
            let position = Int64(parts[2], radix: 36)
        else { throw StorageError(.notFound, detail: "cursor \(text)") }
        self.init(list: list, at: Timestamp(milliseconds: at), position: position)
        guard self.text.utf8.elementsEqual(text.utf8) else {
            throw StorageError(.notFound, detail: "cursor \(text)")
        }
    }

    /// Whether it looks like ``text`` of any list, whatever it says.
    package static func isWellFormed(_ text: String) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return false }
        func isNumber(_ part: Substring, _ longest: Int) -> Bool {
            (1...longest).contains(part.utf8.count)
                && part.utf8.allSatisfy {
                    (0x30...0x39).contains($0) || (0x61...0x7A).contains($0)
                }
        }
        let at = parts[1].hasPrefix("-") ? parts[1].dropFirst() : parts[1]
        return Listed.allCases.contains { $0.rawValue.prefix(1) == parts[0] }
            && isNumber(at, 13) && isNumber(parts[2], 13) && isNumber(parts[3], 7)
    }

    /// As in `e.mnvfk3nc.2s.1x8q4zr`: the list's letter, the time, the position, and a check.
    ///
    /// The check keeps a mistyped cursor from being a place that nobody was shown; it is no
    /// secret, since a place gives nothing away.
    package var text: String {
        let place = [
            String(list.rawValue.prefix(1)), String(at.milliseconds, radix: 36),
            String(position, radix: 36),
        ].joined(separator: ".")
        // FNV-1a.
        let check = place.utf8.reduce(0x811C_9DC5 as UInt32) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
        return place + "." + String(check, radix: 36)
    }

    /// Whether a row comes later in the list than this place.
    package func isBefore(_ at: Timestamp, _ position: Int64) -> Bool {
        (at, position) < (self.at, self.position)
    }
}
