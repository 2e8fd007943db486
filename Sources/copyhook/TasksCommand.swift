import ArgumentParser
import Domain
import StrictJSON
import Transport

struct TasksCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tasks",
        abstract:
            "Looks at copy tasks of a running service, and does with them what a person wants.",
        discussion: """
            The service is found by COPYHOOK_URL or --url, its key comes from
            COPYHOOK_API_KEY.

            Examples:
              copyhook tasks list --state unresolved
              copyhook tasks show tsk_4n…
              copyhook tasks resolve tsk_4n… --adopt 7512041635401000001
              copyhook tasks resolve tsk_4n… --send-again
              copyhook tasks retry tsk_4n…
            """,
        subcommands: [
            List.self, Show.self, Resolve.self, Cancel.self, Retry.self, Copy.self,
        ])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists copy tasks, newest first.",
            discussion: """
                States are queued, submitting, copying, reconciling, unresolved, succeeded,
                failed and cancelled. All filters that are given must hold.

                Examples:
                  copyhook tasks list --state unresolved
                  copyhook tasks list --event evt_01k…
                  copyhook tasks list --rule backup --since 1d --state failed --count
                  copyhook tasks list --text 客服
                  copyhook tasks list --state copying --watch
                """)

        @OptionGroup var options: ListOptions

        @Option(help: "Only those of this event.")
        var event: String?

        @Option(help: "Only those that this rule planned.")
        var rule: String?

        @Option(help: "Only those of this connection.")
        var connection: String?

        @Option(help: "Only copies of the entity of this id.")
        var entity: String?

        @Option(help: "Only those whose copy lands in this workspace.")
        var workspace: String?

        func run() async throws {
            let look = ListOptions.Look(
                table: "tasks",
                headings: Table("ID", "CREATED", "RULE", "ENTITY", "TO", "COPY", "STATE")
            ) {
                [
                    $0.cell("id"), $0.cell("created_at"), $0.cell("rule"), $0.entityCell,
                    $0.cell("to_workspace"), $0.cell("copy_id"),
                    $0.cell("state") + ($0.isToBeCancelled ? ", to be cancelled" : ""),
                ]
            }
            try await options.run(
                look,
                [
                    ("event", event), ("rule", rule), ("connection", connection),
                    ("entity", entity), ("workspace", workspace),
                ])
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows one task: its states, its attempts, and what was seen on the way.",
            discussion: """
                Example:
                  copyhook tasks show tsk_4n…
                """)

        @OptionGroup var options: ShowOptions

        func run() async throws { try await options.show("tasks") }
    }

    struct Resolve: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Decides a task that is unresolved.",
            discussion: """
                Look at the task first: its candidates are what may be the copy. --send-again
                may make a second copy; --give-up ends the task as failed.

                Examples:
                  copyhook tasks resolve tsk_4n… --adopt 7512041635401000001
                  copyhook tasks resolve tsk_4n… --give-up
                """)

        @OptionGroup var options: ShowOptions

        @Option(help: "The id of the copy, as you see it on the platform.")
        var adopt: String?

        @Flag(help: "The copy exists, and its id does not matter (Keyue tells none).")
        var adoptWithoutID = false

        @Flag(help: "Submit it once more, though a copy may exist.")
        var sendAgain = false

        @Flag(help: "There is no copy and there shall be none.")
        var giveUp = false

        func validate() throws {
            let chosen = [adopt != nil, adoptWithoutID, sendAgain, giveUp].filter { $0 }
            guard chosen.count == 1 else {
                throw ValidationError(
                    "Choose one of --adopt ID, --adopt-without-id, --send-again, --give-up.")
            }
        }

        func run() async throws {
            let path = "/api/v1/tasks/\(APIClient.segment(options.id))/resolve"
            let client = try APIClient(options.api)
            let task: JSONValue
            do throws(CommandFailure) {
                task = try await client.call(.post, path, body: decision.bytes())
            } catch {
                guard error.code == 2 else { throw error }
                // The service's own remedy is in the words of its API.
                throw CommandFailure.badUsage(
                    error.what,
                    "copyhook tasks show \(options.id.onOneLine) lists candidates: name the copy "
                        + "with --adopt ID, or choose --send-again or --give-up.")
            }
            options.show(task) { Became.standing(options.id, task, $0) }
        }

        private var decision: JSONValue {
            if let adopt { return ["decision": "adopt", "copy_id": .string(adopt)] }
            if adoptWithoutID { return ["decision": "adopt"] }
            return ["decision": sendAgain ? "send_again" : "give_up"]
        }
    }
}

extension JSONValue {
    /// Whether this is a task that a worker has on loan and somebody wants cancelled.
    var isToBeCancelled: Bool { self["cancel_asked_at"]?.text != nil }
}
