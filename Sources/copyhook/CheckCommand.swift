import App
import ArgumentParser
import Settings

struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Reads the configuration and says what is wrong with it.",
        discussion: """
            Prints the effective configuration, defaults filled in and secrets as
            <secret>. Each problem is printed with file, line, key and remedy, and the
            exit code is then 2. What is allowed but risky is a warning, which serve logs
            too. Rules that can never match, that match everything, or that do again what
            another does are warned of. Nothing is started and nothing is sent.

            Example:
              copyhook check --config copyhook.yaml
            """)

    @OptionGroup var option: ConfigurationOption

    func run() throws {
        let configuration = try option.load()
        print(configuration.effectiveYAML, terminator: "")
        for warning in configuration.warnings + configuration.storeWarnings() {
            standardError("warning: \(warning)")
        }
        configuration.warnOfRules()
        for hint in configuration.hints { standardError("hint: \(hint)") }
    }
}
