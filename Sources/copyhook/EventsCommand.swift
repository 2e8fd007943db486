import ArgumentParser

struct EventsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events",
        abstract: "Looks at the events that a running service has stored.",
        discussion: """
            The service is found by COPYHOOK_URL or --url, its key comes from
            COPYHOOK_API_KEY.

            Examples:
              copyhook events list --state matched
              copyhook events show evt_01k…
            """,
        subcommands: [List.self, Show.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists events, newest first.",
            discussion: """
                States are received, matched and ignored.

                Examples:
                  copyhook events list
                  copyhook events list --state ignored --limit 10
                """)

        @OptionGroup var options: ListOptions

        func run() async throws {
            let page = try await options.page(of: "events")
            let headings = Table("ID", "RECEIVED", "SOURCE", "TYPE", "ENTITY", "STATE")
            options.show(page, "events", headings: headings) {
                [
                    $0.cell("id"), $0.cell("received_at"), $0.cell("source"), $0.cell("type"),
                    $0.cell("entity", "id"), $0.cell("state"),
                ]
            }
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
