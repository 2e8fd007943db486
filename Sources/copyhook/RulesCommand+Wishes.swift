import ArgumentParser
import Domain
import StrictJSON
import Transport

extension RulesCommand {
    struct Enable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Switches a rule on that was put over the API.",
            discussion: """
                Example:
                  copyhook rules enable backup-published-bots
                """)

        @OptionGroup var rule: RuleSwitch

        func run() async throws { try await rule.turn("enable", "is on") }
    }

    struct Disable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Switches a rule off that was put over the API.",
            discussion: """
                What it has planned goes on.

                Example:
                  copyhook rules disable backup-published-bots
                """)

        @OptionGroup var rule: RuleSwitch

        func run() async throws { try await rule.turn("disable", "is off") }
    }

    struct DryRun: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "dry-run",
            abstract: "Says what a rule would do with an event, and does nothing of it.",
            discussion: """
                The event is a stored one, or a file as copyhook events show prints it under
                "event". What the cooldown and the loop guard would hold back is said.

                Examples:
                  copyhook rules dry-run backup --event-id evt_01k…
                  copyhook rules dry-run backup --event event.json
                """)

        @OptionGroup var api: APIOptions

        @Argument(help: "The rule's name.")
        var name: String

        @Option(help: "A stored event.")
        var eventID: String?

        @Option(help: "File with an event; - is standard input.")
        var event: String?

        func validate() throws {
            guard (eventID == nil) != (event == nil) else {
                throw ValidationError("Choose one of --event-id ID and --event FILE.")
            }
        }

        func run() async throws {
            var trial = JSONValue.members([("event_id", eventID)])
            if let event {
                let bytes = try InputFile.read(event)
                do throws(JSONRefusal) {
                    trial["event"] = try JSONValue(parsing: Array(bytes), limits: .match)
                } catch {
                    throw CommandFailure.badUsage(
                        "\(InputFile.name(of: event)):\(error.line):\(error.column): "
                            + error.detail,
                        "The file holds one JSON object.")
                }
            }
            let path = "/api/v1/rules/\(APIClient.segment(name))/dry-run"
            let answer = try await APIClient(api).call(
                .post, path, body: JSONValue.object(trial).bytes())
            guard !api.json else { return print(answer.prettyText()) }
            for line in ExplanationText.lines(answer) { print(line) }
        }
    }
}

/// A rule that is to be switched on or off.
struct RuleSwitch: ParsableArguments {
    @OptionGroup var api: APIOptions

    @Argument(help: "The rule's name.")
    var name: String

    func turn(_ verb: String, _ words: String) async throws {
        let path = "/api/v1/rules/\(APIClient.segment(name))/\(verb)"
        let rule = try await APIClient(api).call(.post, path)
        print(api.json ? rule.prettyText() : "\(name.onOneLine) \(words)")
    }
}
