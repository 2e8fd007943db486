import ArgumentParser
import Domain
import StrictJSON
import Transport

extension EventsCommand {
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
