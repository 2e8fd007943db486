import ArgumentParser
import Foundation
import Rules
import Settings

/// The configuration file that most commands take.
struct ConfigurationOption: ParsableArguments {
    @Option(help: "The configuration file; deploy/copyhook.example.yaml shows every key.")
    var config: String

    /// Everything that is wrong with it is told at once, each with its place and its remedy.
    func load() throws(CommandFailure) -> Configuration { try Self.load(config) }

    static func load(_ path: String) throws(CommandFailure) -> Configuration {
        do throws(ConfigurationRefusal) {
            return try Configuration.load(
                path: path, environment: ProcessEnvironment.current)
        } catch {
            throw .badUsage(error.description)
        }
    }
}

extension Configuration {
    /// Says what is worth a second look among the rules, each with its file.
    func warnOfRules() {
        for finding in RuleLint.findings(in: rules, sources: sources.map(\.name)) {
            let rule = rules.first { $0.name.utf8.elementsEqual((finding.rule ?? "").utf8) }
            var place = file
            if case .file(let file) = rule?.origin { place = file }
            standardError("warning: \(place): \(finding)")
        }
    }
}
