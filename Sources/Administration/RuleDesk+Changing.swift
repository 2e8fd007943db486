import Domain
import Logging
import Rules
import Storage
import StrictJSON

/// One rule put, switched or taken out; each change passes alone and is in force when it returns.
extension RuleDesk {
    /// Checks, stores and puts in force one rule; a refused one changes nothing.
    ///
    /// - Parameters:
    ///   - definition: One JSON object in UTF-8, at most 1 MiB.
    ///   - condition: What is to be there before.
    /// - Returns: The rule as it is kept, and whether there was none of that name before.
    func put(
        _ name: String, definition: [UInt8], if condition: Precondition = Precondition(),
        by who: Principal, at now: Timestamp
    ) async throws(AdministrationError) -> (entry: RuleEntry, isNew: Bool) {
        let (put, isNew) = try await turnstile.pass { () async throws(AdministrationError) in
            // Inside, or what it names could be deleted in between.
            let rule = try read(definition, name: name)
            let files = fileRules
            try refuseIfInFile(name, files)
            var rules = try await stored()
            let place = rules.firstIndex { $0.name.hasSameBytes(as: name) }
            try condition.check(place.map { entry(rules[$0], besides: files).tag })
            guard place != nil || rules.count < Self.storedMax else {
                throw AdministrationError(
                    .rulesTooMany, "there are \(rules.count) rules already",
                    remedy: "Delete rules that are not needed, or join patterns with $or.")
            }
            let kept = StoredRule(name: name, definition: rule.json.bytes(), updatedAt: now)
            try await change([
                RuleChange(
                    .put(kept), noting: .put(kept, isNew: place == nil, by: who, at: now))
            ])
            if let place { rules[place] = kept } else { rules.append(kept) }
            rules.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
            putInForce(files, rules)
            log.info("rule.put", metadata: ["rule": "\(name)", "new": "\(place == nil)"])
            return (entry(kept, besides: files), place == nil)
        }
        return (warned(put), isNew)
    }

    /// Switches a rule on or off; one that is as it should be is left as it is.
    func set(
        _ name: String, enabled isEnabled: Bool, if condition: IfMatch? = nil,
        at now: Timestamp, noting note: AuditNote
    ) async throws(AdministrationError) -> RuleEntry {
        try await turnstile.pass { () async throws(AdministrationError) in
            let files = fileRules
            try refuseIfInFile(name, files)
            var rules = try await stored()
            guard let place = rules.firstIndex(where: { $0.name.hasSameBytes(as: name) }) else {
                throw AdministrationError.noRule
            }
            let before = entry(rules[place], besides: files)
            try condition?.check(before.tag)
            guard case .object(var definition) = before.definition, before.rule != nil else {
                throw AdministrationError(
                    .ruleInvalid, "what is stored of this rule cannot be read any more",
                    remedy: "Put it again.")
            }
            guard before.rule?.isEnabled != isEnabled else { return before }
            if isEnabled { definition["enabled"] = nil } else { definition["enabled"] = false }
            rules[place] = StoredRule(
                name: rules[place].name, definition: JSONValue.object(definition).bytes(),
                updatedAt: now)
            try await change([RuleChange(.put(rules[place]), noting: note)])
            putInForce(files, rules)
            log.notice("rule.switched", metadata: ["rule": "\(name)", "enabled": "\(isEnabled)"])
            return entry(rules[place], besides: files)
        }
    }

    /// Takes a rule out of force and out of the store.
    func delete(
        _ name: String, if condition: IfMatch? = nil, by who: Principal, at now: Timestamp
    ) async throws(AdministrationError) {
        try await turnstile.pass { () async throws(AdministrationError) in
            let files = fileRules
            var rules = try await stored()
            guard let place = rules.firstIndex(where: { $0.name.hasSameBytes(as: name) }) else {
                try refuseIfInFile(name, files)
                throw AdministrationError.noRule
            }
            try condition?.check(entry(rules[place], besides: files).tag)
            try await change([
                RuleChange(
                    .delete(rules[place].name),
                    noting: AuditNote(.ruleDeleted, of: name, by: who.author, at: now))
            ])
            rules.remove(at: place)
            putInForce(files, rules)
            log.info("rule.deleted", metadata: ["rule": "\(name)"])
        }
    }
}
