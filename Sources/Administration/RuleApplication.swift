package import StrictJSON

/// The rules that a person wants to have put in, as a whole.
package struct RuleApplication: Hashable, Sendable {
    /// By name, the definitions.
    package var rules: JSONObject
    /// Whether rules that were put in and are not among these go.
    package var isPruning: Bool
    /// Whether only to say what would change.
    package var isDryRun: Bool

    package init(rules: JSONObject, isPruning: Bool = false, isDryRun: Bool = false) {
        self.rules = rules
        self.isPruning = isPruning
        self.isDryRun = isDryRun
    }

    /// Reads `{"rules": {NAME: DEFINITION}, "prune", "dry_run"}`, the last two optional.
    package init(parsing body: [UInt8]) throws(AdministrationError) {
        let wish = try RequestBody(
            body, keys: ["rules", "prune", "dry_run"],
            // Definitions lie two deeper than where one of them is put.
            limits: JSONLimits(depthMax: JSONLimits.match.depthMax + 2))
        guard case .object(let rules) = wish["rules"] else {
            throw wish.refusal("an object of definitions by name is wanted", at: "rules")
        }
        self.init(
            rules: rules, isPruning: try wish.bool("prune") ?? false,
            isDryRun: try wish.bool("dry_run") ?? false)
    }
}

/// What applying rules did, or would do.
struct RuleApplied: Hashable, Sendable {
    let isDryRun: Bool
    /// Of each rule that is another afterwards, by name in byte order.
    let differences: [RuleDifference]
    /// Rules that are what they were.
    let unchanged: Int
    /// Stands for all rules that were put in, as they are now; in a dry run, as they are still.
    let tag: String

    var json: JSONValue {
        func count(_ kind: RuleDifference.Kind) -> JSONValue {
            .number(JSONNumber(Int64(differences.count { $0.kind == kind })))
        }
        return [
            "etag": .string(tag), "dry_run": .bool(isDryRun), "created": count(.created),
            "changed": count(.changed),
            "deleted": count(.deleted), "unchanged": .number(JSONNumber(Int64(unchanged))),
            "rules": .array(differences.map(\.json)),
        ]
    }
}
