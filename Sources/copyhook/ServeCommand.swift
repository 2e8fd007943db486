import App
import ArgumentParser
import Domain
import Logging
import Pipeline
import Settings

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Runs the service.",
        discussion: """
            Logs go to standard error, one line each. SIGTERM and SIGINT stop it softly:
            what is in hand is finished within 20 s. A second one stops it at once. The log
            then has service.stopping and service.stopped, or service.killed.

            Example:
              copyhook serve --config copyhook.yaml
            """)

    @OptionGroup var option: ConfigurationOption

    /// Which lines are logged, from the least grave on.
    enum LogLevel: String, ExpressibleByArgument, CaseIterable {
        case debug, info, notice, warning, error

        var level: Logger.Level { Logger.Level(rawValue: rawValue) ?? .info }
    }

    @Option(help: "Least grave lines that are logged: debug, info, notice, warning or error.")
    var logLevel = LogLevel.info

    func run() async throws {
        let configuration = try option.load()
        let log = Logger(label: "copyhook") { [logLevel] _ in
            LineLog(level: logLevel.level)
        }
        for warning in configuration.warnings + configuration.storeWarnings() {
            log.warning("configuration", metadata: ["detail": "\(warning)"])
        }
        let service = Service(
            configuration, environment: ProcessEnvironment.current, log: log)
        let stop = StopSignal()
        let stopLog = StopLog(log)
        do {
            try await StopRequests.raising(stop, note: stopLog.note) {
                try await service.run(until: stop) { started in
                    stopLog.watch(started)
                    if let key = started.newAdminKey { Self.show(key) }
                }
            }
        } catch let error as ServiceError {
            throw CommandFailure.failed(error.what, error.remedy)
        }
    }

    /// Once, to the terminal alone; only its hash is kept.
    private static func show(_ key: Secret) {
        standardError(
            """
            Admin key (shown once, keep it): \(key.exposed)
            Use it as COPYHOOK_API_KEY, or as the bearer of /api/v1.
            """)
    }
}
