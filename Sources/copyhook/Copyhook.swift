import App
import ArgumentParser
import Foundation

/// The command line: one command per thing that a person does.
@main
struct Copyhook: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "copyhook",
        abstract: "Copies bots when platforms say that they changed, and tells you about it.",
        discussion: """
            Signed callbacks come in, rules decide, copies are made on Coze and Keyue, and
            every end of a copy is pushed to your endpoints and chats.

            Start with the demonstration, which needs no credentials:

              copyhook demo

            Exit codes: 0 done, 1 it failed, 2 bad usage or configuration.
            """,
        version: "copyhook \(Product.version)",
        subcommands: [
            DemoCommand.self, ServeCommand.self, CheckCommand.self, SchemaCommand.self,
            MigrateCommand.self,
            SimulateCommand.self, SendCommand.self, MatchCommand.self, RulesCommand.self,
            EventsCommand.self, TasksCommand.self, DeliveriesCommand.self, EndpointsCommand.self,
            ConnectionsCommand.self, SourcesCommand.self,
            KeysCommand.self, AuditCommand.self, SecretsCommand.self, ApplyCommand.self,
            ExportCommand.self,
        ])

    /// Parses, runs, and ends the process with the code that design.md 3.1 states.
    static func main() async {
        ProcessHygiene.harden()
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            guard StandardStream.hasTakenAll else {
                throw CommandFailure.failed(
                    "Not all could be printed: the disk may be full, or the reader gone",
                    "What was asked for is done. A secret that was to be printed is lost: make a "
                        + "new one.")
            }
        } catch let failure as CommandFailure {
            failure.report()
            Foundation.exit(failure.code)
        } catch {
            // The parser's own 64 for bad usage is our 2 (decision 32).
            let code = exitCode(for: error)
            let text = fullMessage(for: error)
            if code == .success {
                print(text)
            } else if !text.isEmpty {
                standardError(text)
            }
            Foundation.exit(code == .validationFailure ? 2 : code.rawValue)
        }
    }
}

/// Why a command ends without having done its work: one line of what, one of what to do.
package struct CommandFailure: Error, Hashable {
    /// 1 for what failed, 2 for bad usage or configuration.
    let code: Int32
    let what: String
    /// Empty where the lines before already say it.
    let remedy: String
    /// Whether the same may go well later: nobody is there, or there is trouble.
    package var mayPass = false
    /// The place in what was sent that the service refused.
    var pointer: String?

    package static func failed(_ what: String, _ remedy: String = "") -> CommandFailure {
        CommandFailure(code: 1, what: what, remedy: remedy)
    }

    static func badUsage(_ what: String, _ remedy: String = "") -> CommandFailure {
        CommandFailure(code: 2, what: what, remedy: remedy)
    }

    func report() {
        if !what.isEmpty { standardError(what) }
        if !remedy.isEmpty { standardError(remedy) }
    }
}

/// Written at once, also into a pipe.
func standardOutput(_ line: String) {
    StandardStream.output.write(line + "\n")
}

/// Behind what was printed before, also where both lead to one file.
func standardError(_ line: String) {
    fflush(nil)
    StandardStream.error.write(line + "\n")
}
