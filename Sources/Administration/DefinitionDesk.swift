package import Domain
package import Logging
package import Sealing
import Settings
import Signing
import Storage
import StrictJSON
import Synchronization

/// Where endpoints, connections and sources are put in at run time: those of the configuration and
/// those put in over the API become one list.
///
/// What is put in lies in the vault, sealed, since any part of a definition may be a secret.
/// Changes pass one at a time, each compares what is stored with what it read, and whoever works
/// with the definitions hears of all of them as a whole before a change is answered.
package final class DefinitionDesk<Value: Sendable>: Sendable {
    private let kind: DefinitionKind<Value>
    private let files: [FileDefinition<Value>]
    private let vault: Strongbox?
    private let chance: Chance
    private let log: Logger
    private let turnstile = Turnstile()
    /// Those put in, by name in byte order.
    private let stored = Mutex<[DefinitionEntry<Value>]>([])
    private let putInForce: @Sendable ([Value]) -> Void

    /// - Parameters:
    ///   - files: Those of the configuration, which win over stored ones of the same name.
    ///   - strongbox: Without one nothing can be put in.
    ///   - putInForce: Told of all that are in force, those of the configuration first.
    package init(
        _ kind: DefinitionKind<Value>, files: [FileDefinition<Value>], strongbox: Strongbox?,
        chance: Chance, log: Logger, putInForce: @escaping @Sendable ([Value]) -> Void
    ) {
        self.kind = kind
        self.files = files
        vault = strongbox
        self.chance = chance
        self.log = log
        self.putInForce = putInForce
    }

    /// Puts everything in force, at start.
    ///
    /// What cannot be read any more is left out, logged, and shown with its problem.
    package func rebuild() async throws(AdministrationError) {
        try await turnstile.pass { () async throws(AdministrationError) in
            var entries: [DefinitionEntry<Value>] = []
            for place in vault == nil ? [] : try await places() {
                guard let found = try await found(at: place) else { continue }
                let entry = self.entry(place.name, found)
                if let problem = entry.problem {
                    log.warning(
                        "\(kind.word).problem",
                        metadata: ["name": "\(entry.name)", "problem": "\(problem)"])
                }
                entries.append(entry)
            }
            take(entries)
        }
    }

    /// Every definition: those of the configuration in their order, then those put in, by name.
    package func list() -> [DefinitionEntry<Value>] {
        files.map { DefinitionEntry($0) } + stored.withLock { $0 }
    }

    func has(_ name: String) -> Bool { list().contains { $0.name.hasSameBytes(as: name) } }

    /// One definition, the one in force where the configuration and the API know the same name.
    package func entry(_ name: String) throws(AdministrationError) -> DefinitionEntry<Value> {
        guard let entry = list().first(where: { $0.name.hasSameBytes(as: name) }) else {
            throw .nothing(kind.word)
        }
        return entry
    }

    /// What the definition of a name says.
    ///
    /// - Throws: `.notFound`, and `.definitionInvalid` for one that cannot be read any more.
    package func readable(_ name: String) throws(AdministrationError) -> Value {
        let entry = try entry(name)
        guard let value = entry.value else {
            throw AdministrationError(
                .definitionInvalid, entry.problem ?? "it cannot be read", remedy: "Put it again.")
        }
        return value
    }

    /// Checks, stores and puts in force one definition; a refused one changes nothing, nor does
    /// one that is as it was, of which nothing is noted.
    ///
    /// - Parameters:
    ///   - definition: One JSON object in UTF-8, as it would stand under the name in the
    ///     configuration.
    ///   - condition: What is to be there before.
    ///   - first: Done before a definition is stored under a name that has none.
    /// - Returns: What is in force now, and whether there was none of that name before.
    package func put(
        _ name: String, definition: [UInt8], if condition: Precondition = Precondition(),
        by who: Principal, at now: Timestamp,
        first: () async throws(AdministrationError) -> Void = {}
    ) async throws(AdministrationError) -> (entry: DefinitionEntry<Value>, isNew: Bool) {
        let json: JSONValue
        do { json = try JSONValue(parsing: definition) } catch { throw AdministrationError(error) }
        do throws(DefinitionRefusal) {
            _ = try kind.read(name, json)
        } catch {
            throw AdministrationError(error)
        }
        return try await turnstile.pass { () async throws(AdministrationError) in
            try refuseIfInFile(name)
            let strongbox = try strongbox
            let place = place(name)
            let found = try await found(at: place)
            let before = found.map { self.entry(name, $0) }
            try condition.check(before?.tag)
            let changed = json.keys(changedFrom: before?.definition)
            if let before, before.value != nil, before.definition != nil, changed.isEmpty {
                // Another process may have written it.
                take(self.others(than: name) + [before])
                return (before, false)
            }
            let count = stored.withLock { $0.count }
            guard found != nil || count < kind.storedMax else {
                throw AdministrationError(
                    .definitionsTooMany, "there are \(count) \(kind.word)s already",
                    remedy: "Delete those that are not needed any more.")
            }
            if found == nil { try await first() }
            var chance = chance
            let kept = StoredDefinition(json, at: now, using: &chance)
            let note = AuditNote(
                kind.putVerb, of: name, by: who.author, at: now,
                details: [
                    "new": .bool(found == nil),
                    "changed": .array(changed),
                ])
            guard
                try await asking({ () async throws(StorageError) in
                    try await strongbox.replace(found, with: kept.bytes, at: place, noting: note)
                })
            else { throw .definitionOvertaken }
            let entry = DefinitionEntry(name, kept, as: kind)
            take(self.others(than: name) + [entry])
            log.notice(
                "\(kind.word).put", metadata: ["name": "\(name)", "new": "\(found == nil)"])
            return (entry, found == nil)
        }
    }

    /// Takes a definition out of force and out of the store.
    ///
    /// - Parameter check: Whether something still needs it, asked when nobody else changes
    ///   anything; not asked for one that is not in force anyway.
    package func delete(
        _ name: String, if condition: Precondition = Precondition(), by who: Principal,
        at now: Timestamp, check: () async throws(AdministrationError) -> Void
    ) async throws(AdministrationError) {
        try await turnstile.pass { () async throws(AdministrationError) in
            let isInFile = files.contains { $0.name.hasSameBytes(as: name) }
            let strongbox = try strongbox
            guard let found = try await found(at: place(name)) else {
                try refuseIfInFile(name)
                throw .nothing(kind.word)
            }
            try condition.check(self.entry(name, found).tag)
            if !isInFile { try await check() }
            let note = AuditNote(kind.deletedVerb, of: name, by: who.author, at: now)
            guard
                try await asking({ () async throws(StorageError) in
                    try await strongbox.delete(found, noting: note)
                })
            else { throw .definitionOvertaken }
            take(others(than: name))
            log.notice("\(kind.word).deleted", metadata: ["name": "\(name)"])
        }
    }

    // MARK: -

    private func others(than name: String) -> [DefinitionEntry<Value>] {
        stored.withLock { $0.filter { !$0.name.hasSameBytes(as: name) } }
    }

    private func take(_ entries: [DefinitionEntry<Value>]) {
        let sorted = entries.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        stored.withLock { $0 = sorted }
        putInForce(
            files.map(\.value) + sorted.filter { !$0.isShadowed }.compactMap(\.value))
    }

    /// What lies in the vault under a name, judged.
    private func entry(_ name: String, _ found: Strongbox.Found) -> DefinitionEntry<Value> {
        var entry: DefinitionEntry<Value>
        if let secret = found.secret, let kept = StoredDefinition(secret) {
            entry = DefinitionEntry(name, kept, as: kind)
        } else {
            entry = DefinitionEntry(
                unreadable: name,
                "what is stored cannot be read: \(found.trouble ?? "it is no definition")")
        }
        if files.contains(where: { $0.name.hasSameBytes(as: name) }) {
            entry.isShadowed = true
            entry.problem =
                "the configuration has \(kind.article) of this name, and that one is in force"
        }
        return entry
    }

    private func refuseIfInFile(_ name: String) throws(AdministrationError) {
        guard let one = files.first(where: { $0.name.hasSameBytes(as: name) }) else { return }
        throw AdministrationError(
            .definitionReadOnly, "the \(kind.word) \"\(name)\" stands in \(one.file)",
            remedy: "Change it there and start the service again, or use another name.")
    }

    private func place(_ name: String) -> SealedSecret.Place {
        SealedSecret.Place(table: kind.word, name: name, field: "definition")
    }

    private func places() async throws(AdministrationError) -> [SealedSecret.Place] {
        let strongbox = try strongbox
        return try await asking { () async throws(StorageError) in
            try await strongbox.places(of: "definition", in: kind.word)
        }
    }

    private func found(
        at place: SealedSecret.Place
    ) async throws(AdministrationError) -> Strongbox.Found? {
        let strongbox = try strongbox
        return try await asking { () async throws(StorageError) in
            try await strongbox.found(at: place)
        }
    }

    private var strongbox: Strongbox {
        get throws(AdministrationError) {
            guard let vault else {
                throw AdministrationError(
                    .definitionReadOnly, "nothing is put in here",
                    remedy: "Write it into the configuration.")
            }
            return vault
        }
    }

    private func asking<Answer>(
        _ question: () async throws(StorageError) -> Answer
    ) async throws(AdministrationError) -> Answer {
        do throws(StorageError) {
            return try await question()
        } catch {
            log.error(
                "administration.store",
                metadata: ["code": "\(error.code.rawValue)", "detail": "\(error.detail)"])
            throw AdministrationError(error)
        }
    }
}

extension DefinitionKind {
    fileprivate var article: String { (word.hasPrefix("e") ? "an " : "a ") + word }
}

extension JSONValue {
    /// The names of the members that are other ones than in `former`, in the order of this object
    /// and then of the former; names alone, since any value may be a secret.
    fileprivate func keys(changedFrom former: JSONValue?) -> [JSONValue] {
        let all = (object?.keys ?? []) + (former?.object?.keys ?? []).filter { self[$0] == nil }
        return all.filter { self[$0] != former?[$0] }.map { .string($0) }
    }
}

extension AdministrationError {
    static let definitionOvertaken = AdministrationError(
        .changedMeanwhile, "somebody else has changed it at this very moment",
        remedy: "Read it again, then decide.")

    /// The first thing that is wrong, with its place; the others are named behind it.
    init(_ refusal: DefinitionRefusal) {
        let first = refusal.findings[0]
        let others = refusal.findings.dropFirst()
        self.init(
            .definitionInvalid,
            others.isEmpty ? first.what.onOneLine : refusal.text.onOneLine,
            pointer: first.pointer, remedy: first.remedy.onOneLine)
    }
}
