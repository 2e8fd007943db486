import App
import ArgumentParser
import Logging
import Sealing
import Settings

struct SecretsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "secrets",
        abstract: "Looks after the secrets that the store keeps sealed.",
        discussion: """
            Example:
              copyhook secrets rewrap --config copyhook.yaml
            """,
        subcommands: [SecretsRewrapCommand.self])
}

struct SecretsRewrapCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rewrap",
        abstract: "Puts every sealed secret under the first master key.",
        discussion: """
            To change the master key: stop the service, set secrets.master_key to the new
            key and name the old one in secrets.old_master_keys, run this, take the old
            one out again, start the service. A key that was made beside the database is
            named as "${file:copyhook.db.key}". Only the wrapping changes, not what is
            sealed, and what was cut short can be run again.

            Examples:
              copyhook secrets rewrap --config copyhook.yaml
              copyhook secrets rewrap --config copyhook.yaml --discard
            """)

    /// Records between two lines of progress.
    private static let step = 1_000

    @OptionGroup var option: ConfigurationOption

    @Flag(help: "Delete the secrets that no given key opens: the way out when a key is lost.")
    var discard = false

    func run() async throws {
        let configuration = try option.load()
        let log = Logger(label: "copyhook") { _ in LineLog(level: .notice) }
        let outcome: SecretsKeeping.Outcome
        do throws(ServiceError) {
            outcome = try await SecretsKeeping(configuration, log: log)
                .rewrap(discarding: discard) { done, total in
                    if done.isMultiple(of: Self.step), done < total {
                        standardError("\(done) of \(total)")
                    }
                }
        } catch {
            throw CommandFailure.failed(error.what, error.remedy)
        }
        let count = outcome.rewrapping
        standardOutput(
            "\(count.total) secrets: \(count.rewrapped) put under the master key \(outcome.key), "
                + "\(count.current) were under it already"
                + (count.discarded.isEmpty ? "" : ", \(count.discarded.count) discarded"))
        for line in count.discarded { standardError("discarded \(line)") }
        guard !count.broken.isEmpty else { return }
        throw CommandFailure.failed(
            "\(count.broken.count) do not open: " + count.broken.joined(separator: "; "),
            "Restore them from a backup of the database, or delete them with --discard and enter "
                + "them again.")
    }
}
