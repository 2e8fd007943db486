import App
import ArgumentParser

struct EndpointsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "endpoints",
        abstract: "Looks after those who are told.",
        discussion: """
            Examples:
              copyhook endpoints list
              copyhook endpoints rotate audit
              copyhook endpoints test ops-chat --config copyhook.yaml
              copyhook endpoints recover ops-chat --since 2h
            """,
        subcommands: [EndpointListCommand.self, RotateCommand.self, Test.self, Recover.self])

    struct Test: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Sends one test message to an endpoint and says what became of it.",
            discussion: """
                The message goes out as a notification of type ping does, signed and through
                the same wall. No service and no store is needed or touched. The exit code is 0
                when the endpoint took it.

                Example:
                  copyhook endpoints test ops-chat --config copyhook.yaml
                """)

        @Argument(help: "The endpoint's name in the configuration.")
        var name: String

        @OptionGroup var option: ConfigurationOption

        func run() async throws {
            let configuration = try option.load()
            let report: EndpointTrial.Report
            do throws(ServiceError) {
                report = try await EndpointTrial(configuration).run(name)
            } catch {
                throw CommandFailure.badUsage(error.what, error.remedy)
            }
            guard report.isAccepted else {
                throw CommandFailure.failed(report.what, report.remedy)
            }
            standardOutput(report.what)
            if !report.remedy.isEmpty { standardError(report.remedy) }
        }
    }
}
