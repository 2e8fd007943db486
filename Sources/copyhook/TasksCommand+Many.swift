import ArgumentParser
import Domain
import StrictJSON

/// Which of many tasks something is done to; the filters of the list.
struct ManyTasksOptions: ParsableArguments {
    @Option(help: "Only those that this rule planned.")
    var rule: String?

    @Option(help: "Only those of this event.")
    var event: String?

    @Option(help: "Only those of this connection.")
    var connection: String?

    @Option(help: "Only copies of the entity of this id.")
    var entity: String?

    @Option(help: "Only those whose copy lands in this workspace.")
    var workspace: String?

    @Option(help: "Only those planned since then: a time, or how long ago, as in 2h.")
    var since: String?

    @Option(help: "Only those planned before then.")
    var until: String?

    @Option(help: "Only those with this in an id or a name; case does not matter in ASCII.")
    var text: String?

    @OptionGroup var options: ManyOptions

    private var filters: [(String, String?)] {
        [
            ("rule", rule), ("event", event), ("connection", connection), ("entity", entity),
            ("workspace", workspace), ("since", since), ("until", until), ("text", text),
        ]
    }

    var isEmpty: Bool {
        !filters.contains { $0.1 != nil } && options.isEmpty
    }

    /// Has it done to all.
    ///
    /// - Parameters:
    ///   - verb: As the API calls it; the answers count what was done under `counted`.
    ///   - question: With how many it is, as in `Cancel 3 tasks?`.
    func run(
        _ api: APIOptions, _ verb: String, state: String, counted: String, title: String,
        question: (String) -> String
    ) async throws {
        var many = ManyWish(
            api, options, path: "/api/v1/tasks/\(verb)", counted: counted, title: title,
            filters: filters + [("state", state)])
        try await many.run("\(state) task", question: question) { "\($0) \(counted)" }
    }
}
