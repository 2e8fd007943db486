import ArgumentParser
import Domain
import Rules
import Settings
import StrictJSON

struct RulesTestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Says which rules an event would match, what they would do, and why not.",
        discussion: """
            Offline: nothing is sent or stored. The event is as rules see it: type,
            entity, data and the rest, as copyhook events show prints it under "event".
            Exit code 0 when at least one rule matches, 1 when none does. Rules that can
            never match, that match everything, or that do again what another does are
            warned of.

            The language: Sources/Domain/Domain.docc/The-pattern-language.md

            Example:
              copyhook rules test --config copyhook.yaml --event event.json
            """)

    @OptionGroup var option: ConfigurationOption

    @Option(help: "File with one event, or one a line; - is standard input.")
    var event: String

    func run() throws {
        let configuration = try option.load()
        configuration.warnOfRules()
        var isAnyMatched = false
        for line in EventLines(try InputFile.read(event)) {
            do throws(JSONRefusal) {
                let value = try JSONValue(eventParsing: line.bytes)
                isAnyMatched = show(configuration, value) || isAnyMatched
            } catch {
                throw CommandFailure.badUsage(
                    "\(InputFile.name(of: event)):\(line.line + error.line - 1):"
                        + "\(error.column): \(error.detail)",
                    "Each event is one JSON object: alone in its file, or one a line.")
            }
        }
        guard isAnyMatched else { throw ExitCode(1) }
    }

    private func show(_ configuration: Configuration, _ event: JSONValue) -> Bool {
        let paint = Paint.standardOutput
        var isMatched = false
        if configuration.rules.isEmpty { print("There are no rules.") }
        for rule in configuration.rules {
            let explanation = rule.match.explain(event)
            let name = paint(.bold, rule.name.onOneLine)
            if !rule.isEnabled {
                print("\(name): \(paint(.dim, "disabled"))")
            } else if explanation.isMatch {
                isMatched = true
                print("\(name): \(paint(.green, "match"))")
                for line in Self.deeds(of: rule, on: event, configuration) { print("    \(line)") }
            } else {
                print("\(name): \(paint(.yellow, "no"))")
                for line in explanation.description.split(separator: "\n") { print("    \(line)") }
            }
        }
        return isMatched
    }

    private static func deeds(
        of rule: Rule, on event: JSONValue, _ configuration: Configuration
    ) -> [String] {
        var lines = rule.copies.map { copy in
            let id = copy.entityID?.text(in: event) ?? event["entity"]?["id"]?.text
            let type = copy.entityType?.text(in: event) ?? event["entity"]?["type"]?.text
            let entity = [type, id].compactMap(\.self).joined(separator: " ")
            let to = copy.toWorkspace.map { "to workspace \($0)" } ?? "within its workspace"
            return "copies \(entity.isEmpty ? "nothing: the event has no entity" : entity) "
                + "\(to) over \(copy.connection)"
        }
        let told = rule.notify ?? configuration.endpoints.map(\.name)
        lines.append(told.isEmpty ? "tells nobody" : "tells \(told.joined(separator: ", "))")
        return lines.map(\.onOneLine)
    }
}
