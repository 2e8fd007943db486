import Domain
import Logging
import Rules
import Signing
import Storage
import StrictJSON

extension RuleDesk {
    /// Makes the rules that were put in what `wanted` says, all of them or none.
    ///
    /// Every definition is checked as if it were put by itself; the first that is refused ends it,
    /// with its place behind `/rules/NAME`. An event meets the rules of before or those of after.
    ///
    /// - Parameter condition: What all that was put in is to be before.
    func apply(
        _ wanted: RuleApplication, if condition: IfMatch?, by who: Principal, at now: Timestamp
    ) async throws(AdministrationError) -> RuleApplied {
        try await turnstile.pass { () async throws(AdministrationError) in
            var rules: [StoredRule] = []
            for (name, definition) in wanted.rules.members.map({ ($0.key, $0.value) }) {
                do throws(AdministrationError) {
                    // Inside, or what it names could be deleted in between.
                    let rule = try read(definition.bytes(), name: name)
                    try refuseIfInFile(name, fileRules)
                    rules.append(
                        StoredRule(name: name, definition: rule.json.bytes(), updatedAt: now))
                } catch {
                    throw error.behind(JSONPointer(tokens: ["rules", name]))
                }
            }
            return try await put(rules, wanted, if: condition, by: who, at: now)
        }
    }

    private func put(
        _ wanted: [StoredRule], _ application: RuleApplication, if condition: IfMatch?,
        by who: Principal, at now: Timestamp
    ) async throws(AdministrationError) -> RuleApplied {
        let before = try await stored()
        try condition?.check(before.tag)
        var rules = Dictionary(
            uniqueKeysWithValues: before.map { (ByteKey($0.name), $0) })
        let names = Set(wanted.map { ByteKey($0.name) })
        var changes: [RuleChange] = []
        var differences: [RuleDifference] = []
        func note(_ difference: RuleDifference?, _ change: RuleChange) {
            guard let difference else { return }
            differences.append(difference)
            changes.append(change)
        }
        for rule in wanted {
            let before = rules[ByteKey(rule.name)]
            note(
                RuleDifference(rule.name, from: before?.json, to: rule.json),
                RuleChange(.put(rule), noting: .put(rule, isNew: before == nil, by: who, at: now)))
            if before?.json != rule.json { rules[ByteKey(rule.name)] = rule }
        }
        let gone =
            application.isPruning
            ? rules.values.filter { !names.contains(ByteKey($0.name)) } : []
        for rule in gone {
            note(
                RuleDifference(rule.name, from: rule.json, to: nil),
                RuleChange(
                    .delete(rule.name),
                    noting: AuditNote(.ruleDeleted, of: rule.name, by: who.author, at: now)))
            rules[ByteKey(rule.name)] = nil
        }
        guard rules.count <= Self.storedMax else {
            throw AdministrationError(
                .rulesTooMany, "there would be \(rules.count) rules",
                remedy: "At most \(Self.storedMax) can be put in; join patterns with $or.")
        }
        let after = rules.values.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        let applied = RuleApplied(
            isDryRun: application.isDryRun,
            differences: differences.sorted {
                $0.name.utf8.lexicographicallyPrecedes($1.name.utf8)
            },
            unchanged: rules.count - differences.count { $0.kind != .deleted },
            tag: application.isDryRun ? before.tag : after.tag)
        guard !application.isDryRun, !changes.isEmpty else { return applied }
        try await change(changes)
        putInForce(fileRules, after)
        log.info("rules.applied", metadata: ["changes": "\(changes.count)"])
        return applied
    }

    /// What a rule has been, newest first, each with what made it another than the one before.
    ///
    /// - Throws: `not_found` for a name under which nothing was ever put in.
    func versions(_ name: String) async throws(AdministrationError) -> JSONValue {
        let versions = try await versionsOf(name)
        guard !versions.isEmpty else { throw AdministrationError.noRule }
        let told = versions.enumerated().map { place, version in
            let before = place + 1 < versions.count ? versions[place + 1] : nil
            return version.json(after: before)
        }
        return ["versions": .array(told)]
    }
}

extension StoredRule {
    /// The definition; `null` where it can no longer be read.
    fileprivate var json: JSONValue {
        (try? JSONValue(parsing: definition, limits: .match)) ?? .null
    }
}

extension [StoredRule] {
    /// Stands for all of them as they are; in the order of their names.
    fileprivate var tag: String {
        let parts = map { sha256Hex([UInt8]($0.name.utf8)) + sha256Hex($0.definition) }
        return "\"" + sha256Hex([UInt8](parts.joined().utf8)).prefix(32) + "\""
    }
}

extension RuleVersion {
    fileprivate func json(after before: RuleVersion?) -> JSONValue {
        let (old, new) = (before?.value, value)
        // Before the oldest one that is kept there was another, unless it is the first of all.
        let isKnown = before != nil || number == 1
        let difference = isKnown ? RuleDifference("", from: old, to: new) : nil
        let kind = difference?.kind ?? (new == nil ? .deleted : .changed)
        return [
            "number": .number(JSONNumber(number)), "at": .string(at.description),
            "who": ["id": .string(who.id), "name": .string(who.name)],
            "change": .string(kind.rawValue),
            "fields": .array(difference?.fields.map(\.json) ?? []),
            "definition": new ?? .null,
        ]
    }

    private var value: JSONValue? {
        definition.map { (try? JSONValue(parsing: $0, limits: .match)) ?? .null }
    }
}

extension AdministrationError {
    /// The same, said of a place behind another.
    fileprivate func behind(_ start: JSONPointer) -> AdministrationError {
        AdministrationError(
            code, detail, pointer: JSONPointer(tokens: start.tokens + (pointer?.tokens ?? [])),
            remedy: remedy)
    }
}
