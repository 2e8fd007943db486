import ArgumentParser
import Domain
import StrictJSON
import Transport

struct RuleVersionsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "versions",
        abstract: "Lists what a rule has been, newest first: by whom, when, and which fields.",
        discussion: """
            Examples:
              copyhook rules versions backup-published-bots
              copyhook rules versions backup-published-bots --json
            """)

    @OptionGroup var api: APIOptions

    @Argument(help: "The rule's name.")
    var name: String

    func run() async throws {
        let answer = try await Self.versions(of: name, api)
        guard !api.json else { return print(answer.prettyText()) }
        for version in answer["versions"]?.elements ?? [] {
            print(
                "\(version.cell("number"))  \(version.cell("at"))  \(version.cell("change")) by "
                    + version.cell("who", "name").onOneLine)
            for field in version["fields"]?.elements ?? [] {
                print("    " + RuleChangeText.field(field))
            }
        }
    }

    static func versions(of name: String, _ api: APIOptions) async throws -> JSONValue {
        let path = "/api/v1/rules/\(APIClient.segment(name))/versions"
        return try await APIClient(api).call(.get, path)
    }
}

struct RuleRestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Puts an earlier version of a rule in force again.",
        discussion: """
            Example:
              copyhook rules restore backup-published-bots 3
            """)

    @OptionGroup var api: APIOptions

    @Argument(help: "The rule's name.")
    var name: String

    @Argument(help: "The number, as `rules versions` lists it.")
    var number: Int

    func run() async throws {
        let tag = try await tag()
        let versions = try await RuleVersionsCommand.versions(of: name, api)["versions"]?.elements
        let version = versions?.first { $0["number"]?.count == number }
        guard let definition = version?["definition"], !definition.isNull else {
            throw CommandFailure.badUsage(
                version == nil
                    ? "\(name.onOneLine) has no version \(number)"
                    : "In version \(number), \(name.onOneLine) was deleted",
                "copyhook rules versions \(name.onOneLine) lists what there is.")
        }
        let path = "/api/v1/rules/\(APIClient.segment(name))"
        let rule = try await APIClient(api).call(
            .put, path, body: definition.bytes(), ifMatch: tag)
        print(api.json ? rule.prettyText() : "\(name.onOneLine) is as in version \(number)")
    }

    /// Of the rule as it is, so that a change made meanwhile stays; `nil` where it was deleted.
    private func tag() async throws -> String? {
        let rules = try await APIClient(api).call(.get, "/api/v1/rules")["rules"]?.elements
        return rules?.first { $0["name"]?.text?.hasSameBytes(as: name) == true }?["etag"]?.text
    }
}
