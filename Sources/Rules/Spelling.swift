/// The word that somebody probably meant.
package enum Spelling {
    /// The known word closest to `word`, or `nil` when none is close.
    ///
    /// Close means at most a third of its characters inserted, left out, replaced or swapped with
    /// their neighbour, and at least one may be. Case, `-` and `_` cost nothing. Of equals, the
    /// first in `known` wins.
    package static func nearest(to word: String, among known: [String]) -> String? {
        let wanted = normal(word)
        guard wanted.count <= 64 else { return nil }
        var best: (word: String, cost: Int)?
        for candidate in known {
            let cost = distance(wanted, normal(candidate))
            if cost <= max(1, candidate.utf8.count / 3), cost < best?.cost ?? .max {
                best = (candidate, cost)
            }
        }
        return best?.word
    }

    /// As a sentence for a refusal: `Did you mean "match"?`, or empty when nothing is close.
    package static func hint(for word: String, among known: [String]) -> String {
        nearest(to: word, among: known).map { "Did you mean \"\($0)\"? " } ?? ""
    }

    private static func normal(_ word: String) -> [UInt8] {
        word.lowercased().utf8.filter { $0 != UInt8(ascii: "-") && $0 != UInt8(ascii: "_") }
    }

    /// Optimal string alignment.
    private static func distance(_ one: [UInt8], _ other: [UInt8]) -> Int {
        var before: [Int] = []
        var last = Array(0...other.count)
        for (row, left) in one.enumerated() {
            var line = [row + 1]
            for (column, right) in other.enumerated() {
                var cost = min(
                    last[column] + (left == right ? 0 : 1), last[column + 1] + 1, line[column] + 1)
                if row > 0, column > 0, left == other[column - 1], one[row - 1] == right {
                    cost = min(cost, before[column - 1] + 1)
                }
                line.append(cost)
            }
            (before, last) = (last, line)
        }
        return last[other.count]
    }
}
