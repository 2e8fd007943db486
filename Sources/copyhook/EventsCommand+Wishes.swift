import ArgumentParser
import Domain
import Foundation
import StrictJSON
import Transport

extension EventsCommand {
    struct Publish: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Publishes an event, as a sender without a signature.",
            discussion: """
                Answered when the event is on disk. The same --key again is a repeat; with
                something else in it, it is kept as evidence and is no new event.

                Rules see what is sent as data: the file is data.data there.

                Examples:
                  copyhook events publish --type bot.published --entity-type bot \\
                    --entity-id 7351… --workspace 7481…
                  copyhook events publish --type build.done --key 4711 --data build.json
                """)

        @OptionGroup var api: APIOptions

        @Option(help: "The event's type.")
        var type: String

        @Option(help: "Your own id of the event.")
        var key: String?

        @Option(help: "File with a JSON value; - is standard input.")
        var data: String?

        @Option(help: "When it happened, as in 2026-03-18T08:30:15Z.")
        var time: String?

        @Option(help: "Which source it is said to come from. Default: api.")
        var source: String?

        @Option(help: "What it is about: bot, app, workflow, agent.")
        var entityType: String?

        @Option(help: "The id of that.")
        var entityID: String?

        @Option(help: "The name of that.")
        var entityName: String?

        @Option(help: "The workspace where that is.")
        var workspace: String?

        func validate() throws {
            guard (entityType == nil) == (entityID == nil) else {
                throw ValidationError("--entity-type and --entity-id belong together.")
            }
            guard entityID != nil || entityName == nil && workspace == nil else {
                throw ValidationError(
                    "--entity-name and --workspace need --entity-type and --entity-id.")
            }
        }

        func run() async throws {
            var event = JSONValue.members([("type", type), ("key", key), ("time", time)])
            if entityID != nil {
                event["entity"] = .object(
                    JSONValue.members([
                        ("type", entityType), ("id", entityID), ("name", entityName),
                        ("workspace_id", workspace),
                    ]))
            }
            if let data { event["data"] = try read(data) }
            let query = source.map { "?source=\(APIClient.segment($0))" } ?? ""
            let answer = try await APIClient(api).call(
                .post, "/api/v1/events" + query, body: JSONValue.object(event).bytes())
            guard !api.json else { return print(answer.prettyText()) }
            print("\(answer.cell("id").onOneLine) \(answer.cell("admission"))")
        }

        private func read(_ file: String) throws -> JSONValue {
            let bytes = try InputFile.read(file)
            do throws(JSONRefusal) {
                return try JSONValue(parsing: Array(bytes))
            } catch {
                throw CommandFailure.badUsage(
                    "\(InputFile.name(of: file)):\(error.line):\(error.column): \(error.detail)",
                    "The file holds one JSON value.")
            }
        }
    }

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

        @Flag(help: "Say how many there are, and do nothing.")
        var dryRun = false

        @Flag(help: "Do not ask.")
        var yes = false

        @Option(help: "Leave out what was replayed since then; a run that broke off names it.")
        var askedAt: String?

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
            guard id == nil || (!dryRun && askedAt == nil) else {
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
                print(
                    api.json
                        ? answer.prettyText()
                        : "\(id.onOneLine) meets the rules again, as run \(answer.cell("run"))")
                return
            }
            var many = ManyWish(
                options: api, path: "/api/v1/events/replay", counted: "replayed",
                title: "Replaying", wish: JSONValue.members(filters + [("asked_at", askedAt)]))
            let counted = try await many.count()
            let count = counted["count"]?.count ?? 0
            guard !dryRun, count > 0 else {
                return print(api.json ? counted.prettyText() : "\(count) events")
            }
            try Consent.ask("Replay \(count) events?", isGiven: yes)
            let done = try await many.carryOut(of: count)
            print(
                api.json
                    ? JSONValue.object(["replayed": .count(done)]).prettyText()
                    : "\(done) events meet the rules again")
        }
    }

    struct Explain: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Says why rules match an event or do not, leaf by leaf.",
            discussion: """
                By what the rules say today.

                Examples:
                  copyhook events explain evt_01k…
                  copyhook events explain evt_01k… --rule backup-published-bots
                """)

        @OptionGroup var options: ShowOptions

        @Option(help: "Only this rule.")
        var rule: String?

        func run() async throws {
            let query = rule.map { "?rule=\(APIClient.segment($0))" } ?? ""
            let path = "/api/v1/events/\(APIClient.segment(options.id))/explanation\(query)"
            let answer = try await APIClient(options.api).call(.get, path)
            guard !options.api.json else { return print(answer.prettyText()) }
            for rule in answer["rules"]?.elements ?? [] {
                for line in ExplanationText.lines(rule) { print(line) }
            }
            if answer["more"]?.bool == true {
                print("There are more rules: name one with --rule.")
            }
        }
    }
}

/// What the service says of a rule and an event, in lines for people.
enum ExplanationText {
    static func lines(_ rule: JSONValue) -> [String] {
        let paint = Paint.standardOutput
        let isMatch = rule["matches"]?.bool == true
        let isOn = rule["enabled"]?.bool != false
        var lines = [
            "\(paint(.bold, rule.cell("rule").onOneLine)): "
                + (isMatch ? paint(.green, "match") : paint(.yellow, "no"))
                + (isOn ? "" : paint(.dim, " (disabled)"))
        ]
        lines += (rule["leaves"]?.elements ?? []).map(leaf)
        if rule["split_over_elements"]?.bool == true {
            lines.append(
                "    the values stand in different elements of an array; one must have all")
        }
        lines += (rule["verdicts"]?.elements ?? []).map { "    then: " + deed($0) }
        lines += (rule["deeds"]?.elements ?? []).map { "    would: " + deed($0) }
        return lines
    }

    private static func leaf(_ leaf: JSONValue) -> String {
        let found = (leaf["found"]?.elements ?? []).map(short).joined(separator: ", ")
        return
            ("    \(leaf["passed"]?.bool == true ? "passed" : "failed")  "
            + "\(leaf.cell("path"))  asked \(short(leaf["asked"] ?? .null))  found "
            + (found.isEmpty ? "nothing" : found)
            + (leaf["found_more"]?.bool == true ? ", …" : "")
            + (leaf["in_branch"]?.bool == true ? "  (in $or)" : "")).onOneLine
    }

    private static func deed(_ deed: JSONValue) -> String {
        var words = [deed.cell("effect")]
        if let reason = deed["reason"]?.text { words.append("(\(reason))") }
        if let task = deed["task_id"]?.text { words.append(task) }
        if let copy = deed["copy"] {
            words.append(
                "copies \(copy.cell("entity", "type")) \(copy.cell("entity", "id")) over "
                    + copy.cell("connection"))
            if let workspace = copy["to_workspace"]?.text { words.append("to \(workspace)") }
        }
        if let tells = deed["tells"]?.elements {
            let names = tells.compactMap(\.text).joined(separator: ", ")
            words.append(names.isEmpty ? "and tells nobody" : "and tells \(names)")
        }
        return words.joined(separator: " ").onOneLine
    }

    private static func short(_ value: JSONValue) -> String {
        let text = String(decoding: value.bytes(), as: UTF8.self)
        return text.count <= 80 ? text : text.prefix(80) + "…"
    }
}
