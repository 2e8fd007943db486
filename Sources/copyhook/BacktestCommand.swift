import ArgumentParser
import Domain
import Settings
import StrictJSON
import Transport

struct BacktestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backtest",
        abstract: "Says what a change of a rule would have done to the events that came in.",
        discussion: """
            The file holds the rule as it would be. Every stored event of the period is
            held against it and against the rule of that name which is in force: gained
            are those that it would match and today's does not, lost the other way round.
            Nothing is changed.

            Examples:
              copyhook rules backtest backup.yaml
              copyhook rules backtest backup.yaml --since 7d
              copyhook rules backtest backup.yaml --since 2026-03-01T00:00:00Z --json
            """)

    @OptionGroup var rule: RuleFileOptions

    @Option(help: "Only events since then: a date and time, or how long ago, as in 7d.")
    var since: String?

    @Option(help: "Only events before then.")
    var until: String?

    func run() async throws {
        let (name, definition) = try rule.read()
        var tally = Tally(name)
        var progress = Progress("Comparing")
        repeat {
            var wish = JSONValue.members([
                ("since", tally.since ?? since), ("until", tally.until ?? until),
                ("cursor", tally.cursor),
            ])
            wish["definition"] = definition
            let path = "/api/v1/rules/\(APIClient.segment(name))/backtest"
            let answer = try await APIClient(rule.api).call(
                .post, path, body: JSONValue.object(wish).bytes())
            tally.add(answer)
            progress.show(tally.examined, of: tally.total)
        } while tally.cursor != nil
        progress.end()
        print(rule.api.json ? JSONValue.object(tally.json).prettyText() : tally.text)
    }

    /// All pages as one.
    private struct Tally {
        static let shownMax = 10

        let name: String
        var isNew = false
        var total: Int?
        var examined = 0
        var same = 0
        var neither = 0
        var gained = Kind()
        var lost = Kind()
        var cursor: String?
        /// As points in time, which mean the same with each page.
        var since: String?
        var until: String?

        struct Kind {
            var count = 0
            var events: [JSONValue] = []

            mutating func add(_ kind: JSONValue?) {
                count += kind?["count"]?.count ?? 0
                events = Array((events + (kind?["events"]?.elements ?? [])).prefix(Tally.shownMax))
            }

            var json: JSONValue { ["count": .count(count), "events": .array(events)] }
        }

        init(_ name: String) { self.name = name }

        mutating func add(_ answer: JSONValue) {
            isNew = answer["compared_with"]?.text == "nothing"
            total = answer["total"]?.count ?? total
            examined += answer["examined"]?.count ?? 0
            same += answer["same"]?.count ?? 0
            neither += answer["neither"]?.count ?? 0
            gained.add(answer["gained"])
            lost.add(answer["lost"])
            cursor = answer["next"]?.text
            since = answer["since"]?.text
            until = answer["until"]?.text
        }

        var json: JSONObject {
            [
                "rule": .string(name), "compared_with": isNew ? "nothing" : "in_force",
                "examined": .count(examined), "gained": gained.json, "lost": lost.json,
                "same": .count(same), "neither": .count(neither),
            ]
        }

        var text: String {
            var lines = [
                "\(examined.of("event")), compared with "
                    + (isNew ? "nothing: there is no rule of this name" : "the rule in force")
            ]
            lines.append("  gained   \(gained.count)")
            lines += gained.events.map(Self.line)
            lines.append("  lost     \(lost.count)")
            lines += lost.events.map(Self.line)
            lines.append("  same     \(same)")
            lines.append("  neither  \(neither)")
            return lines.joined(separator: "\n")
        }

        private static func line(_ event: JSONValue) -> String {
            "    \(event.cell("id"))  \(event.cell("received_at"))  \(event.cell("type").onOneLine)"
        }
    }
}

extension JSONValue {
    /// The number as an `Int`, absent for anything else.
    var count: Int? { number?.int64.map(Int.init) }

    static func count(_ count: Int) -> JSONValue { .number(JSONNumber(Int64(count))) }
}

/// A rule in a file, for commands that send it.
struct RuleFileOptions: ParsableArguments {
    @OptionGroup var api: APIOptions

    @Argument(help: "File with the rule as JSON or YAML; - is standard input.")
    var file: String

    @Option(help: "The rule's name. Default: the one in the file.")
    var name: String?

    func read() throws -> (name: String, definition: JSONValue) {
        let text = try InputFile.read(file)
        let definition: JSONValue
        do throws(ConfigurationRefusal) {
            definition = try RuleDefinition.json(text, file: InputFile.name(of: file))
        } catch {
            throw CommandFailure.badUsage(error.description)
        }
        guard let name = name ?? definition["name"]?.text else {
            throw CommandFailure.badUsage(
                "The rule in \(InputFile.name(of: file)) has no name",
                "Add name: NAME to it, or give --name NAME.")
        }
        return (name, definition)
    }
}
