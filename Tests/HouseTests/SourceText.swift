import Foundation

/// The project as it lies on disk.
enum House {
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    static func names(in folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: root.appending(path: folder).path)
            .sorted()
    }

    /// Every Swift file under `Sources` and `Tests`, by path.
    static func sources() throws -> [SourceText] {
        try ["Sources", "Tests"].flatMap { folder in
            let paths = FileManager.default.enumerator(atPath: root.appending(path: folder).path)
            return try (paths?.compactMap { $0 as? String } ?? [])
                .filter { $0.hasSuffix(".swift") }.sorted()
                .map { SourceText(path: "\(folder)/\($0)", text: try text("\(folder)/\($0)")) }
        }
    }
}

/// One Swift file, read by lines; strings and comments are told from code well enough for us.
struct SourceText: Sendable {
    let path: String
    let lines: [String]

    init(path: String, text: String) {
        self.path = path
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    var isTest: Bool { path.hasPrefix("Tests/") }
    /// `Sources/Domain/Event.swift` is of `Domain`.
    var target: String { path.split(separator: "/").dropFirst().first.map(String.init) ?? "" }

    /// Lines without what stands in string literals and behind `//`, at their places.
    var code: [String] {
        var isInLongString = false
        return lines.map { line in
            if line.components(separatedBy: "\"\"\"").count.isMultiple(of: 2) {
                isInLongString.toggle()
                return ""
            }
            return isInLongString ? "" : Self.code(of: line)
        }
    }

    private static func code(of line: String) -> String {
        var kept = ""
        var isInString = false
        var previous: Character = " "
        for character in line {
            if character == "\"", previous != "\\" { isInString.toggle() }
            if !isInString {
                if character == "/", previous == "/" { return String(kept.dropLast()) }
                kept.append(character)
            }
            previous = character
        }
        return kept
    }
}
