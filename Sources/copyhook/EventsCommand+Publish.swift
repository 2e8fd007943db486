import ArgumentParser
import Domain
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
}
