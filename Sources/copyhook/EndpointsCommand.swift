import Administration
import App
import ArgumentParser
import Domain
import StrictJSON
import Transport

struct EndpointsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "endpoints",
        abstract: "Looks after those who are told.",
        discussion: """
            The service is found by COPYHOOK_URL or --url, its key comes from
            COPYHOOK_API_KEY; what changes endpoints needs the scope admin.

            Examples:
              copyhook endpoints
              copyhook endpoints put ops-chat --file ops-chat.yaml
              copyhook endpoints test ops-chat
              copyhook endpoints disable ops-chat
              copyhook endpoints rotate audit
              copyhook endpoints recover ops-chat --since 2h
            """,
        subcommands: [
            EndpointListCommand.self, Show.self, Put.self, Delete.self, Disable.self,
            Enable.self, Test.self, EndpointRotateCommand.self, Recover.self,
        ], defaultSubcommand: EndpointListCommand.self)

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows one endpoint, its secrets as <secret>.",
            discussion: """
                Example:
                  copyhook endpoints show ops-chat
                """)

        @OptionGroup var endpoint: DefinitionName

        func run() async throws {
            try await DefinitionCalls.show("endpoints", endpoint.name, endpoint.api)
        }
    }

    struct Put: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Puts an endpoint in force, or another in its place.",
            discussion: """
                The file holds what would stand under the endpoint's name in the configuration.
                ${NAME} and ${file:PATH} are followed here, where the command runs, so that no
                secret has to stand in the file. A broken definition is refused with the place
                and the remedy, and nothing changes.

                Examples:
                  copyhook endpoints put ops-chat --file ops-chat.yaml
                  copyhook endpoints put audit --file - < audit.json
                """)

        @OptionGroup var endpoint: DefinitionOptions

        func run() async throws {
            try await DefinitionCalls.put(
                "endpoints", endpoint.name, file: endpoint.file, endpoint.api)
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Takes an endpoint out that was put over the API.",
            discussion: """
                Refused while a rule names it. What still waits for it is counted first, and
                cancelled.

                Example:
                  copyhook endpoints delete ops-chat
                """)

        @OptionGroup var endpoint: DefinitionName

        @Flag(help: "Do not ask, whatever waits for it.")
        var yes = false

        func run() async throws {
            let name = endpoint.name
            if !yes {
                let count = try await APIClient(endpoint.api).call(
                    .get,
                    "/api/v1/deliveries/count?state=pending&endpoint=\(APIClient.segment(name))")
                let waiting = count["count"]?.count ?? 0
                try Consent.ask(
                    "Delete \(name.onOneLine) and cancel \(waiting.of("delivery"))?",
                    isGiven: waiting == 0)
            }
            let answer = try await APIClient(endpoint.api).call(
                .delete, DefinitionCalls.path("endpoints", name))
            guard !endpoint.api.json else { return print(answer.prettyText()) }
            let waiting = answer["deliveries"]?["count"]?.count ?? 0
            print(
                "\(name.onOneLine) is gone"
                    + (waiting > 0
                        ? "; \(waiting.of("delivery")) \(waiting == 1 ? "is" : "are") cancelled"
                        : ""))
        }
    }

    struct Disable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Switches an endpoint off: its deliveries wait, and none is lost.",
            discussion: """
                Nothing probes it: only enable ends this. An endpoint of the configuration can
                be switched off as well, and stays so over a restart.

                Example:
                  copyhook endpoints disable ops-chat
                """)

        @OptionGroup var endpoint: DefinitionName

        func run() async throws {
            try await DefinitionCalls.set(
                "endpoints", endpoint.name, enabled: false, endpoint.api)
        }
    }

    struct Enable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Switches an endpoint on again; what waited goes out.",
            discussion: """
                Ends also what failures had disabled.

                Example:
                  copyhook endpoints enable ops-chat
                """)

        @OptionGroup var endpoint: DefinitionName

        func run() async throws {
            try await DefinitionCalls.set(
                "endpoints", endpoint.name, enabled: true, endpoint.api)
        }
    }

    struct Test: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Sends one test message to an endpoint and says what became of it.",
            discussion: """
                The message goes out as a notification of type ping does, signed and through
                the same wall: from the running service, or with --config from here, where no
                service and no store is needed or touched. The exit code is 0 when the endpoint
                took it.

                With --config it is signed with the secret that stands there. A service whose
                secret for the endpoint was rotated signs with the new one: a receiver that no
                longer takes the old one refuses this message, and takes the service's.

                Examples:
                  copyhook endpoints test ops-chat
                  copyhook endpoints test ops-chat --config copyhook.yaml
                """)

        @OptionGroup var endpoint: DefinitionName

        @Option(help: "Send it from here, to the endpoint as this configuration has it.")
        var config: String?

        func run() async throws {
            guard let config else {
                return try await DefinitionCalls.test("endpoints", endpoint.name, endpoint.api)
            }
            let configuration = try ConfigurationOption.load(config)
            let (tried, trial): (Endpoint, Trial)
            do throws(ServiceError) {
                (tried, trial) = try await EndpointTrial.run(endpoint.name, of: configuration)
            } catch {
                throw CommandFailure.badUsage(error.what, error.remedy)
            }
            let what = "\(tried.name) (\(tried.channel.rawValue)): \(trial.detail)"
            guard trial.isAccepted else { throw CommandFailure.failed(what, trial.remedy) }
            standardOutput(what)
            if !trial.remedy.isEmpty { standardError(trial.remedy) }
        }
    }
}
