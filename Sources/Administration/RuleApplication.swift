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
        let json: JSONValue
        // Definitions lie two deeper than where one of them is put.
        let limits = JSONLimits(depthMax: JSONLimits.match.depthMax + 2)
        do { json = try JSONValue(parsing: body, limits: limits) } catch {
            throw AdministrationError(error)
        }
        guard case .object(let object) = json else {
            throw .application("one object is wanted, not \(json.kind)", at: .root)
        }
        for key in object.keys where !["rules", "prune", "dry_run"].contains(key) {
            throw .application("there is no member of this name", at: .root.appending(key))
        }
        guard case .object(let rules) = object["rules"] else {
            throw .application("`rules` is no object of definitions by name", at: .root)
        }
        self.init(
            rules: rules, isPruning: try Self.flag("prune", object),
            isDryRun: try Self.flag("dry_run", object))
    }

    private static func flag(
        _ name: String, _ object: JSONObject
    ) throws(AdministrationError) -> Bool {
        guard let value = object[name], !value.isNull else { return false }
        guard let flag = value.bool else {
            throw .application(
                "true or false is wanted, not \(value.kind)", at: .root.appending(name))
        }
        return flag
    }
}

/// What applying rules did, or would do.
struct RuleApplied: Hashable, Sendable {
    let isDryRun: Bool
    /// Of each rule that is another afterwards, by name in byte order.
    let differences: [RuleDifference]
    /// Rules that are what they were.
    let unchanged: Int

    var json: JSONValue {
        func count(_ kind: RuleDifference.Kind) -> JSONValue {
            .number(JSONNumber(Int64(differences.count { $0.kind == kind })))
        }
        return [
            "dry_run": .bool(isDryRun), "created": count(.created), "changed": count(.changed),
            "deleted": count(.deleted), "unchanged": .number(JSONNumber(Int64(unchanged))),
            "rules": .array(differences.map(\.json)),
        ]
    }
}

extension AdministrationError {
    fileprivate static func application(_ detail: String, at pointer: JSONPointer) -> Self {
        AdministrationError(
            .bodyInvalid, detail, pointer: pointer,
            remedy: "Write {\"rules\": {\"NAME\": {\"match\": …}}, \"prune\": false, \"dry_run\": "
                + "true}; the last two may be left out.")
    }
}
