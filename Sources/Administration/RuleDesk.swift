package import Domain
package import Logging
package import Rules
import Signing
package import Storage
import StrictJSON
import Synchronization

/// Where rules are changed: those in files and those put in over the API become one book.
///
/// Changes pass one at a time, each reads what is stored, and the book is swapped as a whole. So
/// two changes at once cannot lose one another, and a refused one leaves everything as it was.
package final class RuleDesk: Sendable {
    /// Rules that may be put in at run time; those in files come on top.
    package static let storedMax = 10_000

    private let registry: any Registry & AuditLog
    private let book: RuleBook
    private let references: References
    let log: Logger
    let turnstile = Turnstile()
    private let files: Mutex<FileRules>
    /// By name what was made of a stored rule, so that one that is put does not read all others
    /// anew.
    private let known = Mutex<[String: RuleEntry]>([:])

    package init(
        registry: any Registry & AuditLog, book: RuleBook, fileRules: [Rule],
        references: References, log: Logger
    ) {
        self.registry = registry
        self.book = book
        self.references = references
        self.log = log
        files = Mutex(FileRules(fileRules))
    }

    var fileRules: FileRules { files.withLock { $0 } }

    /// Puts every rule in force, at start.
    ///
    /// A stored rule that cannot be read any more is left out; one whose template alone is refused,
    /// or that names a connection or an endpoint which is gone, stays in. All are logged, and the
    /// list of rules says so.
    package func rebuild() async throws(AdministrationError) {
        try await turnstile.pass { () async throws(AdministrationError) in
            putInForce(fileRules, try await stored())
        }
        warn(of: fileRules.all)
    }

    /// Takes the rules that stand in files now, all of them or none.
    ///
    /// - Parameter directory: Where they stand, for the audit.
    package func reload(
        fileRules: [Rule], from directory: String, at now: Timestamp
    ) async throws(AdministrationError) {
        try await turnstile.pass { () async throws(AdministrationError) in
            for rule in fileRules {
                do throws(RuleRefusal) {
                    try references.current.check(rule)
                } catch {
                    throw AdministrationError(error, in: rule.name)
                }
            }
            if let name = FileRules.doubledName(in: fileRules) {
                throw AdministrationError(
                    .ruleInvalid, "there are two rules \"\(name)\"", remedy: "Rename one of them.")
            }
            let read = FileRules(fileRules)
            let stored = try await stored()
            // First, or what cannot be noted would be in force all the same.
            if let change = RuleFilesChange(from: self.fileRules, to: read) {
                try await note(change.note(of: directory, at: now))
            }
            putInForce(read, stored)
            files.withLock { $0 = read }
        }
        log.notice("rules.reloaded", metadata: ["file_rules": "\(fileRules.count)"])
        warn(of: fileRules)
    }

    /// Every rule: those of the files in their order, then those put in, by name.
    package func list() async throws(AdministrationError) -> [RuleEntry] {
        let files = fileRules
        return files.all.map(RuleEntry.init)
            + (try await stored()).map { entry($0, besides: files) }
    }

    /// One rule, the one in force where a file and the API know the same name.
    package func rule(_ name: String) async throws(AdministrationError) -> RuleEntry {
        guard let entry = try await list().first(where: { $0.name.hasSameBytes(as: name) }) else {
            throw AdministrationError.noRule
        }
        return warned(entry)
    }

    /// The rules that events meet now.
    var rulesInForce: [Rule] { book.current.rules.filter(\.isEnabled) }

    /// The rule of a name, switched on or not.
    ///
    /// - Throws: `.notFound`, and `.ruleInvalid` for one that cannot be read any more.
    func readable(_ name: String) async throws(AdministrationError) -> Rule {
        let entry = try await rule(name)
        guard let rule = entry.rule else {
            throw AdministrationError(
                .ruleInvalid, entry.problem ?? "the rule cannot be read", remedy: "Put it again.")
        }
        return rule
    }

    // MARK: -

    func stored() async throws(AdministrationError) -> [StoredRule] {
        do { return try await registry.rules() } catch { throw logged(error) }
    }

    func change(_ changes: [RuleChange]) async throws(AdministrationError) {
        do { try await registry.change(changes) } catch { throw logged(error) }
    }

    func versionsOf(_ name: String) async throws(AdministrationError) -> [RuleVersion] {
        do { return try await registry.ruleVersions(name) } catch { throw logged(error) }
    }

    private func note(_ note: AuditNote) async throws(AdministrationError) {
        do { try await registry.note(note) } catch { throw logged(error) }
    }

    private func logged(_ error: StorageError) -> AdministrationError {
        log.error(
            "administration.store",
            metadata: ["code": "\(error.code.rawValue)", "detail": "\(error.detail)"])
        return AdministrationError(error)
    }

    /// The rule that events meet under this name, from a file or put in.
    func inForce(_ name: String) -> Rule? {
        book.current.rules.first { $0.name.hasSameBytes(as: name) }
    }

    /// What a definition says, checked as if it were put.
    func read(
        _ definition: [UInt8], name: String
    ) throws(AdministrationError) -> Rule {
        let json: JSONValue
        // Deeper than a pattern may be, so that it is the pattern's own limit that is named.
        let limits = JSONLimits(depthMax: Pattern.Limits.depthMax * 2)
        do {
            json = try JSONValue(parsing: definition, limits: limits)
        } catch { throw AdministrationError(error) }
        return try read(json, name: name)
    }

    func read(_ json: JSONValue, name: String) throws(AdministrationError) -> Rule {
        do {
            let rule = try Rule(parsing: json, name: name)
            try refuseReferences(in: rule)
            try references.current.check(rule)
            return rule
        } catch {
            throw AdministrationError(error)
        }
    }

    /// What stands in a file of the configuration as `${file:…}` is followed there; here it would
    /// be sent as it stands, and to follow it would let a rule read files of this machine.
    private func refuseReferences(in rule: Rule) throws(RuleRefusal) {
        guard let source = rule.template?.source,
            source.contains(#/\$\{file:[^}]*\}/#)
        else { return }
        throw RuleRefusal(
            pointer: JSONPointer(tokens: ["template"]),
            what: "the template holds a reference to a file, which is not followed here",
            remedy: "Write the text itself; copyhook rules put takes ${file:NAME.mustache} and "
                + "sends what is in it.")
    }

    func refuseIfInFile(_ name: String, _ files: FileRules) throws(AdministrationError) {
        guard let rule = files[name] else { return }
        let place = if case .file(let path) = rule.origin { path } else { "a file" }
        throw AdministrationError(
            .ruleReadOnly, "the rule \"\(name)\" stands in \(place)",
            remedy: "Change it there, or use another name. A change in rules_dir takes effect at "
                + "once, one in the configuration with the next start.")
    }

    func putInForce(_ files: FileRules, _ stored: [StoredRule]) {
        var rules = files.all
        var read: [String: RuleEntry] = [:]
        for one in stored {
            let plain = self.read(one)
            read[one.name] = plain
            let entry = judged(plain, besides: files)
            if let problem = entry.problem {
                log.warning(
                    "rule.problem", metadata: ["rule": "\(one.name)", "problem": "\(problem)"])
            }
            if let rule = entry.rule, !entry.isShadowed { rules.append(rule) }
        }
        book.replace(with: rules)
        known.withLock { $0 = read }
    }

    /// Lines of the log that one start or one reload spends on doubts about rules.
    private static let warningsMax = 20

    /// Logs what is worth a second look among the rules of the files, as far as that is quickly
    /// found.
    private func warn(of rules: [Rule]) {
        let findings = RuleLint.findings(
            in: rules, sources: references.sources, comparisonsMax: 100_000)
        for finding in findings.filter({ $0.kind != .isUnfinished }).prefix(Self.warningsMax) {
            log.warning(
                "rule.doubtful",
                metadata: [
                    "rule": "\(finding.rule ?? "")", "pointer": "\(finding.pointer)",
                    "detail": "\(finding.what.onOneLine)",
                ])
        }
    }

    func warned(_ entry: RuleEntry) -> RuleEntry {
        guard let rule = entry.rule, rule.isEnabled, !entry.isShadowed else { return entry }
        var entry = entry
        entry.warnings = RuleLint.findings(
            on: rule, among: book.current.rules, sources: references.sources)
        return entry
    }

    private func read(_ stored: StoredRule) -> RuleEntry {
        let known = known.withLock { $0[stored.name] }
        return known.flatMap { $0.stored == stored ? $0 : nil } ?? RuleEntry(stored)
    }

    func entry(_ stored: StoredRule, besides files: FileRules) -> RuleEntry {
        judged(read(stored), besides: files)
    }

    /// Says what keeps a stored rule from being in force.
    private func judged(_ entry: RuleEntry, besides files: FileRules) -> RuleEntry {
        var entry = entry
        if files[entry.name] != nil {
            entry.isShadowed = true
            entry.problem = "a rule of this name stands in a file, and that one is in force"
        } else if let rule = entry.rule {
            do throws(RuleRefusal) {
                try references.current.check(rule)
            } catch {
                entry.problem = error.description
            }
        }
        return entry
    }
}

extension AdministrationError {
    static let noRule = AdministrationError(
        .notFound, "there is no rule of this name", remedy: "Look at the list of rules.")

    init(_ refusal: RuleRefusal, in rule: String? = nil) {
        self.init(
            .ruleInvalid, (rule.map { "rule \"\($0)\": " } ?? "") + refusal.what,
            pointer: refusal.pointer, remedy: refusal.remedy)
    }
}

extension AuditNote {
    /// That a rule was put in; its definition is a version of it, and here only its hash.
    static func put(
        _ rule: StoredRule, isNew: Bool, by who: Principal, at now: Timestamp
    ) -> AuditNote {
        AuditNote(
            .rulePut, of: rule.name, by: who.author, at: now,
            details: [
                "new": .bool(isNew), "definition_sha256": .string(sha256Hex(rule.definition)),
            ])
    }
}
