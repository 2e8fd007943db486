import Foundation
import Testing

/// The same house in four places: on disk, in Package.swift, in README and in the article.
@Suite struct CodeMapTests {
    @Test func theTopLevelHoldsNothingElse() throws {
        let visible = try House.names(in: "").filter { !$0.hasPrefix(".") }
        #expect(
            visible.filter { $0 != "Package.resolved" }
                == ["Package.swift", "README.md", "Sources", "Tests", "deploy"])
    }

    @Test func foldersAndTargetsAgree() throws {
        let manifest = try Manifest(try House.text("Package.swift"))
        #expect(try House.names(in: "Sources") == manifest.targets.sorted())
        #expect(try House.names(in: "Tests") == manifest.tests.sorted())
    }

    @Test func readmeMapsEveryTargetInReadingOrder() throws {
        let readme = try House.text("README.md")
        let map = try #require(readme.section("Code map"))
        let mapped = map.split(separator: "\n").filter { $0.hasPrefix("- `") }
            .compactMap { $0.words(markedBy: "`").first }
        #expect(mapped == (try Manifest(try House.text("Package.swift"))).targets)
    }

    @Test func theArticleShowsEveryTargetInItsRow() throws {
        let article = try House.text("Sources/Domain/Domain.docc/Architecture.md")
        let rows = article.split(separator: "\n").filter {
            $0.range(of: #"^\| \d \| "#, options: .regularExpression) != nil
        }
        let manifest = try Manifest(try House.text("Package.swift"))
        #expect(rows.map { String($0).words(markedBy: "`") } == manifest.rows)
    }

    @Test func everyTargetKnowsOnlyThoseAboveIt() throws {
        let manifest = try Manifest(try House.text("Package.swift"))
        for (place, target) in manifest.targets.enumerated() {
            for used in manifest.dependencies[target] ?? [] {
                let isAbove = manifest.targets.firstIndex(of: used).map { $0 < place } ?? false
                #expect(isAbove, "\(target) uses \(used), which is not above it")
            }
        }
    }

    @Test func roomsMeetOnlyInTheStore() throws {
        let rooms = ["Intake", "Matching", "Copying", "Notifying"]
        let manifest = try Manifest(try House.text("Package.swift"))
        for room in rooms {
            let used = try #require(manifest.dependencies[room])
            #expect(used.filter(rooms.contains).isEmpty, "\(room) knows another room")
            #expect(!used.contains { $0.hasPrefix("Storage") && $0 != "Storage" })
        }
    }

    @Test func aModuleIsNeverNamedLikeAType() throws {
        let targets = Set(try Manifest(try House.text("Package.swift")).targets)
        for source in try House.sources() where !source.isTest {
            for (place, line) in source.code.enumerated() {
                let name = line.range(
                    of: #"(?<=\b(struct|class|actor|protocol|enum) )\w+"#,
                    options: .regularExpression
                ).map { String(line[$0]) }
                guard let name, !line.hasPrefix(" ") else { continue }
                #expect(
                    !targets.contains(name),
                    "\(source.path):\(place + 1) is named like its module")
            }
        }
    }
}

/// What Package.swift says, read as text: an entry starts eight columns in, a row at `// Row`.
struct Manifest {
    private(set) var rows: [[String]] = []
    private(set) var tests: [String] = []
    private(set) var dependencies: [String: [String]] = [:]

    var targets: [String] { rows.flatMap(\.self) }

    init(_ text: String) throws {
        let body = try #require(text.components(separatedBy: "    targets: [\n").last)
        for entry in Self.entries(of: body) {
            let words = entry.words(markedBy: "\"")
            if entry.hasPrefix("// Row") {
                rows.append([])
            } else if entry.hasPrefix("tests("), let name = words.first {
                tests.append(name + "Tests")
            } else if let name = words.first, !rows.isEmpty {
                rows[rows.count - 1].append(name)
                dependencies[name] = entry.hasPrefix(".") ? [] : Array(words.dropFirst())
            }
        }
    }

    private static func entries(of body: String) -> [String] {
        let margin = String(repeating: " ", count: 8)
        var entries: [String] = []
        for line in body.split(separator: "\n") {
            guard line.hasPrefix(margin) else { continue }
            let text = line.dropFirst(margin.count)
            if text.first?.isWhitespace == false, text != "],", text.first != ")" {
                entries.append(String(text))
            } else if !entries.isEmpty {
                entries[entries.count - 1] += text
            }
        }
        return entries
    }
}

extension StringProtocol {
    /// What stands between pairs of `mark`, in order.
    func words(markedBy mark: Character) -> [String] {
        split(separator: mark, omittingEmptySubsequences: false).enumerated()
            .filter { !$0.offset.isMultiple(of: 2) }.map { String($0.element) }
    }

    /// The text between the heading and the next of the same level.
    fileprivate func section(_ heading: String) -> String? {
        components(separatedBy: "\n## ").first { $0.hasPrefix(heading + "\n") }
    }
}
