import ArgumentParser
package import StrictJSON
import Transport

struct EndpointListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Lists those who are told, and how they fare.",
        discussion: """
            Example:
              copyhook endpoints list
            """)

    @OptionGroup var api: APIOptions

    func run() async throws {
        try await DestinationList.show(
            api, "endpoints",
            headings: ["NAME", "FROM", "CHANNEL", "HEARS", "OVERLAP UNTIL", "HEALTH", "PROBLEM"]
        ) {
            [
                $0.cell("name"), $0["file"]?.text ?? $0.cell("origin"), $0.cell("channel"),
                DestinationList.heard($0), $0.cell("overlap_until"), DestinationList.health($0),
                $0.cell("problem"),
            ]
        }
    }
}

/// A list of what the configuration names.
package enum DestinationList {
    /// Asks for it and prints it.
    static func show(
        _ api: APIOptions, _ key: String, headings: [String], row: (JSONValue) -> [String]
    ) async throws {
        let answer = try await APIClient(api).call(.get, "/api/v1/\(key)")
        guard !api.json else { return print(answer.prettyText()) }
        var table = Table(headings)
        for one in answer[key]?.elements ?? [] { table.add(row(one)) }
        print(table.text())
    }

    /// What an endpoint is told: no list is no choice, an empty one chooses nothing.
    ///
    /// Of one that cannot be read nobody knows.
    package static func heard(_ endpoint: JSONValue) -> String {
        guard endpoint["channel"]?.text != nil else { return "-" }
        guard let types = endpoint["types"]?.array else { return "everything" }
        return types.isEmpty ? "nothing" : types.compactMap(\.text).joined(separator: ", ")
    }

    static func health(_ row: JSONValue) -> String {
        let health = row["health"] ?? .null
        let since =
            health["switched_off_at"]?.text ?? health["disabled_at"]?.text
            ?? health["failing_since"]?.text
        let isOff = health["switched_off_at"]?.text != nil
        return [isOff ? "switched off" : health.cell("state"), since.map { "since " + $0 }]
            .compactMap(\.self)
            .joined(separator: " ")
    }
}
