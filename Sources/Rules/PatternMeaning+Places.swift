import StrictJSON

// The lint of fields that are not where they are looked for.
extension PatternMeaning {
    /// Fields of other envelopes, and ours for the same.
    private static let foreign: [(name: String, ours: String?)] = [
        ("detail-type", "type"), ("detail", "data"), ("body", "data"), ("payload", "data"),
        ("event_type", "type"), ("event", "data"), ("account", nil), ("region", nil),
        ("resources", nil), ("bot_id", "entity.id"), ("app_id", "entity.id"),
        ("workflow_id", "entity.id"), ("agent_id", "entity.id"), ("entity_id", "entity.id"),
        ("entity_type", "entity.type"), ("bot_name", "entity.name"),
        ("space_id", "entity.workspace_id"),
    ]

    /// What stands around a pattern elsewhere.
    private static let wrappers: Set = [
        "match", "$match", "pattern", "eventpattern", "event_pattern", "filter", "filters", "rule",
    ]

    func misplaced(_ leaf: PatternLeaf) -> (what: String, remedy: String) {
        let name = leaf.path.joined(separator: ".")
        let first = leaf.path[0]
        let within = leaf.path.dropFirst()
        if let operators = fieldNamedLikeAnOperator(leaf) { return operators }
        if first.hasSameBytes(as: "entity") {
            let names = EventShape.ofEntity
            let fields = "Its fields are \(names.joined(separator: ", "))."
            guard let step = within.first else {
                return ("entity is an object, not a value", "Ask for a field of it. \(fields)")
            }
            return ("entity has no \(name)", Spelling.hint(for: step, among: names) + fields)
        }
        if EventShape.always.contains(where: { $0.hasSameBytes(as: first) }) {
            return ("\(first) is a text, with no fields inside", "Ask for it alone, or under data.")
        }
        if let steps = Self.steps(ofWay: name), steps.count > 1 {
            return (
                "\(JSONValue.string(name).excerpt) is read as one name, not as a path",
                "Write instead: \(Self.member(steps, leaf.asked))"
            )
        }
        let what = "events have no field \(first)"
        if Self.wrappers.contains(first.lowercased()), !within.isEmpty {
            return (
                "\(what), and a pattern is the object of fields itself",
                "Give what stands under \(JSONValue.string(first).excerpt) alone."
            )
        }
        if ["not", "nor", "none", "$not"].contains(first.lowercased()), !within.isEmpty {
            let all = JSONValue.array([["anything-but": leaf.asked]])
            let negated = PatternCompiler.instead(all, at: leaf.pointer)?.value
            // Of several fields one that differs would be enough.
            let isSole = leaves.count == 1 && !leaf.pointer.tokens.contains("$or")
            return (
                "\(what), and there is no negation of a whole object",
                negated.flatMap {
                    isSole ? "Write instead: \(Self.member(Array(within), $0))" : nil
                }
                    ?? "Negate each field by itself: "
                    + "{\"type\": [{\"anything-but\": [\"bot.deleted\"]}]}."
            )
        }
        if let foreign = Self.foreign.first(where: { $0.name == first.lowercased() }) {
            guard let ours = foreign.ours else {
                return (what, "It is one of EventBridge's envelope; ours are \(Self.fields).")
            }
            let steps = ours.split(separator: ".").map(String.init) + within
            return (what, "Write instead: \(Self.member(steps, leaf.asked))")
        }
        if EventShape.ofEntity.contains(where: { $0.hasSameBytes(as: first) }) {
            return (what, "Write instead: \(Self.member(["entity"] + leaf.path, leaf.asked))")
        }
        if let near = Spelling.nearest(to: first, among: EventShape.root) {
            return (what, "Write instead: \(Self.member([near] + within, leaf.asked))")
        }
        return (
            what,
            "They have \(Self.fields); what the sender wrote is under data. Write instead: "
                + Self.member(["data"] + leaf.path, leaf.asked)
        )
    }

    private static let fields = EventShape.root.joined(separator: ", ")

    private static func nested(_ steps: some BidirectionalCollection<String>, _ asked: JSONValue)
        -> JSONValue
    {
        steps.reversed().reduce(asked) { .test($1, $0) }
    }

    /// A member of an object, without the braces around it.
    static func member(_ steps: [String], _ asked: JSONValue) -> String {
        let value = nested(steps.dropFirst(), asked)
        return "\(JSONValue.string(steps[0]).spaced): \(value.spaced)"
    }
}
