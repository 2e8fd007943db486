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

    @Flag(help: "Say how many there are, and do nothing.")
    var dryRun = false

    @Flag(help: "Do not ask.")
    var yes = false

    @Option(help: "Leave out what was planned since then; a run that broke off names it.")
    var askedAt: String?

    private var filters: [(String, String?)] {
        [
            ("rule", rule), ("event", event), ("connection", connection), ("entity", entity),
            ("workspace", workspace), ("since", since), ("until", until), ("text", text),
        ]
    }

    var isEmpty: Bool {
        !filters.contains { $0.1 != nil } && !dryRun && !yes && askedAt == nil
    }

    /// Counts, asks, and has it done to all.
    ///
    /// - Parameters:
    ///   - verb: As the API calls it; the answers count what was done under `counted`.
    ///   - question: With the number, as in `Cancel 3 queued tasks?`.
    func run(
        _ api: APIOptions, _ verb: String, state: String, counted: String, title: String,
        question: (Int) -> String
    ) async throws {
        var many = ManyWish(
            options: api, path: "/api/v1/tasks/\(verb)", counted: counted, title: title,
            wish: JSONValue.members(filters + [("state", state), ("asked_at", askedAt)]))
        let answer = try await many.count()
        let count = answer["count"]?.count ?? 0
        guard !dryRun, count > 0 else {
            return print(api.json ? answer.prettyText() : "\(count) tasks")
        }
        try Consent.ask(question(count), isGiven: yes)
        let (done, onLoan) = try await many.carryOut(of: count)
        guard !api.json else {
            var answer: JSONObject = [counted: .count(done)]
            if onLoan > 0 { answer["on_loan"] = .count(onLoan) }
            return print(JSONValue.object(answer).prettyText())
        }
        print(
            "\(done - onLoan) tasks \(counted)"
                + (onLoan > 0 ? ", \(onLoan) more will be before anything is sent" : ""))
    }
}
