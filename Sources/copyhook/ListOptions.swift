import App
import ArgumentParser
import Domain
import Foundation
import StrictJSON
import Transport

/// What the lists of events, tasks and deliveries have in common.
struct ListOptions: ParsableArguments {
    @OptionGroup var api: APIOptions

    @Option(help: "Only rows in this state.")
    var state: String?

    @Option(help: "Only rows of this moment or later: RFC 3339, or how long ago, as in 2h or 7d.")
    var since: String?

    @Option(help: "Only rows before this moment, written in the same way.")
    var until: String?

    @Option(
        help: ArgumentHelp(
            "Only rows with this in their own id, that of their event or entity, in a key or name.",
            discussion: "Upper and lower case are the same in ASCII."))
    var text: String?

    @Option(help: "Rows on the page, 1 to 200.")
    var limit = 50

    @Option(help: "Where the next page starts, as the page before said.")
    var cursor: String?

    @Flag(help: "Only say how many rows there are, up to 10 000.")
    var count = false

    @Flag(help: "Show the first page again every two seconds, until Ctrl-C.")
    var watch = false

    func validate() throws {
        guard !watch || (!count && !api.json && cursor == nil) else {
            throw ValidationError("--watch goes with neither --count nor --json nor --cursor.")
        }
        guard !count || cursor == nil else {
            throw ValidationError("--count counts every page: leave --cursor out.")
        }
    }

    /// How a list looks to people.
    struct Look {
        /// As the API names it.
        let table: String
        let headings: Table
        let row: (JSONValue) -> [String]
    }

    /// Asks for what is wanted and prints it.
    ///
    /// - Parameter filters: Those that only this list has, by the API's names.
    func run(_ look: Look, _ filters: [(String, String?)] = []) async throws {
        let filters =
            [("state", state)] + filters + [("since", since), ("until", until), ("text", text)]
        if count { return try await printCount(look, filters) }
        guard watch else {
            let page = try await page(look, filters)
            return api.json ? print(page.prettyText()) : print(shown(page, look, filters))
        }
        guard isatty(STDOUT_FILENO) == 1 else {
            throw CommandFailure.badUsage(
                "--watch wants a terminal to draw on", "Leave --watch out, and ask again yourself.")
        }
        while true {
            let text = shown(try await page(look, filters), look, filters)
            // Home, the new lines each with what was right of it cleared, then all below.
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            let screen = "\u{1B}[H" + lines.map { $0 + "\u{1B}[K\n" }.joined() + "\u{1B}[J"
            FileHandle.standardOutput.write(Data(screen.utf8))
            try await TimeSource.system.sleep(.seconds(2))
        }
    }

    private func page(_ look: Look, _ filters: [(String, String?)]) async throws -> JSONValue {
        try await ask(
            "/api/v1/\(look.table)", filters + [("limit", "\(limit)"), ("cursor", cursor)])
    }

    private func printCount(_ look: Look, _ filters: [(String, String?)]) async throws {
        let tally = try await ask("/api/v1/\(look.table)/count", filters)
        guard !api.json else { return print(tally.prettyText()) }
        let isMore = tally["more"] == .bool(true)
        print((isMore ? "more than " : "") + tally.cell("count") + " " + look.table)
    }

    private func ask(_ path: String, _ query: [(String, String?)]) async throws -> JSONValue {
        let parts = query.compactMap { name, value in
            value.map { "\(name)=\(APIClient.segment($0))" }
        }
        let question = parts.isEmpty ? "" : "?" + parts.joined(separator: "&")
        return try await APIClient(api).call(.get, path + question)
    }

    /// The page as a table, with the way to the next one below.
    private func shown(
        _ page: JSONValue, _ look: Look, _ filters: [(String, String?)]
    ) -> String {
        var table = look.headings
        let rows = page[look.table]?.elements ?? []
        for value in rows { table.add(look.row(value)) }
        var lines = [table.text { Paint.standardOutput.cell($1) }]
        if rows.isEmpty {
            let isFiltered = cursor != nil || filters.contains { $0.1 != nil }
            lines.append(isFiltered ? "Nothing is like that." : "Nothing here yet.")
        }
        if let next = page["next"]?.text { lines.append("More: --cursor \(next)") }
        return lines.joined(separator: "\n")
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

    /// An entity's id, and its name where there is one.
    var entityCell: String {
        let entity = self["entity"]
        guard let id = entity?["id"]?.text else { return "-" }
        let name = entity?["name"]?.text ?? ""
        let short = name.count > 24 ? name.prefix(23) + "…" : name[...]
        return name.isEmpty ? id : "\(id) \(short)"
    }
}

extension Paint {
    /// Colours a cell that holds the word of a state.
    func cell(_ text: String) -> String {
        let words = [
            "succeeded", "delivered", "matched", "failed", "exhausted", "unresolved",
            "reconciling", "cancelled",
        ]
        return words.contains(text) ? state(text) : text
    }
}
