import Foundation
import Testing

@Suite struct TidyTests {
    @Test(arguments: HouseRule.all)
    func everyFileKeeps(_ rule: HouseRule) throws {
        let violations = try House.sources().flatMap(rule.violations)
        #expect(violations.isEmpty, "\(rule): \(violations.joined(separator: ", "))")
    }

    @Test(arguments: HouseRule.all)
    func everyRuleTellsGoodFromBad(_ rule: HouseRule) {
        let path = "Sources/Domain/Example.swift"
        #expect(rule.violations(in: SourceText(path: path, text: rule.passes)).isEmpty)
        #expect(rule.violations(in: SourceText(path: path, text: rule.fails)) == ["\(path):1"])
        let comment = "// \(rule.fails)"
        #expect(rule.violations(in: SourceText(path: path, text: comment)).isEmpty)
    }

    @Test func linesEndAtColumn100AndFilesStayOnePage() throws {
        for source in try House.sources() {
            for (place, line) in source.lines.enumerated() where line.count > 100 {
                Issue.record("\(source.path):\(place + 1) has \(line.count) columns")
            }
            #expect(source.lines.count <= Self.linesMax, "\(source.path) is more than one idea")
        }
    }

    /// Files are meant to have 100 to 300 lines; a table of tests may take a little more.
    private static let linesMax = 400

    @Test func whatTheHouseSharesIsDocumented() throws {
        for source in try House.sources() where !source.isTest {
            for (place, line) in source.lines.enumerated() where line.isSharedDeclaration {
                #expect(
                    source.lines[..<place].reversed().first { !$0.hasPrefix("@") }?
                        .hasPrefix("///") == true,
                    "\(source.path):\(place + 1) has no doc comment")
            }
        }
    }

    @Test func whatTheCompilerCannotCheckIsExplained() throws {
        let words = [
            "@unchecked Sendable", "nonisolated(unsafe)", "unsafeBitCast",
        ]
        for source in try House.sources() {
            let code = source.code
            for (place, line) in code.enumerated() where words.contains(where: line.contains) {
                let isExplained = source.lines[max(0, place - 8)...place].contains {
                    $0.contains("//")
                }
                #expect(isExplained, "\(source.path):\(place + 1) does not say why this is safe")
            }
        }
    }

    @Test func noFileNamesAMachineOfOurs() throws {
        let places = ["/" + "root/", "/" + "home/", "/" + "Users/", "/" + "work/"]
        for source in try House.sources() {
            for (place, line) in source.lines.enumerated() {
                #expect(
                    !places.contains(where: line.contains),
                    "\(source.path):\(place + 1) names a path of one machine")
            }
        }
    }

    @Test func whatIsLeftToDoNamesWhatWouldEndIt() throws {
        let word = "TO" + "DO"
        for source in try House.sources() {
            for (place, line) in source.lines.enumerated() where line.contains(word) {
                #expect(line.contains(word + "(until "), "\(source.path):\(place + 1)")
            }
        }
    }
}

extension String {
    /// A type or function at the left margin that other targets can see.
    fileprivate var isSharedDeclaration: Bool {
        range(
            of: #"^package (final )?(struct|enum|class|protocol|actor|func|typealias) "#,
            options: .regularExpression) != nil
    }
}
