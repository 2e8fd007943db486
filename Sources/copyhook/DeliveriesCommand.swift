import ArgumentParser

struct DeliveriesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deliveries",
        abstract: "Looks at who was told what by a running service, and has it told again.",
        discussion: """
            The service is found by COPYHOOK_URL or --url, its key comes from
            COPYHOOK_API_KEY.

            Examples:
              copyhook deliveries list --task tsk_4n…
              copyhook deliveries show msg_7z…
              copyhook deliveries resend msg_7z…
            """,
        subcommands: [List.self, Show.self, Resend.self, Cancel.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists deliveries, newest first.",
            discussion: """
                States are pending, sending, delivered, exhausted and cancelled. All filters
                that are given must hold.

                Examples:
                  copyhook deliveries list --state pending
                  copyhook deliveries list --task tsk_4n…
                  copyhook deliveries list --endpoint ops-chat --type copy.failed --since 7d
                  copyhook deliveries list --state exhausted --count
                  copyhook deliveries list --state sending --watch
                """)

        @OptionGroup var options: ListOptions

        @Option(help: "Only those of this copy task.")
        var task: String?

        @Option(help: "Only those of this event.")
        var event: String?

        @Option(help: "Only those to this endpoint.")
        var endpoint: String?

        @Option(help: "Only those of this type, as in copy.failed.")
        var type: String?

        func run() async throws {
            let look = ListOptions.Look(
                table: "deliveries",
                headings: Table("ID", "CREATED", "ENDPOINT", "TYPE", "TRIES", "STATE")
            ) {
                [
                    $0.cell("id"), $0.cell("created_at"), $0.cell("endpoint"), $0.cell("type"),
                    $0.cell("attempts"), $0.cell("state"),
                ]
            }
            try await options.run(
                look,
                [("task", task), ("event", event), ("endpoint", endpoint), ("type", type)])
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows one delivery with what it says and every attempt.",
            discussion: """
                Example:
                  copyhook deliveries show msg_7z…
                """)

        @OptionGroup var options: ShowOptions

        func run() async throws { try await options.show("deliveries") }
    }
}
