/// The keys of a YAML text by their indentation, for a file that could not be read to its end.
///
/// A guess that is right for files written in blocks; of what stands inside braces it knows only
/// the line.
struct YAMLOutline {
    private struct Line {
        /// Columns of the dashes in front, from 1.
        var dashes: [Int] = []
        /// Where the key begins, from 1.
        var column: Int
        /// Without its quotes; empty when the line begins with something else than a key.
        var key: String
    }

    private let lines: [Line?]

    init(_ text: String) {
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            var bytes = Array(line.utf8)[...]
            var dashes: [Int] = []
            while let byte = bytes.first {
                let isDash = byte == UInt8(ascii: "-")
                if isDash, bytes.dropFirst().first.map({ $0 == 0x20 }) ?? true {
                    dashes.append(bytes.startIndex + 1)
                } else if byte != 0x20 {
                    break
                }
                bytes = bytes.dropFirst()
            }
            guard let first = bytes.first, first != UInt8(ascii: "#") else { return nil }
            let key = bytes.firstIndex(of: UInt8(ascii: ":")).map { bytes[..<$0] } ?? []
            return Line(
                dashes: dashes, column: bytes.startIndex + 1,
                key: String(decoding: key.filter { !"\"' ".utf8.contains($0) }, as: UTF8.self))
        }
    }

    /// The line on which the key of the same mapping stands once more.
    func repetition(of key: String, from line: Int, column: Int) -> Int? {
        for index in lines.indices.dropFirst(line) {
            guard let other = lines[index] else { continue }
            if (other.dashes.first ?? other.column) < column { return nil }
            if other.column == column, other.key == key { return index + 1 }
        }
        return nil
    }

    /// As problems name it: `rules[1].match`.
    func path(to key: String, line: Int, column: Int) -> String {
        var steps: [SettingPath.Step] = [.key(key)]
        var column = column
        var index = line - 1
        while index >= 0 {
            guard let place = lines[index], !place.key.isEmpty else {
                index -= 1
                continue
            }
            if place.column == column, let dash = place.dashes.last {
                let (count, parent) = items(before: index, dash: dash)
                steps.append(.index(count))
                column = dash + 1
                index = parent
            } else if place.column < column {
                steps.append(.key(place.key))
                column = place.column
            } else {
                index -= 1
            }
        }
        return steps.reversed().reduce(into: SettingPath()) { path, step in
            switch step {
            case .key(let key): path = path.appending(key)
            case .index(let index): path = path.appending(index)
            }
        }.text
    }

    /// How many items of the same list come before, and where the key of the list stands.
    private func items(before line: Int, dash: Int) -> (count: Int, parent: Int) {
        var (count, index) = (0, line - 1)
        while index >= 0 {
            if let other = lines[index] {
                if other.dashes.contains(dash) {
                    count += 1
                } else if (other.dashes.first ?? other.column) <= dash {
                    break
                }
            }
            index -= 1
        }
        return (count, index)
    }
}
