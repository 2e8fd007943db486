import ArgumentParser
import Domain
import StrictJSON
import Transport

struct ConnectionsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "connections",
        abstract: "Looks after the platforms that copies are made over.",
        discussion: """
            The service is found by COPYHOOK_URL or --url, its key comes from
            COPYHOOK_API_KEY; what changes connections needs the scope admin.

            Examples:
              copyhook connections
              copyhook connections put coze-prod --file coze-prod.yaml
              copyhook connections test coze-prod
              copyhook connections disable coze-prod
            """,
        subcommands: [
            List.self, Show.self, Put.self, Delete.self, Disable.self, Enable.self, Test.self,
        ], defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists the platforms that copies are made over, and how they fare.",
            discussion: """
                Example:
                  copyhook connections list
                """)

        @OptionGroup var api: APIOptions

        func run() async throws {
            try await DestinationList.show(
                api, "connections",
                headings: ["NAME", "FROM", "PROVIDER", "ADDRESS", "UNCERTAIN", "HEALTH", "PROBLEM"]
            ) {
                [
                    $0.cell("name"), $0["file"]?.text ?? $0.cell("origin"), $0.cell("provider"),
                    $0.cell("base_url"), $0.cell("on_uncertain"), DestinationList.health($0),
                    $0.cell("problem"),
                ]
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows one connection, its secrets as <secret>.",
            discussion: """
                Example:
                  copyhook connections show coze-prod
                """)

        @OptionGroup var connection: DefinitionName

        func run() async throws {
            try await DefinitionCalls.show("connections", connection.name, connection.api)
        }
    }

    struct Put: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Puts a connection in force, or another in its place.",
            discussion: """
                The file holds what would stand under the connection's name in the
                configuration. ${NAME}, ${file:PATH} and private_key_file are followed here,
                where the command runs. A broken definition is refused with the place and the
                remedy, and nothing changes.

                Examples:
                  copyhook connections put coze-prod --file coze-prod.yaml
                  copyhook connections put keyue-prod --file - < keyue.json
                """)

        @OptionGroup var connection: DefinitionOptions

        func run() async throws {
            try await DefinitionCalls.put(
                "connections", connection.name, file: connection.file, connection.api)
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Takes a connection out that was put over the API.",
            discussion: """
                Refused while a rule names it, or a task of it is not at its end.

                Example:
                  copyhook connections delete coze-prod
                """)

        @OptionGroup var connection: DefinitionName

        func run() async throws {
            let answer = try await APIClient(connection.api).call(
                .delete, DefinitionCalls.path("connections", connection.name))
            print(
                connection.api.json
                    ? answer.prettyText() : "\(connection.name.onOneLine) is gone")
        }
    }

    struct Disable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Switches a connection off: what is queued waits, what is under way ends.",
            discussion: """
                A connection of the configuration can be switched off as well, and stays so
                over a restart.

                Example:
                  copyhook connections disable coze-prod
                """)

        @OptionGroup var connection: DefinitionName

        func run() async throws {
            try await DefinitionCalls.set(
                "connections", connection.name, enabled: false, connection.api)
        }
    }

    struct Enable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Switches a connection on again; what waited goes on.",
            discussion: """
                Example:
                  copyhook connections enable coze-prod
                """)

        @OptionGroup var connection: DefinitionName

        func run() async throws {
            try await DefinitionCalls.set(
                "connections", connection.name, enabled: true, connection.api)
        }
    }

    struct Test: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Gets a token over a connection and asks one harmless question.",
            discussion: """
                Nothing is copied. The exit code is 0 when the platform took the token and
                answered.

                Example:
                  copyhook connections test coze-prod
                """)

        @OptionGroup var connection: DefinitionName

        func run() async throws {
            try await DefinitionCalls.test("connections", connection.name, connection.api)
        }
    }
}
