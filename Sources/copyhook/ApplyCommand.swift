import ArgumentParser
import Domain
import Foundation
import Settings
import StrictJSON
import Transport

struct ApplyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply",
        abstract: "Makes the rules of a running service what a directory says.",
        discussion: """
            Every *.yaml, *.yml and *.json in the directory holds one rule; its name is
            its name, or else the file's. All of them are put in force together, or none:
            a rule that is refused is told with its place, and nothing changes. What
            changes is shown field by field.

            Examples:
              copyhook apply rules --dry-run
              copyhook apply rules
              copyhook apply rules --prune
            """)

    @OptionGroup var api: APIOptions

    @Argument(help: "The directory.")
    var directory: String

    @Flag(help: "Only say what would change.")
    var dryRun = false

    @Flag(help: "Delete rules that were put in and have no file.")
    var prune = false

    @Flag(help: "Do not ask before rules are deleted.")
    var yes = false

    func run() async throws {
        let rules = try RuleFolder(directory).read()
        var agreed: String?
        if prune, !dryRun, !yes {
            let would = try await call(rules, isDryRun: true)
            let gone = would["deleted"]?.count ?? 0
            if gone > 0 {
                for line in Self.lines(would, of: "deleted") { standardError(line) }
                try Consent.ask(
                    gone == 1 ? "Delete this rule?" : "Delete these \(gone) rules?",
                    isGiven: false)
                agreed = would["etag"]?.text
            }
        }
        let answer = try await call(rules, isDryRun: dryRun, ifMatch: agreed)
        print(api.json ? answer.prettyText() : Self.text(answer))
    }

    /// - Parameter tag: Of what was agreed to, so that nothing else is deleted.
    private func call(
        _ rules: [RuleFolder.Found], isDryRun: Bool, ifMatch tag: String? = nil
    ) async throws -> JSONValue {
        let body: JSONValue = [
            "rules": .object(JSONObject(rules.map { ($0.name, $0.definition) })),
            "prune": .bool(prune), "dry_run": .bool(isDryRun),
        ]
        let client = try APIClient(api)
        do throws(CommandFailure) {
            return try await client.call(.put, "/api/v1/rules", body: body.bytes(), ifMatch: tag)
        } catch {
            // The service knows names; people know files.
            let places = ["/", ":"]
            let rule = rules.first { rule in
                places.contains { error.what.contains("/rules/\(rule.pointed)\($0)") }
            }
            guard let rule else { throw error }
            throw CommandFailure(
                code: error.code, what: "\(rule.file): \(error.what)", remedy: error.remedy)
        }
    }

    private static func lines(_ answer: JSONValue, of change: String) -> [String] {
        (answer["rules"]?.elements ?? []).filter { $0["change"]?.text == change }
            .flatMap(RuleChangeText.lines)
    }

    private static func text(_ answer: JSONValue) -> String {
        let isDryRun = answer["dry_run"]?.bool == true
        var lines = (answer["rules"]?.elements ?? []).flatMap(RuleChangeText.lines)
        let counts = ["created", "changed", "deleted", "unchanged"].map { kind in
            "\(answer[kind]?.count ?? 0) \(kind)"
        }
        lines.append(counts.joined(separator: ", ") + (isDryRun ? "; nothing was done" : ""))
        return lines.joined(separator: "\n")
    }
}

struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Writes the rules of a running service into a directory, a file each.",
        discussion: """
            Those that were put in over the API; with --all those of its configuration and
            rule files, too. A file whose rule is as it was is not touched, and what is not
            written here is left alone. `copyhook apply` takes the directory back. Exit
            code 1 when a rule had to be left out.

            Examples:
              copyhook export rules
              copyhook export rules --all
            """)

    @OptionGroup var api: APIOptions

    @Argument(help: "The directory; it is made where there is none.")
    var directory: String

    @Flag(help: "Rules that stand in files, too.")
    var all = false

    func run() async throws {
        let answer = try await APIClient(api).call(.get, "/api/v1/rules")
        let rules = (answer["rules"]?.elements ?? []).filter {
            all || $0["origin"]?.text == "api"
        }
        let folder = try RuleFolder(making: directory)
        var (written, unchanged, leftOut) = (0, 0, 0)
        for rule in rules {
            let name = rule.cell("name")
            guard let definition = rule["definition"], !definition.isNull else {
                standardError("\(name.onOneLine): cannot be read, and is left out")
                leftOut += 1
                continue
            }
            guard let isNew = try folder.write(definition, as: name) else {
                standardError(
                    "\(name.onOneLine): a text in it begins with U+FEFF, which a file would not "
                        + "bring back; it is left out")
                leftOut += 1
                continue
            }
            if isNew { written += 1 } else { unchanged += 1 }
        }
        if api.json {
            let counts: JSONValue = [
                "written": .count(written), "unchanged": .count(unchanged),
                "left_out": .count(leftOut),
            ]
            print(counts.prettyText())
        } else {
            print(
                "\(written) written, \(unchanged) unchanged in \(directory)"
                    + (leftOut > 0 ? ", \(leftOut) left out" : ""))
        }
        if leftOut > 0 { throw ExitCode(1) }
    }
}

/// What became of a rule, for people: one line, and one for each field.
enum RuleChangeText {
    static func lines(_ rule: JSONValue) -> [String] {
        let mark = ["created": "+", "deleted": "-"][rule.cell("change")] ?? "~"
        return ["\(mark) \(rule.cell("name").onOneLine)"]
            + (rule["fields"]?.elements ?? []).map { "    " + field($0) }
    }

    static func field(_ field: JSONValue) -> String {
        let place = field.cell("pointer").onOneLine
        return switch (field["before"].map(short), field["after"].map(short)) {
        case (let before?, let after?): "\(place): \(before) -> \(after)"
        case (let before?, nil): "\(place): \(before) is gone"
        case (nil, let after): "\(place): \(after ?? "") is new"
        }
    }

    private static func short(_ value: JSONValue) -> String {
        let text = String(decoding: value.bytes(), as: UTF8.self).onOneLine
        return text.count <= 60 ? text : text.prefix(59) + "…"
    }
}
