import ArgumentParser
import Domain
import StrictJSON
import Transport

extension TasksCommand {
    struct Cancel: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Cancels a task of which nothing has been sent, or many.",
            discussion: """
                Only tasks that are queued; what may be on the wire is not called back.
                One that a worker has on loan is cancelled before anything of it is sent.
                The endpoints hear copy.cancelled. Many are counted first, and asked
                about.

                Examples:
                  copyhook tasks cancel tsk_4n…
                  copyhook tasks cancel --queued --rule backup
                """)

        @OptionGroup var api: APIOptions

        @Argument(help: "The task's id; without it, all that the options select.")
        var id: String?

        @Flag(help: "All that are queued, as far as the other options do not narrow that.")
        var queued = false

        @OptionGroup var many: ManyTasksOptions

        func validate() throws {
            guard id == nil ? queued : !queued && many.isEmpty else {
                throw ValidationError("Name one task, or many by --queued and what narrows that.")
            }
        }

        func run() async throws {
            guard let id else {
                return try await many.run(
                    api, "cancel", state: "queued", counted: "cancelled", title: "Cancelling"
                ) { "Cancel \($0)?" }
            }
            let task = try await api.post("tasks", id, "cancel")
            api.show(task) {
                Became.row(task).isToBeCancelled
                    ? "\(id.onOneLine) will be cancelled before anything is sent"
                    : Became.standing(id, task, $0)
            }
        }
    }

    struct Retry: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Has a failed or cancelled task done again by a new one, or many.",
            discussion: """
                Asked for again, it says which task was made the first time. Many are counted
                first, and asked about; those that were done again already are left out.

                Examples:
                  copyhook tasks retry tsk_4n…
                  copyhook tasks retry --failed --rule backup --since 2h
                """)

        @OptionGroup var api: APIOptions

        @Argument(help: "The task's id; without it, all that the options select.")
        var id: String?

        @Flag(help: "All that failed, as far as the other options do not narrow that.")
        var failed = false

        @Flag(help: "All that were cancelled, in the same way.")
        var cancelled = false

        @OptionGroup var many: ManyTasksOptions

        func validate() throws {
            guard id == nil ? failed != cancelled : !failed && !cancelled && many.isEmpty else {
                throw ValidationError(
                    "Name one task, or many by --failed or --cancelled and what narrows that.")
            }
        }

        func run() async throws {
            guard let id else {
                let state = failed ? "failed" : "cancelled"
                return try await many.run(
                    api, "retry", state: state, counted: "retried", title: "Retrying"
                ) { "Have \($0) done again?" }
            }
            let task = try await api.post("tasks", id, "retry")
            api.show(task) { Became.retried(id, task, $0) }
        }
    }

    struct Copy: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Has something copied that no event asked for.",
            discussion: """
                The original's name lets a copy whose answer is lost be found again. With
                --key, the same wish twice is one.

                Examples:
                  copyhook tasks copy --connection coze-prod --entity-type bot \\
                    --entity-id 7351… --name 客服助手 --to-workspace 7498…
                  copyhook tasks copy --connection keyue-prod --entity-id 31
                """)

        @OptionGroup var api: APIOptions

        @Option(help: "The connection's name in the configuration.")
        var connection: String

        @Option(help: "bot, app, workflow; may be left out for Keyue.")
        var entityType: String?

        @Option(help: "The original's id on the platform.")
        var entityID: String

        @Option(help: "The original's name.")
        var name: String?

        @Option(help: "Where the copy lands; Keyue knows none.")
        var toWorkspace: String?

        @Option(help: "An endpoint that hears of it, once for each. Default: all.")
        var notify: [String] = []

        @Option(help: "Your own id of this wish.")
        var key: String?

        func run() async throws {
            var wish = JSONValue.members([
                ("connection", connection), ("entity_type", entityType), ("entity_id", entityID),
                ("name", name), ("to_workspace", toWorkspace), ("key", key),
            ])
            if !notify.isEmpty { wish["notify"] = .array(notify.map { .string($0) }) }
            let task = try await APIClient(api).call(
                .post, "/api/v1/tasks", body: JSONValue.object(wish).bytes())
            guard !api.json else { return print(task.prettyText()) }
            let shown = Became.row(task)
            print(
                "\(shown.cell("id").onOneLine) is "
                    + Paint.standardOutput.state(shown.cell("state")))
        }
    }
}

extension ShowOptions {
    /// Asks for what is done to one row.
    func post(_ table: String, _ verb: String) async throws -> JSONValue {
        try await api.post(table, id, verb)
    }

    /// Prints what a row became: as it came, or in a line with its state in colour.
    func show(_ record: JSONValue, _ line: (Paint) -> String) { api.show(record, line) }
}

extension APIOptions {
    func post(_ table: String, _ id: String, _ verb: String) async throws -> JSONValue {
        try await APIClient(self).call(
            .post, "/api/v1/\(table)/\(APIClient.segment(id))/\(verb)")
    }

    func show(_ record: JSONValue, _ line: (Paint) -> String) {
        print(json ? record.prettyText() : line(.standardOutput))
    }
}
