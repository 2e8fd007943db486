import ArgumentParser
import Settings
import StrictJSON

struct SchemaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "Prints the JSON Schema of the configuration.",
        discussion: """
            Editors complete and check the configuration with it. Write it to a file and
            name that in the first line of the configuration:

              # yaml-language-server: $schema=copyhook.schema.json

            What depends on other files or on the environment only check can tell.

            Example:
              copyhook schema > copyhook.schema.json
            """)

    func run() { print(ConfigurationSchema.json.prettyText()) }
}
