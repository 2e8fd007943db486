import ArgumentParser

struct EventsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events",
        abstract: "Looks at the events of a running service, publishes some, and replays them.",
        discussion: """
            The service is found by COPYHOOK_URL or --url, its key comes from
            COPYHOOK_API_KEY.

            Examples:
              copyhook events list --state matched --since 1d
              copyhook events tail --kind task,delivery
              copyhook events show evt_01k…
              copyhook events explain evt_01k…
              copyhook events replay --type bot.published --since 2h
            """,
        subcommands: [
            List.self, Tail.self, Show.self, Explain.self, Publish.self, Replay.self,
        ])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists events, newest first.",
            discussion: """
                States are received, matched and ignored. All filters that are given must hold.

                Examples:
                  copyhook events list --since 2h
                  copyhook events list --state ignored --type bot.published --limit 10
                  copyhook events list --text 客服
                  copyhook events list --source coze-main --since 7d --count
                  copyhook events list --watch
                """)

        @OptionGroup var options: ListOptions

        @Option(help: "Only those of this source.")
        var source: String?

        @Option(help: "Only those of this type, as in bot.published.")
        var type: String?

        @Option(help: "Only those about the entity of this id.")
        var entity: String?

        func run() async throws {
            let look = ListOptions.Look(
                table: "events",
                headings: Table("ID", "RECEIVED", "SOURCE", "TYPE", "ENTITY", "STATE")
            ) {
                [
                    $0.cell("id"), $0.cell("received_at"), $0.cell("source"), $0.cell("type"),
                    $0.entityCell, $0.cell("state"),
                ]
            }
            try await options.run(
                look, [("source", source), ("type", type), ("entity", entity)])
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows one event: its body, what the rules made of it, and its copies.",
            discussion: """
                Example:
                  copyhook events show evt_01k…
                """)

        @OptionGroup var options: ShowOptions

        func run() async throws { try await options.show("events") }
    }
}
