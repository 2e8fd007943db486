import ArgumentParser
import Settings
import Storage
import StorageSQLite

struct MigrateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "Brings the store to the current schema.",
        discussion: """
            serve does the same when it starts; this is for those who want it done before.
            Migrations only go forward.

            Example:
              copyhook migrate --config copyhook.yaml
            """)

    @OptionGroup var option: ConfigurationOption

    func run() throws {
        let path = try option.load().store.path
        do throws(StorageError) {
            let migration = try SQLiteStore.migrate(path: path)
            print(
                migration.from == migration.to
                    ? "\(path) is at version \(migration.to) already"
                    : "\(path) went from version \(migration.from) to \(migration.to)")
        } catch {
            throw CommandFailure.failed(
                error.detail, "Stop the service that uses the store, or check store.url.")
        }
    }
}
