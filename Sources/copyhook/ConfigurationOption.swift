import ArgumentParser
import Foundation
import Settings

/// The configuration file that most commands take.
struct ConfigurationOption: ParsableArguments {
    @Option(help: "The configuration file; deploy/copyhook.example.yaml shows every key.")
    var config: String

    /// Everything that is wrong with it is told at once, each with its place and its remedy.
    func load() throws(CommandFailure) -> Configuration {
        do throws(ConfigurationRefusal) {
            return try Configuration.load(
                path: config, environment: ProcessEnvironment.current)
        } catch {
            throw .badUsage(error.description)
        }
    }
}
