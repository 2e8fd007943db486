import ArgumentParser
import StrictJSON
import Transport

/// What the lists of events, tasks and deliveries have in common.
struct ListOptions: ParsableArguments {
    @OptionGroup var api: APIOptions

    @Option(help: "Only rows in this state.")
    var state: String?

    @Option(help: "Rows on the page, 1 to 200.")
    var limit = 50

    @Option(help: "Where the next page starts, as the page before said.")
    var cursor: String?

    /// Asks for one page of `table`.
    func page(of table: String, _ extra: [(String, String?)] = []) async throws -> JSONValue {
        let query = ([("state", state), ("limit", "\(limit)"), ("cursor", cursor)] + extra)
            .compactMap { name, value in value.map { "\(name)=\(APIClient.segment($0))" } }
        return try await APIClient(api).call(
            .get, "/api/v1/\(table)?" + query.joined(separator: "&"))
    }

    /// Prints the page as it came, or as a table with the way to the next page below.
    func show(_ page: JSONValue, _ table: String, headings: Table, row: (JSONValue) -> [String]) {
        guard !api.json else { return print(page.prettyText()) }
        var shown = headings
        let rows = page[table]?.elements ?? []
        for value in rows { shown.add(row(value)) }
        print(shown.text(Paint.standardOutput.cell))
        if rows.isEmpty { print("Nothing here yet.") }
        if let next = page["next"]?.text { print("More: --cursor \(next)") }
    }
}

/// One row by its id.
struct ShowOptions: ParsableArguments {
    @OptionGroup var api: APIOptions

    @Argument(help: "The id, as lists show it.")
    var id: String

    /// Prints the whole record: people get the same JSON as scripts, and nothing is left out.
    func show(_ table: String) async throws {
        let path = "/api/v1/\(table)/\(APIClient.segment(id))"
        print(try await APIClient(api).call(.get, path).prettyText())
    }
}

extension JSONValue {
    /// The elements of an array, none for anything else.
    var elements: [JSONValue] {
        if case .array(let elements) = self { elements } else { [] }
    }

    /// The text at a path of members, `-` where there is none.
    func cell(_ path: String...) -> String {
        var value: JSONValue? = self
        for key in path { value = value?[key] }
        return value?.text ?? "-"
    }
}

extension Paint {
    /// Colours a cell that holds the word of a state.
    func cell(_ column: Int, _ text: String) -> String {
        let words = [
            "succeeded", "delivered", "matched", "failed", "exhausted", "unresolved",
            "reconciling", "cancelled",
        ]
        return words.contains(text) ? state(text) : text
    }
}
