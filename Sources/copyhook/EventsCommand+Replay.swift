import ArgumentParser
import Domain
import StrictJSON
import Transport

extension EventsCommand {
    struct Replay: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Has stored events meet the rules again that are in force now.",
            discussion: """
                Tasks that come of it are new ones; cooldowns and the loop guard hold as for
                any event. Many are counted first, and asked about.

                Examples:
                  copyhook events replay evt_01k…
                  copyhook events replay --type bot.published --since 2h
                  copyhook events replay --source coze-main --since 7d --dry-run
                """)

        @OptionGroup var api: APIOptions

        @Argument(help: "The event's id; without it, all that the options select.")
        var id: String?

        @Option(help: "Only events of this source.")
        var source: String?

        @Option(help: "Only events of this type.")
        var type: String?

        @Option(help: "Only events that are matched or ignored.")
        var state: String?

        @Option(help: "Only events about this entity.")
        var entityID: String?

        @Option(help: "Only events received since then: a time, or how long ago, as in 2h.")
        var since: String?

        @Option(help: "Only events received before then.")
        var until: String?

        @OptionGroup var options: ManyOptions

        private var filters: [(String, String?)] {
            [
                ("source", source), ("type", type), ("state", state), ("entity_id", entityID),
                ("since", since), ("until", until),
            ]
        }

        func validate() throws {
            let isMany = filters.contains { $0.1 != nil }
            guard (id != nil) != isMany else {
                throw ValidationError(
                    "Name one event, or select many by --source, --type, --state, --entity-id, "
                        + "--since or --until.")
            }
            guard id == nil || (!options.dryRun && options.askedAt == nil) else {
                throw ValidationError(
                    "--dry-run and --asked-at are about many events. What rules would do with "
                        + "one: copyhook events explain ID, copyhook rules dry-run RULE "
                        + "--event-id ID.")
            }
        }

        func run() async throws {
            if let id {
                let path = "/api/v1/events/\(APIClient.segment(id))/replay"
                let answer = try await APIClient(api).call(.post, path)
                return print(api.json ? answer.prettyText() : Became.replayed(id, answer))
            }
            var many = ManyWish(
                api, options, path: "/api/v1/events/replay", counted: "replayed",
                title: "Replaying", filters: filters)
            try await many.run("event", question: { "Replay \($0)?" }) {
                "\($0) put to the rules again"
            }
        }
    }
}
