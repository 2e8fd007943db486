import ArgumentParser
import Domain
import Rules
import Settings
import StrictJSON
import Transport

struct RulesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules",
        abstract: "Tries rules offline, and changes those of a running service.",
        discussion: """
            The service is found by COPYHOOK_URL or --url, its key comes from
            COPYHOOK_API_KEY.

            The language of patterns: Sources/Domain/Domain.docc/The-pattern-language.md

            Examples:
              copyhook rules test --config copyhook.yaml --event event.json
              copyhook rules list
              copyhook rules backtest backup.json --since 7d
              copyhook rules put backup.json
              copyhook rules delete backup-published-bots
              copyhook rules status
            """,
        subcommands: [
            RulesTestCommand.self, BacktestCommand.self, List.self, Show.self, Put.self,
            Delete.self, Enable.self, Disable.self, DryRun.self, Status.self,
            RuleVersionsCommand.self, RuleRestoreCommand.self,
        ])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists all rules, and what keeps one from being in force.",
            discussion: """
                Example:
                  copyhook rules list
                """)

        @OptionGroup var api: APIOptions

        func run() async throws {
            let answer = try await APIClient(api).call(.get, "/api/v1/rules")
            guard !api.json else { return print(answer.prettyText()) }
            var table = Table("NAME", "FROM", "ENABLED", "COPIES TO", "UPDATED", "PROBLEM")
            for rule in answer["rules"]?.elements ?? [] {
                let copies = rule["definition"]?["copy"]?.elements ?? []
                table.add([
                    rule.cell("name"), rule["file"]?.text ?? rule.cell("origin"),
                    rule["enabled"]?.bytes() == Array("true".utf8) ? "yes" : "no",
                    copies.isEmpty
                        ? "-" : copies.map { $0.cell("connection") }.joined(separator: ", "),
                    rule.cell("updated_at"), rule.cell("problem"),
                ])
            }
            print(table.text())
        }
    }

    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Says whether what stands in the rule files is in force.",
            discussion: """
                A broken file changes nothing: the rules before it stay in force, all of them.
                Ends with 1 while that is so, and says what is wrong.

                Example:
                  copyhook rules status
                """)

        @OptionGroup var api: APIOptions

        func run() async throws {
            let answer = try await APIClient(api).call(.get, "/api/v1/rules")
            let files = answer["files"] ?? .null
            let refused = files["refused"].flatMap { $0.isNull ? nil : $0 }
            if api.json {
                print(files.prettyText())
            } else {
                print(Self.text(files, rules: answer["rules"]?.elements ?? []))
            }
            if let refused {
                throw CommandFailure.failed(
                    "The rule files are refused since \(refused.cell("at"))",
                    refused.cell("detail"))
            }
        }

        private static func text(_ files: JSONValue, rules: [JSONValue]) -> String {
            let troubled = rules.filter { $0["problem"]?.text != nil }
            var lines = ["\(rules.count.of("rule")), \(troubled.count) with a problem"]
            lines += troubled.map { "  \($0.cell("name")): \($0.cell("problem").onOneLine)" }
            guard !files.isNull else {
                return (lines + ["no directory of rule files (rules_dir)"]).joined(separator: "\n")
            }
            lines.append(
                "\(files.cell("directory")): \((files["rules"]?.count ?? 0).of("rule")), in force "
                    + "as read at \(files.cell("read_at"))")
            return lines.joined(separator: "\n")
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows one rule.",
            discussion: """
                Example:
                  copyhook rules show backup-published-bots
                """)

        @OptionGroup var api: APIOptions

        @Argument(help: "The rule's name.")
        var name: String

        func run() async throws {
            let path = "/api/v1/rules/\(APIClient.segment(name))"
            print(try await APIClient(api).call(.get, path).prettyText())
        }
    }

    struct Put: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Puts a rule in force, for the next event on.",
            discussion: """
                The file holds one rule as JSON or YAML, as it would stand in the
                configuration. A broken one is refused with the place and the remedy, and
                nothing changes. With --if-match it is put only while the rule there is the
                one whose etag `rules show` printed.

                Examples:
                  copyhook rules put backup.yaml
                  copyhook rules put --name backup - < backup.json
                """)

        @OptionGroup var rule: RuleFileOptions

        @Option(help: "The etag of the rule that this is to replace, quotes included.")
        var ifMatch: String?

        func run() async throws {
            let (name, definition) = try rule.read()
            let api = rule.api
            let path = "/api/v1/rules/\(APIClient.segment(name))"
            let rule = try await APIClient(api).call(
                .put, path, body: definition.bytes(), ifMatch: ifMatch)
            print(api.json ? rule.prettyText() : "\(name.onOneLine) is in force")
            for warning in rule["warnings"]?.elements ?? [] where !api.json {
                standardError(
                    "warning: \(warning.cell("pointer")): \(warning.cell("detail"))\n"
                        + warning.cell("remedy"))
            }
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Takes a rule out of force that was put over the API.",
            discussion: """
                Example:
                  copyhook rules delete backup-published-bots
                """)

        @OptionGroup var api: APIOptions

        @Argument(help: "The rule's name.")
        var name: String

        func run() async throws {
            let path = "/api/v1/rules/\(APIClient.segment(name))"
            _ = try await APIClient(api).call(.delete, path)
            if !api.json { print("\(name.onOneLine) is gone") }
        }
    }
}
